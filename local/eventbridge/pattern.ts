import { AwsError } from '../gateway/service.ts'
import { type Field, fieldsOf } from './fields.ts'
import { type Condition, compileCondition, fail } from './operators.ts'

/** Says whether an event (the whole envelope) matches. */
export type Matcher = (event: unknown) => boolean

/** One way to match: every field's conditions, of which one must hold. */
type Branch = ReadonlyMap<string, readonly Condition[]>

/** Event pattern length: EventBridge API Reference, PutRule. */
const MAX_PATTERN = 4_096
/** Ways to match through nested `$or`: EventBridge user guide, "Using comparison operators in event patterns". */
const MAX_BRANCHES = 1_000

const invalid = (reason: string) =>
  new AwsError('InvalidEventPatternException', `Event pattern is not valid. Reason: ${reason}`)

/**
 * Compiles an event pattern (EventBridge user guide, "Amazon EventBridge event patterns"; the finer points are those of
 * aws/event-ruler, the matcher that EventBridge runs).
 * @throws AwsError InvalidEventPatternException
 */
export const compilePattern = (text: string): Matcher => {
  if (text.length > MAX_PATTERN) throw invalid(`The pattern is longer than ${MAX_PATTERN} characters`)
  const branches = compileObject(parse(text), '', [new Map()])
  return (event) => {
    const fields = fieldsOf(event)
    return branches.some((branch) => matchesBranch([...branch], fields, new Map()))
  }
}

const parse = (text: string): object => {
  let pattern: unknown
  try {
    pattern = JSON.parse(text)
  } catch (error) {
    throw invalid(`The pattern is not JSON: ${(error as Error).message}`)
  }
  if (!isObject(pattern)) throw invalid('Filter is not an object')
  return pattern
}

const isObject = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const compileObject = (pattern: object, path: string, before: readonly Branch[]): readonly Branch[] => {
  const entries = Object.entries(pattern)
  if (entries.length === 0) throw invalid('Empty objects are not allowed')
  return entries.reduce<readonly Branch[]>((branches, [name, value]) => {
    if (name === '$or') return compileOr(value, path, branches)
    const field = path ? `${path}.${name}` : name
    if (isObject(value)) return compileObject(value, field, branches)
    if (!Array.isArray(value)) throw invalid(`"${name}" must be an object or an array`)
    const conditions = compileField(value)
    return branches.map((branch) => new Map(branch).set(field, conditions))
  }, before)
}

const compileField = (values: readonly unknown[]): Condition[] => {
  if (values.length === 0) throw invalid('Empty arrays are not allowed')
  return values.map((value) => {
    const condition = compileCondition(value)
    if (fail in condition) throw invalid(condition[fail])
    return condition
  })
}

const compileOr = (value: unknown, path: string, branches: readonly Branch[]): readonly Branch[] => {
  if (!Array.isArray(value)) throw invalid('It must be an Array followed with $or.')
  const all = value.flatMap((choice) => {
    if (!isObject(choice)) throw invalid('Only JSON object is allowed in array of $or relationship.')
    return compileObject(choice, path, branches)
  })
  if (value.length < 2) throw invalid('There must have at least 2 Objects in $or relationship.')
  if (all.length > MAX_BRANCHES) throw invalid(`$or leads to more than ${MAX_BRANCHES} rule combinations`)
  return all
}

/**
 * Chooses for each field of the pattern a leaf that fulfils it, so that leaves from one array of objects all come from the same
 * element: `[{"a":1,"b":2},{"a":3,"b":4}]` does not hold `a` 1 with `b` 4 (aws/event-ruler, "array consistency").
 */
const matchesBranch = (
  wanted: readonly (readonly [path: string, conditions: readonly Condition[]])[],
  fields: ReadonlyMap<string, readonly Field[]>,
  chosen: ReadonlyMap<number, number>,
): boolean => {
  const [first, ...rest] = wanted
  if (!first) return true
  const [path, conditions] = first
  const leaves = fields.get(path)
  if (!leaves) return conditions.some((one) => one.absent) && matchesBranch(rest, fields, chosen)
  return leaves.some(({ value, within }) => {
    const fits = [...within].every(([array, index]) => (chosen.get(array) ?? index) === index)
    return (
      fits &&
      conditions.some((one) => one.holds(value)) &&
      matchesBranch(rest, fields, new Map([...chosen, ...within]))
    )
  })
}
