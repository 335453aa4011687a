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

export const sameAddress = (a: RepositoryAddress, b: RepositoryAddress): boolean =>
  addressText(a) === addressText(b)
