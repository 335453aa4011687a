import type { Assertion } from './ast.ts'
import { byteKinds, EDGE, GAP_LAST, WORD_LAST } from './byte-kinds.ts'
import { ACCEPT, ASSERT, assertionHolds, BYTE, type Kind, type Nfa, SPLIT } from './nfa.ts'
import type { Tail } from './tail.ts'

/** Which bytes may stand around a word that lies in a match: a bit for each of the 32 kinds of {@link byteKinds}. */
export interface Around {
  readonly before: number
  readonly after: number
  /** after it and all letters, digits and `_` that follow */
  readonly afterWord: number
  /** after it and all bytes that follow of kinds up to {@link GAP_LAST} */
  readonly afterGap: number
}

/** nothing is known */
export const ANYTHING: Around = { before: -1, after: -1, afterWord: -1, afterGap: -1 }

/**
 * What may stand around a word that begins what an automaton accepts. Says yes too often, as the automaton does, never no where there
 * is a match.
 * @param word lower-cased ASCII; texts may have it in either case
 * @param tail what the expression has before the word
 */
export const around = (nfa: Nfa, word: string, tail: Tail): Around => {
  const paths = new Paths(nfa)
  const columns = Array.from(word, (char) => [
    nfa.columns[char.charCodeAt(0)] as number,
    nfa.columns[char.toUpperCase().charCodeAt(0)] as number,
  ])
  const then = paths.after(columns)
  return {
    before: (tail.empty ? -1 : tail.kinds) & paths.atStart(columns[0] as readonly number[]),
    after: paths.takenBy(then, -1),
    afterWord: paths.takenBy(then, WORD_LAST),
    afterGap: paths.takenBy(then, GAP_LAST),
  }
}

/** Sets of an automaton's states that take a byte or accept; assertions are taken to hold but at the start. */
class Paths {
  private readonly nfa: Nfa
  private readonly nexts: (readonly number[] | undefined)[] = []
  /** by column: the kinds of its bytes */
  private readonly kinds: Int32Array

  constructor(nfa: Nfa) {
    this.nfa = nfa
    this.kinds = new Int32Array(nfa.end)
    for (let byte = 0; byte < 256; byte += 1)
      (this.kinds[nfa.columns[byte] as number] as number) |= 1 << (byteKinds[byte] as number)
  }

  /** the kinds of bytes that the start may stand after, where a byte of one of the columns follows */
  atStart(columns: readonly number[]): number {
    const { nfa } = this
    let kinds = 0
    for (const before of ['edge', 'newline', 'word', 'other'] as const)
      for (const column of columns) {
        const holds = (what: Assertion) => assertionHolds(what, before, nfa.kinds[column] as Kind)
        if (this.closure(nfa.start, holds).some((number) => this.takes(number, [column])))
          kinds |= this.ofKind(before)
      }
    return kinds
  }

  private ofKind(before: Kind): number {
    if (before === 'edge') return 1 << EDGE
    let kinds = 0
    // an automaton without assertions calls every byte 'other'
    for (const [column, own] of this.kinds.entries()) if (this.nfa.kinds[column] === before) kinds |= own
    return kinds
  }

  /** the states after a word */
  after(columns: readonly (readonly number[])[]): ReadonlySet<number> {
    let open = new Set(this.next(this.nfa.start))
    for (const either of columns) {
      const then = new Set<number>()
      for (const number of open)
        if (this.takes(number, either))
          for (const next of this.next(this.nfa.to[number] as number)) then.add(next)
      open = then
    }
    return open
  }

  /** the kinds above `last` that are taken in one of some states, or after bytes of kinds up to it */
  takenBy(begin: ReadonlySet<number>, last: number): number {
    const skipped = last < 0 ? 0 : (2 << last) - 1
    const { does, takes, to } = this.nfa
    const open = new Set(begin)
    let kinds = 0
    for (const number of open) {
      if (does[number] === ACCEPT) return -1
      if (does[number] !== BYTE) continue
      let taken = 0
      for (const [column, own] of this.kinds.entries()) if (takes[number]?.[column] === 1) taken |= own
      kinds |= taken & ~skipped
      if ((taken & skipped) !== 0) for (const next of this.next(to[number] as number)) open.add(next)
    }
    return kinds
  }

  private takes(number: number, columns: readonly number[]): boolean {
    const { does, takes } = this.nfa
    return does[number] === BYTE && columns.some((column) => takes[number]?.[column] === 1)
  }

  private next(from: number): readonly number[] {
    this.nexts[from] ??= this.closure(from, () => true)
    return this.nexts[from]
  }

  private closure(from: number, holds: (what: Assertion) => boolean): readonly number[] {
    const { does, to, or, what } = this.nfa
    const seen = new Set([from])
    const found: number[] = []
    for (const number of seen) {
      if (does[number] === SPLIT) seen.add(to[number] as number).add(or[number] as number)
      else if (does[number] !== ASSERT) found.push(number)
      else if (holds(what[number] as Assertion)) seen.add(to[number] as number)
    }
    return found
  }
}
