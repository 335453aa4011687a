// longer than most: one reader whose methods share its place in the text

export type Token =
  | '{'
  | '}'
  | '['
  | ']'
  | 'name'
  | 'string'
  | 'integer'
  | 'float'
  | 'true'
  | 'false'
  | 'null'
  | undefined

/** A mistake in a JSON text, with its place, in the words of Jackson, the reader that EventBridge uses. */
export class JsonMistake extends Error {}

/** Reads a JSON text token by token, as Jackson's streaming parser does, so that mistakes are found and placed as AWS finds them. */
export interface JsonReader {
  /** the next token; undefined at the end of the text; @throws JsonMistake */
  next(): Token
  /** the current token's text: a string's or number's value, a name, else the literal itself */
  text(): string
  /** a mistake at the place reached so far */
  mistake(message: string): JsonMistake
}

interface Scope {
  readonly kind: 'root' | 'Array' | 'Object'
  /** where its bracket stands */
  readonly start: number
  entries: number
}

const SNIPPET = 500
const VALUES = `(JSON String, Number, Array, Object or token 'null', 'true' or 'false')`
const ESCAPES: Readonly<Record<string, string>> = {
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  '"': '"',
  '\\': '\\',
  '/': '/',
}
const IDENTIFIER = /[\p{L}\p{Nl}\p{Sc}\p{Pc}\p{Nd}\p{Mn}\p{Mc}]/u
const IDENTIFIER_START = /[\p{L}\p{Nl}\p{Sc}\p{Pc}]/u
const NUMBER = /-?(?:0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?/y

const describe = (char: string): string => {
  const code = char.charCodeAt(0)
  if (code < 32 || (code >= 127 && code < 160)) return `(CTRL-CHAR, code ${code})`
  return code > 255 ? `'${char}' (code ${code} / 0x${code.toString(16)})` : `'${char}' (code ${code})`
}

/**
 * Where errors are placed and what they say is known from recorded answers of EventBridge (LocalStack's AWS-validated snapshots)
 * and from Jackson 2's sources, ReaderBasedJsonParser.
 */
export const readJson = (source: string): JsonReader => {
  let at = 0
  let token: Token
  /** after a name Jackson has seen the value's first character already */
  let ahead: Token
  /** a string whose closing quote was not looked for yet */
  let open = false
  let value = ''
  let name = ''
  const place = (index: number): string => {
    const before = source.slice(0, index).split('\n')
    const shown =
      source.length > SNIPPET
        ? `"${source.slice(0, SNIPPET)}"[truncated ${source.length - SNIPPET} chars]`
        : `"${source}"`
    return `[Source: (String)${shown}; line: ${before.length}, column: ${(before.at(-1) ?? '').length + 1}]`
  }
  const mistake = (message: string, index = at) => new JsonMistake(`${message}\n at ${place(index)}`)
  const unexpected = (comment: string) =>
    mistake(`Unexpected character (${describe(source[at - 1] ?? '')}): ${comment}`, at - 1)
  const ended = (what: string) => mistake(`Unexpected end-of-input${what}`)

  const scopes: Scope[] = [{ kind: 'root', start: 0, entries: 0 }]
  const scope = () => scopes.at(-1) as Scope
  const enter = (kind: Scope['kind']) => scopes.push({ kind, start: at - 1, entries: 0 })

  const skipSpace = (): string | undefined => {
    while (at < source.length) {
      const char = source[at] as string
      at += 1
      if (char !== ' ' && char !== '\n' && char !== '\r' && char !== '\t') {
        if (char < ' ')
          throw mistake(
            `Illegal character (${describe(char)}): only regular white space (\\r, \\n, \\t) is allowed between tokens`,
          )
        return char
      }
    }
    return undefined
  }
  const readString = (where: string): string => {
    let text = ''
    for (;;) {
      const char = source[at]
      if (char === undefined) throw ended(where)
      at += 1
      if (char === '"') return text
      if (char === '\\') text += readEscape()
      else if (char < ' ')
        throw mistake(
          `Illegal unquoted character (${describe(char)}): has to be escaped using backslash to be included in string value`,
          at - 1,
        )
      else text += char
    }
  }
  const readEscape = (): string => {
    const char = source[at]
    if (char === undefined) throw ended(' in character escape sequence')
    at += 1
    const plain = ESCAPES[char]
    if (plain !== undefined) return plain
    if (char !== 'u') throw mistake(`Unrecognized character escape ${describe(char)}`, at - 1)
    const hex = /[0-9a-fA-F]{4}/y
    hex.lastIndex = at
    const code = hex.exec(source)?.[0]
    if (code === undefined) {
      while (/[0-9a-fA-F]/.test(source[at] ?? '')) at += 1
      if (at >= source.length) throw ended(' in character escape sequence')
      at += 1
      throw unexpected('expected a hex-digit for character escape sequence')
    }
    at += 4
    return String.fromCharCode(Number.parseInt(code, 16))
  }
  const readWord = (from: number) => {
    while (IDENTIFIER.test(source[at] ?? ' ')) at += 1
    return source.slice(from, at)
  }
  const readLiteral = (word: 'true' | 'false' | 'null'): Token => {
    const from = at - 1
    let length = 1
    while (length < word.length && source[from + length] === word[length]) length += 1
    at = from + length
    const whole = readWord(from)
    if (whole !== word) throw mistake(`Unrecognized token '${whole}': was expecting ${VALUES}`)
    value = word
    return word
  }
  const readNumber = (): Token => {
    NUMBER.lastIndex = at - 1
    const found = NUMBER.exec(source)
    if (!found) {
      at += 1
      throw unexpected('expected digit (0-9) to follow minus sign, for valid numeric value')
    }
    const from = at - 1
    at = NUMBER.lastIndex
    value = source.slice(from, at)
    const after = source[at] ?? ' '
    if (/^-?0$/.test(value) && /\d/.test(after)) {
      at += 1
      throw mistake('Invalid numeric value: Leading zeroes not allowed')
    }
    if (after === '.' && found[1] === undefined && found[2] === undefined) {
      at += 2
      throw mistake(
        `Unexpected character (${describe(source[at - 1] ?? '\0')}) in numeric value: Decimal point not followed by a digit`,
        at - 1,
      )
    }
    return found[1] === undefined && found[2] === undefined ? 'integer' : 'float'
  }
  /** the value that begins with this character, which was read */
  const readValue = (char: string): Token => {
    if (char === '"') {
      open = true
      return 'string'
    }
    if (char === '{' || char === '[') {
      value = char
      return char
    }
    if (char === 't') return readLiteral('true')
    if (char === 'f') return readLiteral('false')
    if (char === 'n') return readLiteral('null')
    if (char === '-' || (char >= '0' && char <= '9')) return readNumber()
    if (char === '}') throw unexpected('expected a value')
    if (IDENTIFIER_START.test(char))
      throw mistake(`Unrecognized token '${readWord(at - 1)}': was expecting ${VALUES}`)
    throw unexpected(`expected a valid value ${VALUES}`)
  }
  const close = (char: '}' | ']'): Token => {
    const { kind, start } = scope()
    const wanted = kind === 'Object' ? '}' : kind === 'Array' ? ']' : undefined
    if (char !== wanted)
      throw mistake(
        `Unexpected close marker '${char}': expected '${char === ']' ? '}' : ']'}' (for ${kind} starting at ${place(start)})`,
        at - 1,
      )
    scopes.pop()
    value = char
    return char
  }
  const readName = (char: string) => {
    if (char !== '"') throw unexpected('was expecting double-quote to start field name')
    name = readString(' in field name')
    const colon = skipSpace()
    if (colon === undefined) throw ended(' within/between Object entries')
    if (colon !== ':') throw unexpected('was expecting a colon to separate field name and value')
    const first = skipSpace()
    if (first === undefined) throw ended(' within/between Object entries')
    ahead = readValue(first)
  }
  const advance = (): Token => {
    if (token === 'name') {
      if (ahead === '{') enter('Object')
      if (ahead === '[') enter('Array')
      return ahead
    }
    if (open) readString(': was expecting closing quote for a string value')
    open = false
    let char = skipSpace()
    const { kind, start, entries } = scope()
    if (char === undefined) {
      if (kind === 'root') return undefined
      throw ended(`: expected close marker for ${kind} (start marker at ${place(start)})`)
    }
    if (char === '}' || char === ']') return close(char)
    if (kind !== 'root' && entries > 0) {
      if (char !== ',') throw unexpected(`was expecting comma to separate ${kind} entries`)
      char = skipSpace()
      if (char === undefined) throw ended(` within/between ${kind} entries`)
    }
    scope().entries += 1
    if (kind === 'Object') {
      readName(char)
      return 'name'
    }
    const first = readValue(char)
    if (first === '{') enter('Object')
    if (first === '[') enter('Array')
    return first
  }

  return {
    next: () => {
      token = advance()
      return token
    },
    text: () => {
      if (token === 'name') return name
      if (token === 'string' && open) {
        value = readString(': was expecting closing quote for a string value')
        open = false
      }
      return value
    },
    mistake: (message) => mistake(message),
  }
}
