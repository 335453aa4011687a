import type { Node } from '../pattern/ast.ts'
import { LazyDfa } from '../pattern/dfa.ts'
import { emit, emitGo } from '../pattern/emit.ts'
import { type Expression, type Match, re2Expression, searchOf, v8Expression } from '../pattern/expression.ts'
import { type LazyPrefix, takePrefixes } from '../pattern/facts.ts'
import { nfaOf } from '../pattern/nfa.ts'
import { parsePattern } from '../pattern/parse.ts'
import { readProgram } from '../pattern/program.ts'
import { holds } from '../pattern/set.ts'
import type { Rule } from '../types.ts'
import type { CompiledRule, Reach } from './compile.ts'
import { MARGIN, MATCH_BYTES, PIECE_BYTES } from './limits.ts'
import type { Text } from './text.ts'

/** beyond where a match may end, the first time */
const FURTHER_BYTES = 64

/** A match's place in the whole text. */
export interface Place {
  readonly start: number
  readonly end: number
}

/** One rule's expression made ready, bit by bit as texts ask for it. */
export class Searcher {
  readonly rule: Rule
  readonly compiled: CompiledRule
  private core: RegExp | undefined
  private root: Node | undefined
  /** of the whole expression, and of it from the word on; null: it is too large for one */
  private whole: LazyDfa | null | undefined
  private fromWord: LazyDfa | null | undefined
  private made: Expression | undefined
  private inside: Uint8Array | undefined

  constructor(rule: Rule, compiled: CompiledRule) {
    this.rule = rule
    this.compiled = compiled
  }

  reach(ascii: boolean): Reach | undefined {
    return ascii ? this.compiled.ascii : this.compiled.bytes
  }

  /** by byte: whether a match can have it; undefined: its reach is bounded */
  alphabet(): Uint8Array | undefined {
    const codes = this.compiled.alphabet
    if (!codes) return undefined
    this.inside ??= tableOf(codes)
    return this.inside
  }

  /**
   * Matches between two offsets, in order and apart, each at or after `floor`; stops when `visit` or, between pieces, `goOn`
   * says false. The same as a
   * search of the whole text finds there, where `from` and `to` hold every match that begins between them.
   *
   * @returns where the next match may begin at the earliest; -1: stopped
   */
  search(
    text: Text,
    from: number,
    to: number,
    floor: number,
    visit: (place: Place) => boolean,
    goOn: () => boolean,
  ): number {
    const beyond = this.longestIn(text) ?? MATCH_BYTES
    let least = floor
    for (let at = from; at < to; at += PIECE_BYTES) {
      const last = at + PIECE_BYTES >= to
      const end = last ? to : Math.min(to, at + PIECE_BYTES + beyond)
      const next = this.piece(text, at, end, last ? to : at + PIECE_BYTES, least, visit)
      if (next < 0 || (!last && !goOn())) return -1
      least = next
    }
    return least
  }

  /**
   * Whether the word at an offset may lie in a match, as the expression's automaton tells; undefined: it does not tell, and the
   * window is to be looked at.
   */
  mayMatchAt(text: Text, at: number, reach: Reach): boolean | undefined {
    if (reach.before < 0 || reach.after < 0) return undefined
    if (this.fromWord === undefined)
      this.fromWord = this.compiled.program ? dfaOf(readProgram(this.compiled.program)) : null
    return this.fromWord?.from(text.bytes, at, at + reach.after)
  }

  /**
   * As {@link search}, for a span that was not judged keyword by keyword: the automaton tells where a match may end, and the expression
   * looks only there.
   */
  searchUnjudged(
    text: Text,
    from: number,
    to: number,
    floor: number,
    visit: (place: Place) => boolean,
    goOn: () => boolean,
  ): number {
    if (this.whole === undefined) this.whole = dfaOf(this.tree())
    const longest = this.longestIn(text)
    const isBounded = longest !== undefined
    const [before, beyond] = isBounded ? [longest + 1, longest] : [PIECE_BYTES, MATCH_BYTES]
    let least = floor
    let further = FURTHER_BYTES
    for (let at = Math.max(from, floor); at < to; ) {
      const end = this.whole?.firstEnd(text.bytes, at, to, goOn) ?? at
      if (end < 0) return least
      if (end === at) return this.search(text, at, to, least, visit, goOn)
      const stop = Math.min(end + further, to)
      const next = this.piece(
        text,
        Math.max(at, end - before),
        Math.min(stop + beyond, to),
        stop,
        least,
        visit,
      )
      if (next < 0 || !goOn()) return -1
      at = Math.max(stop, next)
      // the automaton said yes in vain: the expression looks further then, and not again and again at the same
      const inVain = next === least
      least = next
      if (inVain && !isBounded) return this.search(text, at, to, least, visit, goOn)
      further = inVain ? 2 * further : FURTHER_BYTES
    }
    return least
  }

