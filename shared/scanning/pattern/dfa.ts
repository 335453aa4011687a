import type { Assertion } from './ast.ts'
import { ACCEPT as ACCEPTS, ASSERT, assertionHolds, BYTE, isWord, type Kind, type Nfa, SPLIT } from './nfa.ts'

const STATES_MOST = 2_000
/** States that one text may cause to be made, and steps for each of its bytes, before it is left to the expression itself. */
const MADE_MOST = 500
const STEPS_MOST = 1 / 4
const STEPS_LEAST = 4_096

/** bytes of a walk between two looks at the time */
const ASKED_EVERY = 65_536

const DEAD = -1
const ACCEPT = -2

const KINDS: readonly Kind[] = ['edge', 'newline', 'word', 'other']

/** What a deterministic state stands for. */
interface Members {
  /** of the automaton that it was made from, rising: those that take a byte or assert */
  readonly states: readonly number[]
  /** of the byte before it; 'other' where nothing asks */
  readonly before: Kind
  /** matches may begin at every byte: the begin is a member of each later state */
  readonly begins: boolean
}

/**
 * Whether a match is possible: the automaton made deterministic, state by state as texts ask for it. Says yes more often than there
 * is a match, never no where there is one.
 */
export class LazyDfa {
  private readonly nfa: Nfa
  private readonly width: number
  private readonly columns: Uint8Array
  private table: Int32Array
  private members: Members[] = []
  private rows = new Map<string, number>()
  private readonly starts = new Int32Array(2 * KINDS.length)
  private readonly closures: (readonly number[] | undefined)[] = []
  private readonly marks: Int32Array
  private mark = 0
  private text: Uint8Array | undefined
  private made = 0
  /** how often all states were thrown away: a row of before means nothing */
  private age = 0
  private steps = 0

  constructor(nfa: Nfa) {
    this.nfa = nfa
    this.columns = nfa.columns
    this.width = nfa.end + 1
    this.table = new Int32Array(16 * this.width)
    this.marks = new Int32Array(nfa.does.length)
    this.members.push({ states: [], before: 'other', begins: false })
  }

  /**
   * Whether a match may begin at an offset and end by `to`. `undefined`: this text has asked for too much, and the answer would cost
   * more than the expression itself.
   */
  from(bytes: Uint8Array, begin: number, to: number): boolean | undefined {
    if (this.text !== bytes) this.look(bytes)
    if (this.isTooMuch(bytes)) return undefined
    const { columns } = this
    let row = this.start(bytes, begin, false)
    let at = begin
    const most = Math.min(to, bytes.length - 1)
    while (row > 0 && at <= most) {
      const column = columns[bytes[at] as number] as number
      const next = this.table[row + column] as number
      row = next === 0 ? this.make(row, column) : next
      at += 1
    }
    if (row > 0 && to >= bytes.length) row = this.next(row, bytes, bytes.length)
    this.steps += at - begin
    return this.isTooMuch(bytes) ? undefined : row === ACCEPT
  }

  /**
   * Of the matches that begin at `from` or later and end by `to`, where the first may end: there or a byte before; -1: there is none.
   * `from`: this text has asked for too much, or `goOn`, asked every 64 KB, says false.
   */
  firstEnd(bytes: Uint8Array, from: number, to: number, goOn: () => boolean = () => true): number {
    if (this.text !== bytes) this.look(bytes)
    const { columns } = this
    let row = this.start(bytes, from, true)
    let at = from
    while (at < to && row > 0) {
      const { table } = this
      const pause = Math.min(to, at + ASKED_EVERY)
      let next = row
      while (at < pause && next > 0) {
        row = next
        next = table[row + (columns[bytes[at] as number] as number)] as number
        at += 1
      }
      row = next === 0 ? this.make(row, columns[bytes[at - 1] as number] as number) : next
      if (this.made > MADE_MOST || (at === pause && at < to && !goOn())) return from
    }
    // whether an assertion holds is known when the byte behind it was read
    return row === ACCEPT || (row > 0 && this.next(row, bytes, to) === ACCEPT) ? at : -1
  }

  private isTooMuch(bytes: Uint8Array): boolean {
    return this.made > MADE_MOST || this.steps > STEPS_MOST * bytes.length + STEPS_LEAST
  }

  private look(bytes: Uint8Array): void {
    this.text = bytes
    this.made = 0
    this.steps = 0
  }

  private start(bytes: Uint8Array, at: number, begins: boolean): number {
    const kind = at === 0 ? 0 : this.nfa.asserts ? kindOf(bytes[at - 1] as number) : 3
    const place = kind + (begins ? KINDS.length : 0)
    const known = this.starts[place] as number
    if (known !== 0) return known
    const row = this.row({ states: this.closure(this.nfa.start), before: KINDS[kind] as Kind, begins })
    this.starts[place] = row
    return row
  }

