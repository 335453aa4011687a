import type { JsonReader, Token } from './json-reader.ts'
import { type Comparable, millionths } from './numbers.ts'

const TOO_MANY = 'Too many elements in numeric expression'
const MOST = 5e9

const isNumber = (token: Token) => token === 'integer' || token === 'float'

/** A number of a pattern in millionths. @returns the reason in EventBridge's words when it cannot be compared */
export const comparable = (digits: string): number | string => {
  const value = millionths(digits)
  if (value === 'out of range') return 'Value must be between -5.0E9 and 5.0E9, inclusive'
  return value === 'too precise' ? `Only values upto 6 decimals are supported${digits}` : value
}

interface End {
  readonly digits: string
  readonly open: boolean
}

/**
 * Reads the list of a `numeric` operator, such as `[">", 0, "<=", 5]`, and the end of the operator.
 * @throws JsonMistake in the order and words of aws/event-ruler, JsonRuleCompiler
 */
export const numeric = (reader: JsonReader): ((value: Comparable | undefined) => boolean) => {
  if (reader.next() !== '[') throw reader.mistake('Value of numeric must be an array.')
  const within = readTerms(reader)
  if (reader.next() !== '}') throw reader.mistake(TOO_MANY)
  return within
}

const readTerms = (reader: JsonReader) => {
  if (reader.next() !== 'string') throw reader.mistake(`Invalid member in numeric match: ${reader.text()}`)
  const operator = reader.text()
  const token = reader.next()
  if (!['=', '<', '<=', '>', '>='].includes(operator))
    throw reader.mistake(`Unrecognized numeric range operator: ${operator}`)
  if (!isNumber(token))
    throw reader.mistake(`Value of ${operator === '=' ? 'equals' : operator} must be numeric`)
  const digits = reader.text()
  const after = reader.next()
  if (operator === '>' || operator === '>=') {
    const bottom = { digits, open: operator === '>' }
    if (after === ']') return range(reader, bottom, { digits: String(MOST), open: false })
    return range(reader, bottom, readTop(reader, after))
  }
  if (after !== ']') throw reader.mistake(TOO_MANY)
  if (operator !== '=')
    return range(reader, { digits: String(-MOST), open: false }, { digits, open: operator === '<' })
  const wanted = comparable(digits)
  if (typeof wanted === 'string') throw reader.mistake(wanted)
  return (value: Comparable | undefined) => value === wanted
}

const readTop = (reader: JsonReader, token: Token): End => {
  if (token !== 'string') throw reader.mistake(`Bad value in numeric range: ${reader.text()}`)
  const operator = reader.text()
  if (operator !== '<' && operator !== '<=') throw reader.mistake(`Bad numeric range operator: ${operator}`)
  if (!isNumber(reader.next())) throw reader.mistake(`Value of ${operator} must be numeric`)
  const digits = reader.text()
  if (reader.next() !== ']') throw reader.mistake('Too many terms in numeric range expression')
  return { digits, open: operator === '<' }
}

const range = (reader: JsonReader, bottom: End, top: End) => {
  if (Number(bottom.digits) >= Number(top.digits)) throw reader.mistake('Bottom must be less than top')
  const [low, high] = [comparable(bottom.digits), comparable(top.digits)]
  if (typeof low === 'string') throw reader.mistake(low)
  if (typeof high === 'string') throw reader.mistake(high)
  return (value: Comparable | undefined) =>
    typeof value === 'number' &&
    (bottom.open ? value > low : value >= low) &&
    (top.open ? value < high : value <= high)
}
