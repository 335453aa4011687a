export interface Position {
  readonly Line: number
  readonly Column: number
}

export interface Span {
  readonly StartPosition: Position
  readonly EndPosition: Position
}

/**
 * Where each statement of a policy stands in its text, as the policy simulator tells: a statement begins after the character
 * before it that is not white space (`[`, or the end of the one before), a lone one after its own brace (from recorded answers).
 * @param text JSON with an object in it
 */
export const statementSpans = (text: string): readonly Span[] => {
  const value = statementValue(text)
  if (value === undefined) return []
  const spans: Span[] = []
  if (text[value] === '{') spans.push(span(text, value + 1, endOf(text, value)))
  if (text[value] !== '[') return spans
  let start = value + 1
  for (let at = start; at < text.length && text[at] !== ']'; at += 1) {
    if (text[at] !== '{') continue
    const end = endOf(text, at)
    spans.push(span(text, start, end))
    start = end
    at = end - 1
  }
  return spans
}

/** Where the value of the policy's own `Statement` begins. */
const statementValue = (text: string): number | undefined => {
  let depth = 0
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at]
    if (character === '{' || character === '[') depth += 1
    else if (character === '}' || character === ']') depth -= 1
    else if (character === '"') {
      const end = endOfString(text, at)
      const after = /^\s*:\s*/.exec(text.slice(end, end + 4_096))
      if (depth === 1 && after && text.slice(at, end) === '"Statement"') return end + after[0].length
      at = end - 1
    }
  }
  return undefined
}

/** Just past the bracket that closes the one at `open`. */
const endOf = (text: string, open: number): number => {
  let depth = 0
  for (let at = open; at < text.length; at += 1) {
    const character = text[at]
    if (character === '"') at = endOfString(text, at) - 1
    else if (character === '{' || character === '[') depth += 1
    else if (character === '}' || character === ']') {
      depth -= 1
      if (depth === 0) return at + 1
    }
  }
  return text.length
}

const endOfString = (text: string, open: number): number => {
  for (let at = open + 1; at < text.length; at += 1) {
    if (text[at] === '\\') at += 1
    else if (text[at] === '"') return at + 1
  }
  return text.length
}

const span = (text: string, start: number, end: number): Span => ({
  StartPosition: position(text, start),
  EndPosition: position(text, end),
})

const position = (text: string, at: number): Position => {
  const before = text.slice(0, at)
  return { Line: before.split('\n').length, Column: at - before.lastIndexOf('\n') }
}
