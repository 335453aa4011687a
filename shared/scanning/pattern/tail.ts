import type { Node } from './ast.ts'
import { byteKinds, EDGE } from './byte-kinds.ts'
import { type CodeSet, holds } from './set.ts'

/** What an expression's match may end with: kinds of bytes (see {@link byteKinds}), a bit each; `empty`: or with what stands before it. */
export interface Tail {
  readonly kinds: number
  readonly empty: boolean
}

export const NO_TAIL: Tail = { kinds: 0, empty: true }

const NEWLINE_OR_EDGE = (1 << (byteKinds[10] as number)) | (1 << EDGE)

export const tailOf = (node: Node): Tail => {
  switch (node.kind) {
    case 'empty':
      return NO_TAIL
    case 'assert':
      if (node.what === 'start') return { kinds: 1 << EDGE, empty: false }
      return node.what === 'line-start' ? { kinds: NEWLINE_OR_EDGE, empty: false } : NO_TAIL
    case 'set':
      return { kinds: kindsOf(node.codes), empty: false }
    case 'group':
      return tailOf(node.of)
    case 'concat':
      return node.parts.reduce((tail, part) => joinTails(tail, tailOf(part)), NO_TAIL)
    case 'either':
      return node.choices.map(tailOf).reduce(eitherTail)
    case 'repeat': {
      const tail = tailOf(node.of)
      return node.min === 0 ? { ...tail, empty: true } : tail
    }
  }
}

/** One or the other. */
export const eitherTail = (one: Tail, other: Tail): Tail => ({
  kinds: one.kinds | other.kinds,
  empty: one.empty || other.empty,
})

/** One after the other. */
export const joinTails = (first: Tail, second: Tail): Tail =>
  second.empty ? { kinds: first.kinds | second.kinds, empty: first.empty } : second

const kindsOf = (codes: CodeSet): number => {
  let kinds = 0
  for (let byte = 0; byte < 0x80; byte += 1) if (holds(codes, byte)) kinds |= 1 << (byteKinds[byte] as number)
  return (codes.at(-1) ?? 0) < 0x80 ? kinds : kinds | (1 << (byteKinds[0x80] as number))
}
