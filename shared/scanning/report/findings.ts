import type { Finding, FingerprintKey, FoundAt, Place, RawFinding as Raw } from '../finding.ts'
import { fingerprintOf, RawFinding } from '../finding.ts'
import type { Hit } from '../types.ts'
import { awsAccountOf } from './aws-account.ts'
import { type Mask, maskOf, REDACTED, redact } from './redact.ts'

/** Longer lines are not carried along. */
const LINE_MOST = 1_000
/** Of a longer message the beginning is carried along, of a longer match nothing. */
const TEXT_MOST = 10_000
/** Secrets that are shorter are left in names of files and people: too many names hold a short word by chance. */
const NAME_LEAST = 8

/**
 * Makes findings of hits. What belongs to one report should come in one call: a secret is then masked in the others' texts as well.
 *
 * @throws RelayError ENVIRONMENT_INVALID for a key that cannot be used
 */
export const findingsOf = (found: readonly FoundAt[], key: FingerprintKey): Raw[] => {
  const all = maskOf(found.flatMap(({ hit }) => hiddenOf(hit)))
  const masks = new Map<string, Mask>()
  const inText = Map.groupBy(found, ({ place }) => textIdOf(place))
  for (const [id, same] of inText) masks.set(id, maskOf(same.flatMap(({ hit }) => hiddenOf(hit))))
  const messages = new Map<string, string>()
  const maskedMessage = (message: string): string => {
    // a cut may leave a part of a secret
    const known =
      messages.get(message) ??
      (message.length > TEXT_MOST ? `${all.parts(message.slice(0, TEXT_MOST))}…` : all.wholes(message))
    messages.set(message, known)
    return known
  }
  return found.map(({ hit, place }) => {
    const own = masks.get(textIdOf(place)) ?? all
    const finding = {
      ...placeOf(place, all, maskedMessage),
      ...factsOf(hit),
      secret: redact(hit.secret),
      match: all.wholes(matchOf(hit, own), NAME_LEAST),
      line: hit.line.length > LINE_MOST ? '' : all.wholes(own.parts(hit.line), NAME_LEAST),
      fingerprint: fingerprintOf(key, hit.rule.id, hit.secret === '' ? place.path : hit.secret),
    }
    const { secret, match, line } = hit
    return new RawFinding(finding, { secret, match, line, message: place.message ?? '' }, place)
  })
}

/** What must not be shown of a hit; where it was encoded, the encoded form stands in the line. */
const hiddenOf = ({ secret, line, decoded }: Hit): string[] =>
  secret === '' ? [] : decoded.length > 0 ? [secret, line] : [secret]

const matchOf = ({ secret, match }: Hit, own: Mask): string => {
  if (secret === '') return match
  return match.length > TEXT_MOST ? REDACTED : own.parts(match)
}

const textIdOf = ({ kind, path, commit }: Place): string => `${kind}\0${path}\0${commit}`

const placeOf = (place: Place, mask: Mask, maskedMessage: (message: string) => string): Place => {
  const name = (text: string | undefined): string | undefined =>
    text === undefined ? undefined : mask.wholes(text, NAME_LEAST)
  const shown = {
    symlink: name(place.symlink),
    commit: place.commit,
    author: name(place.author),
    email: name(place.email),
    date: place.date,
    message: place.message === undefined ? undefined : maskedMessage(place.message),
    link: name(place.link),
  }
  const given = Object.entries(shown).filter(([, value]) => value !== undefined)
  // in the name of a ref the secret stands for certain, not by chance
  const path = mask.wholes(place.path, place.kind === 'ref-name' ? 1 : NAME_LEAST)
  return { kind: place.kind, path, ...Object.fromEntries(given) }
}

type Facts = Pick<
  Finding,
  | 'ruleId'
  | 'description'
  | 'action'
  | 'tags'
  | 'startLine'
  | 'endLine'
  | 'firstLine'
  | 'startColumn'
  | 'endColumn'
  | 'characters'
  | 'entropy'
  | 'note'
  | 'decoded'
>

const NOWHERE = { startLine: 0, endLine: 0, startColumn: 0, endColumn: 0 }

const factsOf = (hit: Hit): Facts => {
  const { rule, entropy, decoded } = hit
  // gitleaks gives a find of a path no line
  const byPath = rule.regex === undefined
  const { startLine, endLine, startColumn, endColumn } = byPath ? NOWHERE : hit
  const { firstLine = 1 } = hit
  const note = noteOf(hit)
  return {
    ruleId: rule.id,
    description: rule.description,
    action: rule.action,
    tags: rule.tags,
    startLine,
    endLine,
    startColumn,
    endColumn,
    ...(firstLine > 1 && !byPath ? { firstLine } : {}),
    characters: byPath ? { start: 0, end: 0 } : charactersOf(hit),
    entropy,
    ...(note === undefined ? {} : { note }),
    decoded,
  }
}

const KEY_ID = /(?<![A-Z0-9])A[KS]IA[A-Z2-7]{16}(?![A-Z0-9])/g

/** Whose key it is: of the key id that is the secret, or that stands beside it. */
const noteOf = ({ secret, match }: Hit): string | undefined => {
  for (const text of [secret, match]) {
    for (const [id] of text.matchAll(KEY_ID)) {
      const account = awsAccountOf(id)
      if (account !== undefined) return `belongs to AWS account ${account}`
    }
  }
  return undefined
}

const charactersOf = ({ line, startColumn, endColumn, startLine, endLine }: Hit): Finding['characters'] => {
  const lines = line.split('\n')
  const first = lines[0] ?? ''
  const last = (endLine > startLine ? lines[endLine - startLine] : first) ?? ''
  // no editor counts a byte order mark as a column
  const mark = startLine === 1 && first.startsWith('\ufeff') ? 1 : 0
  return {
    start: Math.max(1, unitsIn(first, startColumn - 1) + 1 - mark),
    end: unitsIn(last, endColumn) - (endLine === 1 ? mark : 0),
  }
}

/** UTF-16 units in a number of bytes at the line's beginning; a byte that was no UTF-8 reads as U+FFFD. */
const unitsIn = (line: string, bytes: number): number => {
  let left = bytes
  let units = 0
  for (const char of line) {
    if (left <= 0) return units
    left -= char === '\ufffd' ? 1 : Buffer.byteLength(char)
    units += char.length
  }
  return units + Math.max(left, 0)
}
