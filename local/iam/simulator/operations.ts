import type { Caller, Operation } from '../../gateway/service.ts'
import type { Layers } from '../decide.ts'
import { invalidInput } from '../errors.ts'
import { findGroup, findRole, findUser, nameOfArn, userOfArn } from '../find.ts'
import type { Holdings } from '../holdings.ts'
import { page } from '../names.ts'
import type { Policy } from '../policy.ts'
import type { AnyIdentity, Records } from '../records.ts'
import { callerOfUser } from '../sessions.ts'
import { evaluate, type Outcome, type Simulation } from './evaluate.ts'
import {
  checkActions,
  readContext,
  readPolicies,
  readResourcePolicy,
  type SimulationInput,
} from './inputs.ts'

interface PrincipalInput extends SimulationInput {
  readonly PolicySourceArn: string
}

/** The policy simulator: the cloud's own judgement on policies and keys that a call gives. */
export const simulatorOperations = (
  records: Records,
  holdings: Holdings,
): Readonly<Record<string, Operation>> => ({
  SimulateCustomPolicy: (input: SimulationInput) => {
    const caller = callerOf(records, input.CallerArn)
    return simulate(input, caller, { identity: readPolicies(input.PolicyInputList, 'PolicyInputList') })
  },
  SimulatePrincipalPolicy: (input: PrincipalInput, { account }) => {
    const source = sourceOf(records, account, input.PolicySourceArn)
    const own = source.kind === 'user' ? callerOfUser(source) : undefined
    const caller = callerOf(records, input.CallerArn) ?? own
    const more = readPolicies(input.PolicyInputList, 'PolicyInputList')
    const boundary =
      'boundary' in source && source.boundary !== undefined && holdings.managed(source.boundary)
    return simulate(input, caller, {
      identity: [...holdings.policiesOf(source), ...more],
      ...(boundary && { boundary: [boundary] }),
    })
  },
  GetContextKeysForCustomPolicy: (input: SimulationInput) => ({
    ContextKeyNames: keysOf(readPolicies(input.PolicyInputList, 'PolicyInputList')),
  }),
  GetContextKeysForPrincipalPolicy: (input: PrincipalInput, { account }) => ({
    ContextKeyNames: keysOf([
      ...holdings.policiesOf(sourceOf(records, account, input.PolicySourceArn)),
      ...readPolicies(input.PolicyInputList, 'PolicyInputList'),
    ]),
  }),
})

/** @throws {AwsError} InvalidInputException, NoSuchEntityException */
const sourceOf = (records: Records, account: string, arn: string): AnyIdentity => {
  const [, owner, kind] = /^arn:aws:iam::(\d{12}):(user|group|role)\/.+$/.exec(arn) ?? []
  if (owner !== account)
    throw invalidInput(`Invalid Entity Arn: ${arn} does not clearly define entity type and name.`)
  const name = nameOfArn(arn)
  if (kind === 'user') return findUser(records, account, name)
  return kind === 'group' ? findGroup(records, account, name) : findRole(records, account, name)
}

/** The simulated user; one who does not exist has no id and no tags. */
const callerOf = (records: Records, arn: string | undefined): Caller | undefined => {
  if (arn === undefined) return undefined
  const account = /^arn:aws:iam::(\d{12}):user\/.+$/.exec(arn)?.[1]
  if (account === undefined) throw notUser()
  const user = userOfArn(records, arn)
  return user ? callerOfUser(user) : { account, arn, userId: '', kind: 'user' }
}

const notUser = () => invalidInput('Invalid caller - Caller must be an IAM user in this context.')

const simulate = (input: SimulationInput, caller: Caller | undefined, own: Layers): object => {
  const actions = checkActions(input.ActionNames)
  const boundary = readPolicies(
    input.PermissionsBoundaryPolicyInputList,
    'PermissionsBoundaryPolicyInputList',
  )
  if (input.ResourcePolicy !== undefined && !caller) throw notUser()
  const simulation: Simulation = {
    layers: {
      ...own,
      ...(boundary.length > 0 && { boundary }),
      ...(input.ResourcePolicy !== undefined && { resource: [readResourcePolicy(input.ResourcePolicy)] }),
    },
    ...(caller && { caller }),
    keys: readContext(input.ContextEntries),
    owner: /^arn:aws:iam::(\d{12}):root$/.exec(input.ResourceOwner ?? '')?.[1] ?? caller?.account,
  }
  const { items, ...rest } = page(actions, input)
  return {
    EvaluationResults: items.map((action) => resultOf(simulation, action, input.ResourceArns)),
    ...rest,
  }
}

/** One result for each action; with resources, each of them in it: the whole is as strict as the strictest of them. */
const resultOf = (simulation: Simulation, action: string, arns: readonly string[] = ['*']): object => {
  const outcomes = arns.map((arn) => ({ arn, ...evaluate(simulation, action, arn) }))
  const order: readonly Outcome['decision'][] = ['explicitDeny', 'implicitDeny', 'allowed']
  const [strictest] = [...outcomes].sort((a, b) => order.indexOf(a.decision) - order.indexOf(b.decision))
  const everything = arns.length === 1 && arns[0] === '*'
  const { decision, MatchedStatements, MissingContextValues, boundary, details } = strictest ?? {}
  return {
    EvalActionName: action,
    EvalResourceName: arns.length === 1 ? arns[0] : '*',
    EvalDecision: decision,
    MatchedStatements,
    MissingContextValues: everything ? MissingContextValues : [],
    ...boundary,
    ...(!everything && { EvalDecisionDetails: details }),
    ...(!everything && {
      ResourceSpecificResults: outcomes.map((outcome) => ({
        EvalResourceName: outcome.arn,
        EvalResourceDecision: outcome.decision,
        MatchedStatements: outcome.MatchedStatements,
        MissingContextValues: outcome.MissingContextValues,
        ...(Object.keys(outcome.details).length > 0 && { EvalDecisionDetails: outcome.details }),
        ...outcome.boundary,
      })),
    }),
  }
}

/** As the policies write them, each once. */
const keysOf = (policies: readonly Policy[]): readonly string[] => {
  const names = new Map<string, string>()
  for (const { statements } of policies)
    for (const name of statements.flatMap(({ keys }) => keys))
      if (!names.has(name.toLowerCase())) names.set(name.toLowerCase(), name)
  return [...names.values()]
}
