import type { CodeCommitAccess } from '../../shared/codecommit/access.ts'
import {
  addressText,
  type ReachableRepository,
  type RepositoryAddress,
} from '../../shared/codecommit/address.ts'
import type { RefMap } from '../../shared/git/refs.ts'
import type { GitClient } from '../../shared/git/types.ts'
import { type BatchLimits, batches, PUSH_LIMITS } from '../../shared/replication/batches.ts'
import { deletionsApart, keepDefaultBranch } from '../../shared/replication/default-branch.ts'
import { plan, type RefUpdate } from '../../shared/replication/plan.ts'
import { lossesApart, rewindsBehind } from '../../shared/replication/relay/pushes.ts'
import type { DefaultBranchKeeper } from '../../shared/replication/relay/types.ts'
import { RelayError } from '../../shared/runtime/errors.ts'
import type { Log } from '../../shared/runtime/log.ts'
import { admitted, ask, type Loss, type PushGround, without } from './admit.ts'
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
  readonly access: Pick<
    CodeCommitAccess,
    'readRefs' | 'describe' | 'ensureRepository' | 'setDefaultBranch' | 'gitRemote'
  >
  /** for the one ref that the git program does not push */
  readonly git: Pick<GitClient, 'advertise' | 'push'>
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
    { git: tools.git, access, log },
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

const UNSENT = 'the source lacks objects of it, or of a ref fetched together with it'

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
