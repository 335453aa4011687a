import { AwsError } from '../gateway/service.ts'
import { type Condition, expect, readCondition } from './conditions.ts'
import { type Fields, fieldsOf } from './fields.ts'
import { JsonMistake, type JsonReader, readJson } from './json-reader.ts'

/** Says whether an event (the whole envelope) matches. */
export type Matcher = (event: unknown) => boolean

/** Says whether an event matches whose leaves were found before: once for all patterns. */
export type FieldMatcher = (fields: Fields) => boolean

/** One way to match: every field's conditions, of which one must hold. */
type Branch = ReadonlyMap<string, readonly Condition[]>

/** Event pattern length: EventBridge API Reference, PutRule. */
const MAX_PATTERN = 4_096
/** Ways to match through nested `$or`: EventBridge user guide, "Using comparison operators in event patterns". */
const MAX_BRANCHES = 1_000

/** Names that keep a list after `$or` from being alternatives: aws/event-ruler, Constants. */
const RESERVED = new Set([
  ...['exactly', 'equals-ignore-case', 'prefix', 'suffix', 'anything-but', 'exists', 'wildcard', 'numeric'],
  ...['cidr', 'html', '=', '<', '<=', '>', '>=', 'regex', 'not-wildcard', 'not-equals-ignore-case'],
  ...['date-after', 'date-on-or-after', 'date-before', 'date-on-or-before', 'in-date-range'],
  ...['ip-address-in-range', 'ip-address-not-in-range'],
])

const invalid = (reason: string) =>
  new AwsError('InvalidEventPatternException', `Event pattern is not valid. Reason: ${reason}`)

/**
 * Compiles an event pattern (EventBridge user guide, "Amazon EventBridge event patterns"; the finer points are those of
 * aws/event-ruler, the matcher that EventBridge runs).
 * @throws AwsError InvalidEventPatternException
 */
export const compilePattern = (text: string): Matcher => {
  const matches = compileForFields(text)
  return (event) => matches(fieldsOf(event))
}

/** As {@link compilePattern}, for events whose leaves are at hand. */
export const compileForFields = (text: string): FieldMatcher => {
  if (text.length > MAX_PATTERN) throw invalid(`The pattern is longer than ${MAX_PATTERN} characters`)
  // pattern and event are walked in the order of names, on which it depends what `exists: false` sees
  const branches = compile(text).map((branch) => [...branch].sort(([a], [b]) => (a < b ? -1 : 1)))
  return (fields) => branches.some((branch) => matchesBranch(branch, 0, fields, new Map()))
}

/** What makes no sense as alternatives after `$or` may still be a field of that name: aws/event-ruler, GenericMachine.addRule. */
const compile = (text: string): readonly Branch[] => {
  try {
    return readPattern(readJson(text), true)
  } catch (error) {
    if (!(error instanceof JsonMistake)) throw error
    try {
      return readPattern(readJson(text), false)
    } catch (mistake) {
      throw mistake instanceof JsonMistake ? invalid(mistake.message) : mistake
    }
  }
}

const readPattern = (reader: JsonReader, orIsChoice: boolean): readonly Branch[] => {
  expect(reader, '{', 'Filter is not an object')
  return readObject({ reader, orIsChoice, inChoice: false }, '', [new Map()])
}

interface Reading {
  readonly reader: JsonReader
  readonly orIsChoice: boolean
  readonly inChoice: boolean
}

const readObject = (reading: Reading, path: string, before: readonly Branch[]): readonly Branch[] => {
  const { reader, orIsChoice, inChoice } = reading
  let branches: readonly Branch[] | undefined
  for (let token = reader.next(); token !== '}'; token = reader.next()) {
    const name = reader.text()
    const known = branches ?? before
    if (name === '$or' && orIsChoice) {
      branches = readChoices(reading, path, known)
      continue
    }
    if (inChoice && RESERVED.has(name))
      throw reader.mistake(`${name} is Ruler reserved fieldName which cannot be used inside $or.`)
    const field = path === '' ? name : `${path}.${name}`
    const kind = reader.next()
    if (kind === '{') branches = readObject(reading, field, known)
    else if (kind === '[') {
      const conditions = readList(reader)
      branches = known.map((branch) => new Map(branch).set(field, conditions))
    } else throw reader.mistake(`"${name}" must be an object or an array`)
  }
  if (!branches) throw reader.mistake('Empty objects are not allowed')
  return branches
}

const readList = (reader: JsonReader): Condition[] => {
  const conditions: Condition[] = []
  for (let token = reader.next(); token !== ']'; token = reader.next())
    conditions.push(readCondition(reader, token))
  if (conditions.length === 0) throw reader.mistake('Empty arrays are not allowed')
  return conditions
}

const readChoices = (reading: Reading, path: string, before: readonly Branch[]): readonly Branch[] => {
  const { reader } = reading
  expect(reader, '[', 'It must be an Array followed with $or.')
  const choices: (readonly Branch[])[] = []
  for (let token = reader.next(); token !== ']'; token = reader.next()) {
    if (token !== '{') throw reader.mistake('Only JSON object is allowed in array of $or relationship.')
    choices.push(readObject({ ...reading, inChoice: true }, path, before))
  }
  if (choices.length < 2) throw reader.mistake('There must have at least 2 Objects in $or relationship.')
  const all = choices.flat()
  if (all.length > MAX_BRANCHES)
    throw new JsonMistake(`Rule has more than ${MAX_BRANCHES} combinations of $or`)
  return all
}

/**
 * Chooses for each field of the pattern a leaf that fulfils it, so that leaves from one array of objects all come from the same
 * element: `[{"a":1,"b":2},{"a":3,"b":4}]` does not hold `a` 1 with `b` 4 (aws/event-ruler, "array consistency"). A field
 * is absent when no leaf of the elements chosen so far has its path.
 */
const matchesBranch = (
  wanted: readonly (readonly [path: string, conditions: readonly Condition[]])[],
  from: number,
  fields: Fields,
  chosen: ReadonlyMap<number, number>,
): boolean => {
  const field = wanted[from]
  if (!field) return true
  const [path, conditions] = field
  let present = false
  for (const { value, within } of fields.get(path) ?? []) {
    if (!fits(within, chosen)) continue
    present = true
    if (!conditions.some((one) => one.holds(value))) continue
    const next = within.size === 0 ? chosen : new Map([...chosen, ...within])
    if (matchesBranch(wanted, from + 1, fields, next)) return true
  }
  return !present && conditions.some((one) => one.absent) && matchesBranch(wanted, from + 1, fields, chosen)
}

const fits = (within: ReadonlyMap<number, number>, chosen: ReadonlyMap<number, number>): boolean => {
  for (const [array, index] of within) if ((chosen.get(array) ?? index) !== index) return false
  return true
}
