import { comparableOf, type Leaf } from './fields.ts'
import { JsonMistake, type JsonReader, type Token } from './json-reader.ts'
import { comparable } from './numeric.ts'
import { readWildcard } from './wildcard.ts'

const MIXED = 'Inside anything but list, either all values are number or string, mixed type is not supported'
const NOT_SUPPORTED = 'Inside anything but list, start|null|boolean is not supported.'
const TOO_MANY = 'Too many elements in numeric expression'

type Kind = 'equals-ignore-case' | 'prefix' | 'suffix' | 'wildcard'
type Excluded = (value: Leaf) => boolean

const isKind = (name: string): name is Kind =>
  ['equals-ignore-case', 'prefix', 'suffix', 'wildcard'].includes(name)
const isNumber = (token: Token) => token === 'integer' || token === 'float'

/**
 * Reads what stands after `anything-but`, and the end of the operator: which values it excludes.
 * @throws JsonMistake in the order and words of aws/event-ruler, JsonRuleCompiler
 */
export const negation = (reader: JsonReader): Excluded => {
  let token = reader.next()
  let kind: Kind | undefined
  if (token === '{') {
    if (reader.next() !== 'name') throw reader.mistake('Anything-But expression name not found')
    const name = reader.text()
    if (!isKind(name)) throw reader.mistake(`Unsupported anything-but pattern: ${name}`)
    kind = name
    token = reader.next()
  }
  if (token !== '[' && token !== 'string' && !isNumber(token))
    throw reader.mistake('Value of anything-but must be an array or single string/number value.')
  const excluded = kind === undefined ? readValues(reader, token) : readTexts(reader, token, kind)
  if (reader.next() !== '}') throw reader.mistake(TOO_MANY)
  if (kind !== undefined && reader.next() !== '}') throw reader.mistake(TOO_MANY)
  return excluded
}

/** EventBridge catches a mistake within a list and words it again: its place is told twice. */
const inList = <T>(reader: JsonReader, read: () => T): T => {
  try {
    return read()
  } catch (error) {
    if (error instanceof JsonMistake) throw reader.mistake(error.message)
    throw error
  }
}

const readValues = (reader: JsonReader, token: Token): Excluded => {
  const texts = new Set<string>()
  const numbers = new Set<number>()
  const add = (found: Token) => {
    if (found === 'string') texts.add(reader.text())
    else if (isNumber(found)) {
      const value = comparable(reader.text())
      if (typeof value === 'string') throw new JsonMistake(value)
      numbers.add(value)
    } else throw reader.mistake(NOT_SUPPORTED)
  }
  if (token === '[') {
    inList(reader, () => {
      for (let found = reader.next(); found !== ']'; found = reader.next()) add(found)
    })
    if (texts.size > 0 === numbers.size > 0) throw reader.mistake(MIXED)
  } else add(token)
  if (numbers.size === 0) return (value) => typeof value === 'string' && texts.has(value)
  return (value) => {
    const number = comparableOf(value)
    return typeof number === 'number' && numbers.has(number)
  }
}

const readTexts = (reader: JsonReader, token: Token, kind: Kind): Excluded => {
  const texts: string[] = []
  const add = (found: Token) => {
    if (found !== 'string') throw reader.mistake(needsText(kind))
    const text = reader.text()
    if (text === '' && (kind === 'prefix' || kind === 'suffix'))
      throw reader.mistake('Null prefix/suffix not allowed')
    texts.push(text)
  }
  if (token === '[')
    inList(reader, () => {
      for (let found = reader.next(); found !== ']'; found = reader.next()) add(found)
    })
  else add(token)
  const tests = texts.map((text) => excludes(reader, kind, text))
  return (value) => typeof value === 'string' && tests.some((test) => test(value))
}

const needsText = (kind: Kind): string => {
  if (kind === 'equals-ignore-case')
    return 'Inside anything-but/equals-ignore-case list, number|start|null|boolean is not supported.'
  return kind === 'wildcard'
    ? 'wildcard match pattern must be a string'
    : 'prefix/suffix match pattern must be a string'
}

const excludes = (reader: JsonReader, kind: Kind, text: string): ((value: string) => boolean) => {
  switch (kind) {
    case 'prefix':
      return (value) => value.startsWith(text)
    case 'suffix':
      return (value) => value.endsWith(text)
    case 'wildcard':
      return readWildcard(reader, text)
    case 'equals-ignore-case': {
      const folded = text.toLowerCase()
      return (value) => value.toLowerCase() === folded
    }
  }
}
