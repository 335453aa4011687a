import { addressText, plainAddress, type RepositoryAddress } from '../codecommit/address.ts'
import type { RefMap } from '../git/refs.ts'
import { codeOf } from '../runtime/errors.ts'
import { describeFailure, type Log } from '../runtime/log.ts'
import { isLive, type Pair, type Proof, type ReplicaRecord } from '../store/records.ts'
import type { ReplicaStore } from '../store/replicas.ts'
import { judge, type Look, type Sight } from './judge.ts'
import type { Emit, Request } from './ports.ts'
import { comparisonOf, type RefReader, type Target } from './prove.ts'
import { SWEEP_REASON } from './report.ts'

export interface InspectParts {
  readonly reader: RefReader
  readonly store: ReplicaStore
  readonly emit: Emit
  /** both sides hold these refs, and no record said so */
  readonly remember?: (target: Target, refs: RefMap, at: number) => Promise<void>
  /** whether a mirror task ended without anybody having heard of it */
  readonly isGone: (task: string) => Promise<boolean>
  /** what relay.yml says of refs that somebody else moved */
  readonly divergenceOf: (target: Target) => 'report' | 'overwrite' | 'keep'
  readonly now: () => number
  readonly log: Log
}

/** One replica as the sweep found it, and what is to follow. */
export interface Inspected {
  readonly target: Target
  readonly record: ReplicaRecord | undefined
  readonly sight: Sight
}

/** A claim younger than this is not asked about: its mirror is still starting. */
const YOUNG_MS = 60_000
/** A push that was made just before the sweep looked is not behind: its event is given this long to be heard of. */
export const EVENT_GRACE_MS = 3_000

/**
 * The sweep's look at all replicas of one repository: every replica is read, then the source once, so that what each held can only be
 * older than what the source is found to hold. It repairs nothing and takes nothing over; it finds out what is to be asked for.
 * @param recordOf what the table knows of a replica
 * @returns in the order of the targets; a replica that failed for the table's or the bus's sake is a rejection, the others go on
 */
export const inspect = async (
  parts: InspectParts,
  targets: readonly Target[],
  recordOf: (target: Target) => ReplicaRecord | undefined,
): Promise<readonly PromiseSettledResult<Inspected>[]> => {
  const replicas = await Promise.all(targets.map((target) => read(parts, target, target.replica, 'replica')))
  const [first] = targets
  const anyRead = replicas.some(({ kind }) => kind === 'refs')
  const source = first && anyRead ? await read(parts, first, first.repository, 'source') : undefined
  return Promise.allSettled(
    targets.map(async (target, index) => {
      const record = recordOf(target)
      const look = lookOf(target, replicas[index], source, parts.now)
      const held = await isHeld(parts, target, record)
      const keeps = parts.divergenceOf(target) === 'keep'
      const sight = judge(look, { record, held, keeps, now: parts.now() })
      if (sight.kind === 'equal' && sight.news) {
        await note(parts, target, sight.news)
        if (source?.kind === 'refs' && source.refs) {
          await parts.remember?.(target, source.refs, Date.parse(sight.news.at))
        }
      }
      if (sight.pace) await parts.store.pace(target, sight.pace)
      return { target, record, sight }
    }),
  )
}

type Read =
  | { readonly kind: 'refs'; readonly refs: RefMap | undefined }
  | Extract<Look, { readonly kind: 'unread' }>

const read = async (
  { reader, log }: InspectParts,
  target: Target,
  repository: RepositoryAddress,
  side: 'source' | 'replica',
): Promise<Read> => {
  try {
    return { kind: 'refs', refs: await reader.readRefs(repository, side) }
  } catch (error) {
    return unread(log, side === 'source' ? target.repository : target.replica, error)
  }
}

const unread = (log: Log, address: RepositoryAddress, error: unknown): Extract<Look, { kind: 'unread' }> => {
  const failure = describeFailure(error)
  // one line says that a lane was closed; what was left out for it is counted
  const skipped = (error as { data?: { skipped?: unknown } }).data?.skipped === true
  if (!skipped) log.error('refs not read', { repository: addressText(address), ...failure })
  return { kind: 'unread', code: codeOf(error) ?? String(failure.errorClass), skipped }
}

const lookOf = (
  target: Target,
  replica: Read | undefined,
  source: Read | undefined,
  now: () => number,
): Look => {
  if (replica?.kind !== 'refs') return replica ?? { kind: 'unread', code: 'REMOTE_FAILED', skipped: true }
  if (source?.kind !== 'refs') return source ?? { kind: 'unread', code: 'REMOTE_FAILED', skipped: true }
  try {
    return comparisonOf(target, { source: source.refs, replica: replica.refs }, now)
  } catch (error) {
    return { kind: 'unread', code: codeOf(error) ?? 'REMOTE_FAILED', skipped: false }
  }
}

const note = async ({ store, now }: InspectParts, target: Target, proof: Proof): Promise<void> => {
  await store.recordProof(target, proof, now())
}

const isHeld = async (
  { store, isGone, now, log }: InspectParts,
  target: Target,
  record: ReplicaRecord | undefined,
): Promise<boolean> => {
  const claim = record?.claim
  if (!claim) return false
  const facts = { replica: addressText(target.replica), claim: claim.id, task: claim.task, since: claim.at }
  if (!isLive(claim, now())) {
    log.warn('stale claim', facts)
    return false
  }
  if (claim.task === undefined || claim.at + YOUNG_MS > now()) return true
  try {
    if (!(await isGone(claim.task))) return true
  } catch (error) {
    // the claim ends by its time even if ECS cannot be asked
    log.error('mirror task not described', { ...facts, ...describeFailure(error) })
    return true
  }
  log.warn('mirror task gone, its end was never reported', facts)
  return !(await store.expireClaim(target, claim.id))
}

/**
 * What is known of a difference once its event had {@link EVENT_GRACE_MS} to be heard of: somebody is at it, or it is told, once for
 * each time the replica falls behind.
 * @returns `missed`: neither an event nor anybody but the sweep knew of it
 */
export const settleSuspect = async (
  { store, emit, now }: InspectParts,
  { target, record }: Inspected,
  refs: number,
): Promise<'heard' | 'behind' | 'missed'> => {
  const later = await store.get(target)
  if (later?.claim && isLive(later.claim, now())) return 'heard'
  if (later?.proof !== undefined && later.proof.at !== record?.proof?.at) return 'heard'
  if (later?.behind) return 'behind'
  const missed = later?.waitingSince === undefined
  const since = new Date(later?.waitingSince ?? now()).toISOString()
  await emit('Replica Behind', {
    repository: plainAddress(target.repository),
    replica: plainAddress(target.replica),
    refsBehind: refs,
    since,
    reason: SWEEP_REASON,
  })
  // told first: killed in between, it is told twice rather than never
  const marked = await store.markBehind(target, { refs, since, missed }, now())
  return marked && missed ? 'missed' : 'behind'
}

/** @param code of the failure that kept the sweep from looking */
export const requestFor = ({ repository, replica }: Pair, code?: string): Request => ({
  repository: plainAddress(repository),
  replica: plainAddress(replica),
  reason: code === undefined ? SWEEP_REASON : `${SWEEP_REASON}: ${code}`,
  attempt: 0,
})
