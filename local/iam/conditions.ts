import { arnMatches, globMatches } from './glob.ts'

/** Condition keys of a request, in lower case (keys are not case-sensitive), each with its values. */
export type Context = ReadonlyMap<string, readonly string[]>

/** What a `Condition` block said. `unknown` lists operators that are not known here: the caller must then deny. */
export interface ConditionResult {
  readonly holds: boolean
  readonly unknown: readonly string[]
}

interface Operator {
  /** `Not...`: none of the policy's values may fit, and a key that is absent satisfies it */
  readonly negated: boolean
  readonly test: (actual: string, expected: string) => boolean
}

const lower = (test: Operator['test']): Operator['test'] => {
  return (actual, expected) => test(actual.toLowerCase(), expected.toLowerCase())
}
const number = (test: (actual: number, expected: number) => boolean): Operator['test'] => {
  return (actual, expected) =>
    actual.trim() !== '' && expected.trim() !== '' && test(Number(actual), Number(expected))
}
const date = (test: (actual: number, expected: number) => boolean): Operator['test'] => {
  // both ISO 8601 and seconds since the epoch are allowed
  const parse = (text: string) => (/^\d+(\.\d+)?$/.test(text) ? Number(text) * 1000 : Date.parse(text))
  return (actual, expected) => test(parse(actual), parse(expected))
}
const same = <T>(actual: T, expected: T): boolean => actual === expected
const like: Operator['test'] = (actual, expected) => globMatches(expected, actual)
const arn: Operator['test'] = (actual, expected) => arnMatches(expected, actual)
const is = (test: Operator['test']): Operator => ({ negated: false, test })
const isNot = (test: Operator['test']): Operator => ({ negated: true, test })

/** IAM user guide, "IAM JSON policy elements: Condition operators". IpAddress and BinaryEquals are left out on purpose. */
const OPERATORS: ReadonlyMap<string, Operator> = new Map([
  ['stringequals', is(same)],
  ['stringnotequals', isNot(same)],
  ['stringequalsignorecase', is(lower(same))],
  ['stringnotequalsignorecase', isNot(lower(same))],
  ['stringlike', is(like)],
  ['stringnotlike', isNot(like)],
  ['arnequals', is(arn)],
  ['arnnotequals', isNot(arn)],
  ['arnlike', is(arn)],
  ['arnnotlike', isNot(arn)],
  ['bool', is(lower(same))],
  ['numericequals', is(number(same))],
  ['numericnotequals', isNot(number(same))],
  ['numericlessthan', is(number((a, b) => a < b))],
  ['numericlessthanequals', is(number((a, b) => a <= b))],
  ['numericgreaterthan', is(number((a, b) => a > b))],
  ['numericgreaterthanequals', is(number((a, b) => a >= b))],
  ['dateequals', is(date(same))],
  ['datenotequals', isNot(date(same))],
  ['datelessthan', is(date((a, b) => a < b))],
  ['datelessthanequals', is(date((a, b) => a <= b))],
  ['dategreaterthan', is(date((a, b) => a > b))],
  ['dategreaterthanequals', is(date((a, b) => a >= b))],
])

/**
 * Judges a `Condition` block: all operators and all keys must hold, any of a key's values will do.
 * @param resolve puts values in place of policy variables; undefined when one has no value, and then nothing fits
 */
export const judgeConditions = (
  block: Readonly<Record<string, Readonly<Record<string, unknown>>>>,
  context: Context,
  resolve: (text: string) => string | undefined,
): ConditionResult => {
  const unknown: string[] = []
  let holds = true
  for (const [name, keys] of Object.entries(block)) {
    const test = parseOperator(name)
    if (!test) {
      unknown.push(name)
      continue
    }
    for (const [key, wanted] of Object.entries(keys)) {
      const values = (Array.isArray(wanted) ? wanted : [wanted]).map(String)
      if (!test(context.get(key.toLowerCase()) ?? [], values, resolve)) holds = false
    }
  }
  return { holds, unknown }
}

type KeyTest = (
  actual: readonly string[],
  expected: readonly string[],
  resolve: (text: string) => string | undefined,
) => boolean

const parseOperator = (name: string): KeyTest | undefined => {
  const parsed = /^(?:(ForAnyValue|ForAllValues):)?(\w+?)(IfExists)?$/i.exec(name)
  const [, qualifier = '', base = '', ifExists] = parsed ?? []
  if (base.toLowerCase() === 'null' && !qualifier && !ifExists) return isNull
  const operator = OPERATORS.get(base.toLowerCase())
  if (!operator) return undefined
  const set = qualifier.toLowerCase()
  return (actual, expected, resolve) => {
    if (actual.length === 0)
      return Boolean(ifExists) || set === 'forallvalues' || (operator.negated && set === '')
    const fits = (value: string): boolean => {
      const any = expected.some((text) => {
        const resolved = resolve(text)
        return resolved !== undefined && operator.test(value, resolved)
      })
      return any !== operator.negated
    }
    // several values without a set operator are not defined by IAM: taken so that a Deny reaches further
    if (set === 'forallvalues' || (set === '' && operator.negated)) return actual.every(fits)
    return actual.some(fits)
  }
}

/** `"true"`: the key must be absent; `"false"`: it must be there. */
const isNull: KeyTest = (actual, expected) =>
  expected.some((text) => (text.toLowerCase() === 'true') === (actual.length === 0))
