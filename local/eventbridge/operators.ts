import { BlockList, isIP } from 'node:net'
import type { Leaf } from './fields.ts'

/** One alternative of a field: what its value must be, or that the field is not there. */
export interface Condition {
  readonly absent: boolean
  readonly holds: (value: Leaf) => boolean
}

/** Key of the reason why a pattern's value is none. */
export const fail: unique symbol = Symbol('fail')
interface Failure {
  readonly [fail]: string
}

type Compiled = Condition | Failure

const failure = (reason: string): Failure => ({ [fail]: reason })
const when = (holds: Condition['holds']): Condition => ({ absent: false, holds })
const text = (test: (value: string) => boolean): Condition =>
  when((value) => typeof value === 'string' && test(value))

/** Compiles one value of a field's list: a plain value, or an operator (EventBridge user guide, "Comparison operators"). */
export const compileCondition = (value: unknown): Compiled => {
  if (value === null || ['string', 'number', 'boolean'].includes(typeof value))
    return when((held) => held === value)
  if (typeof value !== 'object' || Array.isArray(value))
    return failure('Match value must be String, number, true, false, or null')
  const [entry, ...more] = Object.entries(value as object)
  if (!entry) return failure('Match expression name not found')
  if (more.length > 0) return failure('Only one key allowed in match expression')
  const operator = Object.hasOwn(OPERATORS, entry[0]) ? OPERATORS[entry[0]] : undefined
  return operator ? operator(entry[1]) : failure(`Unrecognized match type ${entry[0]}`)
}

const OPERATORS: Readonly<Record<string, (operand: unknown) => Compiled>> = {
  prefix: (operand) => affix('prefix', operand),
  suffix: (operand) => affix('suffix', operand),
  wildcard: (operand) =>
    typeof operand === 'string' ? wildcard(operand) : failure('wildcard match pattern must be a string'),
  'equals-ignore-case': (operand) => {
    if (typeof operand !== 'string') return failure('equals-ignore-case match pattern must be a string')
    const folded = operand.toLowerCase()
    return text((value) => value.toLowerCase() === folded)
  },
  exists: (operand) => {
    if (typeof operand !== 'boolean') return failure('exists match pattern must be either true or false.')
    return { absent: !operand, holds: () => operand }
  },
  numeric: (operand) =>
    Array.isArray(operand) ? numeric(operand) : failure('Value of numeric must be an array.'),
  cidr: (operand) =>
    typeof operand === 'string' ? cidr(operand) : failure('cidr match pattern must be a string'),
  'anything-but': (operand) => anythingBut(operand),
}

const affix = (name: 'prefix' | 'suffix', operand: unknown): Compiled => {
  const has = (value: string, part: string) =>
    name === 'prefix' ? value.startsWith(part) : value.endsWith(part)
  if (typeof operand === 'string') return text((value) => has(value, operand))
  const keys = typeof operand === 'object' && operand !== null ? Object.keys(operand) : []
  const folded = (operand as Record<string, unknown> | null)?.['equals-ignore-case']
  if (keys.length !== 1 || typeof folded !== 'string')
    return failure(`${name} match pattern must be a string`)
  return text((value) => has(value.toLowerCase(), folded.toLowerCase()))
}

/** `*` stands for any characters; `\*` and `\\` for themselves. Time grows with the value's length alone, not with tries. */
const wildcard = (pattern: string): Compiled => {
  const parts: string[] = []
  let part = ''
  for (let at = 0; at < pattern.length; at += 1) {
    const char = pattern[at] as string
    if (char === '*') {
      if (pattern[at + 1] === '*') return failure(`Consecutive wildcard characters at pos ${at}`)
      parts.push(part)
      part = ''
    } else if (char !== '\\') {
      part += char
    } else {
      at += 1
      const escaped = pattern[at]
      if (escaped !== '*' && escaped !== '\\') return failure(`Invalid escape character at pos ${at - 1}`)
      part += escaped
    }
  }
  parts.push(part)
  const [head = '', ...rest] = parts
  const tail = rest.pop()
  if (tail === undefined) return text((value) => value === head)
  return text((value) => {
    const end = value.length - tail.length
    if (end < head.length || !value.startsWith(head) || !value.endsWith(tail)) return false
    let from = head.length
    for (const part of rest) {
      const found = value.indexOf(part, from)
      if (found < 0 || found + part.length > end) return false
      from = found + part.length
    }
    return true
  })
}

