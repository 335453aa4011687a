import { addressText } from '../../codecommit/address.ts'
import { MAX_NAMED_REFS } from '../../events/types.ts'
import type { Once } from '../../store/idempotency.ts'
import type { LeftRefs, LeftRefsStore } from '../../store/left-refs.ts'
import { digestOf } from '../digest.ts'
import type { RefUpdate } from '../plan.ts'
import type { Emit } from '../ports.ts'
import type { Target } from '../prove.ts'
import type { Draft, Guard } from '../relay/types.ts'
import { lossesOf, refusalOf, type SafetyLimits } from '../safety.ts'
import { endsTemporaryDefault } from '../temporary-default.ts'
import { type LostTip, type ParkParts, type ParkTerms, park } from './park.ts'
import { authorOf } from './stranger.ts'

export interface GuardParts extends ParkParts {
  readonly left: LeftRefsStore
  readonly emit: Emit
  readonly once: Once['once']
}

export interface GuardPolicy extends ParkTerms {
  readonly safety: SafetyLimits
  readonly divergence: 'report' | 'overwrite' | 'keep'
  /** a plan that takes much away is meant */
  readonly force: boolean
}

/**
 * What stands between a plan and a push that takes something away. It leaves a stranger's refs alone where relay.yml says
 * `keep`, refuses a plan that takes too much away, parks what is about to be lost, and tells of strangers.
 * @throws RelayError (from the guard) PARKING_FAILED as {@link park} does; STORE_FAILED; what `emit` and the Git client throw
 */
export const createGuard =
  (parts: GuardParts, target: Target, policy: GuardPolicy): Guard =>
  async (draft) => {
    const suspects = strangersIn(draft, await parts.left.read(target))
    const strangers = await stillThere(parts, target, suspects, policy)
    const kept = policy.divergence === 'keep' ? strangers : []
    if (kept.length > 0) await tell(parts, target, kept, 'kept', [])
    const updates = without(draft.updates, kept)
    const losing = without(draft.losing, kept)
    const losses = lossesOf(
      updates.filter((update) => !endsTemporaryDefault(update)),
      losing,
    )
    const reason = policy.force ? undefined : refusalOf(losses, draft.replica.size, policy.safety)
    if (reason !== undefined) {
      const by =
        strangers.length > kept.length ? `; ${strangers.length} of them were moved by somebody else` : ''
      return { kind: 'refuse', reason: `${reason}${by}`, ...losses }
    }
    const overwritten = without(strangers, kept)
    const work = {
      ...target,
      from: target.replica,
      tips: lostTips({ ...draft, updates, losing }, overwritten),
    }
    const parked = await park(parts, work, policy)
    if (overwritten.length > 0) {
      await (policy.divergence === 'report'
        ? tell(parts, target, overwritten, 'overwritten', parked)
        : logged(parts, target, overwritten))
    }
    return { kind: 'go', updates }
  }

type Loss = Extract<RefUpdate, { kind: 'update' | 'delete' }>

const isLoss = (update: RefUpdate): update is Loss => update.kind !== 'create'

const without = <T extends RefUpdate>(updates: readonly T[], those: readonly RefUpdate[]): readonly T[] => {
  if (those.length === 0) return updates
  const names = new Set(those.map(({ ref }) => ref))
  return updates.filter(({ ref }) => !names.has(ref))
}

/**
 * Updates and deletions that take something away which Relay did not leave there. A deletion always does, of a name at least; an
 * overwritten ref does, even where another one holds its tip.
 */
const strangersIn = (
  { updates, losing, overwritten = [], replica }: Draft,
  left: LeftRefs,
): readonly Loss[] => {
  let digest: string | undefined
  const heldDigest = () => {
    digest ??= digestOf(replica)
    return digest
  }
  const lost = new Set([...losing, ...overwritten].map(({ ref }) => ref))
  return updates
    .filter(isLoss)
    .filter((update) => update.kind === 'delete' || lost.has(update.ref))
    .filter((update) => !endsTemporaryDefault(update))
    .filter(({ ref, from }) => authorOf(left, ref, from, heldDigest) === 'stranger')
}

