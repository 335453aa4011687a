import type { ListRulesCommandInput, PutRuleCommandInput } from '@aws-sdk/client-eventbridge'
import { AwsError, type Call, type Operation } from '../gateway/service.ts'
import { type Buses, busArn, DEFAULT_BUS } from './buses.ts'
import { compilePattern } from './pattern.ts'
import type { Place, Rule, Rules } from './rules.ts'
import { createTargetOperations } from './targets.ts'
import { testPattern } from './test-pattern.ts'

interface Named {
  readonly Name?: string
  readonly EventBusName?: string
}

const RULE_NAME = /^[.\-_A-Za-z0-9]{1,64}$/
const invalid = (reason: string) => new AwsError('ValidationException', reason)

export const ruleArn = ({ account, region, bus }: Place, name: string): string =>
  `arn:aws:events:${region}:${account}:rule/${bus === DEFAULT_BUS ? '' : `${bus}/`}${name}`

/** Operations on rules, their targets, and buses, in the shapes of the AWS SDK. PutEvents is added by eventbridge.ts. */
export const createOperations = (rules: Rules, buses: Buses): Record<string, Operation> => {
  const find = (name: string | undefined, bus: string | undefined, call: Call): Rule => {
    const place = buses.resolve(bus, call)
    const rule = rules.get(place, name ?? '')
    if (!rule)
      throw new AwsError('ResourceNotFoundException', `Rule ${name} does not exist on EventBus ${place.bus}.`)
    return rule
  }
  const setState = (state: Rule['state']) => (input: Named, call: Call) => {
    rules.save({ ...find(input.Name, input.EventBusName, call), state })
    return {}
  }

  return {
    ...createTargetOperations(rules, buses, find),
    ...createBusOperations(rules, buses),
    PutRule: (input: PutRuleCommandInput, call: Call) => {
      const place = buses.resolve(input.EventBusName, call)
      const rule = ruleFrom(input, place)
      rules.save({ ...rule, targets: rules.get(place, rule.name)?.targets ?? [] })
      return { RuleArn: rule.arn }
    },
    DescribeRule: (input: Named, call: Call) => ({
      ...describe(find(input.Name, input.EventBusName, call)),
      CreatedBy: call.account,
    }),
    DeleteRule: (input: Named, call: Call) => {
      const place = buses.resolve(input.EventBusName, call)
      const rule = rules.get(place, input.Name ?? '')
      if (rule && rule.targets.length > 0) throw invalid("Rule can't be deleted since it has targets.")
      if (rule) rules.delete(place, rule.name)
      return {}
    },
    ListRules: (input: ListRulesCommandInput, call: Call) => {
      const after = input.NextToken ? Buffer.from(input.NextToken, 'base64url').toString() : ''
      const rest = rules
        .list(buses.resolve(input.EventBusName, call))
        .filter(({ name }) => name.startsWith(input.NamePrefix ?? '') && name > after)
      const part = rest.slice(0, input.Limit ?? 100)
      const last = part.at(-1)
      const more = last && rest.length > part.length
      return {
        Rules: part.map(describe),
        ...(more ? { NextToken: Buffer.from(last.name).toString('base64url') } : {}),
      }
    },
    EnableRule: setState('ENABLED'),
    DisableRule: setState('DISABLED'),
    TestEventPattern: testPattern,
  }
}

const ruleFrom = (input: PutRuleCommandInput, place: Place): Omit<Rule, 'targets'> => {
  const name = input.Name ?? ''
  if (!RULE_NAME.test(name))
    throw invalid(
      `1 validation error detected: Value '${name}' at 'name' failed to satisfy constraint: [.\\-_A-Za-z0-9]+`,
    )
  if (input.ScheduleExpression)
    throw invalid(
      'Parameter ScheduleExpression is not valid. Reason: this local cloud runs schedules by EventBridge Scheduler only.',
    )
  if (!input.EventPattern) throw invalid('Parameter(s) EventPattern or ScheduleExpression must be specified.')
  compilePattern(input.EventPattern)
  const state = input.State ?? 'ENABLED'
  if (state !== 'ENABLED' && state !== 'DISABLED')
    throw invalid(`State ${state} is not served by this local cloud.`)
  return {
    ...place,
    name,
    arn: ruleArn(place, name),
    pattern: input.EventPattern,
    state,
    ...(input.Description === undefined ? {} : { description: input.Description }),
    ...(input.RoleArn === undefined ? {} : { roleArn: input.RoleArn }),
  }
}

const describe = (rule: Rule) => ({
  Name: rule.name,
  Arn: rule.arn,
  EventPattern: rule.pattern,
  State: rule.state,
  EventBusName: rule.bus,
  ...(rule.description === undefined ? {} : { Description: rule.description }),
  ...(rule.roleArn === undefined ? {} : { RoleArn: rule.roleArn }),
})

const createBusOperations = (rules: Rules, buses: Buses): Record<string, Operation> => {
  const show = (place: Place) => ({ Name: place.bus, Arn: busArn(place) })
  return {
    CreateEventBus: (input: Named, call: Call) => ({ EventBusArn: busArn(buses.create(input.Name, call)) }),
    DeleteEventBus: (input: Named, call: Call) => {
      if (rules.list({ account: call.account, region: call.region, bus: input.Name ?? '' }).length > 0)
        throw invalid(`Cannot delete event bus ${input.Name}: it has rules.`)
      buses.delete(input.Name, call)
      return {}
    },
    DescribeEventBus: (input: Named, call: Call) => show(buses.resolve(input.Name, call)),
    ListEventBuses: (input: { NamePrefix?: string }, call: Call) => ({
      EventBuses: buses
        .list(call)
        .filter((name) => name.startsWith(input.NamePrefix ?? ''))
        .map((name) => show(buses.resolve(name, call))),
    }),
  }
}