  /** of a match, in bytes; undefined: as long as the text, or more than is looked at in one */
  private longestIn({ ascii }: Text): number | undefined {
    const { asciiLength, bytesLength } = this.compiled
    const length = ascii ? asciiLength : bytesLength
    return length < 0 || length > MATCH_BYTES ? undefined : length
  }

  private piece(
    text: Text,
    from: number,
    to: number,
    startsBefore: number,
    floor: number,
    visit: (place: Place) => boolean,
  ): number {
    const base = Math.max(from - MARGIN, 0)
    const slice = text.latin1.slice(base, Math.min(to + MARGIN, text.latin1.length))
    const reach = this.reach(text.ascii)
    const bounded = reach !== undefined && reach.length >= 0 && reach.length <= MATCH_BYTES
    const cut = bounded && base + slice.length < text.latin1.length
    const find = text.ascii ? this.asciiSearch(slice) : this.expression().on(slice)
    let least = floor
    // as in Go, no match is empty that begins where another ends: `.*` has one in a line
    let ended = floor || -1
    for (;;) {
      const found = find(Math.max(from, least) - base)
      if (!found || found.start + base >= Math.max(startsBefore, from + 1)) return least
      // of a bounded expression this is none: only the cut lets it end here, and its own keyword has no window
      if (cut && found.end === slice.length) {
        least = found.start + base + 1
        continue
      }
      const end = found.end + base
      const start = this.withPrefixes(text, found.start + base, least)
      least = end
      const isEmpty = found.end === found.start
      if (isEmpty)
        do least += 1
        while (((text.bytes[least] ?? 0) & 0xc0) === 0x80)
      const isNone = isEmpty && end === ended
      ended = end
      if (isNone) continue
      if (!visit({ start, end })) return -1
    }
  }

  /** where the match begins whose prefixes were taken off */
  private withPrefixes(text: Text, start: number, floor: number): number {
    const { prefixes } = this.compiled
    let at = start
    for (let index = prefixes.length - 1; index >= 0; index -= 1) {
      const { codes, most } = prefixes[index] as LazyPrefix
      for (let count = 0; count < most; count += 1) {
        const before = stepBack(text.bytes, at, floor)
        if (before === undefined || !holds(codes, before.code)) break
        at = before.at
      }
    }
    return at
  }

  /** The groups of a match's own text, searched by itself as gitleaks does; undefined: nothing is found in it. */
  groups(match: string): Match | undefined {
    return this.expression().on(match)(0)
  }

  private asciiSearch(slice: string): (from: number) => Match | undefined {
    if (this.compiled.runner === 're2') return this.expression().on(slice)
    this.core ??= new RegExp(emit(this.tree(), 'ascii'), 'g')
    return searchOf(this.core, slice)
  }

  private expression(): Expression {
    this.made ??=
      this.compiled.runner === 're2' ? re2Expression(emitGo(this.tree())) : v8Expression(() => this.tree())
    return this.made
  }

  /** the expression without its prefixes; read when a text has what its automaton accepts, which is seldom */
  private tree(): Node {
    this.root ??= coreOf(this.rule.regex as string)
    return this.root
  }
}

const dfaOf = (node: Node): LazyDfa | null => {
  const nfa = nfaOf(node)
  return nfa ? new LazyDfa(nfa) : null
}

const coreOf = (source: string): Node => {
  const pattern = parsePattern(source)
  if ('mistake' in pattern) throw new Error(`${pattern.mistake} at ${pattern.at}`)
  return takePrefixes(pattern.root).rest
}

/** the code point that ends at an offset; undefined at the text's edge and where bytes are none */
const stepBack = (bytes: Uint8Array, at: number, floor: number): { at: number; code: number } | undefined => {
  if (at <= floor) return undefined
  const last = bytes[at - 1] as number
  if (last < 0x80) return { at: at - 1, code: last }
  let from = at - 1
  while (from > floor && at - from < 4 && ((bytes[from] as number) & 0xc0) === 0x80) from -= 1
  const char = Buffer.from(bytes.subarray(from, at)).toString('utf8')
  const code = char.codePointAt(0) as number
  // a byte that is no code point stands for U+FFFD by itself
  return code === 0xfffd || char.length > (code > 0xffff ? 2 : 1)
    ? { at: at - 1, code: 0xfffd }
    : { at: from, code }
}

const tableOf = (codes: readonly number[]): Uint8Array => {
  const table = new Uint8Array(256)
  for (let byte = 0; byte < 0x80; byte += 1) if (holds(codes, byte)) table[byte] = 1
  if ((codes.at(-1) ?? 0) >= 0x80) table.fill(1, 0x80)
  return table
}
