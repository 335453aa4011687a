import { createHash } from 'node:crypto'

/** Where a repository is: CodeCommit's ARN is `arn:aws:codecommit:<region>:<account>:<name>`. */
export interface RepositoryAddress {
  readonly account: string
  readonly region: string
  readonly name: string
}

/** An address and the role through which it is reached, where that is another account's. */
export interface ReachableRepository extends RepositoryAddress {
  readonly role?: string
  readonly externalId?: string
}

/** Nothing but the address of what may have more, as a role: for events and table items. */
export const plainAddress = ({ account, region, name }: RepositoryAddress) => ({
  account,
  region,
  name,
})

/** `account/region/name`: the text form used in table keys, logs and messages. */
export const addressText = ({ account, region, name }: RepositoryAddress): string =>
  `${account}/${region}/${name}`

/**
 * An address as the environment of a task has it.
 * @param text JSON with account, region and name, and where there is one the role
 * @returns undefined: it is none
 */
export const readAddress = (text: string | undefined): ReachableRepository | undefined => {
  const { account, region, name, role, externalId } = fieldsOf(text)
  const isText = (value: unknown, form: RegExp): value is string =>
    typeof value === 'string' && form.test(value)
  const isOptional = (value: unknown): value is string | undefined =>
    value === undefined || typeof value === 'string'
  if (!isText(account, /^\d{12}$/) || !isText(region, /^[a-z]{2}(-[a-z]+)+-\d{1,2}$/)) return undefined
  if (!isText(name, /^[\w.-]{1,100}$/) || !isOptional(role) || !isOptional(externalId)) return undefined
  return {
    ...{ account, region, name },
    ...(role !== undefined && { role }),
    ...(externalId !== undefined && { externalId }),
  }
}

const fieldsOf = (text: string | undefined): Record<string, unknown> => {
  try {
    return { ...JSON.parse(text ?? '') }
  } catch {
    return {}
  }
}

/** ARN of a repository. Partitions go by the region's name (AWS General Reference, "Amazon Resource Names"). */
export const repositoryArn = ({ account, region, name }: RepositoryAddress): string =>
  `arn:${partitionOf(region)}:codecommit:${region}:${account}:${name}`

const partitionOf = (region: string): string => {
  if (region.startsWith('cn-')) return 'aws-cn'
  return region.startsWith('us-gov-') ? 'aws-us-gov' : 'aws'
}

export const sameAddress = (a: RepositoryAddress, b: RepositoryAddress): boolean =>
  addressText(a) === addressText(b)

/** What the names of parking repositories end with: repositories beside replicas that keep tips which were overwritten or deleted. */
export const PARKING_SUFFIX = '.relay-parking'

/** Longest repository name ("Quotas in AWS CodeCommit"). */
const MAX_NAME = 100
const HASH_DIGITS = 16
/** Longest name that is kept whole in front of the suffix. */
export const LONGEST_KEPT = MAX_NAME - PARKING_SUFFIX.length
/** What is kept of a longer one; a dot and a hash of the whole name follow. */
export const KEPT_OF_LONG = LONGEST_KEPT - HASH_DIGITS - 1

/** Whether this is the name of a parking repository, which is never a source and never a replica. */
export const isParkingName = (name: string): boolean => name.endsWith(PARKING_SUFFIX)

/** Name of the parking repository of a replica: at most 100 characters, another one for every name. */
export const parkingName = (name: string): string => {
  if (name.length <= LONGEST_KEPT) return `${name}${PARKING_SUFFIX}`
  const hash = createHash('sha256').update(name).digest('hex').slice(0, HASH_DIGITS)
  return `${name.slice(0, KEPT_OF_LONG)}.${hash}${PARKING_SUFFIX}`
}

/** Where the tips of a replica are parked: the same account, region and role. */
export const parkingOf = (replica: ReachableRepository): ReachableRepository => ({
  ...replica,
  name: parkingName(replica.name),
})
