/** A token of a policy's JSON, with the places that AWS's parser would name in an error about it. */
export interface Token {
  readonly kind: '{' | '}' | '[' | ']' | 'name' | 'string' | 'number' | 'true' | 'false' | 'null'
  /** text of names and strings, value of numbers */
  readonly value: string | number | undefined
  /** column after as much as was looked at to know the kind: strings are read to their opening quote only */
  readonly at: number
  /** column after the whole token */
  readonly end: number
}

/**
 * Tokens of a JSON value in its compact form: SNS writes a policy anew before it is compiled, and its errors count in that text
 * (recorded). A name is seen together with the beginning of its value.
 */
export const tokensOf = (value: unknown): Token[] => {
  const tokens: Token[] = []
  let column = 1
  const push = (kind: Token['kind'], length: number, given?: string | number, at?: number): void => {
    column += length
    tokens.push({ kind, value: given, at: at ?? column, end: column })
  }
  const walk = (one: unknown): void => {
    if (Array.isArray(one)) {
      push('[', 1)
      for (const [index, item] of one.entries()) {
        if (index > 0) column += 1
        walk(item)
      }
      push(']', 1)
    } else if (typeof one === 'object' && one !== null) walkObject(one)
    else if (typeof one === 'string') push('string', JSON.stringify(one).length, one, column + 1)
    else if (typeof one === 'number') push('number', JSON.stringify(one).length, one)
    else push(String(one) as 'true' | 'false' | 'null', String(one).length)
  }
  const walkObject = (object: object): void => {
    push('{', 1)
    for (const [index, [name, item]] of Object.entries(object).entries()) {
      if (index > 0) column += 1
      const place = tokens.length
      const end = column + JSON.stringify(name).length
      column = end + 1
      walk(item)
      const first = tokens[place]
      tokens.splice(place, 0, { kind: 'name', value: name, at: first?.at ?? end, end })
    }
    push('}', 1)
  }
  walk(value)
  return tokens
}
