import { addressText, type RepositoryAddress } from '../codecommit/address.ts'
import type { Log } from '../runtime/log.ts'
import { type ConfiguredReplica, needsTags, type Own, replicasOf, unknownRegions } from './replicas.ts'
import type { Config } from './types.ts'

type Tags = Readonly<Record<string, string>>

export interface DiscoverParts {
  readonly config: Config
  readonly own: Own
  /** tags of a repository as they are now; undefined where there is none */
  readonly tagsOf: (repository: RepositoryAddress) => Promise<Tags | undefined>
  /** milliseconds since the epoch */
  readonly now: () => number
}

/**
 * @param asOf milliseconds since the epoch: tags that were read before are not good enough
 * @throws what `tagsOf` throws
 */
export type Discover = (
  repository: RepositoryAddress,
  log: Log,
  asOf?: number,
) => Promise<readonly ConfiguredReplica[]>

/** How long tags that were read stand for those that are: a new tag is seen within this time, without a deploy. */
const KEPT_MS = 60_000

/**
 * The replicas of a repository, with its tags where a rule looks for one, and only then. Words in a tag that are no region of
 * the rule are told in the log, once for as long as this process lives.
 */
export const createDiscover = ({ config, own, tagsOf, now }: DiscoverParts): Discover => {
  const kept = new Map<string, { readonly at: number; readonly tags: Promise<Tags | undefined> }>()
  const told = new Set<string>()

  const recent = (repository: RepositoryAddress, asOf: number): Promise<Tags | undefined> => {
    const key = addressText(repository)
    const before = kept.get(key)
    if (before && before.at + KEPT_MS > now() && before.at >= asOf) return before.tags
    const at = now()
    const tags = tagsOf(repository)
    kept.set(key, { at, tags })
    // a failure is not kept
    tags.catch(() => kept.delete(key))
    return tags
  }

  return async (repository, log, asOf = 0) => {
    if (!needsTags(config, repository, own)) return replicasOf(config, repository, own)
    const tags = await recent(repository, asOf)
    // the repository is gone: whoever has a replica of it must hear of that
    if (!tags) return replicasOf(config, repository, own, 'any')
    for (const word of unknownRegions(config, repository, own, tags)) {
      const key = `${addressText(repository)} ${word}`
      if (!told.has(key))
        log.warn('tag names no region of its rule', { repository: addressText(repository), word })
      told.add(key)
    }
    return replicasOf(config, repository, own, tags)
  }
}
