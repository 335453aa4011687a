// Over the usual length: one text's way through all stages, with the state that they share.
import type { Hit, ScanLimits, ScanResult, Target, Unscanned } from '../types.ts'
import { decodedTexts } from './decoding.ts'
import type { Ready, ReadyRule } from './engine.ts'
import { entropyOf } from './entropy.ts'
import { openedBy } from './keywords.ts'
import { BYTES_FOR_TIME } from './limits.ts'
import { gitleaksLine, type Lines, linesOf, locate } from './location.ts'
import { withoutGenericTwins } from './precedence.ts'
import { hasRequired } from './required.ts'
import type { Place, Searcher } from './searcher.ts'
import { readable, type Text, textOf } from './text.ts'
import { Windows } from './windows.ts'

const ALLOW_COMMENTS = ['gitleaks:allow', 'betterleaks:allow', 'codecommit-relay:allow']

/** A text as it was given, or what one pass of decoding made of it. */
interface Layer {
  readonly text: Text
  /** the given text's places of one of this text; undefined: it lies outside of what was decoded */
  readonly origin?: (place: Place) => { place: Place; encodings: readonly string[]; line: string } | undefined
}

/** One text looked at by all rules. */
export class Scan {
  private readonly ready: Ready
  private readonly limits: ScanLimits
  private readonly now: () => number
  private readonly deadline: number
  private readonly given: Text
  private readonly target: Target
  private readonly offset: ((at: number) => number) | undefined
  private lines: Lines | undefined
  private line: { from: number; to: number; text: string; allowed: boolean } | undefined
  private readonly late = new Set<string>()
  private readonly crowded = new Set<string>()
  private readonly failed = new Set<string>()

  constructor(
    ready: Ready,
    limits: ScanLimits,
    now: () => number,
    bytes: Buffer,
    target: Target,
    offset?: (at: number) => number,
  ) {
    this.ready = ready
    this.limits = limits
    this.now = now
    this.deadline = now() + limits.timeMs * Math.max(1, bytes.length / BYTES_FOR_TIME)
    this.given = textOf(bytes)
    this.target = target
    this.offset = offset
  }

  result(before: readonly Unscanned[]): ScanResult {
    if (this.ready.allowlists.some((list) => list.coversTarget(this.target)))
      return { hits: [], unscanned: [] }
    const hits = this.pathHits()
    let layer: Layer = { text: this.given }
    const decoded = decodedTexts(this.given.latin1, this.limits.decodeDepth)
    for (;;) {
      hits.push(...this.layerHits(layer))
      const next = decoded.next()
      if (next.done || this.isLate()) break
      layer = { text: textOf(Buffer.from(next.value.latin1, 'latin1')), origin: next.value.origin }
    }
    const kept = this.bounded(withoutGenericTwins(hits))
    return {
      hits: this.offset ? kept.map((hit) => this.mapped(hit)) : kept,
      unscanned: [...before, ...this.ready.broken, ...this.leftOut()],
    }
  }

  private leftOut(): Unscanned[] {
    return [
      ...[...this.late].map((ruleId): Unscanned => ({ reason: 'time', ruleId })),
      ...[...this.crowded].map((ruleId): Unscanned => ({ reason: 'findings', ruleId })),
      ...[...this.failed].map((ruleId): Unscanned => ({ reason: 'pattern', ruleId })),
    ]
  }

  /** rules whose find is the path itself */
  private pathHits(): Hit[] {
    return this.ready.byPath
      .filter(
        ({ path, allowlists }) =>
          path?.(this.target.path) === true && !allowlists.some((list) => list.coversTarget(this.target)),
      )
      .map(({ rule }) => ({
        rule,
        start: 0,
        end: 0,
        secret: '',
        match: `file detected: ${this.target.path}`,
        line: '',
        startLine: 1,
        endLine: 1,
        startColumn: 1,
        endColumn: 1,
        entropy: 0,
        decoded: [],
        allowedInline: false,
      }))
  }

  private layerHits(layer: Layer): Hit[] {
    const { searchers, owners, keywords } = this.ready
    const opened = openedBy(keywords, searchers, layer.text)
    const hits: Hit[] = []
    const everything = new Windows()
    everything.span(0, layer.text.bytes.length)
    // in the order of the rules
    const numbers = new Set([...opened.windowed, ...opened.whole])
    for (const number of [...numbers].sort((a, b) => a - b)) {
      const owner = owners[number] as ReadyRule
      if (owner.searcher === undefined || owner.rule.skipReport || !this.appliesTo(owner)) continue
      const windows = opened.whole.has(number) ? everything : (opened.windows[number] as Windows)
      const found = this.ruleHits(owner, layer, windows, opened.exact)
      hits.push(...(owner.rule.required.length === 0 ? found : this.withRequired(owner, found, layer)))
    }
    return hits
  }

  private appliesTo({ path, allowlists }: ReadyRule): boolean {
    return (
      (path === undefined || path(this.target.path)) &&
      !allowlists.some((list) => list.coversTarget(this.target))
    )
  }

