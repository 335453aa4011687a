import type { Assertion, Node } from './ast.ts'
import { perlClasses } from './classes.ts'
import type { CodeSet } from './set.ts'

const NEWLINE: CodeSet = [10, 10]

/** A count's least above goes on without end, and so does what may follow its least: few states, of which a text asks for few. */
const COPIES_MOST = 128
const OPTIONS_MOST = 4
/** Larger expressions have no automaton. */
const STATES_MOST = 4_000

/**
 * An expression's states over bytes, as Thompson's construction gives them. It accepts a superset: a code point from 128 on is any
 * run of bytes from 128 on, and large counts have no upper bound.
 */
export interface Nfa {
  /** by state, as the four that follow: what it does, one of {@link BYTE}, {@link SPLIT}, {@link ASSERT}, {@link ACCEPT} */
  readonly does: readonly number[]
  /** the state that it leads to; of `ACCEPT` 0 */
  readonly to: readonly number[]
  /** of `SPLIT` the other one */
  readonly or: readonly number[]
  /** of `BYTE`, by column: 1 if it is one of those that it takes; of the others no 1 */
  readonly takes: readonly Uint8Array[]
  /** of `ASSERT` */
  readonly what: readonly Assertion[]
  readonly start: number
  /** of each byte: its column; bytes of one column are never told apart */
  readonly columns: Uint8Array
  /** the column of bytes from 128 on */
  readonly high: number
  /** the column that stands for the text's end */
  readonly end: number
  /** by column */
  readonly kinds: readonly Kind[]
  readonly asserts: boolean
}

/** takes one byte of some columns */
export const BYTE = 0
export const SPLIT = 1
export const ASSERT = 2
export const ACCEPT = 3
/** as long as any: what reads past an array's end is compiled anew */
const NO_COLUMNS: Uint8Array = new Uint8Array(257)

/** What assertions know of a byte. */
export type Kind = 'edge' | 'newline' | 'word' | 'other'

/** undefined: it would have too many states */
export const nfaOf = (root: Node): Nfa | undefined => {
  const classes = new Classes(root)
  const builder = new Builder(classes)
  const start = builder.add(root, builder.push(ACCEPT, 0))
  const { does, to, or, takes, what } = builder
  if (does.length > STATES_MOST) return undefined
  const { columns, high, asserts } = classes
  const end = classes.count
  const kinds: Kind[] = new Array<Kind>(end + 1).fill('other')
  if (asserts)
    for (let byte = 0; byte < 0x80; byte += 1)
      kinds[columns[byte] as number] = byte === 10 ? 'newline' : isWord(byte) ? 'word' : 'other'
  kinds[end] = 'edge'
  return { does, to, or, takes, what, start, columns, high, end, kinds, asserts }
}

export const isWord = (byte: number): boolean =>
  (byte >= 0x61 && byte <= 0x7a) ||
  (byte >= 0x41 && byte <= 0x5a) ||
  (byte >= 0x30 && byte <= 0x39) ||
  byte === 0x5f

export const assertionHolds = (what: Assertion, before: Kind, after: Kind): boolean => {
  switch (what) {
    case 'start':
      return before === 'edge'
    case 'end':
      return after === 'edge'
    case 'line-start':
      return before === 'edge' || before === 'newline'
    case 'line-end':
      return after === 'edge' || after === 'newline'
    case 'edge':
      return (before === 'word') !== (after === 'word')
    case 'no-edge':
      return (before === 'word') === (after === 'word')
  }
}

/** Bytes that an expression never tells apart share a column. */
class Classes {
  readonly columns = new Uint8Array(256)
  count = 1
  /** by column: how many bytes below 128 it has */
  private readonly sizes = [0x80]
  high = 0
  asserts = false
  private readonly members = new Map<CodeSet, Uint8Array>()

  constructor(root: Node) {
    // the sets of one program are the same objects wherever they are the same
    const sets = new Set<CodeSet>()
    this.collect(root, sets)
    if (this.asserts) for (const set of [perlClasses.w as CodeSet, NEWLINE]) sets.add(set)
    for (const set of sets) this.divide(set)
    this.high = this.count++
    this.columns.fill(this.high, 0x80)
    for (const set of sets) this.members.set(set, this.membersOf(set))
  }

