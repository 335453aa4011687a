import type { Node } from './ast.ts'
import { type CodeSet, normalise } from './set.ts'

const INFINITE = Number.POSITIVE_INFINITY

/** bytes of the longest code point in a set */
const widest = (codes: CodeSet): number => {
  const last = codes.at(-1) ?? 0
  return last < 0x80 ? 1 : last < 0x800 ? 2 : last < 0x10000 ? 3 : 4
}

/** The longest match in bytes: of `ascii` text, or of any (a code point has up to four). */
export const longest = (node: Node, ascii: boolean): number => {
  switch (node.kind) {
    case 'empty':
    case 'assert':
      return 0
    case 'set':
      return ascii ? 1 : widest(node.codes)
    case 'group':
      return longest(node.of, ascii)
    case 'concat':
      return node.parts.reduce((sum, part) => sum + longest(part, ascii), 0)
    case 'either':
      return Math.max(...node.choices.map((choice) => longest(choice, ascii)))
    case 'repeat': {
      const one = longest(node.of, ascii)
      return one === 0 ? 0 : one * node.max
    }
  }
}

/** The fewest code points of a match; 0: the empty text matches. */
export const shortest = (node: Node): number => {
  switch (node.kind) {
    case 'empty':
    case 'assert':
      return 0
    case 'set':
      return 1
    case 'group':
      return shortest(node.of)
    case 'concat':
      return node.parts.reduce((sum, part) => sum + shortest(part), 0)
    case 'either':
      return Math.min(...node.choices.map(shortest))
    case 'repeat':
      return node.min * shortest(node.of)
  }
}

/** Every code point that a match can have. */
export const alphabet = (node: Node): CodeSet => {
  switch (node.kind) {
    case 'empty':
    case 'assert':
      return []
    case 'set':
      return node.codes
    case 'concat':
      return normalise(node.parts.flatMap((part) => [...alphabet(part)]))
    case 'either':
      return normalise(node.choices.flatMap((choice) => [...alphabet(choice)]))
    default:
      return alphabet(node.of)
  }
}

/** Concatenations within one another as one list; capturing groups opened too where only the text counts. */
export const flatten = (node: Node, groupsToo: boolean): readonly Node[] => {
  if (node.kind === 'concat') return node.parts.flatMap((part) => flatten(part, groupsToo))
  if (node.kind === 'group' && groupsToo) return flatten(node.of, groupsToo)
  return node.kind === 'empty' ? [] : [node]
}

/** A repeat of one class at the very beginning, lazy and bounded: `[\w.-]{0,50}?`. */
export interface LazyPrefix {
  readonly codes: CodeSet
  readonly most: number
}

/**
 * Takes the lazy repeats of one class off the expression's beginning. A search for the rest finds a match exactly where the whole
 * would, and the whole match begins as far to the left as the class, the bound and the end of the match before allow: the
 * leftmost rest at `c` gives the leftmost whole, since a later rest reaches no further to the left, and being lazy the prefix ends
 * at the first rest.
 */
export const takePrefixes = (node: Node): { prefixes: LazyPrefix[]; rest: Node } => {
  const prefixes: LazyPrefix[] = []
  let parts = [...flatten(node, false)]
  for (;;) {
    const first = parts[0]
    if (
      first?.kind !== 'repeat' ||
      first.greedy ||
      first.min !== 0 ||
      first.of.kind !== 'set' ||
      first.max === INFINITE ||
      parts.length < 2
    )
      break
    prefixes.push({ codes: first.of.codes, most: first.max })
    parts = parts.slice(1)
  }
  const rest: Node = parts.length === 1 ? (parts[0] as Node) : { kind: 'concat', parts }
  return shortest(rest) > 0 ? { prefixes, rest } : { prefixes: [], rest: node }
}
