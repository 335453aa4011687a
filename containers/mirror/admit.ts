import { addressText, type ReachableRepository } from '../../shared/codecommit/address.ts'
import type { RefMap } from '../../shared/git/refs.ts'
import { obstaclesIn } from '../../shared/replication/batches.ts'
import type { RefUpdate } from '../../shared/replication/plan.ts'
import { isBlocked } from '../../shared/replication/relay/pushes.ts'
import type { Draft, Verdict } from '../../shared/replication/relay/types.ts'
import { RelayError } from '../../shared/runtime/errors.ts'
import type { Log } from '../../shared/runtime/log.ts'
import type { MirrorTask, MirrorTools } from './mirror.ts'
import type { Repository } from './repository.ts'
import type { MirrorWatch } from './watch.ts'

/** Both sides as they were read, and the updates that are no fast-forwards. */
export interface PushGround {
  readonly source: RefMap
  readonly replica: RefMap
  readonly rewinds: ReadonlySet<RefUpdate>
}

export type Loss = Exclude<RefUpdate, { kind: 'create' }>

export interface Admitted {
  readonly updates: readonly RefUpdate[]
  /** of these: no fast-forwards */
  readonly rewinds: ReadonlySet<RefUpdate>
}

/** What the guard lets pass. The clone holds all that the source's refs reach: a tip that is not in it is about to be lost. */
export const admitted = async (
  updates: readonly RefUpdate[],
  source: RefMap,
  replica: RefMap,
  task: MirrorTask,
  { repository, watch, log }: MirrorTools,
): Promise<Admitted> => {
  if (!watch || updates.length === 0) return { updates, rewinds: new Set() }
  const taken = updates.filter((update) => update.kind !== 'create')
  const lacking = await repository.lacking(taken.map(({ from }) => from))
  const losing = taken.filter(({ from }) => lacking.has(from))
  const overwritten = await overwrittenIn(updates, lacking, repository)
  const rewinds = new Set<RefUpdate>([...losing.filter(({ kind }) => kind === 'update'), ...overwritten])
  const isAsked = losing.length + overwritten.length > 0 || taken.some(({ kind }) => kind === 'delete')
  if (!isAsked) {
    await watch.announce(updates)
    return { updates, rewinds }
  }
  const ground = { source, replica, rewinds }
  const atRisk = await atRiskIn(updates, overwritten, ground, repository)
  const allowed = await ask({ updates, source, replica, losing, overwritten, atRisk }, watch, task, log)
  await watch.announce(allowed)
  return { updates: allowed, rewinds }
}

/** No push is atomic: what is held only by refs that move backwards as well, or are to come, is lost when one of them is refused. */
const atRiskIn = async (
  updates: readonly RefUpdate[],
  overwritten: readonly Update[],
  { replica, rewinds }: PushGround,
  repository: Repository,
): Promise<readonly RefUpdate[]> => {
  const after = new Map(replica)
  const ahead = new Map(replica)
  for (const update of updates) {
    if (update.kind === 'delete') ahead.delete(update.ref)
    if (update.kind === 'delete' || rewinds.has(update)) after.delete(update.ref)
    else after.set(update.ref, update.to)
  }
  const alone = async (losses: readonly Loss[], stays: RefMap) => {
    const lost = await repository.unreached(
      losses.map(({ from }) => from),
      stays.values(),
    )
    return losses.filter(({ from }) => lost.has(from))
  }
  const obstacles = [...obstaclesIn(updates)].filter((update) => update.kind === 'delete')
  return [...(rewinds.size < 2 ? [] : await alone(overwritten, after)), ...(await alone(obstacles, ahead))]
}

/** @throws RelayError PLAN_REFUSED */
export const ask = async (
  draft: Draft,
  watch: MirrorWatch,
  { replica }: MirrorTask,
  log: Log,
): Promise<readonly RefUpdate[]> => {
  const verdict = await watch.guard(draft)
  if (verdict.kind === 'refuse') throw planRefused(verdict, replica, log)
  return possible(draft.updates, verdict.updates)
}

/** What is not found out with so many questions counts as overwritten: it is written down, no more. */
const MOST_FORWARD_QUESTIONS = 256

type Update = Extract<RefUpdate, { kind: 'update' }>

/** Updates whose old tip stays in the source and which are no fast-forward. Each move of a tag overwrites. */
const overwrittenIn = async (
  updates: readonly RefUpdate[],
  lacking: ReadonlySet<string>,
  repository: Repository,
): Promise<readonly Update[]> => {
  const found: Update[] = []
  let questions = 0
  for (const update of updates) {
    if (update.kind !== 'update' || lacking.has(update.from)) continue
    if (update.ref.startsWith('refs/heads/')) {
      questions += 1
      if (questions <= MOST_FORWARD_QUESTIONS && (await repository.isForward(update.from, update.to)))
        continue
    }
    found.push(update)
  }
  return found
}

/** What the guard lets pass, without the refs whose place a kept one takes: `a` and `a/b` cannot both exist. */
const possible = (planned: readonly RefUpdate[], allowed: readonly RefUpdate[]): readonly RefUpdate[] => {
  const stays = new Set(without(planned, allowed).map(({ ref }) => ref))
  return allowed.filter((update) => !isBlocked(update, stays))
}

export const without = (updates: readonly RefUpdate[], those: readonly RefUpdate[]): readonly RefUpdate[] => {
  const left = new Set(those)
  return updates.filter((update) => !left.has(update))
}

/** The reason is for the log: it would not fit what an error says of itself. */
export const planRefused = (
  { reason, deletions, rewinds }: Extract<Verdict, { kind: 'refuse' }>,
  replica: ReachableRepository,
  log: Log,
): RelayError => {
  log.error('plan refused', { replica: addressText(replica), reason })
  return new RelayError('PLAN_REFUSED', { replica: addressText(replica), deletions, rewinds })
}
