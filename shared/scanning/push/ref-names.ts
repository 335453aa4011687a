import { createHmac } from 'node:crypto'
import type { RepositoryAddress } from '../../codecommit/address.ts'
import type { RepositoryEvent } from '../../events/types.ts'
import { merged, type Sighting } from '../findings/states.ts'
import { maskOf } from '../report/redact.ts'
import type { Engine } from '../types.ts'
import { inRefNames } from '../walk/ref-names.ts'
import type { FingerprintKeys, ScanParts } from './ports.ts'
import type { TeamRules } from './rules.ts'
import { sightingsOf } from './sightings.ts'

/** Names of branches and tags as a scan writes them down and tells them: one that holds a secret has it masked. */
export interface RefNames {
  shown(ref: string): string
  /** what was found in the names themselves, of those that are chosen by their shown name */
  sightings(
    repository: RepositoryAddress,
    rules: Pick<TeamRules, 'ignores' | 'branch'>,
    keys: FingerprintKeys,
    chooses: (shown: string) => boolean,
  ): readonly Sighting[]
}

/** Hex digits of a keyed hash that keep masked names apart. */
const APART = 8

/**
 * @param refs full names that may hold something
 * @param keys asked for only where one does
 */
export const refNames = async (
  engine: Engine,
  refs: Iterable<string>,
  keys: ScanParts['keys'],
): Promise<RefNames> => {
  const found = inRefNames(engine, refs)
  if (found.length === 0) return PLAIN
  const { current } = await keys()
  const inName = Map.groupBy(found, ({ place }) => place.path)
  const names = new Map(
    [...inName].map(([ref, hits]) => {
      const masked = maskOf(hits.map(({ hit }) => hit.secret)).wholes(ref)
      const hash = createHmac('sha256', current.key).update(`ref\0${ref}`).digest('hex').slice(0, APART)
      // a name that git takes has no tilde: it is nobody else's
      return [ref, { masked, shown: `${masked}~${hash}` }]
    }),
  )
  return {
    shown: (ref) => names.get(ref)?.shown ?? ref,
    sightings: (repository, rules, given, chooses) => {
      const sightings = [...inName].flatMap(([ref, hits]) => {
        const { masked, shown } = names.get(ref) ?? { masked: '', shown: '' }
        if (!chooses(shown)) return []
        // known by it and the secret, also when the key is another
        const place = { kind: 'ref-name' as const, path: masked }
        const here = hits.map(({ hit }) => ({ hit, oid: '', place }))
        return sightingsOf(repository, { found: here, refsOf: () => [] }, rules, given, [shown])
      })
      return merged(sightings)
    },
  }
}

const PLAIN: RefNames = { shown: (ref) => ref, sightings: () => [] }

/** The same events under shown names. */
export const shownIn = (
  events: readonly RepositoryEvent[],
  { shown }: Pick<RefNames, 'shown'>,
): readonly RepositoryEvent[] =>
  events.map((event) => ({
    ...event,
    changes: event.changes.map((change) => ({ ...change, ref: shown(change.ref) })),
  }))

/** What events say, for whoever writes it down before the team's rules are known: by the rules that are shipped. */
export const shownByShipped = async (
  { shipped, enginesOf, keys }: Pick<ScanParts, 'shipped' | 'enginesOf' | 'keys'>,
  events: readonly RepositoryEvent[],
): Promise<readonly RepositoryEvent[]> => {
  if (events.length === 0) return events
  const { exact } = enginesOf(await shipped())
  const refs = new Set(events.flatMap(({ changes }) => changes.map(({ ref }) => ref)))
  return shownIn(events, await refNames(exact, refs, keys))
}
