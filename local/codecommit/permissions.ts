import { AwsError, type Call, type Caller, type Permission } from '../gateway/service.ts'
import type { Context } from './context.ts'
import { behind } from './pull-requests/permissions.ts'
import { type Repository, type RepositoryKey, repositoryArn } from './repositories.ts'
import { branchMeant } from './specifiers.ts'
import { parseArn } from './tags.ts'

type ContextKeys = NonNullable<Permission['context']>

/** Operations that are judged by the branch they move (service authorization reference, `codecommit:References`). */
const MOVES_BRANCH = new Set(['CreateBranch', 'DeleteBranch', 'CreateCommit', 'PutFile', 'DeleteFile'])
/** The same for the branch that they merge into, whether they move it or not. */
const MERGES = new Set([
  'MergeBranchesByFastForward',
  'MergeBranchesBySquash',
  'MergeBranchesByThreeWay',
  'CreateUnreferencedMergeCommit',
  'GetMergeCommit',
])

/** Fields of inputs that decide what is asked for. */
interface Named {
  readonly repositoryName?: unknown
  readonly repositoryNames?: unknown
  readonly oldName?: unknown
  readonly newName?: unknown
  readonly branchName?: unknown
  readonly pullRequestId?: unknown
  readonly commentId?: unknown
  readonly inReplyTo?: unknown
  readonly targets?: unknown
  readonly targetBranch?: unknown
  readonly destinationCommitSpecifier?: unknown
  readonly resourceArn?: unknown
  readonly tags?: unknown
  readonly tagKeys?: unknown
}

const tagKeysOf = (repository: Repository | undefined): ContextKeys =>
  Object.fromEntries(
    Object.entries(repository?.tags ?? {}).map(([key, value]) => [`aws:ResourceTag/${key}`, value]),
  )

/**
 * What IAM must allow before an API operation (service authorization reference, "Actions, resources, and condition keys for AWS
 * CodeCommit"): one action of its own name on each repository that it names, or that is behind what it names; ListRepositories and
 * templates have no resource type. An input that names nothing needs nothing: the operation refuses it.
 */
export const permissionsOf =
  (context: Pick<Context, 'repositories' | 'pullRequests' | 'comments'>) =>
  (operation: string, input: Named, { account, region }: Call): Permission[] => {
    const action = `codecommit:${operation}`
    if (operation === 'ListRepositories') return [{ action, resource: '*' }]
    const review = behind(context, operation, input, { account, region })
    if (review.everything === true) return [{ action, resource: '*' }]
    const keys = keysNamed(input, { account, region }, review.names)
    const named = [...keys, ...(review.repository === undefined ? [] : [review.repository])]
    const requested = {
      ...requestKeys(operation, input),
      ...(review.moves !== undefined && { 'codecommit:References': review.moves }),
    }
    const byArn = new Map(named.map((key) => [repositoryArn(key), key]))
    return [...byArn].map(([resource, key]) => ({
      action,
      resource,
      context: { ...tagKeysOf(context.repositories.find(key)), ...requested },
    }))
  }

const keysNamed = (
  input: Named,
  home: { account: string; region: string },
  besides: readonly string[] = [],
): RepositoryKey[] => {
  if (input.resourceArn !== undefined) {
    const key = typeof input.resourceArn === 'string' ? parseArn(input.resourceArn) : undefined
    return key === undefined ? [] : [key]
  }
  const several = Array.isArray(input.repositoryNames) ? input.repositoryNames : []
  return [input.repositoryName, input.oldName, input.newName, ...several, ...besides]
    .filter((name): name is string => typeof name === 'string' && name !== '')
    .map((name) => ({ ...home, name }))
}

const requestKeys = (operation: string, input: Named): ContextKeys => {
  const tags = Object.entries((input.tags ?? {}) as Record<string, string>)
  const keys = Array.isArray(input.tagKeys) ? input.tagKeys.map(String) : tags.map(([key]) => key)
  return {
    ...Object.fromEntries(tags.map(([key, value]) => [`aws:RequestTag/${key}`, value])),
    ...(keys.length > 0 && { 'aws:TagKeys': keys }),
    ...(MOVES_BRANCH.has(operation) && { 'codecommit:References': `refs/heads/${String(input.branchName)}` }),
    ...(MERGES.has(operation) && mergeKeys(input)),
  }
}

/** A destination that is no branch has no ref to be judged by; operations that move one refuse it. */
const mergeKeys = ({ targetBranch, destinationCommitSpecifier }: Named): ContextKeys => {
  const branch = targetBranch ?? branchMeant(String(destinationCommitSpecifier))
  return branch === undefined ? {} : { 'codecommit:References': `refs/heads/${String(branch)}` }
}

/**
 * Whether a caller may use Git on a repository; a push is asked for twice, first without refs, then for each one (codecommit user guide,
 * "Limit pushes and merges to branches"). Throws whatever IAM throws besides a denial.
 */
export const may = (
  { iam, repositories }: Pick<Context, 'iam' | 'repositories'>,
  caller: Caller,
  action: 'GitPull' | 'GitPush',
  key: RepositoryKey,
  context: ContextKeys = {},
): boolean => {
  try {
    iam.authorize(caller, {
      action: `codecommit:${action}`,
      resource: repositoryArn(key),
      context: { ...tagKeysOf(repositories.find(key)), ...context },
    })
    return true
  } catch (error) {
    if (error instanceof AwsError && error.code === 'AccessDeniedException') return false
    throw error
  }
}