  /** a required rule is looked for without its keywords, its own requirements and `skipReport` */
  private withRequired(owner: ReadyRule, found: readonly Hit[], layer: Layer): Hit[] {
    if (found.length === 0) return []
    const finds = new Map<string, readonly Hit[]>()
    const everywhere = new Windows()
    everywhere.span(0, layer.text.bytes.length)
    for (const { id } of owner.rule.required) {
      const other = this.ready.byId.get(id)
      if (!other || finds.has(id)) continue
      const runs = other.searcher !== undefined && this.appliesTo(other)
      finds.set(id, runs ? this.ruleHits(other, layer, everywhere).filter((hit) => !hit.allowedInline) : [])
    }
    return found.filter((hit) => hasRequired(hit, owner.rule.required, (id) => finds.get(id)))
  }

  private ruleHits(owner: ReadyRule, layer: Layer, windows: Windows, exact = false): Hit[] {
    const searcher = this.ready.searchers[owner.searcher as number] as Searcher
    const hits: Hit[] = []
    const visit = (place: Place): boolean => {
      const hit = this.hitAt(owner, searcher, layer, place)
      if (hit) hits.push(hit)
      if (hits.length <= this.limits.hits) return goOn()
      this.crowded.add(owner.rule.id)
      return false
    }
    const goOn = (): boolean => {
      if (!this.isLate()) return true
      this.late.add(owner.rule.id)
      return false
    }
    try {
      if (exact && searcher.triesKeywords(layer.text, windows))
        searcher.searchAtKeywords(layer.text, windows.keywords, visit, goOn)
      else this.searchSpans(searcher, layer.text, windows.spans, visit, goOn)
    } catch (error) {
      // V8's own limit on backtracking (RangeError), or an expression that re2js does not know
      if (!(error instanceof Error)) throw error
      this.failed.add(owner.rule.id)
    }
    return hits
  }

  private searchSpans(
    searcher: Searcher,
    text: Text,
    spans: readonly number[],
    visit: (place: Place) => boolean,
    goOn: () => boolean,
  ): void {
    let floor = 0
    for (let at = 0; at < spans.length && floor >= 0; at += 2) {
      if ((at & 31) === 0 && !goOn()) return
      floor = searcher.search(text, spans[at] as number, spans[at + 1] as number, floor, visit, goOn)
    }
  }

  /** a match becomes a hit unless its entropy is low or an allow-list has it */
  private hitAt(owner: ReadyRule, searcher: Searcher, layer: Layer, place: Place): Hit | undefined {
    const { rule } = owner
    const raw = layer.text.latin1.slice(place.start, place.end)
    const match = raw.replace(/^\n+|\n+$/g, '')
    const origin = layer.origin?.(place)
    if (layer.origin && !origin) return undefined
    const leading = raw.length - raw.replace(/^\n+/, '').length
    const own = { start: place.start, end: place.start + leading + match.length }
    const { start, end } = origin?.place ?? own
    const secret = secretOf(searcher, match)
    if (secret === undefined) return undefined
    const entropy = entropyOf(readable(secret))
    if (rule.entropy !== 0 && entropy <= rule.entropy) return undefined

    this.lines ??= linesOf(this.given.latin1)
    const where = locate(this.lines, start, end)
    const line = this.lineAt(where.lineStart, Math.max(where.lineEnd, end))
    const lines = this.lines
    const find = {
      secret,
      match,
      line: () => origin?.line ?? gitleaksLine(this.given.latin1, lines, start, end - (origin ? 0 : leading)),
    }
    if ([...this.ready.allowlists, ...owner.allowlists].some((list) => list.coversFind(find, this.target)))
      return undefined
    const { lineStart: _, lineEnd: __, ...range } = where
    return {
      rule,
      start,
      end,
      secret: readable(secret),
      match: readable(match),
      line: line.text,
      ...range,
      entropy,
      decoded: origin?.encodings ?? [],
      allowedInline: line.allowed,
    }
  }

  /** a long line with many finds is read once */
  private lineAt(from: number, to: number): { text: string; allowed: boolean } {
    if (this.line?.from !== from || this.line.to !== to) {
      const line = this.given.latin1.slice(from, to)
      const allowed = ALLOW_COMMENTS.some((comment) => line.includes(comment))
      this.line = { from, to, text: readable(line), allowed }
    }
    return this.line
  }

  /** in the order of the text; when there are too many, those that block come first */
  private bounded(hits: Hit[]): Hit[] {
    const inOrder = (a: Hit, b: Hit): number => a.start - b.start || a.end - b.end
    if (hits.length <= this.limits.hits) return hits.sort(inOrder)
    const rank = (hit: Hit): number => (hit.rule.action === 'block' ? 0 : 1)
    const sorted = hits.sort((a, b) => rank(a) - rank(b) || inOrder(a, b))
    for (const dropped of sorted.slice(this.limits.hits)) this.crowded.add(dropped.rule.id)
    return sorted.slice(0, this.limits.hits).sort(inOrder)
  }

  private mapped(hit: Hit): Hit {
    const offset = this.offset as (at: number) => number
    return { ...hit, start: offset(hit.start), end: offset(hit.end) }
  }

  private isLate(): boolean {
    return this.now() > this.deadline
  }
}

/** As latin1 text; undefined: the group that was asked for is not there (gitleaks passes over the match). */
const secretOf = (searcher: Searcher, match: string): string | undefined => {
  const group = searcher.rule.secretGroup
  const groups = searcher.groups(match)?.groups
  if (!groups || groups.length === 0) return match
  if (group > 0) return group > groups.length ? undefined : (groups[group - 1] ?? '')
  return groups.find((one) => one !== undefined && one !== '') ?? match
}
