import type { Call } from '../../gateway/service.ts'
import type { Context } from '../context.ts'
import { existing, reject } from '../validate.ts'
import { existingPullRequest, type Found } from './inputs.ts'

/**
 * A pull request that is named together with its repository. Throws PullRequestDoesNotExist, RepositoryDoesNotExist,
 * RepositoryNotAssociatedWithPullRequest.
 */
export const pullRequestOf = (context: Context, call: Call, id: string, repositoryName: string): Found => {
  const found = existingPullRequest(context, call, id)
  if (existing(context, call, repositoryName).id !== found.repository.id) {
    reject(
      'RepositoryNotAssociatedWithPullRequest',
      `Repository ${repositoryName} does not contain pull request ${id}`,
    )
  }
  return found
}
