import type { Token } from './filter-tokens.ts'

/** A value of a message that a filter can look at. */
export type Scalar = string | number | boolean | null

/** One alternative of a key. `values` are all the key has, none when it is missing. */
export type Condition = (values: readonly Scalar[], present: boolean) => boolean

/** Reads tokens one after the other; `fail` names the place of the one that is current. */
export interface Reader {
  readonly current: Token
  /** the one after it */
  readonly following: Token
  next(): Token
  fail(why: string, at?: number): Error
}

const anyOf =
  (test: (value: Scalar) => boolean): Condition =>
  (values) =>
    values.some(test)

const onText = (test: (text: string) => boolean) => anyOf((value) => typeof value === 'string' && test(value))

/** Reads the value of a match expression, `{"prefix": …}`; its name is given, its value current. */
type Expression = (reader: Reader) => Condition

type MakeTest = (wanted: string) => (text: string) => boolean

const TESTS: Readonly<Record<'prefix' | 'suffix' | 'equals-ignore-case' | 'wildcard', MakeTest>> = {
  prefix: (wanted) => (value) => value.startsWith(wanted),
  suffix: (wanted) => (value) => value.endsWith(wanted),
  'equals-ignore-case': (wanted) => (value) => value.toLowerCase() === wanted.toLowerCase(),
  wildcard: (wanted) => {
    const pattern = wildcard(wanted)
    return (value) => pattern.test(value)
  },
}

const text =
  (name: 'prefix' | 'suffix' | 'equals-ignore-case' | 'wildcard'): Expression =>
  (reader) => {
    const { kind, value } = reader.current
    if (kind !== 'string') throw reader.fail(`${name} match pattern must be a string`)
    if (name === 'wildcard' && /(^|[^\\])\*\*/.test(String(value)))
      throw reader.fail(`Consecutive wildcard characters at pos ${String(value).indexOf('**')}`)
    return onText(TESTS[name](String(value)))
  }

/** `*` stands for any characters; `\*` and `\\` for themselves. */
const wildcard = (wanted: string): RegExp => {
  const parts = wanted.match(/\\[*\\]|\*|[^*\\]+|\\/g) ?? []
  const literal = (part: string) => part.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&')
  const source = parts.map((part) =>
    part === '*' ? '.*' : literal(/^\\[*\\]$/.test(part) ? part.slice(1) : part),
  )
  return new RegExp(`^${source.join('')}$`, 's')
}

const readExists: Expression = (reader) => {
  const { kind } = reader.current
  if (kind !== 'true' && kind !== 'false')
    throw reader.fail('exists match pattern must be either true or false.')
  return (_, present) => present === (kind === 'true')
}

const readCidr: Expression = (reader) => {
  const { kind, value } = reader.current
  if (kind !== 'string') throw reader.fail('cidr match pattern must be a string')
  const [address = '', bits, ...rest] = String(value).split('/')
  const network = addressBits(address)
  if (bits === undefined || rest.length > 0) throw reader.fail("Malformed CIDR, one '/' required")
  if (!/^\d{1,3}$/.test(bits)) throw reader.fail('Malformed CIDR, mask bits must be an integer')
  if (!network) throw reader.fail(`Malformed CIDR, bad IP address: ${address}`)
  if (Number(bits) > network.length) throw reader.fail('Malformed CIDR, mask bits must be between 0 and 32')
  const prefix = network.slice(0, Number(bits))
  return onText((candidate) => {
    const given = addressBits(candidate)
    return given?.length === network.length && given.startsWith(prefix)
  })
}

/** An IP address as its 32 or 128 bits. */
const addressBits = (address: string): string | undefined => {
  const four = address.split('.')
  if (four.length === 4 && four.every((part) => /^\d{1,3}$/.test(part) && Number(part) < 256))
    return four.map((part) => Number(part).toString(2).padStart(8, '0')).join('')
  if (!address.includes(':') || !/^[0-9a-f:]+$/i.test(address)) return undefined
  const [head = '', tail, ...more] = address.split('::')
  const groups = (half: string) => (half === '' ? [] : half.split(':'))
  const [left, right] = [groups(head), groups(tail ?? '')]
  const gap = tail === undefined ? 0 : 8 - left.length - right.length
  const all = [...left, ...Array.from({ length: Math.max(gap, 0) }, () => '0'), ...right]
  if (more.length > 0 || all.length !== 8 || all.some((group) => !/^[0-9a-f]{1,4}$/i.test(group)))
    return undefined
  return all.map((group) => Number.parseInt(group, 16).toString(2).padStart(16, '0')).join('')
}

const readAnythingBut: Expression = (reader) => {
  const { kind, value } = reader.current
  if (kind === 'string' || kind === 'number') return anyOf((one) => one !== value)
  if (kind === '{') return readAnythingButTest(reader)
  if (kind !== '[') throw reader.fail('Value of anything-but must be an array or single string/number value.')
  const values = readList(reader)
  return anyOf((one) => !values.includes(one as string | number))
}

