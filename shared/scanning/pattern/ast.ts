import type { CodeSet } from './set.ts'

/** A parsed expression; flags are resolved: case is in the sets, laziness in `greedy`. */
export type Node =
  | { readonly kind: 'empty' }
  /** one code point; an empty set never matches */
  | { readonly kind: 'set'; readonly codes: CodeSet }
  | { readonly kind: 'concat'; readonly parts: readonly Node[] }
  /** the first that leads to a match is preferred */
  | { readonly kind: 'either'; readonly choices: readonly Node[] }
  | {
      readonly kind: 'repeat'
      readonly of: Node
      readonly min: number
      readonly max: number
      readonly greedy: boolean
    }
  | { readonly kind: 'group'; readonly index: number; readonly name?: string; readonly of: Node }
  | { readonly kind: 'assert'; readonly what: Assertion }

/** of the text's start and end, of a line's, of a word's edge (ASCII) and its opposite */
export type Assertion = 'start' | 'end' | 'line-start' | 'line-end' | 'edge' | 'no-edge'

export interface Pattern {
  readonly source: string
  readonly root: Node
  readonly groups: number
}

/** What is wrong with a pattern, and where: an offset in its source, in UTF-16 units. */
export interface PatternMistake {
  readonly mistake: string
  readonly at: number
}
