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

/** `account/region/name`: the text form used in table keys, logs and messages. */
export const addressText = ({ account, region, name }: RepositoryAddress): string =>
  `${account}/${region}/${name}`

/** ARN of a repository. Partitions go by the region's name (AWS General Reference, "Amazon Resource Names"). */
export const repositoryArn = ({ account, region, name }: RepositoryAddress): string =>
  `arn:${partitionOf(region)}:codecommit:${region}:${account}:${name}`

const partitionOf = (region: string): string => {
  if (region.startsWith('cn-')) return 'aws-cn'
  return region.startsWith('us-gov-') ? 'aws-us-gov' : 'aws'
}

export const sameAddress = (a: RepositoryAddress, b: RepositoryAddress): boolean =>
  addressText(a) === addressText(b)
