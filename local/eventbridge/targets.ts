import type {
  ListTargetsByRuleCommandInput,
  PutTargetsCommandInput,
  RemoveTargetsCommandInput,
  Target,
} from '@aws-sdk/client-eventbridge'
import { AwsError, type Call, type Operation } from '../gateway/service.ts'
import type { Buses } from './buses.ts'
import { isReserved, parsePath, variablesOf } from './input.ts'
import type { Rule, Rules } from './rules.ts'

/** Quotas: Amazon EventBridge quotas, "Targets per rule"; EventBridge API Reference, InputTransformer. */
const MAX_TARGETS = 5
const MAX_PATHS = 100
const MAX_TEMPLATE = 8_192
const TARGET_ARN = /^arn:aws:(sqs|sns|lambda):([a-z0-9-]+):\d{12}:.+$/

const invalid = (reason: string) => new AwsError('ValidationException', reason)

/** Operations on the targets of a rule. */
export const createTargetOperations = (
  rules: Rules,
  buses: Buses,
  find: (name: string | undefined, bus: string | undefined, call: Call) => Rule,
): Record<string, Operation> => ({
  PutTargets: (input: PutTargetsCommandInput, call: Call) => {
    const rule = find(input.Rule, input.EventBusName, call)
    const given = input.Targets ?? []
    if (given.length === 0)
      throw invalid('Parameter Targets is not valid. Reason: at least one target is required.')
    for (const target of given) checkTarget(target, call.region)
    const ids = new Set(given.map((target) => target.Id))
    const targets = [...rule.targets.filter((target) => !ids.has(target.Id)), ...given]
    if (targets.length > MAX_TARGETS)
      throw new AwsError(
        'LimitExceededException',
        'The requested resource exceeds the maximum number allowed.',
      )
    rules.save({ ...rule, targets })
    return { FailedEntryCount: 0, FailedEntries: [] }
  },
  RemoveTargets: (input: RemoveTargetsCommandInput, call: Call) => {
    const rule = find(input.Rule, input.EventBusName, call)
    rules.save({ ...rule, targets: rule.targets.filter((target) => !input.Ids?.includes(target.Id ?? '')) })
    return { FailedEntryCount: 0, FailedEntries: [] }
  },
  ListTargetsByRule: (input: ListTargetsByRuleCommandInput, call: Call) => ({
    Targets: find(input.Rule, input.EventBusName, call).targets,
  }),
  ListRuleNamesByTarget: (input: { TargetArn?: string; EventBusName?: string }, call: Call) => ({
    RuleNames: rules
      .list(buses.resolve(input.EventBusName, call))
      .filter((rule) => rule.targets.some((target) => target.Arn === input.TargetArn))
      .map((rule) => rule.name),
  }),
})

/** @throws AwsError ValidationException for what EventBridge refuses, or for what is not served here */
const checkTarget = (target: Target, region: string): void => {
  const arn = target.Arn ?? ''
  if (!/^[.\-_A-Za-z0-9]{1,64}$/.test(target.Id ?? ''))
    throw invalid(`Parameter ${target.Id} is not valid. Reason: target ids match [.-_A-Za-z0-9]{1,64}.`)
  const [, service, place] = TARGET_ARN.exec(arn) ?? []
  if (!service)
    throw invalid(
      /^arn:aws:[a-z0-9-]+:/.test(arn)
        ? `Parameter ${arn} is not valid. Reason: this local cloud delivers to SQS, SNS and Lambda only.`
        : `Parameter ${arn} is not valid. Reason: Provided Arn is not in correct format.`,
    )
  if (place !== region)
    throw invalid(`Parameter ${arn} is not valid. Reason: the target must be in region ${region}.`)
  checkInput(target)
  const { MaximumRetryAttempts: attempts = 0, MaximumEventAgeInSeconds: age = 60 } = target.RetryPolicy ?? {}
  if (!(attempts >= 0 && attempts <= 185)) throw invalid('MaximumRetryAttempts must be between 0 and 185.')
  if (!(age >= 60 && age <= 86_400)) throw invalid('MaximumEventAgeInSeconds must be between 60 and 86400.')
  const queue = target.DeadLetterConfig?.Arn
  if (queue !== undefined && (!queue.startsWith(`arn:aws:sqs:${region}:`) || queue.endsWith('.fifo')))
    throw invalid(
      `Parameter ${queue} is not valid. Reason: the dead-letter queue must be a standard queue in ${region}.`,
    )
}

const checkInput = ({ Id, Input, InputPath, InputTransformer: transformer }: Target): void => {
  if ([Input, InputPath, transformer].filter((one) => one !== undefined).length > 1)
    throw invalid(`Only one of Input, InputPath, or InputTransformer must be provided for target ${Id}.`)
  if (Input !== undefined && !isJson(Input)) throw invalid(`JSON syntax error in input for target ${Id}.`)
  if (InputPath !== undefined && !parsePath(InputPath))
    throw invalid(`InputPath for target ${Id} is invalid.`)
  if (!transformer) return
  const paths = Object.entries(transformer.InputPathsMap ?? {})
  const template = transformer.InputTemplate ?? ''
  if (paths.length > MAX_PATHS)
    throw invalid(`InputPathsMap for target ${Id} has more than ${MAX_PATHS} paths.`)
  if (template.length < 1 || template.length > MAX_TEMPLATE)
    throw invalid(`InputTemplate for target ${Id} must have 1 to ${MAX_TEMPLATE} characters.`)
  const bad = paths.find(([name, path]) => isReserved(name) || !parsePath(path))
  if (bad) throw invalid(`InputPathsMap for target ${Id} has an invalid entry ${bad[0]}.`)
  const names = new Set(paths.map(([name]) => name))
  const unknown = variablesOf(template).find((name) => !names.has(name) && !isReserved(name))
  if (unknown) throw invalid(`InputTemplate for target ${Id} contains invalid placeholder ${unknown}.`)
}

const isJson = (text: string): boolean => {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
