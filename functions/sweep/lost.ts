import { addressText, type RepositoryAddress, sameAddress } from '../../shared/codecommit/address.ts'
import { type Own, replicasOf } from '../../shared/config/replicas.ts'
import type { Config } from '../../shared/config/types.ts'
import { requestFor } from '../../shared/replication/inspect.ts'
import { lostSources } from '../../shared/replication/lost-sources.ts'
import type { Request } from '../../shared/replication/ports.ts'
import type { Log } from '../../shared/runtime/log.ts'
import type { ReplicaStore } from '../../shared/store/replicas.ts'

export interface LostParts {
  readonly config: Config
  readonly own: Own & { readonly region: string }
  readonly store: Pick<ReplicaStore, 'list'>
  readonly ask: (requests: readonly Request[]) => Promise<void>
  readonly log: Log
}

/**
 * Asks for a look at every replica whose source the list of repositories no longer names: replicate then finds it missing, keeps
 * the replica and tells people, once.
 * @param listed the repositories that there are and that have replicas
 * @param broken regions that could not be listed
 */
export const askForLost = async (
  { config, own, store, ask, log }: LostParts,
  listed: readonly Pick<RepositoryAddress, 'region' | 'name'>[],
  broken: readonly string[],
): Promise<void> => {
  const regions = config.replicate.map(({ from }) => from ?? own.region)
  const names = new Map(
    regions
      .filter((region) => !broken.includes(region))
      .map((region) => [
        region,
        new Set(listed.filter((one) => one.region === region).map(({ name }) => name)),
      ]),
  )
  const isWanted = (repository: RepositoryAddress, replica: RepositoryAddress) =>
    replicasOf(config, repository, own, 'any').some((one) => sameAddress(one.replica, replica))
  const lost = lostSources(await store.list(), names, isWanted)
  for (const { repository, replica } of lost) {
    log.warn('source not listed any more', {
      repository: addressText(repository),
      replica: addressText(replica),
    })
  }
  if (lost.length > 0) await ask(lost.map((pair) => requestFor({ ...pair, deletes: 'keep' })))
}
