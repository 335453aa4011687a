// Over the usual length: one text's way through all stages, with the state that they share.
import type { Hit, Rule, ScanLimits, ScanResult, Target, Unscanned } from '../types.ts'
import { AllowComments } from './allow-comments.ts'
import type { Line } from './allowlists.ts'
import { decodedTexts } from './decoding.ts'
import type { Ready, ReadyRule } from './engine.ts'
import { entropyOf } from './entropy.ts'
import { openedBy } from './keywords.ts'
import { BYTES_FOR_TIME } from './limits.ts'
import { gitleaksLine, type Lines, linesOf, locate, type Range } from './location.ts'
import { withoutGenericTwins } from './precedence.ts'
import { hasRequired } from './required.ts'
import type { Place, Searcher } from './searcher.ts'
import { lowered, readable, Text } from './text.ts'
import { Windows } from './windows.ts'

const NOTHING: readonly never[] = []
const NO_LINE: Line = { text: '' }
/** matches that a rule was refused, kept while it looks at a text */
const REFUSED_MOST = 1_000

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
  private line: { from: number; to: number; text: string } | undefined
  private held: { from: number; to: number; text: string } | undefined
  private allowed: AllowComments | undefined
  /** bytes whose keywords nobody looked for when the time was up */
  private unseen = 0
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
    this.given = new Text(bytes)
    this.target = target
    this.offset = offset
  }

  result(before: readonly Unscanned[]): ScanResult {
    if (this.ready.allowlists.some((list) => list.coversTarget(this.target)))
      return { hits: [], unscanned: [] }
    const hits = this.pathHits(before.length === 0)
    hits.push(...this.layerHits({ text: this.given }))
    if (this.limits.decodeDepth > 0)
      for (const { latin1, origin } of decodedTexts(this.given.latin1, this.limits.decodeDepth)) {
        if (this.isLate()) break
        hits.push(...this.layerHits({ text: new Text(Buffer.from(latin1, 'latin1')), origin }))
      }
    // most texts have nothing
    const kept = hits.length === 0 ? hits : this.bounded(withoutGenericTwins(hits))
    return {
      hits: this.offset ? kept.map((hit) => this.mapped(hit)) : kept,
      unscanned: [...before, ...this.ready.broken, ...this.leftOut()],
    }
  }

  private leftOut(): readonly Unscanned[] {
    if (this.unseen + this.late.size + this.crowded.size + this.failed.size === 0) return NOTHING
    return [
      ...(this.unseen > 0 ? [{ reason: 'time', bytes: this.unseen } as const] : []),
      ...[...this.late].map((ruleId): Unscanned => ({ reason: 'time', ruleId })),
      ...[...this.crowded].map((ruleId): Unscanned => ({ reason: 'findings', ruleId })),
      ...[...this.failed].map((ruleId): Unscanned => ({ reason: 'pattern', ruleId })),
    ]
  }

  /** rules whose find is the path itself; those of a team only where there is a text, as in gitleaks */
  private pathHits(isText: boolean): Hit[] {
    if (!this.ready.anyByPath(this.target.path)) return []
    return this.ready.byPath
      .filter(
        ({ rule, path, allowlists }) =>
          path?.(this.target.path) === true &&
          (isText ? this.hasKeyword(rule) : rule.vetted) &&
          !allowlists.some((list) => list.coversTarget(this.target)),
      )
      .map(({ rule }) => pathHit(rule, this.target))
  }

  /** rules of a path alone want one of their keywords in the text as well, as in gitleaks; asked of few */
  private hasKeyword({ keywords }: Rule): boolean {
    if (keywords.length === 0) return true
    const text = lowered(this.given.latin1)
    return keywords.some((keyword) => text.includes(keyword))
  }

  private layerHits(layer: Layer): Hit[] {
    const { searchers, keywords } = this.ready
    const opened = openedBy(keywords, searchers, layer.text, () => !this.isLate())
    this.unseen += layer.text.bytes.length - opened.to
    const hits: Hit[] = []
    if (opened.windows.size + opened.whole.size === 0) return hits
    const everything = new Windows()
    everything.span(0, layer.text.bytes.length)
    // in the order of the rules
    const numbers = new Set([...opened.windows.keys(), ...opened.whole])
    for (const number of [...numbers].sort((a, b) => a - b)) {
      const owner = this.ready.owner(number)
      if (owner.searcher === undefined || owner.rule.skipReport || !this.appliesTo(owner)) continue
      const windows = opened.whole.has(number) ? everything : (opened.windows.get(number) as Windows)
      const found = this.ruleHits(owner, layer, windows)
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
      const other = this.ready.byId(id)
      if (other && !finds.has(id)) finds.set(id, this.requiredFinds(other, layer, everywhere))
    }
    return found.filter((hit) => hasRequired(hit, owner.rule.required, (id) => finds.get(id)))
  }

  private requiredFinds(other: ReadyRule, layer: Layer, everywhere: Windows): readonly Hit[] {
    if (!this.appliesTo(other)) return []
    // gitleaks' lines and columns of a path are 0, and distances count from there
    if (other.rule.regex === undefined)
      return layer.origin || !other.path
        ? []
        : [{ ...pathHit(other.rule, this.target), startLine: 0, startColumn: 0 }]
    if (other.searcher === undefined) return []
    return this.ruleHits(other, layer, everywhere).filter((hit) => !hit.allowedInline)
  }

  private ruleHits(owner: ReadyRule, layer: Layer, windows: Windows): Hit[] {
    const searcher = this.ready.searchers[owner.searcher as number] as Searcher
    const hits: Hit[] = []
    const refused = new Set<string>()
    const visit = (place: Place): boolean => {
      const hit = this.hitAt(owner, searcher, layer, place, refused)
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
      this.searchSpans(searcher, layer.text, windows, visit, goOn)
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
    { spans, judged }: Windows,
    visit: (place: Place) => boolean,
    goOn: () => boolean,
  ): void {
    let floor = 0
    for (let at = 0; at < spans.length && floor >= 0; at += 2) {
      if ((at & 31) === 0 && !goOn()) return
      const from = spans[at] as number
      const to = spans[at + 1] as number
      floor = judged
        ? searcher.search(text, from, to, floor, visit, goOn)
        : searcher.searchUnjudged(text, from, to, floor, visit, goOn)
    }
  }

  /** a match becomes a hit unless its entropy is low or an allow-list has it; those that are refused on every line are asked about once */
  private hitAt(
    owner: ReadyRule,
    searcher: Searcher,
    layer: Layer,
    place: Place,
    refused: Set<string>,
  ): Hit | undefined {
    const { rule } = owner
    const raw = layer.text.latin1.slice(place.start, place.end)
    if (refused.has(raw)) return undefined
    const match = raw.replace(/^\n+|\n+$/g, '')
    const origin = layer.origin?.(place)
    if (layer.origin && !origin) return undefined
    const secret = secretOf(searcher, match)
    if (secret === undefined) return undefined
    const entropy = entropyOf(secret)
    const lists = [...this.ready.allowlists, ...owner.allowlists]
    const covered = (looksAtLine: boolean, line: () => Line): boolean =>
      lists.some(
        (list) => list.looksAtLine === looksAtLine && list.coversFind({ secret, match, line }, this.target),
      )
    if ((rule.entropy !== 0 && entropy <= rule.entropy) || covered(false, () => NO_LINE)) {
      if (refused.size < REFUSED_MOST) refused.add(raw)
      return undefined
    }

    const leading = raw.length - raw.replace(/^\n+/, '').length
    const own = { start: place.start, end: place.start + leading + match.length }
    const { start, end } = origin?.place ?? own
    this.lines ??= linesOf(this.given.latin1)
    const where = locate(this.lines, start, end)
    const held = gitleaksLine(this.given.latin1, this.lines, start, end - (origin ? 0 : leading))
    const touched = { from: where.lineStart, to: Math.max(where.lineEnd, end) }
    if (covered(true, () => (origin ? { text: origin.line } : this.heldLine(held)))) return undefined
    this.allowed ??= new AllowComments(this.given.latin1)
    const { allowed } = this
    const { lineStart: _, lineEnd: __, ...range } = where
    return {
      rule,
      start,
      end,
      secret: readable(secret),
      match: readable(match),
      line: this.lineAt(touched),
      ...range,
      entropy,
      decoded: origin?.encodings ?? [],
      allowedInline: allowed.has(held, touched),
    }
  }

  private heldLine({ from, to }: Range): Line {
    if (this.held?.from !== from || this.held.to !== to)
      this.held = { from, to, text: this.given.latin1.slice(from, to) }
    return this.held
  }

  /** a long line with many finds is read once */
  private lineAt({ from, to }: Range): string {
    if (this.line?.from !== from || this.line.to !== to)
      this.line = { from, to, text: readable(this.given.latin1.slice(from, to)) }
    return this.line.text
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

const pathHit = (rule: Rule, target: Target): Hit => ({
  rule,
  start: 0,
  end: 0,
  secret: '',
  match: `file detected: ${target.path}`,
  line: '',
  startLine: 1,
  endLine: 1,
  startColumn: 1,
  endColumn: 1,
  entropy: 0,
  decoded: [],
  allowedInline: false,
})

/** As latin1 text; undefined: the group that was asked for is not there (gitleaks passes over the match). */
const secretOf = (searcher: Searcher, match: string): string | undefined => {
  const group = searcher.rule.secretGroup
  const groups = searcher.groups(match)?.groups
  if (!groups || groups.length === 0) return match
  if (group > 0) return group > groups.length ? undefined : (groups[group - 1] ?? '')
  return groups.find((one) => one !== undefined && one !== '') ?? match
}
