import { plainAddress } from '../../codecommit/address.ts'
import { MAX_NAMED_ELSEWHERE, type OtherPlace } from '../../events/types.ts'
import type { FindingRecord } from '../../store/findings.ts'
import { cut } from './cut.ts'

/** In which other repositories a secret is, or was. */
export interface Elsewhere {
  readonly count: number
  /** at most {@link MAX_NAMED_ELSEWHERE} of them, those where it is open first */
  readonly others: readonly OtherPlace[]
}

export const NOWHERE: Elsewhere = { count: 0, others: [] }

const MAX_PATH = 150
const MAX_REF = 80

/**
 * Names other repositories of a secret, and says whose people are to hear of it.
 * @param others what each of them has of the secret, the first to have it first; some may have nothing any more
 * @param count of the repositories, also those that were not looked at
 * @param isFirst the secret was not known in this repository before
 */
export const elsewhereOf = (
  others: readonly (readonly FindingRecord[])[],
  count: number,
  isFirst: boolean,
): Elsewhere => {
  // a secret that is all over the place, as a sample key, would tell each repository of each other one
  const tells = isFirst && count <= MAX_NAMED_ELSEWHERE
  const named = others
    .flatMap((records) => records.toSorted(byState).slice(0, 1))
    .toSorted(byState)
    .slice(0, MAX_NAMED_ELSEWHERE)
    .map((record) => ({ ...otherPlace(record), ...(tells && record.state === 'open' ? { news: true } : {}) }))
  return { count, others: named }
}

const STATES: readonly FindingRecord['state'][] = ['open', 'allowed', 'resolved']
const byState = (a: FindingRecord, b: FindingRecord): number =>
  STATES.indexOf(a.state) - STATES.indexOf(b.state)

const otherPlace = ({ repository, state, place, path, line, commit, refs }: FindingRecord): OtherPlace => ({
  repository: plainAddress(repository),
  state,
  place,
  path: cut(path, MAX_PATH),
  ...(line === undefined ? {} : { line }),
  ...(commit === undefined ? {} : { commit }),
  refs: refs.slice(0, 1).map((ref) => cut(ref, MAX_REF)),
})

/** Secrets of which nothing in the repository was told before: what is to be told now is the first of them there. */
export const firstHere = (records: readonly FindingRecord[]): ReadonlySet<string> => {
  const known = new Set(
    records.flatMap(({ untold, again, fingerprint }) => (untold !== 'found' || again ? [fingerprint] : [])),
  )
  return new Set(records.flatMap(({ fingerprint }) => (known.has(fingerprint) ? [] : [fingerprint])))
}
