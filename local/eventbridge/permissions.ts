import type { PutEventsCommandInput, Target } from '@aws-sdk/client-eventbridge'
import type { Call, Permission } from '../gateway/service.ts'
import { busArn, DEFAULT_BUS } from './buses.ts'
import { ruleArn } from './operations.ts'

interface Input {
  readonly Name?: string
  readonly Rule?: string
  readonly EventBusName?: string
  readonly RoleArn?: string
  readonly Targets?: readonly Target[]
  readonly Entries?: PutEventsCommandInput['Entries']
}

const WITHOUT_RESOURCE = ['TestEventPattern', 'ListRules', 'ListEventBuses', 'ListRuleNamesByTarget']

/** What IAM must allow before an EventBridge operation runs: Service Authorization Reference, Amazon EventBridge. */
export const permissionsOf = (operation: string, input: Input, call: Call): readonly Permission[] => {
  const action = `events:${operation}`
  const place = (bus: string | undefined) => ({
    account: call.account,
    region: call.region,
    bus: bus?.split('/').at(-1) || DEFAULT_BUS,
  })
  if (operation === 'PutEvents')
    return (input.Entries ?? []).map((entry) => ({
      action,
      resource: busArn(place(entry.EventBusName)),
      context: { 'events:source': entry.Source ?? '', 'events:detail-type': entry.DetailType ?? '' },
    }))
  if (WITHOUT_RESOURCE.includes(operation)) return [{ action, resource: '*' }]
  if (operation.endsWith('EventBus')) return [{ action, resource: busArn(place(input.Name)) }]
  const roles = [input.RoleArn, ...(input.Targets ?? []).map((target) => target.RoleArn)]
  return [
    { action, resource: ruleArn(place(input.EventBusName), input.Rule ?? input.Name ?? '') },
    ...roles.flatMap((role) =>
      role
        ? [
            {
              action: 'iam:PassRole',
              resource: role,
              context: { 'iam:PassedToService': 'events.amazonaws.com' },
            },
          ]
        : [],
    ),
  ]
}
