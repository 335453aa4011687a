import type { Caller } from '../gateway/service.ts'
import type { Context } from './context.ts'
import { requireKey } from './keys.ts'
import { branchNameProblem } from './refs.ts'
import { reject } from './reject.ts'
import type { Repository } from './repositories.ts'

export { reject }

/** AWS's words with the space behind them, as moto's tests of CodeCommit hold them. */
const NAME_RULE =
  'The repository name is not valid. Repository names can be any valid combination of letters, numbers, periods, underscores, ' +
  'and dashes between 1 and 100 characters in length. Names are case sensitive. For more information, see Limits in the AWS ' +
  'CodeCommit User Guide. '

/** @returns the name; throws RepositoryNameRequired or InvalidRepositoryName (API reference, RepositoryName) */
export const repositoryName = (name: unknown): string => {
  if (name === undefined || name === null) reject('RepositoryNameRequired', 'A repository name is required.')
  if (typeof name !== 'string' || !isRepositoryName(name)) return reject('InvalidRepositoryName', NAME_RULE)
  return name
}

export const isRepositoryName = (name: string): boolean =>
  /^[A-Za-z0-9_.-]{1,100}$/.test(name) && !name.endsWith('.git')

/** @returns the repository of that name in the caller's account and region; throws as {@link repositoryName}, or RepositoryDoesNotExist */
export const named = (
  { repositories }: Pick<Context, 'repositories'>,
  { account, region }: { account: string; region: string },
  name: unknown,
): Repository => {
  const checked = repositoryName(name)
  const repository = repositories.find({ account, region, name: checked })
  return repository ?? reject('RepositoryDoesNotExist', `${checked} does not exist`)
}

/** As {@link named}, for operations that open the repository: throws what {@link requireKey} throws, too. */
export const existing = (
  context: Pick<Context, 'repositories' | 'kms'>,
  call: { account: string; region: string; caller: Caller },
  name: unknown,
): Repository => {
  const repository = named(context, call, name)
  requireKey(context, repository, call.caller)
  return repository
}

/** @returns the description, undefined when there is none; throws InvalidRepositoryDescription past 1,000 characters */
export const repositoryDescription = (text: unknown): string | undefined => {
  if (text === undefined || text === null) return undefined
  if (typeof text !== 'string' || [...text].length > 1_000) {
    return reject(
      'InvalidRepositoryDescription',
      'The repository description is not valid. It can be at most 1,000 characters long.',
    )
  }
  return text
}

/** @returns the short name; throws BranchNameRequired or InvalidBranchName */
export const branchName = (name: unknown): string => {
  if (name === undefined || name === null) reject('BranchNameRequired', 'A branch name is required.')
  const problem = typeof name === 'string' ? branchNameProblem(name) : 'it is not a text'
  if (problem !== undefined) reject('InvalidBranchName', `The branch name is not valid: ${problem}.`)
  return name as string
}

/** @returns the full id; throws CommitIdRequired or InvalidCommitId. Abbreviations are not taken */
export const commitId = (id: unknown): string => {
  if (id === undefined || id === null) reject('CommitIdRequired', 'A commit ID is required.')
  if (typeof id !== 'string' || !/^[0-9a-f]{40}$/.test(id)) {
    return reject('InvalidCommitId', 'The commit ID is not valid. It must be a full 40-digit SHA-1.')
  }
  return id
}
