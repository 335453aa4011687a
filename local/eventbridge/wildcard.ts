import { JsonMistake, type JsonReader } from './json-reader.ts'

/** Values that one wildcard may fit at once: its quota is not published; `*:*:*:*:*:event-bus/*` is known to be too complex. */
const MOST_COMPLEX = 10

/**
 * The test that a wildcard pattern, just read, stands for.
 * @throws JsonMistake at the reader's place, or without one for a pattern that is too complex
 */
export const readWildcard = (reader: JsonReader, pattern: string): ((value: string) => boolean) => {
  const parts = parseWildcard(pattern)
  if (typeof parts === 'string') throw reader.mistake(parts)
  if (complexityOf(parts, MOST_COMPLEX) >= MOST_COMPLEX)
    throw new JsonMistake(
      'Rule is too complex - try using fewer wildcard characters or fewer repeating character sequences after a wildcard character',
    )
  return matchWildcard(parts)
}

/** A wildcard pattern cut at its asterisks. */
type Parts = readonly string[]

/**
 * Reads a wildcard pattern: `*` stands for any characters, `\*` and `\\` for themselves (EventBridge user guide, "Wildcard
 * matching"). Positions in reasons count bytes of the pattern in quotes: aws/event-ruler, WildcardParser.
 * @returns the reason in EventBridge's words when it is none
 */
const parseWildcard = (pattern: string): Parts | string => {
  const parts: string[] = []
  let part = ''
  const position = (at: number) => Buffer.byteLength(pattern.slice(0, at)) + 1
  for (let at = 0; at < pattern.length; at += 1) {
    const char = pattern[at] as string
    if (char === '*') {
      if (pattern[at + 1] === '*') return `Consecutive wildcard characters at pos ${position(at)}`
      parts.push(part)
      part = ''
    } else if (char === '\\') {
      const escaped = pattern[at + 1]
      if (escaped !== '*' && escaped !== '\\') return `Invalid escape character at pos ${position(at)}`
      at += 1
      part += escaped
    } else part += char
  }
  return [...parts, part]
}

/** Says whether a value fits. Time grows with the value's length alone, not with tries. */
const matchWildcard = ([head = '', ...rest]: Parts): ((value: string) => boolean) => {
  const tail = rest.at(-1)
  if (tail === undefined) return (value) => value === head
  const middle = rest.slice(0, -1)
  return (value) => {
    const end = value.length - tail.length
    if (end < head.length || !value.startsWith(head) || !value.endsWith(tail)) return false
    let from = head.length
    for (const part of middle) {
      const found = value.indexOf(part, from)
      if (found < 0 || found + part.length > end) return false
      from = found + part.length
    }
    return true
  }
}

/**
 * How many beginnings of the pattern one value can fit at the same time: what EventBridge calls complexity
 * (aws/event-ruler, MachineComplexityEvaluator). `*:*:*` fits `::` as `*`, `*:`, `*:*`, `*:*:` and `*:*:*`.
 * @param most counting ends there
 */
const complexityOf = (parts: Parts, most: number): number => {
  const tokens = parts.flatMap((part, index) => [...(index === 0 ? [] : [undefined]), ...part])
  const alphabet = new Set(tokens.filter((token) => token !== undefined))
  const spread = (states: Iterable<number>): Set<number> => {
    const all = new Set(states)
    for (const state of all) if (state < tokens.length && tokens[state] === undefined) all.add(state + 1)
    return all
  }
  const step = (states: Set<number>, char: string): Set<number> => {
    const next: number[] = []
    for (const state of states) {
      if (state > 0 && tokens[state - 1] === undefined) next.push(state)
      if (tokens[state] === char) next.push(state + 1)
    }
    return spread(next)
  }
  let highest = 0
  const seen = new Set<string>()
  const open = [spread([0])]
  for (const states of open) {
    highest = Math.max(highest, [...states].filter((state) => state > 0).length)
    if (highest >= most || seen.size > 2_000) return Math.min(highest, most)
    for (const char of alphabet) {
      const next = step(states, char)
      const key = [...next].sort((a, b) => a - b).join()
      if (next.size === 0 || seen.has(key)) continue
      seen.add(key)
      open.push(next)
    }
  }
  return highest
}
