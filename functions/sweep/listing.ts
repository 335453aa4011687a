import { addressText, type RepositoryAddress } from '../../shared/codecommit/address.ts'
import type { Config } from '../../shared/config/types.ts'
import { describeFailure, type Log } from '../../shared/runtime/log.ts'
import type { Listed } from './plan.ts'

export interface ListingParts {
  readonly config: Config
  readonly own: { readonly account: string; readonly region: string }
  readonly listRepositories: (region: string) => Promise<readonly string[]>
  /** how many replicas relay.yml wants of a repository */
  readonly countReplicas: (repository: RepositoryAddress) => number
  readonly log: Log
}

/** Every repository that there is and that relay.yml wants replicas of, by region of the source; and the regions that failed. */
export const listTargets = async ({
  config,
  own,
  listRepositories,
  countReplicas,
  log,
}: ListingParts): Promise<{ listed: readonly Listed[]; broken: readonly string[] }> => {
  const regions = [...new Set(config.replicate.map(({ from }) => from ?? own.region))]
  const listed: Listed[] = []
  const broken: string[] = []
  for (const region of regions) {
    try {
      for (const name of await listRepositories(region)) {
        const repository = { account: own.account, region, name }
        const replicas = countReplicas(repository)
        if (replicas > 0) listed.push({ key: addressText(repository), region, name, replicas })
      }
    } catch (error) {
      broken.push(region)
      log.error('repositories not listed', { region, ...describeFailure(error) })
    }
  }
  return { listed, broken }
}
