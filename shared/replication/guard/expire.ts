import {
  addressText,
  parkingOf,
  type ReachableRepository,
  type RepositoryAddress,
} from '../../codecommit/address.ts'
import { type GitClient, type GitRemote, ZERO_OID } from '../../git/types.ts'
import { RelayError } from '../../runtime/errors.ts'
import { describeFailure, type Log } from '../../runtime/log.ts'
import { isKept, type ParkedStore, type ParkedTip, type Parking } from '../../store/parked.ts'
import { isPlace, parkedAt } from './places.ts'

export interface ExpireParts {
  readonly git: GitClient
  readonly remote: (repository: ReachableRepository) => GitRemote
  readonly repositories: { deleteRepository(repository: ReachableRepository): Promise<'deleted' | 'absent'> }
  readonly parked: ParkedStore
  /** how a replica is reached; undefined: relay.yml does not name it any more, and no role of Relay's may clean up there */
  readonly reach: (
    repository: RepositoryAddress,
    replica: RepositoryAddress,
  ) => ReachableRepository | undefined
  /** false: stop here */
  readonly hasTime: () => boolean
  readonly log: Log
}

export interface Expired {
  /** parking repositories that were looked at */
  readonly looked: number
  /** tips that are not kept any more */
  readonly tips: number
  readonly repositories: number
  readonly failed: number
}

/** Parking repositories that one call cleans up: each is two or three requests. */
const MOST_AT_ONCE = 20
/** Refs deleted by one push. */
const MOST_COMMANDS = 1_000
/** A tip that no record speaks of was recorded by a worker that died, or is being recorded now. */
const UNSPOKEN_MS = 24 * 3600_000
/** Cleaning that failed, or that has more to do, is tried again then. */
const LATER_MS = 3600_000

/**
 * Removes what was parked longer than it is to be kept: the tags, then the parking repository when nothing is left in it. One
 * query where nothing is due. A parking repository that fails stops no other; it is tried again an hour later.
 * @param now milliseconds since the epoch
 * @throws RelayError STORE_FAILED
 */
export const expireParked = async (parts: ExpireParts, now: number): Promise<Expired> => {
  const due = (await parts.parked.parkings()).filter((parking) => (parking.due ?? 0) <= now)
  const sum = { looked: 0, tips: 0, repositories: 0, failed: 0 }
  for (const parking of due.sort((a, b) => a.due - b.due).slice(0, MOST_AT_ONCE)) {
    if (!parts.hasTime()) break
    sum.looked += 1
    try {
      const done = await cleanUp(parts, parking, now)
      sum.tips += done.tips
      sum.repositories += done.removed ? 1 : 0
    } catch (error) {
      sum.failed += 1
      parts.log.error('parked tips not cleaned up', {
        replica: addressText(parking.replica),
        ...describeFailure(error),
      })
      await parts.parked.settle(parking, now + LATER_MS)
    }
  }
  return sum
}

const cleanUp = async (
  parts: ExpireParts,
  parking: Parking,
  now: number,
): Promise<{ tips: number; removed: boolean }> => {
  const replica = parts.reach(parking.repository, parking.replica)
  if (!replica) {
    parts.log.warn('parked tips left where they are: relay.yml names the replica no more', {
      replica: addressText(parking.replica),
    })
    await parts.parked.settle(parking, now + UNSPOKEN_MS)
    return { tips: 0, removed: false }
  }
  const repository = parkingOf(replica)
  const there = await parts.git.advertise(parts.remote(repository), 'git-receive-pack')
  const kept = (await parts.parked.list(parking.replica)).filter((tip) => isKept(tip, now))
  const places = there ? [...there.refs].filter(([ref]) => isPlace(ref)) : []
  const needed = new Set(kept.map(({ place }) => place))
  const over = places.filter(([place]) => !needed.has(place) && isOld(place, now))
  if (there) await deleteAll(parts, repository, over, there.capabilities)
  if (over.length > 0) parts.log.info('parked tips removed', { ...factsOf(repository), tips: over.length })
  const removed = over.length === places.length && (await removeParking(parts, parking, repository, now))
  if (!removed) await parts.parked.settle(parking, nextDue(kept, now))
  return { tips: over.length, removed }
}

const isOld = (place: string, now: number): boolean => (parkedAt(place) ?? 0) < now - UNSPOKEN_MS

const nextDue = (kept: readonly ParkedTip[], now: number): number =>
  kept.length > 0 ? Math.min(...kept.map(({ until }) => Date.parse(until))) : now + LATER_MS

const deleteAll = async (
  { git, remote }: ExpireParts,
  repository: ReachableRepository,
  places: readonly (readonly [string, string])[],
  offered: readonly string[],
): Promise<void> => {
  for (let from = 0; from < places.length; from += MOST_COMMANDS) {
    const commands = places
      .slice(from, from + MOST_COMMANDS)
      .map(([ref, oid]) => ({ ref, from: oid, to: ZERO_OID }))
    const report = await git.push(remote(repository), { commands, offered })
    for (const { ref } of commands) {
      const result = report?.refs.get(ref)
      if (result?.kind !== 'refused') continue
      throw new RelayError('PUSH_REJECTED', {
        ...factsOf(repository),
        ref,
        reason: result.reason.slice(0, 200),
      })
    }
  }
}

/** The repository goes, with whatever a worker that died may have left in it without a record. */
const removeParking = async (
  parts: ExpireParts,
  parking: Parking,
  repository: ReachableRepository,
  now: number,
): Promise<boolean> => {
  const closed = await parts.parked.close(parking.replica, now, async () => {
    const result = await parts.repositories.deleteRepository(repository)
    parts.log.info('parking repository removed', { ...factsOf(repository), result })
  })
  return closed && (await parts.parked.forget(parking))
}

const factsOf = (repository: RepositoryAddress) => ({ parking: addressText(repository) })
