import { type Condition, isExpression, type Reader, readCondition, type Scalar } from './filter-conditions.ts'
import { type Token, tokensOf } from './filter-tokens.ts'
import { jsonFailure } from './json-failure.ts'
import { messageFor } from './notification.ts'
import type { Published, Subscription } from './types.ts'

/** SNS developer guide, "Filter policy constraints". */
const MAX_KEYS = 5
const MAX_COMBINATIONS = 150

export type Filter = (published: Published) => boolean

/** What is wrong with a filter, in SNS's words. */
export class FilterError extends Error {}

type Matcher = (data: unknown) => boolean
type Scope = 'MessageAttributes' | 'MessageBody'

/** Whether a policy is there at all: an empty object takes it away. */
export const isEmptyPolicy = (text: string | undefined): boolean => !text || text.replace(/\s/g, '') === '{}'

/**
 * Compiles a subscription's filter on attributes, or on the body read as JSON (SNS developer guide, "Amazon SNS message filtering").
 * @throws {FilterError}
 */
export const compileFilter = (subscription: Pick<Subscription, 'attributes' | 'protocol'>): Filter => {
  const { FilterPolicy: text, FilterPolicyScope: given = 'MessageAttributes' } = subscription.attributes
  if (given !== 'MessageAttributes' && given !== 'MessageBody')
    throw new FilterError(
      `FilterPolicyScope: Invalid value [${given}]. Please use either MessageBody or MessageAttributes`,
    )
  if (text === undefined || isEmptyPolicy(text)) return () => true
  const matches = compilePolicy(text, given)
  return given === 'MessageBody'
    ? (published) => matches(readBody(messageFor(published, subscription.protocol)))
    : (published) => matches(readAttributes(published))
}

const compilePolicy = (text: string, scope: Scope): Matcher => {
  const failure = jsonFailure(text)
  if (failure !== undefined) throw new FilterError(`FilterPolicy: failed to parse JSON. ${failure}`)
  const policy: unknown = JSON.parse(text)
  if (!isObject(policy)) throw new FilterError('FilterPolicy: Filter is not an object')
  if (scope === 'MessageAttributes') refuseNesting(policy)
  const matches = readObject(readerOf(tokensOf(policy), JSON.stringify(policy)), scope)
  if (Object.keys(policy).length > MAX_KEYS)
    throw new FilterError(`FilterPolicy: Filter policy can not have more than ${MAX_KEYS} keys`)
  if (combinationsOf(policy, 1) > MAX_COMBINATIONS)
    throw new FilterError('FilterPolicy: Filter policy is too complex')
  return matches
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** `$or` means alternatives when it holds at least two objects that are no match expressions; else it is a name like any. */
const isOr = (name: string, value: unknown): value is Record<string, unknown>[] =>
  name === '$or' &&
  Array.isArray(value) &&
  value.length > 1 &&
  value.every((side) => isObject(side) && !Object.keys(side).some(isExpression))

const refuseNesting = (policy: Readonly<Record<string, unknown>>): void => {
  for (const [name, value] of Object.entries(policy)) {
    if (isOr(name, value)) for (const side of value) refuseNesting(side)
    else if (isObject(value) && !Object.values(value).every((inner) => typeof inner !== 'object'))
      throw new FilterError('Filter policy scope MessageAttributes does not support nested filter policy')
  }
}

/** Values of each key, times its depth, multiplied over the keys; the sides of `$or` are added up. */
const combinationsOf = (policy: Readonly<Record<string, unknown>>, depth: number): number =>
  Object.entries(policy).reduce((product, [name, value]) => {
    if (isOr(name, value)) return product * value.reduce((sum, side) => sum + combinationsOf(side, depth), 0)
    if (Array.isArray(value)) return product * value.length * depth
    return isObject(value) ? product * combinationsOf(value, depth + 1) : product
  }, 1)

const readerOf = (tokens: readonly Token[], source: string): Reader => {
  let index = 0
  const at = (place: number) => tokens[Math.min(place, tokens.length - 1)] as Token
  return {
    get current() {
      return at(index)
    },
    get following() {
      return at(index + 1)
    },
    next: () => {
      index += 1
      return at(index)
    },
    // the text as AWS recorded it; a newer parser hides the source
    fail: (why, column = at(index).at) =>
      new FilterError(
        `FilterPolicy: ${why}\n at [Source: (String)${quote(source)}; line: 1, column: ${column}]`,
      ),
  }
}

/** The parser quotes 500 characters. */
const quote = (source: string): string =>
  source.length > 500 ? `"${source.slice(0, 500)}"[truncated ${source.length - 500} chars]` : `"${source}"`

/** An object of keys; its `{` is current before, its `}` after. */
const readObject = (reader: Reader, scope: Scope): Matcher => {
  const parts: Matcher[] = []
  for (let name = reader.next(); name.kind === 'name'; name = reader.next())
    parts.push(readKey(reader, String(name.value), scope))
  if (parts.length === 0) throw reader.fail('Empty objects are not allowed')
  return (data) => parts.every((part) => part(data))
}

const readKey = (reader: Reader, name: string, scope: Scope): Matcher => {
  const { kind } = reader.next()
  if (kind === '{') {
    const inside = readObject(reader, scope)
    // in what is missing, keys are missing: `exists: false` holds
    return (data) => {
      const objects = spread(member(data, name)).filter(isObject)
      return objects.length > 0 ? objects.some(inside) : inside({})
    }
  }
  if (kind !== '[') throw reader.fail(`"${name}" must be an object or an array`)
  const conditions: Condition[] = []
  const sides: Matcher[] = []
  for (let token = reader.next(); token.kind !== ']'; token = reader.next()) {
    if (name === '$or' && token.kind === '{' && !startsExpression(reader))
      sides.push(readObject(reader, scope))
    else conditions.push(readCondition(reader, scope === 'MessageAttributes'))
  }
  if (sides.length > 1 && conditions.length === 0) return (data) => sides.some((side) => side(data))
  if (conditions.length === 0) throw reader.fail('Empty arrays are not allowed')
  return (data) => {
    const value = member(data, name)
    const values = spread(value).filter((one): one is Scalar => !isObject(one))
    const present = value !== undefined && !isObject(value)
    return conditions.some((condition) => condition(values, present))
  }
}

const startsExpression = ({ following }: Reader): boolean =>
  following.kind !== 'name' || isExpression(String(following.value))

const member = (data: unknown, name: string): unknown =>
  isObject(data) && Object.hasOwn(data, name) ? data[name] : undefined

/** A value, or the members of lists in lists. */
const spread = (value: unknown): unknown[] =>
  value === undefined ? [] : Array.isArray(value) ? value.flat(Number.POSITIVE_INFINITY) : [value]

/** A body that is no JSON object matches no policy on the body. */
const readBody = (message: string): unknown => {
  try {
    return JSON.parse(message)
  } catch {
    return undefined
  }
}

const readAttributes = ({ attributes }: Published): object =>
  Object.fromEntries(
    Object.entries(attributes).flatMap(([name, { type, value }]): [string, unknown][] => {
      if (type.startsWith('Binary')) return []
      if (type.startsWith('Number')) return [[name, Number(value)]]
      return [[name, type === 'String.Array' ? JSON.parse(value) : value]]
    }),
  )
