import type { CodeCommitAccess } from '../../shared/codecommit/access.ts'
import {
  addressText,
  type ReachableRepository,
  type RepositoryAddress,
} from '../../shared/codecommit/address.ts'
import type { RefMap } from '../../shared/git/refs.ts'
import { type BatchLimits, batches, PUSH_LIMITS } from '../../shared/replication/batches.ts'
import { deletionsApart, keepDefaultBranch } from '../../shared/replication/default-branch.ts'
import { plan, type RefUpdate } from '../../shared/replication/plan.ts'
import { isBlocked, lossesApart, rewindsBehind } from '../../shared/replication/relay/pushes.ts'
import type { DefaultBranchKeeper, Draft, Verdict } from '../../shared/replication/relay/types.ts'
import { RelayError } from '../../shared/runtime/errors.ts'
import type { Log } from '../../shared/runtime/log.ts'
import type { Refusal } from './git-output.ts'
import { withoutNamesakes } from './namesakes.ts'
import type { Repository } from './repository.ts'
import type { MirrorWatch } from './watch.ts'

export interface MirrorTask {
  readonly source: RepositoryAddress
  readonly replica: ReachableRepository
  readonly deletes: 'mirror' | 'keep'
  /** with which the replica is made where it is missing */
  readonly kmsKey?: string
}

export interface MirrorTools {
  readonly access: Pick<CodeCommitAccess, 'readRefs' | 'describe' | 'ensureRepository' | 'setDefaultBranch'>
  readonly repository: Repository
  /** asked before anything is taken away, and told before anything is pushed */
  readonly watch?: MirrorWatch | undefined
  readonly log: Log
  /** milliseconds since the epoch */
  readonly now: () => number
  readonly limits?: BatchLimits
}

/**
 * Makes the replica's heads and tags equal to the source's. The replica is read before the source, and each ref is pushed on
 * the condition that the replica still holds what was read: whoever else is at work, no ref goes back in time.
 * @throws RelayError SOURCE_MISSING, SOURCE_EMPTIED; GIT_LIMIT, GIT_PROTOCOL for a source whose refs cannot be read; PLAN_REFUSED, with nothing pushed; REPLICA_MOVED or PUSH_REJECTED when single
 * refs were refused (all others were still pushed); else what kept it from going on, with the refs done so far left as they are
 */
export const mirror = async (task: MirrorTask, tools: MirrorTools): Promise<void> => {
  const { access, log, now } = tools
  const startedAt = now()
  const names = { source: addressText(task.source), replica: addressText(task.replica) }
  const about = await access.describe(task.source)
  if (!about) throw new RelayError('SOURCE_MISSING', { repository: names.source })
  const replicaRefs = await readReplica(task, about.description, tools)
  // git would read an advertisement without end, and takes a page that is no Git protocol (a proxy's, say) for an empty repository;
  // what is unreadable here could not be proven either
  const advertised = await access.readRefs(task.source, 'source')
  if (!advertised) throw new RelayError('SOURCE_MISSING', { repository: names.source })
  const { refs: sourceRefs, broken } = await tools.repository.clone(task.source, advertised)
  log.info('source cloned', { ...names, refs: sourceRefs.size, milliseconds: now() - startedAt })

  const whole = new Map([...advertised].filter(([ref]) => broken.includes(ref)).concat([...sourceRefs]))
  const wanted = plan(whole, replicaRefs, { deletes: task.deletes, defaultBranch: about.defaultBranch })
  const planned = wanted.filter(({ ref }) => !broken.includes(ref))
  const { updates, rewinds } = await admitted(planned, sourceRefs, replicaRefs, task, tools)
  const keeper = keepDefaultBranch(
    { reader: access, access, log },
    { repository: task.source, replica: task.replica },
  )
  const unsent = broken.map((ref) => ({ ref, reason: UNSENT, moved: false }))
  for (const refusal of unsent) log.warn('ref refused', { ...refusal })
  const ground = { source: sourceRefs, replica: replicaRefs, rewinds }
  const refused = [...unsent, ...(await pushAll(updates, ground, keeper, task, tools))]
  if (refused.length > 0) throw refusalError(refused, names.replica)
  const kept = without(planned, updates)
  if (kept.length > 0) await leave(kept, sourceRefs, startedAt, tools)
  log.info('mirror done', {
    ...names,
    ...counts(updates),
    refs: sourceRefs.size,
    ...(kept.length > 0 && { kept: kept.length, first: kept[0]?.ref }),
    milliseconds: now() - startedAt,
  })
}

/** Both sides hold the same but for what the guard left: remembered as a proof is, as of before the replica was read. */
const leave = async (
  kept: readonly RefUpdate[],
  source: RefMap,
  readAt: number,
  { watch }: MirrorTools,
): Promise<void> => {
  const names = new Set(kept.map(({ ref }) => ref))
  await watch?.remember(new Map([...source].filter(([ref]) => !names.has(ref))), readAt)
  await watch?.noteKept(kept)
}

const UNSENT = 'the source names its object and does not have all of it'

interface Admitted {
  readonly updates: readonly RefUpdate[]
  /** of these: no fast-forwards */
  readonly rewinds: ReadonlySet<RefUpdate>
}

