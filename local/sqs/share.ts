import type { AddPermissionCommandInput } from '@aws-sdk/client-sqs'
import { AwsError } from '../gateway/service.ts'
import { parseObject } from './attributes.ts'
import { invalidValue, missing } from './errors.ts'
import type { QueueRecord } from './types.ts'

const MAX_ACTIONS = 7
/** SQS developer guide, "Limitations of Amazon SQS custom policies": what can be shared with other accounts. */
const SHARED: readonly string[] = [
  '*',
  'ChangeMessageVisibility',
  'DeleteMessage',
  'GetQueueAttributes',
  'GetQueueUrl',
  'ListDeadLetterSourceQueues',
  'PurgeQueue',
  'ReceiveMessage',
  'SendMessage',
]
const OWNERS: readonly string[] = [
  'AddPermission',
  'CancelMessageMoveTask',
  'CreateQueue',
  'DeleteQueue',
  'ListMessageMoveTasks',
  'ListQueues',
  'ListQueueTags',
  'RemovePermission',
  'SetQueueAttributes',
  'StartMessageMoveTask',
  'TagQueue',
  'UntagQueue',
]

interface Statement {
  readonly Sid?: string
}

const statementsOf = (queue: QueueRecord): { policy: object; statements: Statement[] } | undefined => {
  const policy = parseObject(queue.attributes.Policy ?? '')
  if (!policy) return undefined
  const { Statement: given = [] } = policy
  return { policy, statements: (Array.isArray(given) ? given : [given]) as Statement[] }
}

/**
 * The queue's policy with one statement more (API Reference, AddPermission).
 * @throws AwsError MissingRequiredParameterException, InvalidParameterValueException, OverLimit
 */
export const addPermission = (queue: QueueRecord, input: AddPermissionCommandInput): string => {
  const { Label: label, Actions: actions = [], AWSAccountIds: accounts = [] } = input
  if (actions.length === 0) throw missing('Actions')
  if (accounts.length === 0 || accounts.some((account) => !/^\d{12}$/.test(account)))
    throw invalidValue(`[${accounts.join(', ')}]`, 'PrincipalId', 'Unable to verify.')
  if (actions.length > MAX_ACTIONS)
    throw new AwsError(
      'OverLimit',
      `${actions.length} Actions were found, maximum allowed is ${MAX_ACTIONS}.`,
      403,
    )
  for (const action of actions) checkAction(action)
  if (!/^[A-Za-z0-9_-]{1,80}$/.test(label ?? ''))
    throw invalidValue(
      label,
      'Label',
      'Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length',
    )
  const held = statementsOf(queue)
  if (held?.statements.some(({ Sid }) => Sid === label)) throw invalidValue(label, 'Label', 'Already exists.')
  const statement = {
    Sid: label,
    Effect: 'Allow',
    Principal: { AWS: oneOrMany(accounts.map((account) => `arn:aws:iam::${account}:root`)) },
    Action: oneOrMany(actions.map((action) => `SQS:${action}`)),
    Resource: queue.arn,
  }
  const empty = { Version: '2008-10-17', Id: `${queue.arn}/SQSDefaultPolicy` }
  return JSON.stringify({
    ...(held?.policy ?? empty),
    Statement: [...(held?.statements ?? []), statement],
  })
}

const checkAction = (action: string): void => {
  if (SHARED.includes(action)) return
  throw invalidValue(
    `SQS:${action}`,
    'ActionName',
    OWNERS.includes(action)
      ? 'Only the queue owner is allowed to invoke this action.'
      : 'Please refer to the appropriate WSDL for a list of valid actions. ',
  )
}

const oneOrMany = (values: readonly string[]) => (values.length === 1 ? values[0] : values)

/**
 * The queue's policy without a statement; empty when that was the last one.
 * @throws AwsError InvalidParameterValueException when there is none of this label
 */
export const removePermission = (queue: QueueRecord, label: string | undefined): string => {
  if (!label) throw missing('Label')
  const held = statementsOf(queue)
  if (!held) throw invalidValue(label, 'Label', "can't find label.")
  const rest = held.statements.filter(({ Sid }) => Sid !== label)
  if (rest.length === held.statements.length)
    throw invalidValue(label, 'Label', "can't find label on existing policy.")
  return rest.length === 0 ? '' : JSON.stringify({ ...held.policy, Statement: rest })
}
