import { plainAddress, type RepositoryAddress, sameAddress } from '../codecommit/address.ts'
import type { Direction } from '../store/directions.ts'
import type { Target } from './prove.ts'

/**
 * A target as it is worked on now. After a failover the replica that took over is the source: the former source is its replica, and
 * so are the other replicas of the same repository. Only replicas in the own account, reached without a role, take over.
 * @param target as relay.yml has it
 * @param directions every repository that was failed over; mostly none
 */
export const directed = <T extends Target>(target: T, directions: readonly Direction[]): T => {
  const swapped = directions.find(({ origin }) => sameAddress(origin, target.repository))
  if (!swapped) return target
  const { active, origin } = swapped
  if (!sameAddress(active, target.replica)) return { ...target, repository: plainAddress(active) }
  // a key belongs to its region
  const { kmsKey: _, ...rest } = target
  return { ...(rest as T), repository: plainAddress(active), replica: plainAddress(origin) }
}

/**
 * The targets that something said about a repository concerns, as they are worked on now: said of a source, all its replicas; said of a
 * replica that has taken over, likewise; said of a source that was failed over, the same targets again, in which it is a replica.
 * @param replicasOf what relay.yml wants of a repository
 */
export const targetsAbout = async <T extends Omit<Target, 'repository'>>(
  repository: RepositoryAddress,
  replicasOf: (repository: RepositoryAddress) => Promise<readonly T[]>,
  directions: readonly Direction[],
): Promise<readonly (T & Pick<Target, 'repository'>)[]> => {
  const origins = directions.flatMap(({ active, origin }) =>
    sameAddress(active, repository) ? [origin] : [],
  )
  const found: (T & Pick<Target, 'repository'>)[] = []
  for (const origin of [repository, ...origins]) {
    for (const replica of await replicasOf(origin)) {
      found.push(directed({ ...replica, repository: origin }, directions))
    }
  }
  return found
}