  private next(row: number, bytes: Uint8Array, at: number): number {
    const { columns, end } = this.nfa
    const column = at < bytes.length ? (columns[bytes[at] as number] as number) : end
    return (this.table[row + column] as number) || this.make(row, column)
  }

  private make(row: number, column: number): number {
    const { age } = this
    this.made += 1
    const members = this.members[row / this.width] as Members
    this.mark += 1
    const open = this.nfa.asserts
      ? this.asserted(members.states, members.before, this.nfa.kinds[column] as Kind)
      : members.states
    const next = this.row(open ? this.step(members, open, column) : ACCEPT)
    if (age === this.age) this.keep(row, column, open ?? [], next)
    return next
  }

  /** For each column that these states do not tell from this one: a state tells few apart, and texts ask for many. */
  private keep(row: number, column: number, open: readonly number[], next: number): void {
    const { table } = this
    const { takes, kinds, high } = this.nfa
    table[row + column] = next
    if (column >= high) return
    for (let other = 0; other < high; other += 1) {
      if (kinds[other] !== kinds[column]) continue
      let same = true
      for (let at = 0; same && at < open.length; at += 1) {
        const taken = takes[open[at] as number] as Uint8Array
        same = taken[other] === taken[column]
      }
      if (same) table[row + other] = next
    }
  }

  /** @param open what of the members takes bytes, and what stands behind assertions that hold before this one */
  private step({ begins }: Members, open: readonly number[], column: number): Members {
    const { nfa } = this
    this.mark += 1
    const found: number[] = []
    for (const number of open) {
      if (nfa.does[number] !== BYTE || (nfa.takes[number] as Uint8Array)[column] !== 1) continue
      this.join(this.closure(nfa.to[number] as number), found)
      // the further bytes of a code point
      if (column === nfa.high) this.join([number], found)
    }
    if (begins && column !== nfa.end) this.join(this.closure(nfa.start), found)
    const before = nfa.asserts ? (nfa.kinds[column] as Kind) : 'other'
    return { states: found.sort((a, b) => a - b), before, begins }
  }

  /** with what stands behind assertions that hold; undefined: the end of a match does */
  private asserted(states: readonly number[], before: Kind, after: Kind): readonly number[] | undefined {
    const found: number[] = []
    this.join(states, found)
    const { does, to, what } = this.nfa
    for (let at = 0; at < found.length; at += 1) {
      const number = found[at] as number
      if (does[number] === ACCEPTS) return undefined
      if (does[number] === ASSERT && assertionHolds(what[number] as Assertion, before, after))
        this.join(this.closure(to[number] as number), found)
    }
    return found
  }

  private join(states: readonly number[], found: number[]): void {
    for (const state of states)
      if (this.marks[state] !== this.mark) {
        this.marks[state] = this.mark
        found.push(state)
      }
  }

  /** the states that take a byte, assert or accept which a state leads to without any of that */
  private closure(from: number): readonly number[] {
    const known = this.closures[from]
    if (known) return known
    const { does, to, or } = this.nfa
    const found: number[] = []
    const seen = new Set<number>()
    const open = [from]
    for (let number = open.pop(); number !== undefined; number = open.pop()) {
      if (seen.has(number)) continue
      seen.add(number)
      if (does[number] === SPLIT) open.push(to[number] as number, or[number] as number)
      else found.push(number)
    }
    this.closures[from] = found
    return found
  }

  private row(members: Members | typeof ACCEPT): number {
    if (members === ACCEPT) return ACCEPT
    const { states, begins } = members
    if (states.length === 0) return DEAD
    const { does } = this.nfa
    let isAsserting = false
    for (const state of states) {
      if (does[state] === ACCEPTS) return ACCEPT
      if (does[state] === ASSERT) isAsserting = true
    }
    const before = isAsserting ? members.before : 'other'
    const key = `${begins ? '+' : ''}${before}${String.fromCharCode(...states)}`
    const known = this.rows.get(key)
    if (known !== undefined) return known
    if (this.members.length >= STATES_MOST) this.forget()
    const row = this.members.push({ states, before, begins }) * this.width - this.width
    if (row + this.width > this.table.length) {
      const wider = new Int32Array(this.table.length * 2)
      wider.set(this.table)
      this.table = wider
    }
    this.rows.set(key, row)
    return row
  }

  private forget(): void {
    this.age += 1
    this.members.length = 1
    this.rows.clear()
    this.table.fill(0)
    this.starts.fill(0)
  }
}

const kindOf = (byte: number): number => (byte === 10 ? 1 : isWord(byte) ? 2 : 3)
