import { partitionOf } from '../shared/config/regions.ts'
import { replicasOf } from '../shared/config/replicas.ts'
import type { Config } from '../shared/config/types.ts'

/** The regions of a local cloud with a stack: some it always has, and what rules name; of other partitions none can be served. */
export const regionsServed = (always: readonly string[], rules: Config['replicate']): readonly string[] => {
  const named = rules.flatMap(({ from, to }) => [...(from ? [from] : []), ...to.map(({ region }) => region)])
  return [...new Set([...always, ...named.filter((region) => partitionOf(region) === 'aws')])]
}

/**
 * The regions in which rules want replicas of a repository of the stack's own account. Replicas that a tag or a role decides on
 * are left out: both are made by hand.
 */
export const replicaRegions = (
  rules: Config['replicate'],
  region: string,
  name: string,
): readonly string[] => {
  const own = { account: '', region }
  return replicasOf({ replicate: rules }, { ...own, name }, own)
    .filter(({ replica }) => replica.role === undefined)
    .map(({ replica }) => replica.region)
}