const LIMIT = 5e9
const isBelow = (value: number, bound: number) => value < bound
const isAtMost = (value: number, bound: number) => value <= bound
const COMPARE: Readonly<Record<string, typeof isBelow>> = {
  '=': (value, bound) => value === bound,
  '<': isBelow,
  '<=': isAtMost,
  '>': (value, bound) => value > bound,
  '>=': (value, bound) => value >= bound,
}

const numeric = (terms: readonly unknown[]): Compiled => {
  const [operator, bound, upperOperator, upper, ...more] = terms
  if (typeof operator !== 'string') return failure(`Invalid member in numeric match: ${String(operator)}`)
  const compare = Object.hasOwn(COMPARE, operator) ? COMPARE[operator] : undefined
  if (!compare) return failure(`Unrecognized numeric range operator: ${operator}`)
  if (typeof bound !== 'number')
    return failure(`Value of ${operator === '=' ? 'equals' : operator} must be numeric`)
  const inRange = (value: number) => value >= -LIMIT && value <= LIMIT
  const tooFar = failure('Value must be between -5.0E9 and 5.0E9, inclusive')
  if (!inRange(bound)) return tooFar
  if (terms.length === 2) return when((value) => typeof value === 'number' && compare(value, bound))
  if (!operator.startsWith('>')) return failure('Too many elements in numeric expression')
  if (upperOperator !== '<' && upperOperator !== '<=')
    return failure(`Bad numeric range operator: ${String(upperOperator)}`)
  if (typeof upper !== 'number') return failure(`Value of ${upperOperator} must be numeric`)
  if (more.length > 0) return failure('Too many terms in numeric range expression')
  if (!inRange(upper)) return tooFar
  if (bound >= upper) return failure('Bottom must be less than top')
  const below = upperOperator === '<' ? isBelow : isAtMost
  return when((value) => typeof value === 'number' && compare(value, bound) && below(value, upper))
}

const cidr = (block: string): Compiled => {
  const [address = '', bits = '', ...more] = block.split('/')
  const version = isIP(address)
  if (
    more.length > 0 ||
    version === 0 ||
    !/^\d{1,3}$/.test(bits) ||
    Number(bits) > (version === 4 ? 32 : 128)
  )
    return failure(`Malformed CIDR, one '/' required: ${block}`)
  const family = version === 4 ? 'ipv4' : 'ipv6'
  const list = new BlockList()
  list.addSubnet(address, Number(bits), family)
  return text((value) => isIP(value) === version && list.check(value, family))
}

/** Operators whose opposite may be asked for, each with one operand or a list. */
const NEGATED = ['prefix', 'suffix', 'equals-ignore-case', 'wildcard']

const anythingBut = (operand: unknown): Compiled => {
  if (typeof operand === 'string' || typeof operand === 'number') return none([operand].map(compileCondition))
  if (Array.isArray(operand)) {
    const types = new Set(operand.map((value) => typeof value))
    if ([...types].some((type) => type !== 'string' && type !== 'number'))
      return failure('Inside anything but list, start|null|boolean is not supported.')
    if (types.size !== 1)
      return failure(
        'Inside anything but list, either all values are number or string, mixed type is not supported',
      )
    return none(operand.map(compileCondition))
  }
  if (typeof operand !== 'object' || operand === null)
    return failure('Value of anything-but must be an array or single string/number value.')
  const [entry, ...more] = Object.entries(operand)
  if (!entry) return failure('Anything-But expression name not found')
  if (more.length > 0) return failure('Only one key allowed in match expression')
  const [name, inner] = entry
  const operator = NEGATED.includes(name) ? OPERATORS[name] : undefined
  if (!operator) return failure(`Unsupported anything-but pattern: ${name}`)
  const list: unknown[] = Array.isArray(inner) ? inner : [inner]
  if (list.length === 0 || list.some((value) => typeof value !== 'string'))
    return failure(`Value of anything-but/${name} must be a string or a list of strings`)
  if (list.includes('') && (name === 'prefix' || name === 'suffix'))
    return failure('Null prefix/suffix not allowed')
  return none(list.map((value) => operator(value)))
}

/** Holds for a value of which none of the conditions holds; the field must be there. */
const none = (conditions: readonly Compiled[]): Compiled => {
  const failed = conditions.find((one) => fail in one)
  if (failed) return failed
  return when((value) => conditions.every((one) => fail in one || !one.holds(value)))
}
