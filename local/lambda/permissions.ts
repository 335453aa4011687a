import type { AddPermissionCommandInput } from '@aws-sdk/client-lambda'
import { AwsError, type Call, type Operation } from '../gateway/service.ts'
import type { Functions } from './functions.ts'
import type { FunctionRecord, PolicyStatement } from './records.ts'

/** The resource policy of a function, which says who may hand it events; undefined while nobody was let in. */
export const policyOf = (record: FunctionRecord) =>
  record.policy.length === 0 ? undefined : { Version: '2012-10-17', Id: 'default', Statement: record.policy }

const statementOf = (input: AddPermissionCommandInput, record: FunctionRecord): PolicyStatement => {
  const principal = input.Principal ?? ''
  const conditions = {
    ...(input.SourceArn ? { ArnLike: { 'AWS:SourceArn': input.SourceArn } } : {}),
    ...(input.SourceAccount ? { StringEquals: { 'AWS:SourceAccount': input.SourceAccount } } : {}),
  }
  return {
    Sid: input.StatementId ?? '',
    Effect: 'Allow',
    Principal: principal.includes('.amazonaws.com')
      ? { Service: principal }
      : { AWS: /^\d{12}$/.test(principal) ? `arn:aws:iam::${principal}:root` : principal },
    Action: input.Action ?? '',
    Resource: record.arn,
    ...(Object.keys(conditions).length > 0 ? { Condition: conditions } : {}),
  }
}

/** AddPermission, RemovePermission, GetPolicy: API reference of Lambda; condition keys as its policies show them. */
export const permissionOperations = (functions: Functions): Record<string, Operation> => ({
  AddPermission: (input: AddPermissionCommandInput, call: Call) => {
    const record = functions.get(input.FunctionName, call)
    if (!/^lambda:[A-Za-z*]+$|^\*$/.test(input.Action ?? '') || !input.Principal || !input.StatementId)
      throw new AwsError(
        'ValidationException',
        'AddPermission needs a StatementId, a Principal, and an Action such as lambda:InvokeFunction',
      )
    if (record.policy.some(({ Sid }) => Sid === input.StatementId))
      throw new AwsError(
        'ResourceConflictException',
        `The statement id (${input.StatementId}) provided already exists. Please provide a new statement id, or remove the existing statement.`,
        409,
      )
    const statement = statementOf(input, record)
    functions.change(record, { policy: [...record.policy, statement] })
    return { Statement: JSON.stringify(statement) }
  },
  RemovePermission: (input, call) => {
    const record = functions.get(input.FunctionName, call)
    const policy = record.policy.filter(({ Sid }) => Sid !== input.StatementId)
    if (policy.length === record.policy.length)
      throw new AwsError(
        'ResourceNotFoundException',
        `Statement ${input.StatementId} is not found in resource policy.`,
        404,
      )
    functions.change(record, { policy })
    return {}
  },
  GetPolicy: (input, call) => {
    const record = functions.get(input.FunctionName, call)
    const policy = policyOf(record)
    if (!policy)
      throw new AwsError('ResourceNotFoundException', 'The resource you requested does not exist.', 404)
    return { Policy: JSON.stringify(policy), RevisionId: record.revisionId }
  },
})
