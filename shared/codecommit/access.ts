import type { CodeCommitClient } from '@aws-sdk/client-codecommit'
import { createGitClient } from '../git/client.ts'
import { isCodeCommitRefName } from '../git/ref-name.ts'
import type { RefMap } from '../git/refs.ts'
import type { GitRemote } from '../git/types.ts'
import { RelayError } from '../runtime/errors.ts'
import { addressText, type ReachableRepository } from './address.ts'
import { type Credentials, credentialsFor, type Identity } from './credentials.ts'
import { gitUrl } from './endpoint.ts'
import { failureOf, isAwsError } from './failures.ts'
import { basicAuthorization, type GitPassword, signGitPassword } from './git-password.ts'

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

export interface RepositoryDescription {
  /** short name; absent while the repository is empty */
  readonly defaultBranch?: string
  readonly description?: string
}

/** CodeCommit as the product needs it. Every method throws RelayError, with the repository's address in its data. */
export interface CodeCommitAccess {
  /** heads and tags as they are now, or undefined where there is no such repository; `side` is the right that is used */
  readRefs(repository: ReachableRepository, side: 'source' | 'replica'): Promise<RefMap | undefined>
  /** URL for Git, without credentials; NAME_INVALID for what cannot be a repository */
  gitUrl(repository: ReachableRepository): string
  /** user name and password for that URL, signed now */
  gitPassword(repository: ReachableRepository): Promise<GitPassword>
  /** for a Git client: its URL, and an Authorization header signed anew for every request */
  gitRemote(repository: ReachableRepository): GitRemote
  /** names, in this account */
  listRepositories(region: string): Promise<string[]>
  /** undefined where there is no such repository */
  describe(repository: ReachableRepository): Promise<RepositoryDescription | undefined>
  ensureRepository(
    repository: ReachableRepository,
    wanted: { readonly description?: string | undefined },
  ): Promise<'created' | 'present'>
  /** `branch` is a short name; it must exist */
  setDefaultBranch(repository: ReachableRepository, branch: string): Promise<void>
}

const READ_TIMEOUT_MS = 30_000

/** A call that neither connects nor answers ends before a function's own time does. */
const PATIENCE = { connectionTimeout: 3_000, requestTimeout: 10_000 }

/**
 * Makes the access. Credentials come from the SDK's default chain, or from the repository's role. Nothing is loaded or asked
 * before it is needed: reading refs does without the API's client.
 */
export const createCodeCommit = (settings: CodeCommitSettings): CodeCommitAccess => {
  const credentials = credentialsFor(settings)
  const git = createGitClient()
  const url = (repository: ReachableRepository) =>
    gitUrl(settings.gitEndpoint, repository.region, repository.name)

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
    ...apiOf((identity, region) => () => credentials(identity, region)),
    async readRefs(repository, side) {
      const service = side === 'source' ? 'git-upload-pack' : 'git-receive-pack'
      const signal = AbortSignal.timeout(settings.timeoutMs ?? READ_TIMEOUT_MS)
      const advertisement = await git.advertise(gitRemote(repository), service, { signal })
      return advertisement?.refs
    },
  }
}

type ProviderOf = (identity: Identity, region: string) => () => Promise<Credentials>

/** The part that speaks CodeCommit's API (CodeCommit API Reference, 2015-04-13). */
const apiOf = (
  providerOf: ProviderOf,
): Pick<CodeCommitAccess, 'listRepositories' | 'describe' | 'ensureRepository' | 'setDefaultBranch'> => {
  const clients = new Map<string, Promise<CodeCommitClient>>()

  const clientFor = (region: string, { role, externalId }: Identity): Promise<CodeCommitClient> => {
    const key = JSON.stringify([region, role, externalId])
    const client = clients.get(key) ?? newClient(region, providerOf({ role, externalId }, region))
    clients.set(key, client)
    return client
  }

  return {
    async listRepositories(region) {
      const names: string[] = []
      try {
        const { paginateListRepositories } = await import('@aws-sdk/client-codecommit')
        const client = await clientFor(region, {})
        for await (const page of paginateListRepositories({ client }, {})) {
          for (const { repositoryName } of page.repositories ?? [])
            if (repositoryName) names.push(repositoryName)
        }
      } catch (error) {
        throw failureOf(error, { operation: 'ListRepositories', region })
      }
      return names
    },

    async describe(repository) {
      try {
        const { GetRepositoryCommand } = await import('@aws-sdk/client-codecommit')
        const client = await clientFor(repository.region, repository)
        const answer = await client.send(new GetRepositoryCommand({ repositoryName: repository.name }))
        const { defaultBranch, repositoryDescription } = answer.repositoryMetadata ?? {}
        return {
          ...(defaultBranch && { defaultBranch }),
          ...(repositoryDescription && { description: repositoryDescription }),
        }
      } catch (error) {
        if (isAwsError(error, 'RepositoryDoesNotExistException')) return undefined
        throw failureOf(error, { operation: 'GetRepository', repository: addressText(repository) })
      }
    },

    async ensureRepository(repository, { description }) {
      try {
        const { CreateRepositoryCommand } = await import('@aws-sdk/client-codecommit')
        const client = await clientFor(repository.region, repository)
        await client.send(
          new CreateRepositoryCommand({
            repositoryName: repository.name,
            repositoryDescription: description,
          }),
        )
        return 'created'
      } catch (error) {
        if (isAwsError(error, 'RepositoryNameExistsException')) return 'present'
        throw failureOf(error, { operation: 'CreateRepository', repository: addressText(repository) })
      }
    },

    async setDefaultBranch(repository, branch) {
      const facts = { operation: 'UpdateDefaultBranch', repository: addressText(repository), branch }
      if (!isCodeCommitRefName(`refs/heads/${branch}`)) throw new RelayError('NAME_INVALID', facts)
      try {
        const { UpdateDefaultBranchCommand } = await import('@aws-sdk/client-codecommit')
        const client = await clientFor(repository.region, repository)
        await client.send(
          new UpdateDefaultBranchCommand({ repositoryName: repository.name, defaultBranchName: branch }),
        )
      } catch (error) {
        if (isAwsError(error, 'RepositoryDoesNotExistException')) {
          throw new RelayError('REPLICA_MISSING', facts, { cause: error })
        }
        throw failureOf(error, facts)
      }
    },
  }
}

const newClient = async (region: string, credentials: ReturnType<ProviderOf>): Promise<CodeCommitClient> => {
  const { CodeCommitClient } = await import('@aws-sdk/client-codecommit')
  return new CodeCommitClient({ region, credentials, requestHandler: PATIENCE })
}
