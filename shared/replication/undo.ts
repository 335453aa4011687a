import { isKept, type ParkedTip } from '../store/parked.ts'

/** What a name that a person typed may mean among the refs of which something is known. */
export type Named =
  | { readonly kind: 'ref'; readonly ref: string }
  | { readonly kind: 'ambiguous'; readonly refs: readonly string[] }
  | { readonly kind: 'unknown'; readonly similar: readonly string[] }

const MOST_SIMILAR = 5

/**
 * `main`, `heads/main` and `refs/heads/main` name a branch, `v1` and `tags/v1` a tag, as they do for git. A full name is taken as
 * it is when something is known of it; a branch and a tag of one name are told apart by nothing shorter than `heads/` or `tags/`.
 * @param known full names
 */
export const refNamed = (name: string, known: Iterable<string>): Named => {
  const refs = new Set(known)
  const found = [name, `refs/${name}`, `refs/heads/${name}`, `refs/tags/${name}`].filter((ref) =>
    refs.has(ref),
  )
  const [ref] = found
  if (found.length > 1) return { kind: 'ambiguous', refs: found }
  if (ref !== undefined) return { kind: 'ref', ref }
  const wanted = name.toLowerCase()
  const similar = [...refs].filter((candidate) => candidate.toLowerCase().includes(wanted)).sort()
  return { kind: 'unknown', similar: similar.slice(0, MOST_SIMILAR) }
}

/**
 * Full name of a ref because of which this one cannot be made: git has no `a` beside `a/b`.
 * @param refs full names of those that there are
 */
export const obstacleTo = (ref: string, refs: Iterable<string>): string | undefined =>
  [...refs].find((other) => other.startsWith(`${ref}/`) || ref.startsWith(`${other}/`))

export type Chosen =
  | { readonly kind: 'tip'; readonly tip: ParkedTip }
  /** the last one that would have been it */
  | { readonly kind: 'expired'; readonly tip: ParkedTip }
  | { readonly kind: 'none' }

/**
 * Which of the parked tips of a ref is meant.
 * @param tips of that ref, in any order
 * @param at `latest`: what was lost last. A time in milliseconds since the epoch: what the ref held then, which is what was lost
 * first after it
 * @param now milliseconds since the epoch
 */
export const chooseTip = (tips: readonly ParkedTip[], at: 'latest' | number, now: number): Chosen => {
  const sorted = [...tips].sort((a, b) => Date.parse(a.at) - Date.parse(b.at))
  const tip = at === 'latest' ? sorted.at(-1) : sorted.find((each) => Date.parse(each.at) >= at)
  if (!tip) return { kind: 'none' }
  return { kind: isKept(tip, now) ? 'tip' : 'expired', tip }
}
