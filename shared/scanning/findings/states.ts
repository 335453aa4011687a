import { type FindingRecord, placeKey } from '../../store/findings.ts'
import { REDACTED } from '../report/redact.ts'

/** A secret as one scan saw it, redacted and fingerprinted. */
export interface Sighting
  extends Pick<
    FindingRecord,
    | 'fingerprint'
    | 'repository'
    | 'place'
    | 'path'
    | 'rule'
    | 'description'
    | 'action'
    | 'redacted'
    | 'note'
    | 'line'
    | 'column'
    | 'blob'
    | 'commit'
    | 'author'
    | 'refs'
    | 'allowed'
  > {
  /** the fingerprint under the key before the last rotation */
  readonly former?: string
}

/** Names of refs that are kept of one finding; where more lead to it, these stand for them. */
export const MAX_REFS = 50

/**
 * What stands in a message, in the name of a branch or tag, or in a blob or tree that a tag names itself: no path of a commit leads there. Nor does one of which a part
 * was masked, since the file is named like a secret: the true name is not kept.
 */
export const isOfNoPath = ({ place, path }: Pick<FindingRecord, 'place' | 'path'>): boolean =>
  path === '' || place === 'ref-name' || path.includes(REDACTED)

/** One sighting of each place; somebody must have allowed every line for the place to count as allowed. */
export const merged = (sightings: readonly Sighting[]): readonly Sighting[] => {
  const places = new Map<string, Sighting>()
  for (const sighting of sightings) {
    const key = placeKey(sighting)
    const first = places.get(key)
    places.set(key, first ? together(first, sighting) : sighting)
  }
  return [...places.values()]
}

const together = (first: Sighting, other: Sighting): Sighting => {
  // what is not allowed is the one to show
  const [shown, beside] = first.allowed && !other.allowed ? [other, first] : [first, other]
  return { ...shown, refs: union(shown.refs, beside.refs) }
}

const union = (a: readonly string[], b: readonly string[]): readonly string[] =>
  [...new Set([...a, ...b])].slice(0, MAX_REFS)

/**
 * What is known of a place after it was seen. A place that is open already stays so and nobody is told again.
 * @param at ISO 8601
 */
export const seen = (before: FindingRecord | undefined, sighting: Sighting, at: string): FindingRecord => {
  const { former: _former, allowed, ...facts } = sighting
  const state = allowed ? 'allowed' : 'open'
  if (!before) {
    return {
      ...facts,
      state,
      ...(allowed ? { allowed } : { untold: 'found' }),
      firstSeen: at,
      lastSeen: at,
      changedAt: at,
      again: false,
    }
  }
  const { allowed: _allowed, untold, how: _how, ...kept } = before
  const stays = before.state === state
  const back = state === 'open' && before.state !== 'open'
  const news = back
    ? 'found'
    : state === 'allowed' && before.state === 'open'
      ? 'resolved'
      : stays
        ? untold
        : undefined
  return {
    ...kept,
    // whoever brought it first is who leaked it; once it was gone, whoever brought it back
    ...(back ? { commit: facts.commit, author: facts.author } : {}),
    ...defined({ line: facts.line, column: facts.column, blob: facts.blob }),
    fingerprint: facts.fingerprint,
    description: facts.description,
    action: facts.action,
    redacted: facts.redacted,
    refs: back ? facts.refs : union(before.refs, facts.refs),
    state,
    ...(allowed ? { allowed } : {}),
    ...(news === undefined ? {} : { untold: news }),
    lastSeen: at,
    changedAt: stays ? before.changedAt : at,
    again: before.again || back,
  } as FindingRecord
}

const defined = (facts: Readonly<Record<string, unknown>>): object =>
  Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== undefined))

/** After a look at its refs: no ref left, and it is resolved. Undefined: nothing changed. */
export const stillAt = (
  before: FindingRecord,
  refs: readonly string[],
  found: Pick<FindingRecord, 'blob' | 'line'>,
  at: string,
): FindingRecord | undefined => {
  if (before.state !== 'open') return undefined
  if (refs.length > 0) {
    const same = refs.length === before.refs.length && refs.every((ref) => before.refs.includes(ref))
    if (same && (found.blob === undefined || found.blob === before.blob)) return undefined
    return { ...before, ...found, refs: refs.slice(0, MAX_REFS) }
  }
  // found and gone within one push: it is told as found, since it is leaked all the same
  const untold = before.untold === 'found' ? 'found' : 'resolved'
  // the refs that had it stay: people are told where it was
  return { ...before, state: 'resolved', changedAt: at, untold }
}

/** It was resolved, and is there again without being brought anew. */
export const returned = (
  before: FindingRecord,
  refs: readonly string[],
  found: Pick<FindingRecord, 'path' | 'blob' | 'line'>,
  at: string,
): FindingRecord => {
  const { how: _how, ...kept } = before
  return {
    ...kept,
    ...found,
    refs: refs.slice(0, MAX_REFS),
    state: 'open',
    lastSeen: at,
    changedAt: at,
    again: true,
    untold: 'found',
  }
}

/** It was open, and its repository was deleted. One message tells it, also where nobody was told that it was found. */
export const deleted = (before: FindingRecord, at: string): FindingRecord => ({
  ...before,
  state: 'resolved',
  how: 'deleted',
  changedAt: at,
  untold: 'resolved',
})

/** Somebody allowed it. */
export const allow = (
  before: FindingRecord,
  allowed: NonNullable<FindingRecord['allowed']>,
  at: string,
): FindingRecord => {
  // found and allowed by one push to the default branch: it is told as found, so that nobody pushes a secret unseen
  const untold = before.untold === 'found' ? 'found' : 'resolved'
  return { ...before, state: 'allowed', allowed, changedAt: at, untold }
}

/** It is not allowed any more. */
export const disallow = (before: FindingRecord, at: string): FindingRecord => {
  const { allowed: _allowed, ...kept } = before
  return { ...kept, state: 'open', changedAt: at, again: true, untold: 'found' }
}

/** What one scan found new at one place and gone from another: a file was renamed and edited. Who brought it first stays. */
export const followed = (
  records: readonly FindingRecord[],
  at: string,
): readonly { readonly before: FindingRecord; readonly now: FindingRecord }[] => {
  const gone = records.filter(
    ({ state, untold, changedAt, place }) =>
      state === 'resolved' && untold === 'resolved' && changedAt === at && place === 'file',
  )
  const fresh = new Set(
    records.filter(
      ({ state, untold, firstSeen, place }) =>
        state === 'open' && untold === 'found' && firstSeen === at && place === 'file',
    ),
  )
  return gone.flatMap((before) => {
    const now = [...fresh].find(({ fingerprint }) => fingerprint === before.fingerprint)
    if (!now) return []
    fresh.delete(now)
    const { untold: _told, ...kept } = now
    const { commit, author, firstSeen, again } = before
    const brought = {
      ...(commit === undefined ? {} : { commit }),
      ...(author === undefined ? {} : { author }),
    }
    return [{ before, now: { ...kept, ...brought, firstSeen, again } }]
  })
}
