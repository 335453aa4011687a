/** Blobs that were found clean, by the digest of the rules that found them so; the ones longest not met are forgotten. */
export interface Judged {
  has(digest: string, oid: string): boolean
  add(digest: string, oid: string): void
}

/** about 100 bytes each */
const MOST = 200_000

/** In two halves: when the newer one is full, the older one is forgotten as a whole. What is met again is new again. */
export const createJudged = (most = MOST): Judged => {
  let newer = new Set<string>()
  let older = new Set<string>()
  let of = ''
  const keep = (oid: string): void => {
    if (newer.size >= most / 2) {
      older = newer
      newer = new Set()
    }
    newer.add(oid)
  }
  return {
    has(digest, oid) {
      if (digest !== of) return false
      if (newer.has(oid)) return true
      if (!older.has(oid)) return false
      keep(oid)
      return true
    },
    add(digest, oid) {
      // other rules: what was clean under the old ones says nothing
      if (digest !== of) {
        newer.clear()
        older.clear()
      }
      of = digest
      keep(oid)
    },
  }
}
