import { isWithin, parseAddress, parseBlock } from './cidr.ts'
import { comparableOf, type Leaf } from './fields.ts'
import { JsonMistake, type JsonReader, type Token } from './json-reader.ts'
import { negation } from './negation.ts'
import { JsonNumber, millionths } from './numbers.ts'
import { numeric } from './numeric.ts'
import { readWildcard } from './wildcard.ts'

/** One alternative of a field: what its value must be, or that the field is not there. */
export interface Condition {
  readonly absent: boolean
  readonly holds: (value: Leaf) => boolean
}

export const when = (holds: Condition['holds']): Condition => ({ absent: false, holds })
const text = (test: (value: string) => boolean): Condition =>
  when((value) => typeof value === 'string' && test(value))

const ONE_KEY = 'Only one key allowed in match expression'
const NEEDS_STRING = (name: string) => `${name} match pattern must be a string`

/** The next token must be this one, or it is this mistake. */
export const expect = (reader: JsonReader, wanted: Token, mistake: string): void => {
  if (reader.next() !== wanted) throw reader.mistake(mistake)
}

/** The condition that a value of a pattern's list stands for; `token` was read. @throws JsonMistake */
export const readCondition = (reader: JsonReader, token: Token): Condition => {
  switch (token) {
    case '{':
      return readOperator(reader)
    case 'string':
      return exactText(reader.text())
    case 'integer':
    case 'float':
      return exactNumber(reader.text())
    case 'true':
    case 'false':
      return when((value) => value === (token === 'true'))
    case 'null':
      return when((value) => value === null)
    default:
      throw reader.mistake('Match value must be String, number, true, false, or null')
  }
}

/** An address matches however it is written: aws/event-ruler, CIDR.ipToRangeIfPossible. */
const exactText = (wanted: string): Condition => {
  const address = parseAddress(wanted)
  if (!address) return when((value) => value === wanted)
  const block = { bits: address.bits, first: address.value, last: address.value }
  return text((value) => value === wanted || isWithin(value, block))
}

/** Numbers match by value, and by their digits where they are too large or too precise to be compared. */
const exactNumber = (digits: string): Condition => {
  const wanted = millionths(digits)
  if (typeof wanted === 'number') return when((value) => comparableOf(value) === wanted)
  const canonical = String(Number(digits))
  return when((value) =>
    value instanceof JsonNumber
      ? value.text === digits
      : typeof value === 'number' && String(value) === canonical,
  )
}

const readOperator = (reader: JsonReader): Condition => {
  expect(reader, 'name', 'Match expression name not found')
  const name = reader.text()
  const read = Object.hasOwn(OPERATORS, name) ? OPERATORS[name] : undefined
  if (!read) throw reader.mistake(`Unrecognized match type ${name}`)
  return read(reader)
}

const readOnlyText = (reader: JsonReader, name: string): string => {
  expect(reader, 'string', NEEDS_STRING(name))
  return reader.text()
}

const endOperator = (reader: JsonReader, condition: Condition): Condition => {
  expect(reader, '}', ONE_KEY)
  return condition
}

const affix =
  (name: 'prefix' | 'suffix') =>
  (reader: JsonReader): Condition => {
    const has = (value: string, part: string) =>
      name === 'prefix' ? value.startsWith(part) : value.endsWith(part)
    const token = reader.next()
    if (token === '{') {
      const Name = name === 'prefix' ? 'Prefix' : 'Suffix'
      expect(reader, 'name', `${Name} expression name not found`)
      const inner = reader.text()
      if (inner !== 'equals-ignore-case') throw reader.mistake(`Unsupported ${name} pattern: ${inner}`)
      const folded = readOnlyText(reader, 'equals-ignore-case').toLowerCase()
      expect(reader, '}', ONE_KEY)
      return endOperator(
        reader,
        text((value) => has(value.toLowerCase(), folded)),
      )
    }
    if (token !== 'string') throw reader.mistake(NEEDS_STRING(name))
    const part = reader.text()
    return endOperator(
      reader,
      text((value) => has(value, part)),
    )
  }

const readCidr = (reader: JsonReader): Condition => {
  // EventBridge says prefix here
  const block = parseBlock(readOnlyText(reader, 'prefix'))
  if (typeof block === 'string') throw new JsonMistake(block)
  return endOperator(
    reader,
    text((value) => isWithin(value, block)),
  )
}

const readExists = (reader: JsonReader): Condition => {
  const token = reader.next()
  if (token !== 'true' && token !== 'false')
    throw reader.mistake('exists match pattern must be either true or false.')
  const there = token === 'true'
  return endOperator(reader, { absent: !there, holds: () => there })
}

/** EventBridge user guide, "Comparison operators"; what is refused, and how: aws/event-ruler, JsonRuleCompiler. */
const OPERATORS: Readonly<Record<string, (reader: JsonReader) => Condition>> = {
  exactly: (reader) => {
    const wanted = readOnlyText(reader, 'exact')
    return endOperator(
      reader,
      text((value) => value === wanted),
    )
  },
  prefix: affix('prefix'),
  suffix: affix('suffix'),
  numeric: (reader) => {
    const within = numeric(reader)
    return when((value) => within(comparableOf(value)))
  },
  'anything-but': (reader) => {
    const excluded = negation(reader)
    return when((value) => !excluded(value))
  },
  exists: readExists,
  cidr: readCidr,
  'equals-ignore-case': (reader) => {
    const folded = readOnlyText(reader, 'equals-ignore-case').toLowerCase()
    return endOperator(
      reader,
      text((value) => value.toLowerCase() === folded),
    )
  },
  wildcard: (reader) => {
    const fits = readWildcard(reader, readOnlyText(reader, 'wildcard'))
    return endOperator(reader, text(fits))
  },
}
