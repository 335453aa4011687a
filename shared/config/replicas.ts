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
}

/**
 * The replicas that relay.yml wants of a repository: each once, in the order of the file, the first rule that names one
 * deciding over its deletes. Never the repository itself; none for a repository of another account, which Relay does not serve, and
 * none for a parking repository, whatever the globs say.
 * @param own account Relay is deployed in; with `region`, a rule without `from` speaks of that region only
 */
export const replicasOf = (
  config: Config,
  repository: RepositoryAddress,
  own: { readonly account: string; readonly region?: string },
): readonly ConfiguredReplica[] => {
  if (repository.account !== own.account || isParkingName(repository.name)) return []
  const found = new Map<string, ConfiguredReplica>()
  for (const rule of config.replicate) {
    if ((rule.from ?? own.region ?? repository.region) !== repository.region) continue
    if (!chooses(rule.repositories, repository.name)) continue
    for (const { region, account = own.account, role, externalId } of rule.to) {
      const replica: ReachableRepository = {
        account,
        region,
        name: repository.name,
        ...(role === undefined ? {} : { role }),
        ...(externalId === undefined ? {} : { externalId }),
      }
      const key = addressText(replica)
      if (key !== addressText(repository) && !found.has(key))
        found.set(key, { replica, deletes: rule.deletes })
    }
  }
  return [...found.values()]
}
