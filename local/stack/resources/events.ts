import { type Context, type Handler, type Handlers, unless } from '../handler.ts'
import { defined, document, objects, text } from '../properties.ts'
import type { JsonObject } from '../values.ts'

const MISSING = ['ResourceNotFound']

const rule: Handler = {
  apply: async ({ logicalId, properties }, context) => {
    const Name = text(properties, 'Name') ?? context.generatedName(logicalId, 64)
    const EventBusName = text(properties, 'EventBusName')
    const { RuleArn } = await context.call(
      'events',
      'PutRule',
      defined({
        Name,
        EventBusName,
        EventPattern: document(properties, 'EventPattern'),
        ScheduleExpression: text(properties, 'ScheduleExpression'),
        State: text(properties, 'State'),
        Description: text(properties, 'Description'),
        RoleArn: text(properties, 'RoleArn'),
        Tags: properties.Tags,
      }),
    )
    const Targets = objects(properties, 'Targets')
    await dropTargets(context, Name, EventBusName, new Set(Targets.map((target) => target.Id)))
    if (Targets.length > 0) {
      const answer = await context.call(
        'events',
        'PutTargets',
        defined({ Rule: Name, EventBusName, Targets }),
      )
      const [failed] = answer.FailedEntries ?? []
      if (answer.FailedEntryCount > 0)
        throw new Error(`property Targets: ${failed?.TargetId}: ${failed?.ErrorMessage ?? failed?.ErrorCode}`)
    }
    return { physicalId: Name, attributes: { Arn: RuleArn } }
  },
  remove: async ({ physicalId, properties }, context) => {
    const EventBusName = text(properties, 'EventBusName')
    const removal = async () => {
      await dropTargets(context, physicalId, EventBusName, new Set())
      await context.call('events', 'DeleteRule', defined({ Name: physicalId, EventBusName }))
    }
    await unless(MISSING, removal())
  },
}

const dropTargets = async (
  context: Context,
  Rule: string,
  EventBusName: string | undefined,
  keep: ReadonlySet<unknown>,
) => {
  const { Targets = [] } = await context.call('events', 'ListTargetsByRule', defined({ Rule, EventBusName }))
  const Ids = (Targets as { Id: string }[]).map(({ Id }) => Id).filter((id) => !keep.has(id))
  if (Ids.length > 0) await context.call('events', 'RemoveTargets', defined({ Rule, EventBusName, Ids }))
}

const SCHEDULE_PROPERTIES = [
  ...['GroupName', 'Description', 'ScheduleExpression', 'ScheduleExpressionTimezone', 'State'],
  ...['KmsKeyArn', 'ActionAfterCompletion'],
]

const schedule: Handler = {
  apply: async ({ logicalId, properties }, context) => {
    const Name = text(properties, 'Name') ?? context.generatedName(logicalId, 64)
    const date = (name: string) => {
      const value = text(properties, name)
      return value === undefined ? undefined : new Date(value)
    }
    const input = defined({
      Name,
      ...Object.fromEntries(SCHEDULE_PROPERTIES.map((name) => [name, text(properties, name)])),
      FlexibleTimeWindow: numbers(properties.FlexibleTimeWindow as JsonObject, ['MaximumWindowInMinutes']),
      Target: target(properties.Target as JsonObject),
      StartDate: date('StartDate'),
      EndDate: date('EndDate'),
    })
    const made = await unless(['Conflict'], context.call('scheduler', 'CreateSchedule', input))
    if (!made) await context.call('scheduler', 'UpdateSchedule', input)
    const group = text(properties, 'GroupName') ?? 'default'
    return { physicalId: Name, attributes: { Arn: context.arn('scheduler', `schedule/${group}/${Name}`) } }
  },
  remove: async ({ physicalId, properties }, context) => {
    await unless(
      MISSING,
      context.call(
        'scheduler',
        'DeleteSchedule',
        defined({ Name: physicalId, GroupName: text(properties, 'GroupName') }),
      ),
    )
  },
}

const numbers = (value: JsonObject | undefined, names: readonly string[]): JsonObject | undefined =>
  value &&
  Object.fromEntries(
    Object.entries(value).map(([name, child]) => [name, names.includes(name) ? Number(child) : child]),
  )

const target = (value: JsonObject | undefined): JsonObject | undefined => {
  const retry = numbers(value?.RetryPolicy as JsonObject | undefined, [
    'MaximumEventAgeInSeconds',
    'MaximumRetryAttempts',
  ])
  return value && { ...value, ...(retry ? { RetryPolicy: retry } : {}) }
}

export const eventsHandlers: Handlers = { 'AWS::Events::Rule': rule, 'AWS::Scheduler::Schedule': schedule }
