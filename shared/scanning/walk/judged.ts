import { idTable } from '../../git/pack/id-table.ts'

/** Blobs that were found clean, by the digest of the rules that found them so; the ones longest not met are forgotten. */
export interface Judged {
  has(digest: string, oid: string): boolean
  add(digest: string, oid: string): void
}

/** about 30 bytes each */
const MOST = 200_000

/** In two halves: when the newer one is full, the older one is forgotten as a whole. What is met again is new again. */
export const createJudged = (most = MOST): Judged => {
  const half = Math.ceil(most / 2)
  let newer = idTable(half)
  let older = idTable(0)
  let count = 0
  let of = ''
  const keep = (oid: string): void => {
    if (newer.find(oid) >= 0) return
    if (count === half) {
      older = newer
      newer = idTable(half)
      count = 0
    }
    newer.set(count, oid)
    count += 1
  }
  return {
    has(digest, oid) {
      if (digest !== of) return false
      if (newer.find(oid) >= 0) return true
      if (older.find(oid) < 0) return false
      keep(oid)
      return true
    },
    add(digest, oid) {
      // other rules: what was clean under the old ones says nothing
      if (digest !== of && of !== '') {
        newer = idTable(half)
        older = idTable(0)
        count = 0
      }
      of = digest
      keep(oid)
    },
  }
}
