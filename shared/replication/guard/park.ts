import { createHash } from 'node:crypto'
import {
  addressText,
  parkingOf,
  type ReachableRepository,
  type RepositoryAddress,
} from '../../codecommit/address.ts'
import type { Advertisement } from '../../git/advertisement.ts'
import { type GitClient, type GitRemote, type RefCommand, type RefResult, ZERO_OID } from '../../git/types.ts'
import { codeOf, type ErrorData, RelayError } from '../../runtime/errors.ts'
import { describeFailure, type Log } from '../../runtime/log.ts'
import type { ParkedStore, ParkedTip, ParkedWhy } from '../../store/parked.ts'
import { bring } from './bring.ts'
import { ANCHOR, isPlace, isReusable, keptUntil, placeFor } from './places.ts'

/** Makes and removes parking repositories. */
export interface ParkingRepositories {
  ensureRepository(
    repository: ReachableRepository,
    wanted: {
      readonly description?: string | undefined
      readonly tags?: Readonly<Record<string, string>> | undefined
      readonly kmsKey?: string | undefined
    },
  ): Promise<'created' | 'present'>
}

export interface ParkParts {
  readonly git: GitClient
  readonly remote: (repository: ReachableRepository) => GitRemote
  readonly repositories: ParkingRepositories
  readonly parked: ParkedStore
  /** milliseconds since the epoch */
  readonly now: () => number
  readonly log: Log
}

/** A tip that a ref is about to lose. */
export interface LostTip {
  /** full name */
  readonly ref: string
  readonly oid: string
  readonly why: ParkedWhy
  /** absent: the ref is deleted */
  readonly replacedBy?: string
  /** false: it stays part of what the source holds, and is only written down */
  readonly copy: boolean
}

/** How long tips are kept, and what copying them may cost. */
export interface ParkTerms {
  /** of relay.yml: `parking.days`; 0: nothing is parked */
  readonly days: number
  /** milliseconds since the epoch: copying ends before */
  readonly until?: number | undefined
  /** most bytes of packs to copy */
  readonly bytes?: number | undefined
  readonly signal?: AbortSignal | undefined
  /** key with which a missing parking repository is made */
  readonly kmsKey?: string | undefined
}

export interface ParkWork {
  readonly repository: RepositoryAddress
  /** beside it the tips are parked */
  readonly replica: ReachableRepository
  /** whose refs hold the tips now: the replica, or the source when it is the source that is overwritten */
  readonly from: ReachableRepository
  readonly tips: readonly LostTip[]
}

/**
 * Parks tips before they are lost: writes them down and copies those that need it into the parking repository beside the
 * replica, which is made where it is missing. A tip that lies there already is not copied again. When it returns the tips are safe.
 * @returns what was written down
 * @throws RelayError PARKING_FAILED, with what was at fault as its cause; `limit` in its data (`deadline`, `bytes`) says that
 * copying was cut short by the terms: the mirror, which has others, may do better. Nothing is written down then.
 */
export const park = async (
  parts: ParkParts,
  work: ParkWork,
  terms: ParkTerms,
): Promise<readonly ParkedTip[]> => {
  if (terms.days === 0 || work.tips.length === 0) return []
  const parking = parkingOf(work.replica)
  const facts = { replica: addressText(work.replica), parking: addressText(parking) }
  try {
    const there = work.tips.some(({ copy }) => copy) ? await openParking(parts, work, parking, terms) : EMPTY
    const records = recordsOf(work.tips, there, parts.now(), terms.days)
    const tips = await parts.parked.add(work, records, parts.now())
    if (!tips) throw failed({ ...facts, problem: 'the parking repository is being removed' })
    try {
      await copyMissing(parts, work, parking, there, tips, terms)
    } catch (error) {
      await parts.parked.withdraw(work, tips).catch((cause: unknown) => {
        parts.log.warn('parked tips not withdrawn', { ...facts, ...describeFailure(cause) })
      })
      throw error
    }
    parts.log.info('tips parked', { ...facts, tips: tips.length, first: tips[0]?.ref })
    return tips
  } catch (error) {
    if (codeOf(error) === 'PARKING_FAILED') throw error
    const { limit } = error instanceof RelayError && error.code === 'GIT_LIMIT' ? error.data : {}
    throw failed({ ...facts, problem: codeOf(error) ?? 'unknown', limit }, error)
  }
}

