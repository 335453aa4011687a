import type { FingerprintKey, FoundAt, Place, RawFinding } from '../../../../shared/scanning/finding.ts'
import { findingsOf } from '../../../../shared/scanning/report/findings.ts'
import type { Hit, Rule } from '../../../../shared/scanning/types.ts'

export const KEY: FingerprintKey = { id: 'k1', key: new Uint8Array(32).fill(7) }

export const rule = (more: Partial<Rule> = {}): Rule => ({
  id: 'our-token',
  description: 'Our token',
  regex: 'x',
  keywords: [],
  entropy: 0,
  secretGroup: 0,
  tags: ['ours'],
  allowlists: [],
  required: [],
  skipReport: false,
  action: 'block',
  vetted: true,
  ...more,
})

/** A hit in a text of one or more lines, as the engine makes it; the match is given, the secret is a part of it. */
export const hitIn = (text: string, match: string, secret: string, more: Partial<Hit> = {}): Hit => {
  const start = Buffer.byteLength(text.slice(0, text.indexOf(match)))
  const before = text.slice(0, text.indexOf(match)).split('\n')
  const within = match.split('\n')
  const column = Buffer.byteLength(before.at(-1) ?? '') + 1
  const lines = text.split('\n').slice(before.length - 1, before.length - 1 + within.length)
  return {
    rule: rule(),
    start,
    end: start + Buffer.byteLength(match),
    secret,
    match,
    line: lines.join('\n'),
    startLine: before.length,
    endLine: before.length + within.length - 1,
    startColumn: column,
    endColumn: Buffer.byteLength(within.at(-1) ?? '') + (within.length > 1 ? 0 : column - 1),
    entropy: 3.5,
    decoded: [],
    allowedInline: false,
    ...more,
  }
}

export const PLACE: Place = {
  kind: 'file',
  path: 'src/a.ts',
  commit: 'c'.repeat(40),
  author: 'Ada',
  email: 'ada@example.com',
  date: '2026-01-02T03:04:05Z',
  message: 'Add a token',
}

export const raws = (...found: readonly FoundAt[]): RawFinding[] => findingsOf(found, KEY)

/** One finding in a file. */
export const raw = (
  secret: string,
  { place = {}, hit = {} }: { place?: Partial<Place>; hit?: Partial<Hit> } = {},
): RawFinding => {
  const text = `\nkey = "${secret}";\n`
  const [one] = raws({ hit: hitIn(text, `"${secret}"`, secret, hit), place: { ...PLACE, ...place } })
  return one as RawFinding
}
