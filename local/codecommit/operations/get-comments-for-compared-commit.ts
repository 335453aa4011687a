import type {
  GetCommentsForComparedCommitInput,
  GetCommentsForComparedCommitOutput,
} from '@aws-sdk/client-codecommit'
import type { Call } from '../../gateway/service.ts'
import { COMMENT_PAGE, commentGroups } from '../comments/groups.ts'
import { bareOf, type Context } from '../context.ts'
import { pageSize } from '../pull-requests/inputs.ts'
import { commitId, existing, reject, repositoryName } from '../validate.ts'

/** Comments of pull requests are not among them (inferred). Without a commit before: whatever the commit was compared with. */
export const getCommentsForComparedCommit =
  (context: Context) =>
  async (
    input: GetCommentsForComparedCommitInput,
    call: Call,
  ): Promise<GetCommentsForComparedCommitOutput> => {
    const name = repositoryName(input.repositoryName)
    const beforeCommitId = input.beforeCommitId === undefined ? undefined : commitId(input.beforeCommitId)
    const afterCommitId = commitId(input.afterCommitId)
    const size = pageSize(input.maxResults, COMMENT_PAGE)
    const repository = existing(context, call, name)
    const ids = [...(beforeCommitId === undefined ? [] : [beforeCommitId]), afterCommitId]
    const commits = await bareOf(context, repository).commits(ids)
    for (const id of ids) {
      if (!commits.has(id)) reject('CommitDoesNotExist', `Commit ${id} does not exist`)
    }
    const found = context.comments
      .of(repository.id, { afterCommitId })
      .filter(({ subject }) => beforeCommitId === undefined || subject.beforeCommitId === beforeCommitId)
    const { groups, ...rest } = commentGroups(context, call, repository, found, {
      size,
      scope: `GetCommentsForComparedCommit ${repository.id} ${beforeCommitId} ${afterCommitId}`,
      token: input.nextToken,
    })
    return { commentsForComparedCommitData: groups, ...rest }
  }
