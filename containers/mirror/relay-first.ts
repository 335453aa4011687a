import type { CodeCommitAccess } from '../../shared/codecommit/access.ts'
import { addressText } from '../../shared/codecommit/address.ts'
import type { GitClient } from '../../shared/git/types.ts'
import { keepDefaultBranch } from '../../shared/replication/default-branch.ts'
import { relay } from '../../shared/replication/relay/relay.ts'
import type { RelayOutcome } from '../../shared/replication/relay/types.ts'
import { RelayError } from '../../shared/runtime/errors.ts'
import type { Log } from '../../shared/runtime/log.ts'
import { planRefused } from './admit.ts'
import { type MirrorTask, makeReplica } from './mirror.ts'
import type { MirrorWatch } from './watch.ts'

export interface RelayTools {
  readonly access: Pick<
    CodeCommitAccess,
    'readRefs' | 'gitRemote' | 'describe' | 'ensureRepository' | 'setDefaultBranch'
  >
  readonly git: GitClient
  /** asked before anything is taken away, and told of everything */
  readonly watch?: MirrorWatch | undefined
  readonly log: Log
  /** milliseconds since the epoch */
  readonly now: () => number
  /** waits this many milliseconds */
  readonly pause: (milliseconds: number) => Promise<unknown>
  readonly signal: AbortSignal
}

/** A line in the log for every so many bytes. */
const TOLD_BYTES = 256 * 2 ** 20

/**
 * The relay that `replicate` uses, without its deadline and its limit of bytes: no clone, next to no disk.
 * @returns `handed-over`: it cannot do this, and the git program may
 * @throws RelayError SOURCE_MISSING, REPLICA_MISSING, PLAN_REFUSED; what the relay throws
 */
export const relayFirst = async (task: MirrorTask, tools: RelayTools): Promise<'done' | 'handed-over'> => {
  const { log } = tools
  const names = { source: addressText(task.source), replica: addressText(task.replica) }
  const outcome = await relayOrMake(task, tools)
  switch (outcome.kind) {
    case 'equal':
      await tools.watch?.remember(outcome.refs, Date.parse(outcome.proof.at))
      log.info('relay done', { ...names, ...outcome.moved, refs: outcome.refs.size, ...outcome.cost })
      return 'done'
    case 'kept':
      // what is kept would else be all that is remembered, and Relay's own moves a stranger's one day
      await tools.watch?.remember(outcome.refs)
      await tools.watch?.noteKept(outcome.kept)
      log.warn('relay done but for refs that are kept', {
        ...names,
        ...outcome.moved,
        kept: outcome.kept.length,
        first: outcome.kept[0]?.ref,
        ...outcome.cost,
      })
      return 'done'
    case 'hand-over': {
      const { reason, detail, moved, cost } = outcome
      log.warn('relay handed over', { ...names, reason, detail, ...moved, ...cost })
      return 'handed-over'
    }
    case 'refused':
      throw planRefused(outcome.verdict, task.replica, log)
    case 'source-missing':
      throw new RelayError('SOURCE_MISSING', { repository: names.source })
    case 'replica-missing':
      throw new RelayError('REPLICA_MISSING', { repository: names.replica })
  }
}

/** The relay, and once more when the replica was not there and has been made. */
const relayOrMake = async (task: MirrorTask, tools: RelayTools): Promise<RelayOutcome> => {
  const outcome = await relayTo(task, tools)
  if (outcome.kind !== 'replica-missing') return outcome
  const about = await tools.access.describe(task.source)
  if (!about) return { kind: 'source-missing' }
  await makeReplica(task, about.description, tools)
  return relayTo(task, tools)
}

const relayTo = (task: MirrorTask, tools: RelayTools): Promise<RelayOutcome> => {
  const { access, git, watch, log, now, pause, signal } = tools
  let told = 0
  return relay(
    { git, remote: access.gitRemote, now, pause, log },
    {
      target: { repository: task.source, replica: task.replica, deletes: task.deletes },
      until: Number.MAX_SAFE_INTEGER,
      bytes: Number.MAX_SAFE_INTEGER,
      ...(watch && { guard: watch.guard, announce: watch.announce }),
      defaultBranch: keepDefaultBranch(
        { git, access, log },
        { repository: task.source, replica: task.replica },
      ),
      signal,
      onProgress: (bytes) => {
        if (bytes - told < TOLD_BYTES) return
        told = bytes
        log.info('pack under way', { bytes })
      },
    },
  )
}
