/** Blobs that were found clean, by the digest of the rules that found them so; the ones longest not met are forgotten. */
export interface Judged {
  has(digest: string, oid: string): boolean
  add(digest: string, oid: string): void
}

/** about 100 bytes each */
const MOST = 200_000

export const createJudged = (most = MOST): Judged => {
  const kept = new Set<string>()
  let of = ''
  return {
    has(digest, oid) {
      if (digest !== of || !kept.delete(oid)) return false
      kept.add(oid)
      return true
    },
    add(digest, oid) {
      // other rules: what was clean under the old ones says nothing
      if (digest !== of) kept.clear()
      of = digest
      kept.add(oid)
      if (kept.size > most) kept.delete(kept.values().next().value as string)
    },
  }
}
