import { join } from 'node:path'
import type { Credentials, Iam } from './contracts.ts'
import { writeEnvironment, writeGitCredentials, writeProfiles } from './state/write-profile.ts'

/** What an account's owner signs with. */
export interface AccountAccess {
  readonly account: string
  readonly credentials: Pick<Credentials, 'accessKeyId' | 'secretAccessKey'>
  /** absent when the cloud was started with credentials of one's own and none for Git */
  readonly gitUserName?: string
  readonly gitPassword?: string
}

/** Credentials that an account has instead of an administrator's made up for it. */
export interface OwnCredentials {
  /** access key of the account's root */
  readonly rootKey?: { readonly id: string; readonly secret: string }
  /** static Git credential of a user who may use all of CodeCommit */
  readonly gitUser?: { readonly name: string; readonly password: string }
}

const ADMINISTRATOR = 'relay'

/**
 * Sees to it that each account can be entered: the first by its own credentials where there are some, the others by an
 * administrator with a key and a Git credential, found again at every start.
 * @param former access of a cloud that has forgotten everything: then it is the same again
 */
export const openAccess = (
  iam: Iam,
  accounts: readonly string[],
  own: OwnCredentials | undefined,
  former: readonly AccountAccess[] = [],
): readonly AccountAccess[] =>
  accounts.map((account, index) => {
    if (own === undefined || index > 0) {
      const before = former.find((access) => access.account === account)
      return { account, ...iam.bootstrapAccount(account, ADMINISTRATOR, before) }
    }
    iam.seedAccount(account, own)
    return {
      account,
      credentials: { accessKeyId: own.rootKey?.id ?? '', secretAccessKey: own.rootKey?.secret ?? '' },
      ...(own.gitUser && { gitUserName: own.gitUser.name, gitPassword: own.gitUser.password }),
    }
  })

/**
 * The first account's profile is `relay`, the others' `relay-<account>`; Git has one login for each host: the first account's. The file
 * `env` is for the shell of a second terminal: the first account's profile and region, and what `environment` adds to them.
 */
export const writeAccess = (
  folder: string,
  access: readonly AccountAccess[],
  regions: readonly string[],
  endpointUrl: string,
  gitHost: (region: string) => string,
  environment: Readonly<Record<string, string>>,
): void => {
  const region = regions[0] ?? 'us-east-1'
  const { configFile, credentialsFile } = writeProfiles(
    folder,
    access
      .filter(({ credentials }) => credentials.accessKeyId !== '')
      .map(({ account, credentials }, index) => ({
        name: index === 0 ? ADMINISTRATOR : `${ADMINISTRATOR}-${account}`,
        region,
        endpointUrl,
        credentials,
      })),
  )
  writeEnvironment(join(folder, 'env'), {
    AWS_CONFIG_FILE: configFile,
    AWS_SHARED_CREDENTIALS_FILE: credentialsFile,
    AWS_PROFILE: ADMINISTRATOR,
    AWS_REGION: region,
    ...environment,
  })
  writeGitCredentials(
    join(folder, 'git-credentials'),
    access
      .slice(0, 1)
      .flatMap(({ gitUserName, gitPassword }) =>
        gitUserName === undefined || gitPassword === undefined
          ? []
          : regions.map((each) => ({ url: gitHost(each), userName: gitUserName, password: gitPassword })),
      ),
  )
}
