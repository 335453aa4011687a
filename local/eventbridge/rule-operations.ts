import type {
  DeleteRuleCommandInput,
  ListRuleNamesByTargetCommandInput,
  ListRulesCommandInput,
  PutRuleCommandInput,
} from '@aws-sdk/client-eventbridge'
import type { Parts } from '../contracts.ts'
import { AwsError, type Call, type Operation } from '../gateway/service.ts'
import { parseRuleSchedule } from '../scheduler/expression.ts'
import type { Buses } from './buses.ts'
import { pageOf } from './page.ts'
import { compilePattern } from './pattern.ts'
import { DEFAULT_BUS, type Place, ruleArn } from './places.ts'
import type { Rule, RuleState, Rules } from './rules.ts'
import type { Tags } from './tags.ts'
import { testPattern } from './test-pattern.ts'

interface Named {
  readonly Name?: string | undefined
  readonly EventBusName?: string | undefined
}

interface Needs {
  readonly parts: Pick<Parts, 'now'>
  readonly buses: Buses
  readonly rules: Rules
  readonly tags: Tags
}

const invalid = (reason: string) => new AwsError('ValidationException', reason)

/** The rule that a call names. @throws AwsError ResourceNotFoundException */
export const findRule = (
  { buses, rules }: Pick<Needs, 'buses' | 'rules'>,
  name: string | undefined,
  bus: string | undefined,
  call: Pick<Call, 'account' | 'region'>,
): Rule => {
  const place = buses.resolve(bus, call)
  const rule = rules.get(place, name ?? '')
  if (rule) return rule
  throw new AwsError('ResourceNotFoundException', `Rule ${name} does not exist on EventBus ${place.bus}.`)
}

/** @throws AwsError ManagedRuleException for a rule that a service of AWS keeps, unless it is forced */
export const checkManaged = (rule: Rule | undefined, force = false): void => {
  if (rule?.managedBy !== undefined && !force)
    throw new AwsError(
      'ManagedRuleException',
      `Rule ${rule.name} is managed by an AWS service can only be modified if force is True.`,
    )
}

/** Operations on rules: EventBridge API Reference; texts from recorded answers. */
export const ruleOperations = (needs: Needs): Record<string, Operation> => {
  const { parts, buses, rules, tags } = needs
  const setState = (state: RuleState) => (input: Named, call: Call) => {
    const rule = findRule(needs, input.Name, input.EventBusName, call)
    checkManaged(rule)
    rules.save({ ...rule, state })
    return {}
  }
  return {
    PutRule: (input: PutRuleCommandInput, call: Call) => {
      const place = buses.resolve(input.EventBusName, call)
      const made = ruleFrom(input, place)
      const known = rules.get(place, made.name)
      checkManaged(known)
      rules.save({ ...made, targets: known?.targets ?? [], createdAt: known?.createdAt ?? parts.now() })
      // tags of a rule that is there are changed by TagResource alone
      if (!known) tags.set(made.arn, input.Tags)
      return { RuleArn: made.arn }
    },
    DescribeRule: (input: Named, call: Call) => {
      const rule = findRule(needs, input.Name, input.EventBusName, call)
      return { ...describe(rule), CreatedBy: rule.account }
    },
    DeleteRule: (input: DeleteRuleCommandInput, call: Call) => {
      const place = buses.resolve(input.EventBusName, call)
      const rule = rules.get(place, input.Name ?? '')
      if (!rule) return {}
      checkManaged(rule, input.Force)
      if (rule.targets.length > 0) throw invalid("Rule can't be deleted since it has targets.")
      rules.delete(place, rule.name)
      tags.forget(rule.arn)
      return {}
    },
    ListRules: (input: ListRulesCommandInput, call: Call) => {
      const all = rules
        .list(buses.resolve(input.EventBusName, call))
        .filter(({ name }) => name.startsWith(input.NamePrefix ?? ''))
      const { part, ...next } = pageOf(all, ({ name }) => name, input)
      return { Rules: part.map(describe), ...next }
    },
    ListRuleNamesByTarget: (input: ListRuleNamesByTargetCommandInput, call: Call) => {
      const all = rules
        .list(buses.resolve(input.EventBusName, call))
        .filter((rule) => rule.targets.some((target) => target.Arn === input.TargetArn))
        .map((rule) => rule.name)
      const { part, ...next } = pageOf(all, (name) => name, input)
      return { RuleNames: part, ...next }
    },
    EnableRule: setState('ENABLED'),
    DisableRule: setState('DISABLED'),
    TestEventPattern: testPattern,
  }
}

const ruleFrom = (input: PutRuleCommandInput, place: Place): Omit<Rule, 'targets'> => {
  const { EventPattern: pattern, ScheduleExpression: schedule } = input
  if (!pattern && !schedule)
    throw invalid('Parameter(s) EventPattern or ScheduleExpression must be specified.')
  if (schedule) {
    if (place.bus !== DEFAULT_BUS)
      throw invalid('ScheduleExpression is supported only on the default event bus.')
    if (!parseRuleSchedule(schedule)) throw invalid('Parameter ScheduleExpression is not valid.')
  }
  if (pattern) compilePattern(pattern)
  const name = input.Name ?? ''
  return {
    ...place,
    name,
    arn: ruleArn(place, name),
    ...(pattern ? { pattern } : {}),
    ...(schedule ? { schedule } : {}),
    state: input.State ?? 'ENABLED',
    ...(input.Description === undefined ? {} : { description: input.Description }),
    ...(input.RoleArn === undefined ? {} : { roleArn: input.RoleArn }),
  }
}

const describe = (rule: Rule) => ({
  Name: rule.name,
  Arn: rule.arn,
  ...(rule.pattern === undefined ? {} : { EventPattern: rule.pattern }),
  ...(rule.schedule === undefined ? {} : { ScheduleExpression: rule.schedule }),
  State: rule.state,
  EventBusName: rule.bus,
  ...(rule.description === undefined ? {} : { Description: rule.description }),
  ...(rule.roleArn === undefined ? {} : { RoleArn: rule.roleArn }),
  ...(rule.managedBy === undefined ? {} : { ManagedBy: rule.managedBy }),
})
