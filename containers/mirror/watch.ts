import type { CodeCommitAccess } from '../../shared/codecommit/access.ts'
import { divergenceOf } from '../../shared/config/replicas.ts'
import type { Config } from '../../shared/config/types.ts'
import { createEmitter } from '../../shared/events/emit.ts'
import type { GitClient } from '../../shared/git/types.ts'
import { createWatch, type GuardedRun } from '../../shared/replication/guard/watch.ts'
import type { RefUpdate } from '../../shared/replication/plan.ts'
import { keptOf } from '../../shared/replication/refused.ts'
import { lazyBus } from '../../shared/runtime/aws-clients.ts'
import type { Log } from '../../shared/runtime/log.ts'
import { openOnce } from '../../shared/store/idempotency.ts'
import { openLeftRefs } from '../../shared/store/left-refs.ts'
import { openParked } from '../../shared/store/parked.ts'
import { openReplicas } from '../../shared/store/replicas.ts'
import { openTable } from '../../shared/store/table.ts'
import type { MirrorTask } from './mirror.ts'

/** What the stack tells the container about guarding: where it is remembered, and what of relay.yml it goes by. */
export interface WatchRules extends Pick<Config, 'safety' | 'parking'> {
  readonly table: string
  readonly bus: string
  readonly replicate: Config['replicate']
}

/** The guard of a mirror task, which tells whoever reads its end what it left. */
export interface MirrorWatch extends GuardedRun {
  /** refs that stay different, as relay.yml says: without this their difference would count as a mirror's failure */
  readonly noteKept: (updates: readonly RefUpdate[]) => Promise<unknown>
}

export interface WatchTools {
  readonly access: CodeCommitAccess
  readonly log: Log
  readonly now: () => number
  readonly id: () => string
  readonly git: GitClient
}

/** The same guard and memory as in the function `replicate`, without its deadline and its limit of bytes. */
export const watchOf = async (
  rules: WatchRules,
  task: MirrorTask & { readonly force: boolean; readonly claim: string },
  { access, log, now, id, git }: WatchTools,
): Promise<MirrorWatch> => {
  const { DynamoDBClient } = await import('@aws-sdk/client-dynamodb')
  const table = openTable({ client: new DynamoDBClient(), name: rules.table })
  const { source: repository, replica, deletes, kmsKey, force, claim } = task
  const target = { repository, replica, deletes, ...(kmsKey === undefined ? {} : { kmsKey }) }
  const watch = createWatch(
    {
      git,
      remote: access.gitRemote,
      repositories: access,
      parked: openParked(table),
      left: openLeftRefs(table),
      emit: createEmitter({ client: lazyBus(), bus: rules.bus }).emit,
      once: openOnce({ table, now, id }).once,
      now,
      log,
    },
    { safety: rules.safety, days: rules.parking.days, divergenceOf: (pair) => divergenceOf(rules, pair) },
  )
  return {
    ...watch(target, { force }),
    noteKept: (updates) => openReplicas(table).noteKept(target, claim, keptOf(updates, now())),
  }
}
