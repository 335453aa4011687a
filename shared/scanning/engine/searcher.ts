import type { Node } from '../pattern/ast.ts'
import { type Expression, type Match, re2Expression, searchOf, v8Expression } from '../pattern/expression.ts'
import { type LazyPrefix, takePrefixes } from '../pattern/facts.ts'
import { parsePattern } from '../pattern/parse.ts'
import { holds } from '../pattern/set.ts'
import type { Rule } from '../types.ts'
import type { CompiledRule, Reach } from './compile.ts'
import { MARGIN, MATCH_BYTES, PIECE_BYTES } from './limits.ts'
import type { Text } from './text.ts'
import type { Windows } from './windows.ts'

/** Expressions with longer matches are searched for within windows: a try would not be bounded by little. */
const TRIED_LENGTH = 4_096
/** A try costs as much as the search of so many bytes, measured. */
const BYTES_FOR_TRY = 8

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
  private sticky: RegExp | undefined
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
    const length = text.ascii ? this.compiled.asciiLength : this.compiled.bytesLength
    const beyond = length < 0 ? MATCH_BYTES : Math.min(length, MATCH_BYTES)
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
   * Whether it costs less to try the expression at every place where a match around a keyword can begin than to search the windows,
   * most of whose bytes come after the last of these places.
   */
  triesKeywords(text: Text, { spans, keywords }: Windows): boolean {
    const { runner, ascii, asciiLength } = this.compiled
    if (!text.ascii || runner !== 'v8' || !ascii || ascii.before < 0) return false
    if (asciiLength < 0 || asciiLength > TRIED_LENGTH) return false
    let bytes = 0
    for (let at = 0; at < spans.length; at += 2) bytes += (spans[at + 1] as number) - (spans[at] as number)
    return keywords.length * (ascii.before + 1) * BYTES_FOR_TRY <= bytes
  }

  /** The same matches as `search` of their windows finds, for a text that `triesKeywords` said yes to. */
  searchAtKeywords(
    text: Text,
    keywords: readonly number[],
    visit: (place: Place) => boolean,
    goOn: () => boolean,
  ): void {
    const before = this.compiled.ascii?.before ?? 0
    this.sticky ??= new RegExp(this.compiled.source, 'y')
    const { sticky } = this
    // the next place to try; the end of the last match
    let least = 0
    let floor = 0
    let tries = 0
    for (const keyword of rising(keywords)) {
      for (let at = Math.max(keyword - before, least); at <= keyword; at += 1) {
        if ((++tries & 255) === 0 && !goOn()) return
        sticky.lastIndex = at
        if (!sticky.test(text.latin1)) {
          least = at + 1
          continue
        }
        const end = sticky.lastIndex
        const start = this.withPrefixes(text, at, floor)
        floor = end
        least = Math.max(end, at + 1)
        if (!visit({ start, end })) return
        at = least - 1
      }
    }
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
    const find = text.ascii ? this.asciiSearch(slice) : this.expression().on(slice)
    let least = floor
    for (;;) {
      const found = find(Math.max(from, least) - base)
      if (!found || found.start + base >= Math.max(startsBefore, from + 1)) return least
      const end = found.end + base
      const start = this.withPrefixes(text, found.start + base, least)
      least = end
      // gitleaks' rules have no empty matches that matter, but the search must go on
      if (found.end === found.start)
        do least += 1
        while (((text.bytes[least] ?? 0) & 0xc0) === 0x80)
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
    this.core ??= new RegExp(this.compiled.source, 'g')
    return searchOf(this.core, slice)
  }

  private expression(): Expression {
    const source = this.rule.regex as string
    this.made ??=
      this.compiled.runner === 're2'
        ? re2Expression(this.compiled.source)
        : v8Expression(this.compiled.source, () => coreOf(source))
    return this.made
  }
}

const rising = (places: readonly number[]): readonly number[] => {
  for (let at = 1; at < places.length; at += 1)
    if ((places[at] as number) < (places[at - 1] as number)) return [...places].sort((a, b) => a - b)
  return places
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
