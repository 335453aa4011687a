import type {
  ListTargetsByRuleCommandInput,
  PutTargetsCommandInput,
  RemoveTargetsCommandInput,
  RemoveTargetsResultEntry,
} from '@aws-sdk/client-eventbridge'
import { AwsError, type Call, type Operation } from '../gateway/service.ts'
import type { Buses } from './buses.ts'
import { pageOf } from './page.ts'
import { checkManaged, findRule } from './rule-operations.ts'
import type { Rules } from './rules.ts'
import { checkTarget } from './target-check.ts'

/** Amazon EventBridge quotas, "Targets per rule"; entries of one call: API Reference, PutTargets. */
const MAX_TARGETS = 5
const MAX_ENTRIES = 10

/** Operations on the targets of a rule. */
export const targetOperations = (needs: {
  readonly rules: Rules
  readonly buses: Buses
}): Record<string, Operation> => ({
  PutTargets: (input: PutTargetsCommandInput, call: Call) => {
    const given = input.Targets ?? []
    if (given.length > MAX_ENTRIES)
      throw new AwsError(
        'ValidationException',
        `Member must have length less than or equal to ${MAX_ENTRIES}`,
      )
    for (const target of given) checkTarget(target, call)
    const rule = findRule(needs, input.Rule, input.EventBusName, call)
    checkManaged(rule)
    const byId = new Map(rule.targets.map((target) => [target.Id, target]))
    for (const target of given) byId.set(target.Id, target)
    if (byId.size > MAX_TARGETS)
      throw new AwsError(
        'LimitExceededException',
        'The requested resource exceeds the maximum number allowed.',
      )
    needs.rules.save({ ...rule, targets: [...byId.values()] })
    return { FailedEntryCount: 0, FailedEntries: [] }
  },
  RemoveTargets: (input: RemoveTargetsCommandInput, call: Call) => {
    const rule = findRule(needs, input.Rule, input.EventBusName, call)
    checkManaged(rule, input.Force)
    const ids = input.Ids ?? []
    const known = new Set(rule.targets.map((target) => target.Id))
    const FailedEntries = ids
      .filter((id) => !known.has(id))
      .map(
        (TargetId): RemoveTargetsResultEntry => ({
          TargetId,
          ErrorCode: 'ResourceNotFoundException',
          ErrorMessage: `Rule '${rule.name}' does not have a target with the Id '${TargetId}'.`,
        }),
      )
    const targets = rule.targets.filter((target) => !ids.includes(target.Id ?? ''))
    if (targets.length < rule.targets.length) needs.rules.save({ ...rule, targets })
    return { FailedEntryCount: FailedEntries.length, FailedEntries }
  },
  ListTargetsByRule: (input: ListTargetsByRuleCommandInput, call: Call) => {
    const { targets } = findRule(needs, input.Rule, input.EventBusName, call)
    const sorted = [...targets].sort((a, b) => ((a.Id ?? '') < (b.Id ?? '') ? -1 : 1))
    const { part, ...next } = pageOf(sorted, ({ Id }) => Id ?? '', input)
    return { Targets: part, ...next }
  },
})
