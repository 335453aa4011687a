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

/** `region glob` of the replicas in this account. */
export const replicaPlaces = (plan: Plan): readonly string[] => [
  ...ownReplicas(plan),
  ...(plan.config.failover ? sources(plan) : []),
]

/** ARNs of the replicas in this account. Those of other accounts are reached through {@link replicaRoles}. */
export const replicaArns = (plan: Plan): readonly Value[] => arnsOf(replicaPlaces(plan))

const sources = ({ config, region }: Plan): readonly string[] =>
  config.replicate.flatMap((rule) => inRegion(rule.from ?? region, rule))

const ownReplicas = ({ config, region }: Plan): readonly string[] =>
  config.replicate.flatMap((rule) =>
    rule.to
      // the region a rule runs in may stand in its `to`: nothing is its own replica, and none of it may be written
      .filter((target) => target.role === undefined && target.region !== (rule.from ?? region))
      .flatMap((target) => inRegion(target.region, rule)),
  )

/** Roles of other accounts that write the replicas there. */
export const replicaRoles = ({ config }: Plan): readonly string[] =>
  unique(config.replicate.flatMap(({ to }) => to.flatMap(({ role }) => (role === undefined ? [] : [role]))))

/**
 * `region glob` for each including glob of a rule; its wildcards are IAM's too (`*` and `?`). What `!glob` excludes is left to the
 * functions: IAM could only say it by a Deny, which would also hit a repository that another rule includes.
 */
const inRegion = (region: string, { repositories }: ReplicationRule): readonly string[] =>
  repositories.filter((glob) => !glob.startsWith('!')).map((glob) => `${region} ${glob}`)

/** @param pairs `region glob` */
export const arnsOf = (pairs: readonly string[]): readonly Value[] =>
  unique(pairs).map((pair) => {
    const [region = '', glob = ''] = pair.split(' ')
    return arn('codecommit', glob, { region })
  })

const unique = (values: readonly string[]): readonly string[] => [...new Set(values)]
