import { bisect } from '../bisect.ts'
import type { Place } from './searcher.ts'

/** What one pass of decoding made of a text: encoded stretches replaced by what they say. */
export interface Decoded {
  /** the whole text, with them replaced */
  readonly latin1: string
  /**
   * For a place in it: the given text's place, what it was encoded in (outermost first), and the line as it reads now. Undefined:
   * nothing there was decoded in this pass, so that an earlier one has seen it.
   */
  origin(place: Place): { place: Place; encodings: readonly string[]; line: string } | undefined
}

interface Segment {
  /** in the text of the pass before */
  readonly from: number
  readonly to: number
  /** in this pass's text */
  readonly start: number
  readonly end: number
  readonly encodings: readonly string[]
}

// gitleaks' kinds (detect/codec), in the order of precedence: what encodes parts of a text before what encodes it whole
const KINDS = ['percent', 'unicode', 'hex', 'base64'] as const
const encoded =
  /(%[\da-fA-F]{2}(?:[^\n]*%[\da-fA-F]{2})?)|((?:U\+[a-fA-F\d]{4}(?:[\t\n\f\r ]|$))+|(?:\\{1,2}[uU][a-fA-F\d]{4})+)|([\da-fA-F]{32,})|([\w/+-]{16,}={0,2})/g

/** The text's decodings, each pass over what the one before made, at most `depth` of them. */
export function* decodedTexts(latin1: string, depth: number): Generator<Decoded> {
  let text = latin1
  let layers: (readonly Segment[])[] = []
  for (let pass = 1; pass <= depth; pass += 1) {
    const segments = segmentsOf(text, layers.at(-1) ?? [])
    if (segments.length === 0) return
    text = replaced(text, segments)
    layers = [...layers, segments.map(({ value: _, ...segment }) => segment)]
    yield { latin1: text, origin: originIn(text, layers) }
  }
}

type Found = Segment & { readonly value: string }

const segmentsOf = (text: string, before: readonly Segment[]): Found[] => {
  const matches = [...text.matchAll(encoded)].map((match) => ({
    rank: KINDS.findIndex((_, index) => match[index + 1] !== undefined),
    from: match.index,
    to: match.index + match[0].length,
  }))
  const found: Found[] = []
  let shift = 0
  for (const [index, { rank, from, to }] of matches.entries()) {
    const neighbours = [matches[index - 1], matches[index + 1]]
    if (neighbours.some((one) => one && one.rank < rank && (one.to === from || one.from === to))) continue
    const value = decoders[rank]?.(text.slice(from, to)) ?? ''
    if (value === '') continue
    const start = from + shift
    const outer = before.find((segment) => segment.start <= to && segment.end >= from)?.encodings ?? []
    found.push({
      from,
      to,
      start,
      end: start + value.length,
      value,
      encodings: [...outer, KINDS[rank] as string],
    })
    shift += value.length - (to - from)
  }
  return found
}

const replaced = (text: string, segments: readonly Found[]): string => {
  const pieces: string[] = []
  let at = 0
  for (const { from, to, value } of segments) {
    pieces.push(text.slice(at, from), value)
    at = to
  }
  return pieces.join('') + text.slice(at)
}

const originIn =
  (text: string, layers: readonly (readonly Segment[])[]): Decoded['origin'] =>
  ({ start, end }) => {
    const own = layers.at(-1) ?? []
    const first = own[firstEndingFrom(own, start)]
    if (!first || first.start > end) return undefined
    let place = { start, end }
    for (const segments of [...layers].reverse())
      place = { start: back(segments, place.start, false), end: back(segments, place.end, true) }
    const lineStart = text.lastIndexOf('\n', start - 1) + 1
    const lineEnd = text.indexOf('\n', end)
    return {
      place,
      encodings: first.encodings,
      line: text.slice(lineStart, lineEnd < 0 ? undefined : lineEnd),
    }
  }

/** an offset in the text of the pass before: within a segment its beginning or end */
const back = (segments: readonly Segment[], at: number, isEnd: boolean): number => {
  const index = firstEndingFrom(segments, isEnd ? at : at + 1)
  const segment = segments[index]
  if (segment && segment.start < (isEnd ? at : at + 1)) return isEnd ? segment.to : segment.from
  const previous = segments[index - 1]
  return previous ? at - previous.end + previous.to : at
}

const firstEndingFrom = (segments: readonly Segment[], at: number): number =>
  bisect(segments.length, (place) => (segments[place] as Segment).end < at)

const isPrintable = (latin1: string): boolean => latin1 !== '' && !/[^\t-~]/.test(latin1)

const decodePercent = (value: string): string => {
  const decoded = value.replace(/%([\da-fA-F]{2})/g, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  )
  return isPrintable(decoded) ? decoded : ''
}

const decodeUnicode = (value: string): string =>
  value.replace(/(?:U\+|\\{1,2}[uU])([\da-fA-F]{4})[\t\n\f\r ]?/g, (_, hex: string) =>
    Buffer.from(String.fromCharCode(Number.parseInt(hex, 16))).toString('latin1'),
  )

const decodeHex = (value: string): string => {
  if (value.length % 2 !== 0 || !/\d/.test(value)) return ''
  const decoded = Buffer.from(value, 'hex').toString('latin1')
  return isPrintable(decoded) ? decoded : ''
}

/** standard with its padding, or the URL alphabet without */
const decodeBase64 = (value: string): string => {
  if (!/[\d+/_-]/.test(value)) return ''
  const standard = /^[A-Za-z\d+/]+={0,2}$/.test(value) && value.length % 4 === 0
  const url = /^[\w-]+$/.test(value) && value.length % 4 !== 1
  if (!standard && !url) return ''
  const decoded = Buffer.from(value, 'base64').toString('latin1')
  return isPrintable(decoded) ? decoded : ''
}

const decoders = [decodePercent, decodeUnicode, decodeHex, decodeBase64]
