import {
  addressText,
  isParkingName,
  type ReachableRepository,
  type RepositoryAddress,
} from '../codecommit/address.ts'
import { chooses } from './glob.ts'
import type { Config, ReplicationRule } from './types.ts'

export interface ConfiguredReplica {
  readonly replica: ReachableRepository
  readonly deletes: ReplicationRule['deletes']
  /** with which a missing replica is made */
  readonly kmsKey?: string
  readonly way: ReplicationRule['way']
}

/** Tags of a repository by key; `any`: they cannot be known, and every tag is taken to name every region. */
export type KnownTags = Readonly<Record<string, string>> | 'any'

/**
 * The replicas that relay.yml wants of a repository: each once, in the order of the file, the first rule that names one
 * deciding over its deletes and its way. Never the repository itself; none for a repository of another account, which Relay does not
 * serve, and none for a parking repository, whatever the globs say. A rule with `tag` speaks of repositories that carry it, and of
 * those regions that its value names.
 * @param own account Relay is deployed in; with `region`, a rule without `from` speaks of that region only
 * @param tags of the repository; needed only where {@link needsTags}
 */
export const replicasOf = (
  config: Pick<Config, 'replicate'>,
  repository: RepositoryAddress,
  own: Own,
  tags: KnownTags = {},
): readonly ConfiguredReplica[] => {
  const found = new Map<string, ConfiguredReplica>()
  for (const rule of rulesFor(config, repository, own)) {
    const regions = namedRegions(rule, tags)
    for (const { region, account = own.account, role, externalId, kmsKey } of rule.to) {
      if (regions && !regions.has(region)) continue
      const replica: ReachableRepository = {
        account,
        region,
        name: repository.name,
        ...(role === undefined ? {} : { role }),
        ...(externalId === undefined ? {} : { externalId }),
      }
      const key = addressText(replica)
      if (key === addressText(repository) || found.has(key)) continue
      found.set(key, {
        replica,
        deletes: rule.deletes,
        way: rule.way,
        ...(kmsKey === undefined ? {} : { kmsKey }),
      })
    }
  }
  return [...found.values()]
}

/** Account and region Relay is deployed in. */
export interface Own {
  readonly account: string
  readonly region?: string
}

/** Whether the replicas of a repository depend on its tags. */
export const needsTags = (config: Config, repository: RepositoryAddress, own: Own): boolean =>
  rulesFor(config, repository, own).some(({ tag }) => tag !== undefined)

/** Keys of the tags that rules look for. */
export const ruleTags = (config: Pick<Config, 'replicate'>): readonly string[] => [
  ...new Set(config.replicate.flatMap(({ tag }) => (tag === undefined ? [] : [tag]))),
]

/** Words in the values of a repository's tags that are no region of any rule looking for that tag: `key: word`. */
export const unknownRegions = (
  config: Config,
  repository: RepositoryAddress,
  own: Own,
  tags: Readonly<Record<string, string>>,
): readonly string[] => {
  const byTag = Map.groupBy(rulesFor(config, repository, own), ({ tag }) => tag)
  return [...byTag].flatMap(([tag, rules]) => {
    const known = new Set(rules.flatMap(({ to }) => to.map(({ region }) => region)))
    const named = tag === undefined ? [] : wordsOf(tags, tag)
    return named.filter((word) => !known.has(word)).map((word) => `${tag}: ${word}`)
  })
}

const rulesFor = (
  config: Pick<Config, 'replicate'>,
  repository: RepositoryAddress,
  own: Own,
): readonly ReplicationRule[] =>
  repository.account === own.account && !isParkingName(repository.name)
    ? config.replicate.filter(
        ({ from = own.region ?? repository.region, repositories }) =>
          from === repository.region && chooses(repositories, repository.name),
      )
    : []

/** Undefined: all of the rule's. */
const namedRegions = ({ tag }: ReplicationRule, tags: KnownTags): ReadonlySet<string> | undefined =>
  tag === undefined || tags === 'any' ? undefined : new Set(wordsOf(tags, tag))

/** A tag's value may hold no comma (CodeCommit user guide, "Tag key and value limits"), but who writes one means the same. */
const wordsOf = (tags: Readonly<Record<string, string>>, key: string): readonly string[] =>
  Object.hasOwn(tags, key) ? (tags[key] ?? '').split(/[\s,]+/).filter((word) => word !== '') : []

/**
 * What happens to a replica's refs that somebody else moved: as the first rule says that names this replica for this source; after a
 * failover, that names it for another, or names what is the source now. An account that a rule leaves out is Relay's own, and so is
 * that of every source.
 */
export const divergenceOf = (
  { replicate }: Pick<Config, 'replicate'>,
  { repository, replica }: { readonly repository: RepositoryAddress; readonly replica: RepositoryAddress },
): ReplicationRule['divergence'] => {
  const rules = replicate.filter(({ repositories }) => chooses(repositories, repository.name))
  const naming = (wanted: RepositoryAddress) =>
    rules.filter(({ to }) =>
      to.some(
        ({ region, account = repository.account }) => region === wanted.region && account === wanted.account,
      ),
    )
  const forReplica = naming(replica)
  const [rule] = [
    ...forReplica.filter(({ from = repository.region }) => from === repository.region),
    ...forReplica,
    ...naming(repository),
  ]
  return rule?.divergence ?? 'report'
}
