import {
  type AttributeValue,
  DeleteItemCommand,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb'
import { asFailure, awsName } from '../runtime/aws-failures.ts'
import { fromAttributes, type Item, toAttributes, type Value } from './attributes.ts'

export interface Key {
  readonly pk: string
  readonly sk: string
}

export interface Between {
  readonly from: string
  readonly to: string
}

export interface Change {
  /** attribute path (`status`, `claim.task`) → its new value */
  readonly set?: Readonly<Record<string, Value | undefined>>
  /** attribute → its value where it has none yet */
  readonly init?: Readonly<Record<string, Value>>
  readonly remove?: readonly string[]
  /** attribute → number added to it; absent counts as 0 */
  readonly add?: Readonly<Record<string, number>>
  /** attribute → texts that it holds afterwards, each once; read back as a list, in any order */
  readonly unite?: Readonly<Record<string, readonly string[]>>
  /** condition: names as `#claim.#id`, values as `:id` */
  readonly when?: string
  readonly values?: Readonly<Record<string, Value>>
}

/** The one table: keys `pk` and `sk`, time to live in `expiresAt` (epoch seconds). Reads are consistent. */
export interface Table {
  get(key: Key): Promise<Item | undefined>
  /** false when the condition did not hold */
  put(key: Key, item: Item, condition?: Pick<Change, 'when' | 'values'>): Promise<boolean>
  /** makes the item where there is none; false when the condition did not hold */
  update(key: Key, change: Change): Promise<boolean>
  delete(key: Key, condition?: Pick<Change, 'when' | 'values'>): Promise<boolean>
  /** every item of a partition, or those between two values of `sk` (both included), in order of `sk` */
  query(pk: string, between?: Between): Promise<readonly Item[]>
}

/** @throws RelayError STORE_FAILED from every method when DynamoDB could not be asked */
export const openTable = ({ client, name }: { client: DynamoDBClient; name: string }): Table => {
  const failed = (operation: string) => (error: unknown) => {
    throw asFailure('STORE_FAILED', error, { operation })
  }
  const held = async (operation: string, write: Promise<unknown>): Promise<boolean> => {
    try {
      await write
      return true
    } catch (error) {
      if (awsName(error) === 'ConditionalCheckFailedException') return false
      throw asFailure('STORE_FAILED', error, { operation })
    }
  }
  return {
    get: async (key) => {
      const answer = await client
        .send(new GetItemCommand({ TableName: name, Key: toAttributes({ ...key }), ConsistentRead: true }))
        .catch(failed('GetItem'))
      return answer.Item && fromAttributes(answer.Item)
    },
    put: (key, item, condition = {}) =>
      held(
        'PutItem',
        client.send(
          new PutItemCommand({
            TableName: name,
            Item: toAttributes({ ...item, ...key }),
            ...expressionOf(condition),
          }),
        ),
      ),
    update: (key, change) =>
      held(
        'UpdateItem',
        client.send(
          new UpdateItemCommand({ TableName: name, Key: toAttributes({ ...key }), ...expressionOf(change) }),
        ),
      ),
    delete: (key, condition = {}) =>
      held(
        'DeleteItem',
        client.send(
          new DeleteItemCommand({
            TableName: name,
            Key: toAttributes({ ...key }),
            ...expressionOf(condition),
          }),
        ),
      ),
    query: async (pk, between) => {
      const items: Item[] = []
      let from: Record<string, AttributeValue> | undefined
      do {
        const page = await client
          .send(
            new QueryCommand({
              TableName: name,
              ConsistentRead: true,
              KeyConditionExpression: between ? 'pk = :pk AND sk BETWEEN :from AND :to' : 'pk = :pk',
              ExpressionAttributeValues: toAttributes({
                ':pk': pk,
                ...(between ? { ':from': between.from, ':to': between.to } : {}),
              }),
              ...(from ? { ExclusiveStartKey: from } : {}),
            }),
          )
          .catch(failed('Query'))
        items.push(...(page.Items ?? []).map(fromAttributes))
        from = page.LastEvaluatedKey
      } while (from)
      return items
    },
  }
}

/** Every name goes through a placeholder: `status`, `until`, `count` and many more are reserved words of DynamoDB. */
const expressionOf = ({
  set = {},
  init = {},
  remove = [],
  add = {},
  unite = {},
  when,
  values = {},
}: Change) => {
  const sets = Object.entries(set).filter((entry): entry is [string, Value] => entry[1] !== undefined)
  const inits = Object.entries(init)
  const adds = Object.entries(add)
  const unions = Object.entries(unite)
  const update = [
    clause('SET', [
      ...sets.map(([path], index) => `${placeholder(path)} = :set${index}`),
      ...inits.map(
        ([path], index) => `${placeholder(path)} = if_not_exists(${placeholder(path)}, :init${index})`,
      ),
    ]),
    clause('REMOVE', remove.map(placeholder)),
    clause('ADD', [
      ...adds.map(([path], index) => `${placeholder(path)} :add${index}`),
      ...unions.map(([path], index) => `${placeholder(path)} :unite${index}`),
    ]),
  ]
    .filter((part) => part !== '')
    .join(' ')
  const names = new Set(`${update} ${when ?? ''}`.match(/#\w+/g))
  const all = {
    ...values,
    ...Object.fromEntries(sets.map(([, value], index) => [`:set${index}`, value])),
    ...Object.fromEntries(inits.map(([, value], index) => [`:init${index}`, value])),
    ...Object.fromEntries(adds.map(([, value], index) => [`:add${index}`, value])),
  }
  return {
    ...(update ? { UpdateExpression: update } : {}),
    ...(when ? { ConditionExpression: when } : {}),
    ...(names.size > 0
      ? { ExpressionAttributeNames: Object.fromEntries([...names].map((name) => [name, name.slice(1)])) }
      : {}),
    ...(Object.keys(all).length + unions.length > 0
      ? {
          ExpressionAttributeValues: {
            ...toAttributes(all),
            ...Object.fromEntries(
              unions.map(([, texts], index) => [`:unite${index}`, { SS: [...new Set(texts)] }]),
            ),
          },
        }
      : {}),
  }
}

const clause = (verb: string, parts: readonly string[]): string =>
  parts.length > 0 ? `${verb} ${parts.join(', ')}` : ''

const placeholder = (path: string): string => path.replace(/\w+/g, '#$&')
