import {
  addressText,
  plainAddress,
  type RepositoryAddress,
  sameAddress,
} from '../../shared/codecommit/address.ts'
import { createDiscover } from '../../shared/config/discover.ts'
import { chooses } from '../../shared/config/glob.ts'
import { replicasOf } from '../../shared/config/replicas.ts'
import type { Target } from '../../shared/replication/prove.ts'
import type { Direction } from '../../shared/store/directions.ts'
import type { Procedure } from '../../shared/store/procedures.ts'
import { UserError } from '../errors.ts'
import type { Operator } from '../operator.ts'
import type { SwapWork } from './swap.ts'

export interface Chosen extends SwapWork {
  /** a procedure that was begun and not finished */
  readonly begun?: Procedure
  /** it has changed places already */
  readonly swapped?: Direction
}

const SILENT = { info: () => undefined, warn: () => undefined, error: () => undefined }

/**
 * The repositories that a replica in this region is to take over.
 * @param force the source's region may not answer: then a name is taken as it is, and a glob is looked for among the replicas
 * @throws UserError when none is chosen, or one cannot be failed over
 */
export const chooseForFailover = async (
  operator: Operator,
  names: readonly string[],
  to: string,
  force: boolean,
): Promise<readonly Chosen[]> => {
  const known = await knownOf(operator)
  const own = await operator.own()
  const regions = new Set(operator.config.replicate.map(({ from = own.region }) => from))
  const chosen: Chosen[] = []
  for (const region of regions) {
    for (const name of await namesIn(operator, region, to, names, force)) {
      const origin = { account: own.account, region, name }
      const targets = await targetsOf(operator, origin, force)
      const replica = targets.find((target) => target.replica.region === to)?.replica
      if (replica)
        chosen.push({
          kind: 'failover',
          origin,
          active: plainAddress(checked(replica)),
          targets,
          ...known(origin),
        })
    }
  }
  if (chosen.length > 0) return chosen
  throw new UserError(
    `relay.yml wants no replica of ${names.join(', ')} in ${to}.`,
    'Is the repository there, and does a rule under `replicate` choose it? Globs need quotes in a shell.',
  )
}

/** The repositories that were failed over, or are about to be. */
export const chooseForFailback = async (
  operator: Operator,
  names: readonly string[],
  force: boolean,
): Promise<readonly Chosen[]> => {
  const known = await knownOf(operator)
  const all = [...(await (await operator.directions()).list()), ...(await proceduresOf(operator))]
  const chosen: Chosen[] = []
  for (const { origin, active } of all) {
    if (!chooses(names, origin.name) || chosen.some((each) => sameAddress(each.origin, origin))) continue
    const targets = await targetsOf(operator, origin, force)
    chosen.push({
      kind: 'failback',
      origin: plainAddress(origin),
      active: plainAddress(active),
      targets,
      ...known(origin),
    })
  }
  if (chosen.length > 0) return chosen
  throw new UserError(
    `No repository ${names.join(', ')} was failed over.`,
    all.length === 0 ? 'None was.' : `These were: ${all.map(({ origin }) => origin.name).join(', ')}.`,
  )
}

const proceduresOf = async (operator: Operator): Promise<readonly Procedure[]> => {
  const { openProcedures } = await import('../../shared/store/procedures.ts')
  return openProcedures(await operator.table()).list()
}

const knownOf = async (operator: Operator) => {
  const [directions, procedures] = [await (await operator.directions()).list(), await proceduresOf(operator)]
  return (origin: RepositoryAddress) => {
    const begun = procedures.find((each) => sameAddress(each.origin, origin))
    const swapped = directions.find((each) => sameAddress(each.origin, origin))
    return { ...(begun && { begun }), ...(swapped && { swapped }) }
  }
}

const namesIn = async (
  operator: Operator,
  region: string,
  to: string,
  names: readonly string[],
  force: boolean,
): Promise<readonly string[]> => {
  if (names.every((name) => !/[*?!]/.test(name))) return names
  const codecommit = await operator.codecommit()
  const all = await codecommit.listRepositories(region).catch((error: unknown) => {
    if (force) return codecommit.listRepositories(to)
    throw error
  })
  return all.filter((name) => chooses(names, name)).sort()
}

const targetsOf = async (
  operator: Operator,
  origin: RepositoryAddress,
  force: boolean,
): Promise<readonly Target[]> => {
  const [own, codecommit] = [await operator.own(), await operator.codecommit()]
  const { config } = operator
  const tagsOf = (repository: RepositoryAddress) => codecommit.tagsOf(repository)
  const replicas = await createDiscover({ config, own, tagsOf, now: Date.now })(origin, SILENT).catch(
    (error: unknown) => {
      if (force) return replicasOf(config, origin, own, 'any')
      throw error
    },
  )
  return replicas.map((replica) => ({ ...replica, repository: origin }))
}

/** @throws UserError for a replica that Relay reaches through a role: the functions could not read it as a source */
const checked = (replica: Target['replica']): Target['replica'] => {
  if (replica.role === undefined) return replica
  throw new UserError(
    `${addressText(replica)} is in another account: only a replica in the account of the stack takes over.`,
    'docs/operate.md, "Failover and failback", says what to do instead.',
  )
}
