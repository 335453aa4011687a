import { addressText, type ReachableRepository } from '../../shared/codecommit/address.ts'
import { chooses } from '../../shared/config/glob.ts'
import { replicasOf } from '../../shared/config/replicas.ts'
import type { Look } from '../../shared/replication/judge.ts'
import { comparisonOf, type RefReader, type Target } from '../../shared/replication/prove.ts'
import { type ReplicaStatus, statusOf } from '../../shared/replication/status.ts'
import { codeOf } from '../../shared/runtime/errors.ts'
import { openLanes } from '../../shared/runtime/lanes.ts'
import type { ReplicaRecord } from '../../shared/store/records.ts'
import { replicaKey } from '../../shared/store/replicas.ts'
import type { Operator } from '../operator.ts'
import { inParallel } from '../pool.ts'

/** Repositories looked at side by side. */
const PARALLEL = 16

type Reads = Awaited<ReturnType<RefReader['readRefs']>>
type Read = { readonly refs: Reads } | { readonly code: string; readonly skipped: boolean }

export interface StatusChoice {
  /** globs; none: all */
  readonly repositories: readonly string[]
  /** only what the table knows: no repository is read */
  readonly recorded: boolean
}

/**
 * The status of every replica that relay.yml wants, and of those whose source is gone. Both sides are read by Git's upload-pack, for
 * which GitPull is enough: every replica of a repository first, then the source once.
 * @throws what the table, or the list of repositories, failed with
 */
export const lookAtAll = async (
  operator: Operator,
  { repositories, recorded }: StatusChoice,
): Promise<readonly ReplicaStatus[]> => {
  const [found, store] = [await operator.targets({ repositories }), await operator.store()]
  const records = new Map((await store.list()).map((record) => [replicaKey(record), record]))
  const { account } = await operator.own()
  const left = new Set(orphans(operator, account, found, [...records.values()], repositories))
  const targets = [...found, ...left]
  const looks = recorded ? new Map<Target, Look>() : await lookLive(await operator.codecommit(), targets)
  const now = Date.now()
  return targets.map((target) => {
    const look = looks.get(target)
    // its source is not listed, or no tag asks for it: which of them only a look can tell
    const ended = left.has(target) && look !== undefined
    return statusOf(target, records.get(replicaKey(target)), look, now, ended)
  })
}

/** Replicas that the table knows and relay.yml wants, whose source is not listed any more, or has no tag any more that asks for them. */
const orphans = (
  { config, region }: Operator,
  account: string,
  found: readonly Target[],
  records: readonly ReplicaRecord[],
  globs: readonly string[],
): readonly Target[] => {
  const listed = new Set(
    found.flatMap(({ repository, replica }) => [addressText(repository), addressText(replica)]),
  )
  return records.flatMap(({ repository, replica }) => {
    const isListed = listed.has(addressText(repository)) && listed.has(addressText(replica))
    if (isListed || (globs.length > 0 && !chooses(globs, repository.name))) return []
    const wanted = replicasOf(config, repository, { account, region }, 'any').find(
      (one) => addressText(one.replica) === addressText(replica),
    )
    return wanted ? [{ ...wanted, repository }] : []
  })
}

const lookLive = async (
  codecommit: RefReader,
  targets: readonly Target[],
): Promise<ReadonlyMap<Target, Look>> => {
  const lanes = openLanes((milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)))
  const read = async (repository: ReachableRepository): Promise<Read> => {
    try {
      const lane = `${repository.account}/${repository.region}`
      return { refs: await lanes.run(lane, () => codecommit.readRefs(repository, 'source')) }
    } catch (error) {
      const code = codeOf(error)
      if (code === undefined) throw error
      return { code, skipped: (error as { data?: { skipped?: unknown } }).data?.skipped === true }
    }
  }
  const looks = new Map<Target, Look>()
  const groups = [...Map.groupBy(targets, ({ repository }) => addressText(repository)).values()]
  await inParallel(groups, PARALLEL, async (group) => {
    const replicas = await Promise.all(group.map(({ replica }) => read(replica)))
    const [first] = group
    if (!first) return
    const source = await read(first.repository)
    for (const [index, target] of group.entries()) looks.set(target, lookOf(target, replicas[index], source))
  })
  return looks
}

const lookOf = (target: Target, replica: Read | undefined, source: Read): Look => {
  for (const side of [replica, source]) if (side && 'code' in side) return { kind: 'unread', ...side }
  if (!replica || !('refs' in replica) || !('refs' in source)) throw new Error('a side was not read')
  try {
    return comparisonOf(target, { source: source.refs, replica: replica.refs }, Date.now)
  } catch (error) {
    const code = codeOf(error)
    if (code === undefined) throw error
    return { kind: 'unread', code, skipped: false }
  }
}
