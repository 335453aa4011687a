/** Characters of a secret that may be shown at its beginning: at most 4, at most a fifth, none of a short one. */
const SHOWN_MOST = 4
const SHOWN_PART = 0.2
/** Shorter secrets are mostly passwords, whose first characters are half of what is to be guessed. */
const SHORT = 16

export const REDACTED = 'REDACTED'

/** A secret for people: `AKIA…`, or nothing of it: `REDACTED`. Keys of several lines begin with what everybody knows: nothing. */
export const redact = (secret: string): string => {
  // as many as 64 units say all that counts
  const points = [...secret.slice(0, 64)]
  if (points.length < SHORT || /[\r\n]/.test(secret)) return secret === '' ? '' : REDACTED
  return `${points.slice(0, Math.min(SHOWN_MOST, Math.floor(points.length * SHOWN_PART))).join('')}…`
}

/** As many characters of a secret in a row are taken for a part of it. */
export const PART = 5
/** With more parts than these to look for, whole texts are masked instead. */
const PARTS_MOST = 500_000

/** Secrets of one or more texts, to be taken out of others. */
export interface Mask {
  /** Everything that is a part of a secret, at least `PART` characters, or a whole shorter one. */
  parts(text: string): string
  /** Whole secrets of at least `least` characters only: for texts that people wrote, where parts are words by chance. */
  wholes(text: string, least?: number): string
}

/** Time to mask a text grows with its length; with the number of secrets only where many begin alike. */
export const maskOf = (given: Iterable<string>): Mask => {
  const secrets = [...new Set(given)].filter((secret) => secret !== '')
  const starts = Map.groupBy(secrets, (secret) => secret.slice(0, PART))
  const sizes = [...new Set(secrets.map((secret) => Math.min(PART, secret.length)))]
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
  let made: ReadonlySet<string> | undefined
  const partAt = (text: string, at: number): number => {
    made ??= partsOf(secrets)
    let longest = 0
    for (const size of sizes) if (made.has(text.slice(at, at + size))) longest = Math.max(longest, size)
    return longest
  }
  const tooMany = secrets.reduce((sum, { length }) => sum + length, 0) > PARTS_MOST
  return {
    parts: (text) => (tooMany && text !== '' ? REDACTED : masked(text, (at) => partAt(text, at))),
    wholes: (text, least = 1) => masked(text, (at) => wholeAt(text, at, least)),
  }
}

const partsOf = (secrets: readonly string[]): ReadonlySet<string> => {
  const parts = new Set<string>()
  for (const secret of secrets) {
    const size = Math.min(PART, secret.length)
    for (let at = 0; at + size <= secret.length; at += 1) parts.add(secret.slice(at, at + size))
  }
  return parts
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