const EMPTY: Advertisement = { refs: new Map(), capabilities: [] }

/** Refs of one push. */
const MOST_COMMANDS = 1_000

const failed = (data: ErrorData, cause?: unknown): RelayError =>
  new RelayError('PARKING_FAILED', data, cause === undefined ? undefined : { cause })

/** The parking repository as a push sees it; made where it is missing. */
const openParking = async (
  { git, remote, repositories, log }: ParkParts,
  { replica }: ParkWork,
  parking: ReachableRepository,
  { kmsKey, signal }: ParkTerms,
): Promise<Advertisement> => {
  const look = () => git.advertise(remote(parking), 'git-receive-pack', exchangeOf(signal))
  const there = await look()
  if (there) return there
  const made = await repositories.ensureRepository(parking, {
    description: `CodeCommit Relay keeps here what was overwritten or deleted in ${replica.name}; relay undo brings it back`,
    tags: { 'relay:parking': replica.name },
    ...(kmsKey === undefined ? {} : { kmsKey }),
  })
  log.info('parking repository made', { parking: addressText(parking), made })
  const madeNow = await look()
  if (!madeNow) throw failed({ parking: addressText(parking), problem: 'made, and still not there' })
  return madeNow
}

const recordsOf = (
  tips: readonly LostTip[],
  there: Advertisement,
  now: number,
  days: number,
): readonly ParkedTip[] => {
  const places = new Map<string, string>()
  for (const [ref, oid] of there.refs) if (isPlace(ref) && isReusable(ref, now, days)) places.set(oid, ref)
  return tips.map(({ ref, oid, why, replacedBy, copy }) => {
    const place = copy ? (places.get(oid) ?? placeFor(ref, oid, now, sha256)) : undefined
    if (place !== undefined) places.set(oid, place)
    return {
      ref,
      oid,
      at: new Date(now).toISOString(),
      why,
      until: keptUntil(now, days),
      ...(replacedBy === undefined ? {} : { replacedBy }),
      ...(place === undefined ? {} : { place }),
    }
  })
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')

const copyMissing = async (
  parts: ParkParts,
  work: ParkWork,
  parking: ReachableRepository,
  there: Advertisement,
  tips: readonly ParkedTip[],
  terms: ParkTerms,
): Promise<void> => {
  const commands = new Map<string, RefCommand>()
  for (const { place, oid } of tips) {
    if (place === undefined || there.refs.get(place) === oid) continue
    commands.set(place, { ref: place, from: ZERO_OID, to: oid })
  }
  const held = new Set(there.refs.values())
  const all = [...commands.values()]
  for (let from = 0; from < all.length; from += MOST_COMMANDS) {
    const some = all.slice(from, from + MOST_COMMANDS)
    const wants = some.map(({ to }) => to).filter((oid) => !held.has(oid))
    const results = await bring(parts, {
      from: work.from,
      to: parking,
      wants,
      commands: some,
      near: nearest(there),
      limits: terms,
      ...(from === 0 ? { there, anchor: ANCHOR } : {}),
    })
    await seeRefused(parts, parking, some, results, terms)
  }
}

/** A place that another worker made at the same time holds the same tip, and is as good as one's own. */
const seeRefused = async (
  { git, remote }: ParkParts,
  parking: ReachableRepository,
  commands: readonly RefCommand[],
  results: ReadonlyMap<string, RefResult>,
  { signal }: ParkTerms,
): Promise<void> => {
  const refused = commands.filter(({ ref }) => results.get(ref)?.kind !== 'ok')
  if (refused.length === 0) return
  const now = await git.advertise(remote(parking), 'git-receive-pack', exchangeOf(signal))
  for (const { ref, to } of refused) {
    if (now?.refs.get(ref) === to) continue
    const result = results.get(ref)
    const problem = result?.kind === 'refused' ? result.reason : 'not told'
    throw failed({ parking: addressText(parking), place: ref, problem })
  }
}

/** The anchor first, then what was parked last: their names begin with the time. */
const nearest = ({ refs }: Advertisement): readonly string[] => {
  const places = [...refs.keys()].filter(isPlace).sort().reverse()
  return [ANCHOR, ...places].flatMap((ref) => refs.get(ref) ?? [])
}

const exchangeOf = (signal: AbortSignal | undefined) => (signal === undefined ? {} : { signal })