/**
 * Those that the replica holds now as well. What is remembered may be newer than the draft: a ref that another worker moved on since, and
 * proved, held a value then that is not remembered any more. Its push is refused, and it is planned anew.
 */
const stillThere = async (
  { git, remote }: GuardParts,
  { replica }: Target,
  suspects: readonly Loss[],
  { signal }: ParkTerms,
): Promise<readonly Loss[]> => {
  if (suspects.length === 0) return suspects
  const now = await git.advertise(remote(replica), 'git-receive-pack', signal && { signal })
  return suspects.filter(({ ref, from }) => now?.refs.get(ref) === from)
}

const lostTips = (
  { updates, losing, overwritten = [], atRisk = [] }: Draft,
  strangers: readonly RefUpdate[],
): readonly LostTip[] => {
  const uncertain = new Set([...losing, ...atRisk].map(({ ref }) => ref))
  const gone = new Set([...losing, ...overwritten].map(({ ref }) => ref))
  const foreign = new Set(strangers.map(({ ref }) => ref))
  return updates.filter(isLoss).flatMap((update): readonly LostTip[] => {
    const { ref, from, kind } = update
    if (kind === 'update' && !gone.has(ref)) return []
    // whose place it took is written down already
    if (endsTemporaryDefault(update) && !uncertain.has(ref)) return []
    const why = foreign.has(ref) ? 'diverged' : kind === 'delete' ? 'deleted' : 'rewound'
    const replacedBy = update.kind === 'update' ? { replacedBy: update.to } : {}
    return [{ ref, oid: from, why, copy: uncertain.has(ref), ...replacedBy }]
  })
}

/** A push that fails is tried again within this time, and is then not told again. */
const TOLD_AGAIN_SECONDS = 3600
/** Refs that are kept are told once, not at every push. */
const KEPT_TOLD_AGAIN_SECONDS = 30 * 24 * 3600
const LEASE_SECONDS = 60

const tell = async (
  { emit, once, log }: GuardParts,
  target: Target,
  refs: readonly Loss[],
  outcome: 'overwritten' | 'kept',
  parked: readonly { readonly ref: string }[],
): Promise<void> => {
  const { repository, replica } = target
  const places = new Set(parked.map(({ ref }) => ref))
  const set = digestOf(new Map(refs.map(({ ref, from }) => [ref, from])))
  const key = `diverged/${addressText(repository)} ${addressText(replica)}/${outcome}/${set}`
  const keep = outcome === 'kept' ? KEPT_TOLD_AGAIN_SECONDS : TOLD_AGAIN_SECONDS
  const told = await once(key, LEASE_SECONDS, keep, () =>
    emit('Replica Diverged', {
      repository: bare(repository),
      replica: bare(replica),
      refs: refs.slice(0, MAX_NAMED_REFS).map(({ ref, from }) => ({
        ref,
        found: from,
        ...(places.has(ref) ? { parked: true } : {}),
      })),
      refsDiverged: refs.length,
      outcome,
    }),
  )
  if (told === 'done') log.warn('replica diverged', { ...factsOf(target, refs), outcome })
}

const logged = async ({ log }: GuardParts, target: Target, refs: readonly Loss[]): Promise<void> =>
  log.warn('replica diverged', { ...factsOf(target, refs), outcome: 'overwritten', told: false })

const factsOf = ({ repository, replica }: Target, refs: readonly Loss[]) => ({
  repository: addressText(repository),
  replica: addressText(replica),
  refs: refs.length,
  first: refs[0]?.ref,
  found: refs[0]?.from,
})

/** An event holds no role and no external id. */
const bare = ({ account, region, name }: Target['repository']) => ({ account, region, name })
