import { randomUUID } from 'node:crypto'
import type { AddPermissionCommandInput } from '@aws-sdk/client-lambda'
import { AwsError, type Operation } from '../gateway/service.ts'
import {
  conflict,
  invalid,
  missingFunction,
  missingResource,
  notFound,
  staleRevision,
  violated,
  violation,
} from './errors.ts'
import type { Functions, Target } from './functions.ts'
import { functionArn, LATEST, namedFunction } from './names.ts'
import { type FunctionRecord, type PolicyStatement, qualifiedOf, withQualified } from './records.ts'

/** Service quotas: resource-based policy of a function. */
const MAX_POLICY_BYTES = 20_480

/** The resource policy of a function, version or alias: who may hand it events; undefined while nobody was let in. */
export const policyOf = (record: FunctionRecord, qualifier?: string) => {
  const { policy = [] } = qualifiedOf(record, qualifier)
  return policy.length === 0 ? undefined : { Version: '2012-10-17', Id: 'default', Statement: policy }
}

const principalOf = (principal: string): object | string => {
  if (principal === '*') return '*'
  if (/^[\w.-]+\.amazonaws\.com$/.test(principal)) return { Service: principal }
  if (/^\d{12}$/.test(principal)) return { AWS: `arn:aws:iam::${principal}:root` }
  if (/^arn:aws[a-z-]*:(iam|sts)::\d{12}:/.test(principal)) return { AWS: principal }
  throw invalid('The provided principal was invalid. Please check the principal and try again.')
}

/** API reference, AddPermission; condition keys as Lambda's policies show them. */
const statementOf = (input: AddPermissionCommandInput, resource: string): PolicyStatement => {
  const equal = {
    ...(input.FunctionUrlAuthType ? { 'lambda:FunctionUrlAuthType': input.FunctionUrlAuthType } : {}),
    ...(input.PrincipalOrgID ? { 'aws:PrincipalOrgID': input.PrincipalOrgID } : {}),
    ...(input.SourceAccount ? { 'AWS:SourceAccount': input.SourceAccount } : {}),
    ...(input.EventSourceToken ? { 'lambda:EventSourceToken': input.EventSourceToken } : {}),
  }
  const conditions = {
    ...(Object.keys(equal).length > 0 ? { StringEquals: equal } : {}),
    ...(input.SourceArn ? { ArnLike: { 'AWS:SourceArn': input.SourceArn } } : {}),
  }
  return {
    Sid: input.StatementId ?? '',
    Effect: 'Allow',
    Principal: principalOf(input.Principal ?? ''),
    Action: input.Action ?? '',
    Resource: resource,
    ...(Object.keys(conditions).length > 0 ? { Condition: conditions } : {}),
  }
}

/** AddPermission, RemovePermission, GetPolicy, for a function, a version or an alias. */
export const permissionOperations = (functions: Functions): Record<string, Operation> => {
  const revisionOf = ({ alias, version }: Target) => (alias ?? version).revisionId
  /** Every change of a policy is a new revision of what it belongs to. */
  const change = (target: Target, policy: readonly PolicyStatement[]) => {
    const { qualifier, alias } = target
    const record = withQualified(target.function, qualifier, { policy })
    const revisionId = randomUUID()
    if (alias)
      functions.put({ ...record, aliases: { ...record.aliases, [alias.name]: { ...alias, revisionId } } })
    else if (qualifier === undefined || qualifier === LATEST)
      functions.put({ ...record, revisionId, buildId: record.buildId ?? record.revisionId })
    else {
      functions.put(record)
      functions.putVersion({
        ...target.version,
        revisionId,
        buildId: target.version.buildId ?? target.version.revisionId,
      })
    }
  }

  return {
    AddPermission: (input: AddPermissionCommandInput, call) => {
      const named = namedFunction(input.FunctionName, call, input.Qualifier)
      checkAdd(input)
      if (named.qualifier === LATEST)
        throw invalid('We currently do not support adding policies for $LATEST.')
      const target = existing(functions, named)
      if (input.RevisionId && input.RevisionId !== revisionOf(target)) throw staleRevision('GetPolicy')
      const { policy = [] } = qualifiedOf(target.function, named.qualifier)
      if (policy.some(({ Sid }) => Sid === input.StatementId))
        throw conflict(
          `The statement id (${input.StatementId}) provided already exists. Please provide a new statement id, or remove the existing statement.`,
        )
      const statement = statementOf(input, functionArn(named, named.name, named.qualifier))
      const next = [...policy, statement]
      const bytes = Buffer.byteLength(
        JSON.stringify({ Version: '2012-10-17', Id: 'default', Statement: next }),
      )
      if (bytes > MAX_POLICY_BYTES)
        throw new AwsError(
          'PolicyLengthExceededException',
          `The final policy size (${bytes}) is bigger than the limit (${MAX_POLICY_BYTES}).`,
        )
      change(target, next)
      return { Statement: JSON.stringify(statement) }
    },
    RemovePermission: (input, call) => {
      const named = namedFunction(input.FunctionName, call, input.Qualifier)
      const target = functions.find(functionArn(named, named.name, named.qualifier))
      if (!target) throw notFound(`No policy found for: ${functionArn(named, named.name)}`)
      const { policy = [] } = qualifiedOf(target.function, named.qualifier)
      if (policy.length === 0) throw notFound('No policy is associated with the given resource.')
      const left = policy.filter(({ Sid }) => Sid !== input.StatementId)
      if (left.length === policy.length)
        throw notFound(`Statement ${input.StatementId} is not found in resource policy.`)
      if (input.RevisionId && input.RevisionId !== revisionOf(target)) throw staleRevision('GetPolicy')
      change(target, left)
      return {}
    },
    GetPolicy: (input, call) => {
      const named = namedFunction(input.FunctionName, call, input.Qualifier)
      const target = functions.target(named)
      const policy = policyOf(target.function, named.qualifier)
      if (!policy) throw missingResource()
      return { Policy: JSON.stringify(policy), RevisionId: revisionOf(target) }
    },
  }
}

/** An alias that is not there is called one, not a function. */
const existing = (functions: Functions, named: ReturnType<typeof namedFunction>): Target => {
  const { qualifier } = named
  const record = functions.find(functionArn(named, named.name))
  if (!record) throw missingFunction(functionArn(named, named.name))
  if (qualifier !== undefined && !/^\d+$/.test(qualifier) && !record.function.aliases?.[qualifier])
    throw notFound(`Cannot find alias arn: ${functionArn(named, named.name, qualifier)}`)
  return functions.target(named)
}

const checkAdd = (input: AddPermissionCommandInput): void => {
  const wrong: string[] = []
  if (!/^[a-zA-Z0-9-_]{1,100}$/.test(input.StatementId ?? ''))
    wrong.push(
      violation(
        input.StatementId,
        'statementId',
        'Member must satisfy regular expression pattern: ([a-zA-Z0-9-_]+)',
      ),
    )
  if (!/^(lambda:\*|lambda:[a-zA-Z]+|\*)$/.test(input.Action ?? ''))
    wrong.push(
      violation(
        input.Action,
        'action',
        'Member must satisfy regular expression pattern: (lambda:[*]|lambda:[a-zA-Z]+|[*])',
      ),
    )
  if (wrong.length > 0) throw violated(...wrong)
}