/** The strings or numbers of a list; its `[` is current before, its `]` after. */
const readList = (reader: Reader): (string | number)[] => {
  const values: (string | number)[] = []
  for (let token = reader.next(); token.kind !== ']'; token = reader.next()) {
    if (token.kind !== 'string' && token.kind !== 'number')
      throw reader.fail('Inside anything but list, start|null|boolean is not supported.')
    values.push(token.value as string | number)
  }
  if (values.length === 0) throw reader.fail('Empty arrays are not allowed')
  if (new Set(values.map((value) => typeof value)).size > 1)
    throw reader.fail(
      'Inside anything but list, either all values are number or string, mixed type is not supported',
    )
  return values
}

const readAnythingButTest: Expression = (reader) => {
  const name = String(reader.next().value)
  const make = Object.hasOwn(TESTS, name) ? TESTS[name as keyof typeof TESTS] : undefined
  const { kind, value } = reader.next()
  if (!make) throw reader.fail(`Unsupported anything-but pattern: ${name}`)
  if (kind !== 'string' && kind !== '[') throw reader.fail(`${name} match pattern must be a string`)
  const wanted = kind === '[' ? readList(reader).map(String) : [String(value)]
  const tests = wanted.map(make)
  if (reader.next().kind !== '}') throw reader.fail('Only one key allowed in match expression')
  return anyOf((one) => typeof one !== 'string' || !tests.some((test) => test(one)))
}

type Bound = (value: number) => boolean
const BOUNDS: Readonly<Record<string, (limit: number) => Bound>> = {
  '=': (limit) => (value) => value === limit,
  '<': (limit) => (value) => value < limit,
  '<=': (limit) => (value) => value <= limit,
  '>': (limit) => (value) => value > limit,
  '>=': (limit) => (value) => value >= limit,
}

const readNumeric: Expression = (reader) => {
  if (reader.current.kind !== '[') throw reader.fail('Value of numeric must be an array.')
  const first = reader.next()
  if (first.kind !== 'string') throw reader.fail(`Invalid member in numeric match: ${shown(first)}`)
  const operator = String(first.value)
  const limit = reader.next()
  if (!BOUNDS[operator]) throw reader.fail(`Unrecognized numeric range operator: ${operator}`)
  if (limit.kind !== 'number')
    throw reader.fail(`Value of ${operator === '=' ? 'equals' : operator} must be numeric`)
  const bounds = [BOUNDS[operator](Number(limit.value))]
  if (reader.next().kind !== ']') bounds.push(readUpper(reader, operator, Number(limit.value)))
  return anyOf((value) => typeof value === 'number' && bounds.every((bound) => bound(value)))
}

/** The second half of a range; its operator is current before, the list's `]` after. */
const readUpper = (reader: Reader, lower: string, bottom: number): Bound => {
  if (!lower.startsWith('>')) throw reader.fail('Too many elements in numeric expression')
  const token = reader.current
  if (token.kind !== 'string') throw reader.fail(`Bad value in numeric range: ${shown(token)}`)
  const operator = String(token.value)
  if (operator !== '<' && operator !== '<=')
    throw reader.fail(`Bad numeric range operator: ${operator}`, token.end)
  const top = reader.next()
  if (top.kind !== 'number') throw reader.fail(`Value of ${operator} must be numeric`)
  if (reader.next().kind !== ']') throw reader.fail('Too many terms in numeric range expression')
  if (bottom >= Number(top.value)) throw reader.fail('Bottom must be less than top')
  return (BOUNDS[operator] as (limit: number) => Bound)(Number(top.value))
}

const shown = ({ kind, value }: Token): string => String(value ?? kind)

const EXPRESSIONS: Readonly<Record<string, Expression>> = {
  prefix: text('prefix'),
  suffix: text('suffix'),
  'equals-ignore-case': text('equals-ignore-case'),
  wildcard: text('wildcard'),
  exists: readExists,
  cidr: readCidr,
  'anything-but': readAnythingBut,
  numeric: readNumeric,
}

/** Names that make an object a match expression. */
export const isExpression = (name: string): boolean => Object.hasOwn(EXPRESSIONS, name)

/**
 * One member of a key's list; its first token is current before, its last after.
 * @param absentIsNull whether `null` stands for a key that is missing
 */
export const readCondition = (reader: Reader, absentIsNull: boolean): Condition => {
  const { kind, value } = reader.current
  if (kind === 'string' || kind === 'number') return anyOf((one) => one === value)
  if (kind === 'true' || kind === 'false') return anyOf((one) => one === (kind === 'true'))
  if (kind === 'null')
    return (values, present) => (absentIsNull && !present) || values.some((one) => one === null)
  if (kind !== '{') throw reader.fail('Match value must be String, number, true, false, or null')
  const name = reader.next()
  if (name.kind !== 'name') throw reader.fail('Empty objects are not allowed')
  reader.next()
  const read = isExpression(String(name.value)) ? EXPRESSIONS[String(name.value)] : undefined
  if (!read) throw reader.fail(`Unrecognized match type ${name.value}`)
  const condition = read(reader)
  if (reader.next().kind !== '}') throw reader.fail('Only one key allowed in match expression')
  return condition
}
