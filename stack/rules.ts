import type { Consumer } from './consumers.ts'
import { CLUSTER_ID, queueId, UNDELIVERED_ID } from './ids.ts'
import { att, named, type Plan, type Resource, type Resources, type Value } from './resources.ts'
import { isScanning } from './scanning.ts'

interface EventRule {
  readonly id: string
  readonly name: string
  readonly description: string
  readonly consumer: Consumer
  readonly pattern: { readonly [key: string]: Value }
  /** absent: always */
  readonly wanted?: (plan: Plan) => boolean
}

/** CodeCommit user guide, "Monitoring CodeCommit events in Amazon EventBridge and Amazon CloudWatch Events". */
const REF_CHANGES = {
  source: ['aws.codecommit'],
  'detail-type': ['CodeCommit Repository State Change'],
  detail: { event: ['referenceCreated', 'referenceUpdated', 'referenceDeleted'] },
}

/** One rule for each way from the bus into a queue, so that each has its own pattern, target and permission. */
export const RULES: readonly EventRule[] = [
  {
    id: 'RefChangesToReplicate',
    name: 'ref-changes-to-replicate',
    description: 'A branch or tag was created, moved or deleted: look at its replicas',
    consumer: 'replicate',
    pattern: REF_CHANGES,
  },
  {
    id: 'RefChangesToNotify',
    name: 'ref-changes-to-notify',
    description: 'A branch or tag was created, moved or deleted: tell who wants to know',
    consumer: 'notify',
    pattern: REF_CHANGES,
  },
  {
    id: 'RefChangesToScan',
    name: 'ref-changes-to-scan',
    description: 'A branch or tag was created, moved or deleted: search what came for secrets',
    consumer: 'scan',
    pattern: REF_CHANGES,
    wanted: isScanning,
  },
  {
    id: 'RelayEventsToNotify',
    name: 'relay-events-to-notify',
    description: 'A replica was updated, is behind, or a mirror failed: tell who wants to know',
    consumer: 'notify',
    pattern: { source: ['codecommit-relay'] },
  },
  {
    id: 'MirrorStoppedRule',
    name: 'mirror-stopped',
    description: "A task of Relay's own cluster has stopped",
    consumer: 'mirror-stopped',
    pattern: {
      source: ['aws.ecs'],
      'detail-type': ['ECS Task State Change'],
      detail: { clusterArn: [att(CLUSTER_ID)], lastStatus: ['STOPPED'] },
    },
  },
]

export const rules = (plan: Plan): Resources =>
  Object.fromEntries(RULES.map((rule) => [rule.id, eventRule(plan, rule)]))

export const ruleArn = (id: string): Value => att(id)

const eventRule = (plan: Plan, rule: EventRule): Resource => ({
  Type: 'AWS::Events::Rule',
  Properties: {
    Name: named(plan, rule.name),
    Description: rule.description,
    EventPattern: rule.pattern,
    State: (rule.wanted?.(plan) ?? true) ? 'ENABLED' : 'DISABLED',
    Targets: [
      {
        Id: rule.consumer,
        Arn: att(queueId(rule.consumer)),
        // EventBridge's own limits, written out: a day, then the event is left where an alarm rings
        RetryPolicy: { MaximumEventAgeInSeconds: 86_400, MaximumRetryAttempts: 185 },
        DeadLetterConfig: { Arn: att(UNDELIVERED_ID) },
      },
    ],
  },
})
