import { BlockList, isIP } from 'node:net'
import { arnMatches, globMatches } from './glob.ts'

type Fits = (actual: string) => boolean

/** One condition operator without prefix and suffix. */
export interface Operator {
  /** `Not...`: holds where none of the policy's values fits, and where the key is absent */
  readonly negated: boolean
  /** the policy's values are patterns */
  readonly pattern: boolean
  /** the test that a policy's value stands for; undefined when the value makes no sense for the operator */
  readonly read: (expected: string) => Fits | undefined
}

const equals = (expected: string): Fits => {
  return (actual) => actual === expected
}

const ignoringCase = (expected: string): Fits => {
  const lower = expected.toLowerCase()
  return (actual) => actual.toLowerCase() === lower
}

const bool = (expected: string): Fits | undefined =>
  /^(true|false)$/i.test(expected) ? ignoringCase(expected) : undefined

type Compare = (actual: number, expected: number) => boolean

const number = (compare: Compare): Operator['read'] => {
  const parse = (text: string) => (text.trim() === '' ? Number.NaN : Number(text))
  return compared(parse, compare)
}

/** ISO 8601, or seconds since the epoch. */
const date = (compare: Compare): Operator['read'] => {
  const parse = (text: string) => (/^\d+(\.\d+)?$/.test(text) ? Number(text) * 1000 : Date.parse(text))
  return compared(parse, compare)
}

const compared = (parse: (text: string) => number, compare: Compare): Operator['read'] => {
  return (expected) => {
    const bound = parse(expected)
    return Number.isNaN(bound) ? undefined : (actual) => compare(parse(actual), bound)
  }
}

const binary = (expected: string): Fits => {
  const bytes = Buffer.from(expected, 'base64')
  return (actual) => bytes.equals(Buffer.from(actual, 'base64'))
}

/** CIDR or a single address, IPv4 and IPv6. */
const address = (expected: string): Fits | undefined => {
  const [base = '', prefix, ...rest] = expected.split('/')
  const version = isIP(base)
  const bits = version === 4 ? 32 : 128
  const size = prefix === undefined ? bits : /^\d{1,3}$/.test(prefix) ? Number(prefix) : -1
  if (version === 0 || rest.length > 0 || size < 0 || size > bits) return undefined
  const list = new BlockList()
  list.addSubnet(base, size, version === 4 ? 'ipv4' : 'ipv6')
  return (actual) => {
    const family = isIP(actual)
    return family !== 0 && list.check(actual, family === 4 ? 'ipv4' : 'ipv6')
  }
}

const like = (expected: string): Fits => {
  return (actual) => globMatches(expected, actual)
}

const arn = (expected: string): Fits => {
  return (actual) => arnMatches(expected, actual)
}

const pair = (
  name: string,
  not: string,
  read: Operator['read'],
  pattern = false,
): readonly [string, Operator][] => [
  [name, { negated: false, pattern, read }],
  [not, { negated: true, pattern, read }],
]

const one = (name: string, read: Operator['read']): readonly [string, Operator][] => [
  [name, { negated: false, pattern: false, read }],
]

/** All but `Null`, by lower-case name: IAM user guide, "IAM JSON policy elements: Condition operators". */
export const OPERATORS: ReadonlyMap<string, Operator> = new Map([
  ...pair('stringequals', 'stringnotequals', equals),
  ...pair('stringequalsignorecase', 'stringnotequalsignorecase', ignoringCase),
  ...pair('stringlike', 'stringnotlike', like, true),
  ...pair('arnequals', 'arnnotequals', arn, true),
  ...pair('arnlike', 'arnnotlike', arn, true),
  ...one('bool', bool),
  ...one('binaryequals', binary),
  ...pair('ipaddress', 'notipaddress', address),
  ...pair(
    'numericequals',
    'numericnotequals',
    number((a, b) => a === b),
  ),
  ...one(
    'numericlessthan',
    number((a, b) => a < b),
  ),
  ...one(
    'numericlessthanequals',
    number((a, b) => a <= b),
  ),
  ...one(
    'numericgreaterthan',
    number((a, b) => a > b),
  ),
  ...one(
    'numericgreaterthanequals',
    number((a, b) => a >= b),
  ),
  ...pair(
    'dateequals',
    'datenotequals',
    date((a, b) => a === b),
  ),
  ...one(
    'datelessthan',
    date((a, b) => a < b),
  ),
  ...one(
    'datelessthanequals',
    date((a, b) => a <= b),
  ),
  ...one(
    'dategreaterthan',
    date((a, b) => a > b),
  ),
  ...one(
    'dategreaterthanequals',
    date((a, b) => a >= b),
  ),
])
