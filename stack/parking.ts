import { KEPT_OF_LONG, LONGEST_KEPT, PARKING_SUFFIX, parkingName } from '../shared/codecommit/address.ts'
import { allow, type Statement } from './policy.ts'
import { arnsOf, replicaArns, replicaPlaces } from './repositories.ts'
import type { Plan, Value } from './resources.ts'

/** Copies tips that are about to be lost from a replica to the parking repository beside it. */
export const parkTips = (plan: Plan): readonly Statement[] => [
  allow(['codecommit:GitPull'], replicaArns(plan)),
  // TagResource: it is made with a tag (CodeCommit user guide, "Add a tag to a repository")
  allow(['codecommit:CreateRepository', 'codecommit:GitPush', 'codecommit:TagResource'], parkingArns(plan)),
]

/** Removes tips that were parked long enough, and parking repositories that are empty. */
export const removeParked = (plan: Plan): readonly Statement[] => [
  allow(['codecommit:DeleteRepository', 'codecommit:GitPush'], parkingArns(plan)),
]

/** ARNs of the parking repositories beside the replicas of this account. */
const parkingArns = (plan: Plan): readonly Value[] =>
  arnsOf(
    replicaPlaces(plan).flatMap((pair) => {
      const [region = '', glob = ''] = pair.split(' ')
      return parkingGlobs(glob).map((each) => `${region} ${each}`)
    }),
  )

/**
 * Names of the parking repositories that belong to the names of a glob: these and hardly another. Long names are cut and get a
 * hash, so that what stands behind a wildcard may be missing in them.
 */
export const parkingGlobs = (glob: string): readonly string[] => {
  const wildcard = glob.search(/[*?]/)
  if (wildcard < 0) return [parkingName(glob)]
  const cut = `${glob.slice(0, wildcard).slice(0, KEPT_OF_LONG)}*.${'?'.repeat(LONGEST_KEPT - KEPT_OF_LONG - 1)}`
  return [glob, ...(glob.endsWith('*') ? [] : [cut])].map((each) => `${each}${PARKING_SUFFIX}`)
}
