import { OPERATORS, type Operator } from './operators.ts'
import { type Context, keysIn, parseText, resolveText, type Text } from './variables.ts'

/** A `Condition` block, read once. All its clauses must hold. */
export interface Condition {
  readonly clauses: readonly Clause[]
  /** what is not known here, or makes no sense; a statement with any of it may deny but never allow */
  readonly unknown: readonly string[]
  /** keys that it asks for, as written */
  readonly keys: readonly string[]
}

interface Clause {
  /** in lower case */
  readonly key: string
  readonly holds: (actual: readonly string[], context: Context) => boolean
}

/**
 * Reads a `Condition` block. Never throws, whatever it holds.
 * @param variables whether the policy's language has policy variables
 */
export const parseCondition = (block: unknown, variables: boolean): Condition => {
  const clauses: Clause[] = []
  const unknown: string[] = []
  const keys: string[] = []
  if (block !== undefined && !isObject(block)) unknown.push('Condition')
  for (const [name, wanted] of Object.entries(isObject(block) ? block : {})) {
    const read = parseOperator(name)
    if (!read || !isObject(wanted)) {
      unknown.push(name)
      continue
    }
    for (const [key, value] of Object.entries(wanted)) {
      const texts = listOf(value).map((text) => parseText(text, variables))
      const holds = read(texts)
      keys.push(...texts.flatMap(keysIn), key)
      if (holds) clauses.push({ key: key.toLowerCase(), holds })
      else unknown.push(`${name} of ${key}`)
    }
  }
  return { clauses, unknown, keys }
}

export const conditionHolds = ({ clauses }: Condition, context: Context): boolean =>
  clauses.every(({ key, holds }) => holds(context.get(key) ?? [], context))

/** A policy's value or values: strings, numbers and truth values may stand for one another. */
export const listOf = (value: unknown): readonly string[] =>
  value === undefined ? [] : (Array.isArray(value) ? value : [value]).map(String)

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

type Read = (expected: readonly Text[]) => Clause['holds'] | undefined

const parseOperator = (name: string): Read | undefined => {
  const parsed = /^(?:(ForAnyValue|ForAllValues):)?(\w+?)(IfExists)?$/i.exec(name)
  const [, qualifier = '', base = '', ifExists] = parsed ?? []
  if (base.toLowerCase() === 'null' && !qualifier && !ifExists) return readNull
  const operator = OPERATORS.get(base.toLowerCase())
  if (!operator) return undefined
  const set = qualifier.toLowerCase()
  return (expected) => {
    const tests = expected.map((text) => testOf(operator, text))
    if (tests.includes(undefined)) return undefined
    const any = (value: string, context: Context) => tests.some((test) => test?.(value, context))
    return clause(operator, set, ifExists !== undefined, any)
  }
}

/** A value without variables is read once; one with variables at each request. */
const testOf = (
  operator: Operator,
  text: Text,
): ((actual: string, context: Context) => boolean) | undefined => {
  if (typeof text === 'string') {
    const fits = operator.read(text)
    return fits && ((actual) => fits(actual))
  }
  return (actual, context) => {
    const resolved = resolveText(text, context, operator.pattern)
    return resolved !== undefined && (operator.read(resolved)?.(actual) ?? false)
  }
}

/**
 * IAM user guide, "Condition operators" and "Multivalued context keys". A negated operator is true where no value of the policy
 * fits (NOR). Several values of a key without a set operator, which IAM leaves open, are taken as "any fits", negated "none fits".
 */
const clause = (
  { negated }: Operator,
  set: string,
  ifExists: boolean,
  any: (value: string, context: Context) => boolean,
): Clause['holds'] => {
  return (actual, context) => {
    if (actual.length === 0) return ifExists || set === 'forallvalues' || (negated && set === '')
    const fits = (value: string) => any(value, context) !== negated
    // a single empty value counts as no value for ForAllValues
    if (set === 'forallvalues') return (actual.length === 1 && actual[0] === '') || actual.every(fits)
    if (set === '' && negated) return actual.every(fits)
    return actual.some(fits)
  }
}

/** `"true"`: the key must be absent; `"false"`: it must be there. */
const readNull: Read = (expected) => {
  const wanted = expected.map((text) => String(text).toLowerCase())
  if (wanted.some((text) => text !== 'true' && text !== 'false')) return undefined
  return (actual) => wanted.some((text) => (text === 'true') === (actual.length === 0))
}
