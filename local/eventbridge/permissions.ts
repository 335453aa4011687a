import type { PutEventsCommandInput, Target } from '@aws-sdk/client-eventbridge'
import type { Call, Permission } from '../gateway/service.ts'
import type { Buses } from './buses.ts'
import { busArn, placeOf, ruleArn, ruleOfArn } from './places.ts'
import type { Tag, Tags } from './tags.ts'

interface Input {
  readonly Name?: string
  readonly Rule?: string
  readonly EventBusName?: string
  readonly EventPattern?: string
  readonly RoleArn?: string
  readonly Targets?: readonly Target[]
  readonly Entries?: PutEventsCommandInput['Entries']
  readonly ResourceARN?: string
  readonly Tags?: readonly Tag[]
  readonly TagKeys?: readonly string[]
  readonly ArchiveName?: string
  readonly ReplayName?: string
  readonly ConnectionArn?: string
}

const WITHOUT_RESOURCE = /^(TestEventPattern|List(?!TagsForResource|TargetsByRule).*)$/

/** Which of EventBridge's resources an operation is on, by its name. */
const resourceOf = (operation: string, input: Input, call: Call): string => {
  const arn = (path: string) => `arn:aws:events:${call.region}:${call.account}:${path}`
  if (WITHOUT_RESOURCE.test(operation)) return '*'
  if (operation.endsWith('Resource')) return input.ResourceARN ?? '*'
  if (operation.endsWith('EventBus')) return busArn(placeOf(input.Name, call))
  if (operation.endsWith('Permission')) return busArn(placeOf(input.EventBusName, call))
  if (operation.endsWith('Archive')) return arn(`archive/${input.ArchiveName ?? ''}`)
  if (operation.endsWith('Replay')) return arn(`replay/${input.ReplayName ?? ''}`)
  if (operation.endsWith('Connection')) return arn(`connection/${input.Name ?? ''}`)
  if (operation.endsWith('ApiDestination')) return arn(`api-destination/${input.Name ?? ''}`)
  return ruleArn(placeOf(input.EventBusName, call), input.Rule ?? input.Name ?? '')
}

/** What IAM must allow before an EventBridge operation runs: Service Authorization Reference, Amazon EventBridge. */
export const permissionsWith =
  (buses: Buses, tags: Tags) =>
  (operation: string, input: Input, call: Call): readonly Permission[] => {
    const action = `events:${operation}`
    if (operation === 'PutEvents') return putEvents(buses, input, call)
    const resource = resourceOf(operation, input, call)
    const roles = [input.RoleArn, ...(input.Targets ?? []).map((target) => target.RoleArn)]
    const context = {
      ...tagKeys(input, tags.get(resource)),
      ...targetKeys(operation, input),
      ...(ruleOfArn(resource) ? { 'events:creatorAccount': call.account } : {}),
    }
    return [
      { action, resource, ...(Object.keys(context).length > 0 ? { context } : {}) },
      ...[...new Set(roles)].flatMap((role) => (role ? [passRole(role)] : [])),
    ]
  }

const passRole = (role: string): Permission => ({
  action: 'iam:PassRole',
  resource: role,
  context: { 'iam:PassedToService': 'events.amazonaws.com' },
})

const putEvents = (buses: Buses, input: Input, call: Call): Permission[] =>
  (input.Entries ?? []).map((entry) => {
    const place = placeOf(entry.EventBusName, call)
    const policy = buses.find(place)?.policy
    return {
      action: 'events:PutEvents',
      resource: busArn(place),
      context: {
        'events:source': entry.Source ?? '',
        'events:detail-type': entry.DetailType ?? '',
        'events:eventBusInvocation': 'false',
      },
      ...(policy ? { resourcePolicy: policy } : {}),
    }
  })

const targetKeys = (operation: string, input: Input): Record<string, readonly string[]> =>
  operation === 'PutTargets'
    ? { 'events:TargetArn': (input.Targets ?? []).flatMap(({ Arn }) => (Arn ? [Arn] : [])) }
    : {}

const tagKeys = (input: Input, known: readonly Tag[]): Record<string, string | readonly string[]> => {
  const keys = input.TagKeys ?? (input.Tags ?? []).map(({ Key = '' }) => Key)
  return {
    ...Object.fromEntries(known.map(({ Key, Value = '' }) => [`aws:ResourceTag/${Key}`, Value])),
    ...Object.fromEntries((input.Tags ?? []).map(({ Key, Value = '' }) => [`aws:RequestTag/${Key}`, Value])),
    ...(keys.length > 0 ? { 'aws:TagKeys': keys } : {}),
  }
}
