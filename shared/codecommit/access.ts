import { createGitClient } from '../git/client.ts'
import type { RefMap } from '../git/refs.ts'
import type { GitRemote } from '../git/types.ts'
import type { ReachableRepository } from './address.ts'
import { openApi } from './api.ts'
import { type ContentsApi, contentsApi } from './contents-api.ts'
import { credentialsFor } from './credentials.ts'
import { gitUrl } from './endpoint.ts'
import { basicAuthorization, type GitPassword, signGitPassword } from './git-password.ts'
import { type HistoryApi, historyApi } from './history-api.ts'
import { type RepositoryApi, repositoryApi } from './repository-api.ts'
import { type SettingsApi, settingsApi } from './settings-api.ts'

export interface CodeCommitSettings {
  /** endpoint template with `{region}`; absent: AWS's own */
  readonly gitEndpoint?: string | undefined
  /** milliseconds since the epoch */
  readonly now: () => number
  /** of this process: whose STS endpoint is asked for roles; absent: the repository's */
  readonly region?: string | undefined
  /** for reading a ref advertisement */
  readonly timeoutMs?: number | undefined
}

/** CodeCommit as the product needs it. Every method throws RelayError, with the repository's address in its data. */
export interface CodeCommitAccess extends RepositoryApi, SettingsApi, ContentsApi, HistoryApi {
  /** heads and tags as they are now, or undefined where there is no such repository; `side` is the right that is used */
  readRefs(repository: ReachableRepository, side: 'source' | 'replica'): Promise<RefMap | undefined>
  /** URL for Git, without credentials; NAME_INVALID for what cannot be a repository */
  gitUrl(repository: ReachableRepository): string
  /** user name and password for that URL, signed now */
  gitPassword(repository: ReachableRepository): Promise<GitPassword>
  /** for a Git client: its URL, and an Authorization header signed anew for every request */
  gitRemote(repository: ReachableRepository): GitRemote
}

const READ_TIMEOUT_MS = 30_000

/**
 * Makes the access. Credentials come from the SDK's default chain, or from the repository's role. Nothing is loaded or asked
 * before it is needed: reading refs does without the API's client.
 */
export const createCodeCommit = (settings: CodeCommitSettings): CodeCommitAccess => {
  const credentials = credentialsFor(settings)
  const git = createGitClient()
  const url = (repository: ReachableRepository) =>
    gitUrl(settings.gitEndpoint, repository.region, repository.name)

  const api = openApi((identity, region) => () => credentials(identity, region))

  const gitPassword = async (repository: ReachableRepository) => {
    const { host, pathname: path } = new URL(url(repository))
    const { region } = repository
    return signGitPassword(await credentials(repository, region), { region, host, path, now: settings.now() })
  }

  const gitRemote = (repository: ReachableRepository): GitRemote => ({
    url: url(repository),
    authorization: async () => basicAuthorization(await gitPassword(repository)),
  })

  return {
    gitUrl: url,
    gitPassword,
    gitRemote,
    ...repositoryApi(api),
    ...settingsApi(api),
    ...contentsApi(api),
    ...historyApi(api),
    async readRefs(repository, side) {
      const service = side === 'source' ? 'git-upload-pack' : 'git-receive-pack'
      const signal = AbortSignal.timeout(settings.timeoutMs ?? READ_TIMEOUT_MS)
      const advertisement = await git.advertise(gitRemote(repository), service, { signal })
      return advertisement?.refs
    },
  }
}
