/** Characters of a secret that may be shown at its beginning: at most 4, at most a fifth, none of a short one. */
const SHOWN_MOST = 4
const SHOWN_PART = 0.2
/** Shorter secrets are mostly passwords, whose first characters are half of what is to be guessed. */
const SHORT = 16

export const REDACTED = 'REDACTED'

/** A secret for people: `AKIA…`, or nothing of it: `REDACTED`. Keys of several lines begin with what everybody knows: nothing. */
export const redact = (secret: string): string => {
  const points = [...secret]
  if (points.length < SHORT || /[\r\n]/.test(secret)) return secret === '' ? '' : REDACTED
  return `${points.slice(0, Math.min(SHOWN_MOST, Math.floor(points.length * SHOWN_PART))).join('')}…`
}

/** As many characters of a secret in a row are taken for a part of it. */
export const PART = 5

/** Secrets of one or more texts, to be taken out of others. */
export interface Mask {
  /** Everything that is a part of a secret, at least `PART` characters, or a whole shorter one. */
  parts(text: string): string
  /** Whole secrets of at least `least` characters only: for texts that people wrote, where parts are words by chance. */
  wholes(text: string, least?: number): string
}

/** Time to mask a text grows with its length, whatever the number of secrets. */
export const maskOf = (secrets: Iterable<string>): Mask => {
  const parts = new Set<string>()
  const starts = new Map<string, string[]>()
  for (const secret of new Set(secrets)) {
    const size = Math.min(PART, secret.length)
    if (size === 0) continue
    for (let at = 0; at + size <= secret.length; at += 1) parts.add(secret.slice(at, at + size))
    const start = secret.slice(0, size)
    starts.set(start, [...(starts.get(start) ?? []), secret])
  }
  const sizes = [...new Set([...parts].map((part) => part.length))]
  const wholeAt = (text: string, at: number, least: number): number => {
    let longest = 0
    for (const size of sizes) {
      for (const secret of starts.get(text.slice(at, at + size)) ?? []) {
        const longer = secret.length > longest && secret.length >= least
        if (longer && text.startsWith(secret, at)) longest = secret.length
      }
    }
    return longest
  }
  const partAt = (text: string, at: number): number =>
    Math.max(0, ...sizes.filter((size) => parts.has(text.slice(at, at + size))))
  return {
    parts: (text) => masked(text, (at) => partAt(text, at)),
    wholes: (text, least = 1) => masked(text, (at) => wholeAt(text, at, least)),
  }
}

/** Puts one `REDACTED` for each run of characters that are covered. */
const masked = (text: string, coveredAt: (at: number) => number): string => {
  let out = ''
  let from = 0
  for (let at = 0; at < text.length; ) {
    let end = at + coveredAt(at)
    if (end === at) {
      at += 1
      continue
    }
    out += text.slice(from, at) + REDACTED
    for (at += 1; at < end || (at === end && coveredAt(at) > 0); at += 1) {
      end = Math.max(end, at + coveredAt(at))
    }
    from = end
    at = end
  }
  // a cut within a pair of units would leave half a character
  return from === 0 ? text : (out + text.slice(from)).toWellFormed()
}
