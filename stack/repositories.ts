import { KEPT_OF_LONG, LONGEST_KEPT, PARKING_SUFFIX, parkingName } from '../shared/codecommit/address.ts'
import type { ReplicationRule } from '../shared/config/types.ts'
import { arn, type Plan, type Value } from './resources.ts'

/** Source regions of relay.yml other than the stack's own: its events do not reach the stack, only its sweep looks there. */
export const otherSources = ({ config, region }: Plan): readonly string[] =>
  unique(config.replicate.flatMap(({ from = region }) => (from === region ? [] : [from])))

/**
 * ARNs of the repositories that are replicated. With `failover` any replica in this account may become a source, and any source a
 * replica; without it nothing of Relay's may push to a source.
 */
export const sourceArns = (plan: Plan): readonly Value[] =>
  arnsOf([...sources(plan), ...(plan.config.failover ? ownReplicas(plan) : [])])

/** ARNs of the replicas in this account. Those of other accounts are reached through {@link replicaRoles}. */
export const replicaArns = (plan: Plan): readonly Value[] =>
  arnsOf([...ownReplicas(plan), ...(plan.config.failover ? sources(plan) : [])])

const sources = ({ config, region }: Plan): readonly string[] =>
  config.replicate.flatMap((rule) => inRegion(rule.from ?? region, rule))

const ownReplicas = ({ config }: Plan): readonly string[] =>
  config.replicate.flatMap((rule) =>
    rule.to.filter(({ role }) => role === undefined).flatMap((target) => inRegion(target.region, rule)),
  )

/** ARNs of the parking repositories beside the replicas of this account. */
export const parkingArns = (plan: Plan): readonly Value[] =>
  arnsOf(
    [...ownReplicas(plan), ...(plan.config.failover ? sources(plan) : [])].flatMap((pair) => {
      const [region = '', glob = ''] = pair.split(' ')
      return parkingGlobs(glob).map((each) => `${region} ${each}`)
    }),
  )

/**
 * Names of the parking repositories that belong to the names of a glob: these and hardly another. Long names are cut and get a
 * hash, so that what stands behind a wildcard may be missing in them.
 */
const parkingGlobs = (glob: string): readonly string[] => {
  const wildcard = glob.search(/[*?]/)
  if (wildcard < 0) return [parkingName(glob)]
  const cut = `${glob.slice(0, wildcard).slice(0, KEPT_OF_LONG)}*.${'?'.repeat(LONGEST_KEPT - KEPT_OF_LONG - 1)}`
  return [glob, ...(glob.endsWith('*') ? [] : [cut])].map((each) => `${each}${PARKING_SUFFIX}`)
}

/** Roles of other accounts that write the replicas there. */
export const replicaRoles = ({ config }: Plan): readonly string[] =>
  unique(config.replicate.flatMap(({ to }) => to.flatMap(({ role }) => (role === undefined ? [] : [role]))))

/**
 * `region glob` for each including glob of a rule; its wildcards are IAM's too (`*` and `?`). What `!glob` excludes is left to the
 * functions: IAM could only say it by a Deny, which would also hit a repository that another rule includes.
 */
const inRegion = (region: string, { repositories }: ReplicationRule): readonly string[] =>
  repositories.filter((glob) => !glob.startsWith('!')).map((glob) => `${region} ${glob}`)

const arnsOf = (pairs: readonly string[]): readonly Value[] =>
  unique(pairs).map((pair) => {
    const [region = '', glob = ''] = pair.split(' ')
    return arn('codecommit', glob, { region })
  })

const unique = (values: readonly string[]): readonly string[] => [...new Set(values)]
