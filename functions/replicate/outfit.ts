import type { CodeCommitAccess } from '../../shared/codecommit/access.ts'
import { divergenceOf, ruleTags } from '../../shared/config/replicas.ts'
import type { Config } from '../../shared/config/types.ts'
import type { GitClient } from '../../shared/git/types.ts'
import { keepDefaultBranch } from '../../shared/replication/default-branch.ts'
import { createWatch } from '../../shared/replication/guard/watch.ts'
import type { Emit, Streams } from '../../shared/replication/ports.ts'
import { createReplica } from '../../shared/replication/repository-settings.ts'
import type { Log } from '../../shared/runtime/log.ts'
import type { Once } from '../../shared/store/idempotency.ts'
import { openLeftRefs } from '../../shared/store/left-refs.ts'
import { openParked } from '../../shared/store/parked.ts'
import { openSettings } from '../../shared/store/settings.ts'
import type { Table } from '../../shared/store/table.ts'

/** What stands around a stream of refs: a guard, the default branch, and how a missing replica is made. */
export type Outfit = Required<Pick<Streams, 'ensureReplica'>> & Pick<Streams, 'guardFor' | 'defaultBranchFor'>

/** What one invocation adds to it. */
export interface OutfitTools {
  readonly emit: Emit
  readonly once: Once['once']
  readonly log: Log
}

export const outfitWith =
  (parts: {
    readonly config: Config
    readonly codecommit: CodeCommitAccess
    readonly git: GitClient
    readonly table: Table
    readonly now: () => number
  }) =>
  ({ emit, once, log }: OutfitTools): Outfit => {
    const { config, codecommit, git, table, now } = parts
    const settings = openSettings(table)
    return {
      ensureReplica: (target) =>
        createReplica({ access: codecommit, settings, emit, ruleTags: ruleTags(config), log }, target),
      defaultBranchFor: (target) => keepDefaultBranch({ git, access: codecommit, log }, target),
      guardFor: createWatch(
        {
          git,
          remote: codecommit.gitRemote,
          repositories: codecommit,
          parked: openParked(table),
          left: openLeftRefs(table),
          emit,
          once,
          now,
          log,
        },
        {
          safety: config.safety,
          days: config.parking.days,
          divergenceOf: (target) => divergenceOf(config, target),
        },
      ),
    }
  }