/** What the guard lets pass. The clone holds all that the source's refs reach: a tip that is not in it is about to be lost. */
const admitted = async (
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
  // no push is atomic: what only refs hold that move backwards as well is lost when one of them is refused
  const sure = new Map(replica)
  for (const update of updates) {
    if (update.kind === 'delete' || rewinds.has(update)) sure.delete(update.ref)
    else sure.set(update.ref, update.to)
  }
  const alone =
    rewinds.size < 2
      ? new Set()
      : await repository.unreached(
          overwritten.map(({ from }) => from),
          sure.values(),
        )
  const atRisk = overwritten.filter(({ from }) => alone.has(from))
  const allowed = await ask({ updates, source, replica, losing, overwritten, atRisk }, watch, task, log)
  await watch.announce(allowed)
  return { updates: allowed, rewinds }
}

/** @throws RelayError PLAN_REFUSED */
const ask = async (
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

const without = (updates: readonly RefUpdate[], those: readonly RefUpdate[]): readonly RefUpdate[] => {
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

const readReplica = async (
  task: MirrorTask,
  description: string | undefined,
  tools: MirrorTools,
): Promise<RefMap> => {
  const { replica } = task
  const { access } = tools
  const refs = await access.readRefs(replica, 'replica')
  if (refs) return refs
  if ((await makeReplica(task, description, tools)) === 'created') return new Map()
  const refsNow = await access.readRefs(replica, 'replica')
  if (!refsNow) throw new RelayError('REPLICA_MISSING', { repository: addressText(replica) })
  return refsNow
}

export const makeReplica = async (
  { replica, kmsKey }: MirrorTask,
  description: string | undefined,
  { access, log }: { readonly access: Pick<CodeCommitAccess, 'ensureRepository'>; readonly log: Log },
): Promise<'created' | 'present'> => {
  const made = await access.ensureRepository(replica, { description, kmsKey })
  log.info('replica missing', { replica: addressText(replica), made })
  return made
}

interface PushGround {
  readonly source: RefMap
  readonly replica: RefMap
  readonly rewinds: ReadonlySet<RefUpdate>
}

/**
 * Pushes batch by batch. Refs refused one by one stop nobody else; a push that fails as a whole is thrown. What takes something away goes
 * behind all that may keep it, and is asked about once more where some of that was refused.
 */
const pushAll = async (
  updates: readonly RefUpdate[],
  { source, replica: before, rewinds }: PushGround,
  keeper: DefaultBranchKeeper,
  task: MirrorTask,
  { repository, watch, log, now, limits = PUSH_LIMITS }: MirrorTools,
): Promise<Refusal[]> => {
  const refused: Refusal[] = []
  const held = new Map(before)
  const pushes = batches(rewindsBehind(updates, rewinds), limits)
    .flatMap((batch) => lossesApart(batch, rewinds))
    .flatMap(deletionsApart)
  for (const [index, planned] of pushes.entries()) {
    const startedAt = now()
    const { clear, unclear } = withoutNamesakes(planned, held)
    for (const refusal of unclear) log.warn('ref refused', { ...refusal })
    refused.push(...unclear)
    let batch = clear
    if (batch.length === 0) continue
    const losses = batch.filter((update) => update.kind === 'delete' || rewinds.has(update)) as Loss[]
    if (watch && refused.length > 0 && losses.length > 0) {
      const own = new Set(batch.map(({ ref }) => ref))
      const stays = [...held].filter(([ref]) => !own.has(ref)).map(([, oid]) => oid)
      const lost = await repository.unreached(
        losses.map(({ from }) => from),
        stays,
      )
      const losing = losses.filter(({ from }) => lost.has(from))
      if (losing.length > 0)
        batch = await ask({ updates: batch, source, replica: held, losing }, watch, task, log)
      if (batch.length === 0) continue
    }
    await keeper.beforeDeletion(batch.flatMap(({ kind, ref }) => (kind === 'delete' ? [ref] : [])))
    const outcome = await repository.push(task.replica, batch)
    const done = batch.filter(({ ref }) => outcome.done.has(ref))
    for (const update of done) {
      if (update.kind === 'delete') held.delete(update.ref)
      else held.set(update.ref, update.to)
    }
    log.info('batch pushed', {
      batch: index + 1,
      of: pushes.length,
      ...counts(done),
      refused: outcome.refused.length,
      milliseconds: now() - startedAt,
    })
    for (const refusal of outcome.refused) log.warn('ref refused', { ...refusal })
    refused.push(...outcome.refused)
    if (outcome.failure) throw outcome.failure
  }
  await keeper.afterCreation()
  return refused
}

type Loss = Exclude<RefUpdate, { kind: 'create' }>

const refusalError = (refused: readonly Refusal[], replica: string): RelayError =>
  new RelayError(refused.every(({ moved }) => moved) ? 'REPLICA_MOVED' : 'PUSH_REJECTED', {
    repository: replica,
    refs: refused.length,
    first: refused[0]?.ref,
  })

const counts = (updates: readonly RefUpdate[]) => {
  const of = (kind: RefUpdate['kind']) => updates.filter((update) => update.kind === kind).length
  return { created: of('create'), updated: of('update'), deleted: of('delete') }
}
