import type { RepositoryAddress } from '../codecommit/address.ts'
import type { ReplicaRecord } from '../store/records.ts'

type Known = Pick<ReplicaRecord, 'repository' | 'replica' | 'proof'> & {
  /** that the source is gone was told */
  readonly missingSince?: string | undefined
}

/**
 * Replicas whose source is not there any more, and of which nobody was told yet: no event speaks of a repository that was
 * deleted or renamed, and a list of repositories no longer names it. Replicas that never were equal to their source are left out.
 * @param listed names of the repositories that there are, by region; records of other regions are passed over
 * @param isWanted whether relay.yml still names this replica
 */
export const lostSources = <T extends Known>(
  records: readonly T[],
  listed: ReadonlyMap<string, ReadonlySet<string>>,
  isWanted: (repository: RepositoryAddress, replica: RepositoryAddress) => boolean,
): readonly T[] =>
  records.filter(({ repository, replica, proof, missingSince }) => {
    const names = listed.get(repository.region)
    const isLost = names !== undefined && !names.has(repository.name)
    return isLost && proof !== undefined && missingSince === undefined && isWanted(repository, replica)
  })