  of(set: CodeSet): Uint8Array {
    return this.members.get(set) as Uint8Array
  }

  private collect(node: Node, sets: Set<CodeSet>): void {
    if (node.kind === 'set') sets.add(node.codes)
    else if (node.kind === 'assert') this.asserts = true
    else if (node.kind === 'concat') for (const part of node.parts) this.collect(part, sets)
    else if (node.kind === 'either') for (const choice of node.choices) this.collect(choice, sets)
    else if (node.kind !== 'empty') this.collect(node.of, sets)
  }

  /** columns that lie partly in a set become two */
  private divide(set: CodeSet): void {
    const { columns, sizes } = this
    const inside = new Uint8Array(this.count)
    for (let at = 0; at < set.length && (set[at] as number) < 0x80; at += 2)
      for (let byte = set[at] as number; byte <= Math.min(set[at + 1] as number, 0x7f); byte += 1)
        (inside[columns[byte] as number] as number) += 1
    const parts = new Uint8Array(this.count)
    for (let column = 0; column < parts.length; column += 1)
      if (inside[column] !== 0 && inside[column] !== sizes[column]) {
        parts[column] = this.count++
        sizes.push(inside[column] as number)
        ;(sizes[column] as number) -= inside[column] as number
      }
    if (parts.length === this.count) return
    for (let at = 0; at < set.length && (set[at] as number) < 0x80; at += 2)
      for (let byte = set[at] as number; byte <= Math.min(set[at + 1] as number, 0x7f); byte += 1)
        columns[byte] = parts[columns[byte] as number] || (columns[byte] as number)
  }

  private membersOf(set: CodeSet): Uint8Array {
    const members = new Uint8Array(this.count)
    for (let at = 0; at < set.length && (set[at] as number) < 0x80; at += 2)
      for (let byte = set[at] as number; byte <= Math.min(set[at + 1] as number, 0x7f); byte += 1)
        members[this.columns[byte] as number] = 1
    if ((set.at(-1) ?? 0) >= 0x80) members[this.high] = 1
    return members
  }
}

class Builder {
  readonly does: number[] = []
  readonly to: number[] = []
  readonly or: number[] = []
  readonly takes: Uint8Array[] = []
  readonly what: Assertion[] = []
  private readonly classes: Classes

  constructor(classes: Classes) {
    this.classes = classes
  }

  // columns and not objects of four shapes, over which code is compiled again and again: a first pass is 7 % quicker
  push(does: number, to: number, or = 0, takes = NO_COLUMNS, what: Assertion = 'start'): number {
    this.to.push(to)
    this.or.push(or)
    this.takes.push(takes)
    this.what.push(what)
    return this.does.push(does) - 1
  }

  /** @returns where the node's states begin that end in `to` */
  add(node: Node, to: number): number {
    if (this.does.length > STATES_MOST) return to
    switch (node.kind) {
      case 'empty':
        return to
      case 'set':
        return this.push(BYTE, to, 0, this.classes.of(node.codes))
      case 'assert':
        return this.push(ASSERT, to, 0, NO_COLUMNS, node.what)
      case 'group':
        return this.add(node.of, to)
      case 'concat':
        return node.parts.reduceRight((next, part) => this.add(part, next), to)
      case 'either':
        return node.choices
          .map((choice) => this.add(choice, to))
          .reduce((or, begin) => this.push(SPLIT, begin, or))
      case 'repeat':
        return this.repeat(node, to)
    }
  }

  private repeat(node: Node & { kind: 'repeat' }, to: number): number {
    const least = Math.min(node.min, COPIES_MOST)
    let begin = to
    if (node.max - least > OPTIONS_MOST) {
      begin = this.push(SPLIT, to, to)
      this.or[begin] = this.add(node.of, begin)
    } else
      for (let count = least; count < node.max; count += 1)
        begin = this.push(SPLIT, this.add(node.of, begin), to)
    for (let count = 0; count < least; count += 1) begin = this.add(node.of, begin)
    return begin
  }
}
