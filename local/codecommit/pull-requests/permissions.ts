import type { Context } from '../context.ts'
import type { Repository } from '../repositories.ts'
import type { Place } from './records.ts'

/** Operations without a resource type (service authorization reference). */
const TEMPLATES_ONLY = new Set([
  'CreateApprovalRuleTemplate',
  'GetApprovalRuleTemplate',
  'ListApprovalRuleTemplates',
  'UpdateApprovalRuleTemplateContent',
  'UpdateApprovalRuleTemplateDescription',
  'UpdateApprovalRuleTemplateName',
  'DeleteApprovalRuleTemplate',
  'ListRepositoriesForApprovalRuleTemplate',
])

interface Named {
  readonly pullRequestId?: unknown
  readonly commentId?: unknown
  readonly inReplyTo?: unknown
  readonly targets?: unknown
}

/** What an input of an operation on reviews asks to be allowed for, besides the repositories that it names. */
export interface Behind {
  /** names no repository, or nothing that is known: strangers are not told which ids there are */
  readonly everything?: boolean
  /** behind a pull request or a comment */
  readonly repository?: Repository
  /** names of repositories in which a pull request is to be made */
  readonly names?: readonly string[]
  /** full ref that a merge moves */
  readonly moves?: string
}

/** codecommit user guide, "CodeCommit permissions reference": what is known by an id is authorised by the repository behind it. */
export const behind = (
  { pullRequests, comments, repositories }: Pick<Context, 'pullRequests' | 'comments' | 'repositories'>,
  operation: string,
  input: Named,
  place: Place,
): Behind => {
  if (TEMPLATES_ONLY.has(operation)) return { everything: true }
  const { pullRequestId, targets } = input
  const commentId = input.commentId ?? input.inReplyTo
  if (pullRequestId !== undefined) {
    const number = Number(pullRequestId)
    const found = pullRequests.find(place, String(number))
    const repository = found && repositories.current(found.repository)
    if (found === undefined || repository === undefined) return { everything: true }
    const moves = operation.startsWith('MergePullRequestBy') && { moves: found.destinationReference }
    return { repository, ...moves }
  }
  if (commentId !== undefined) {
    const found = comments.find(place, String(commentId))
    const repository = found && repositories.current(found.subject.repository)
    return repository === undefined ? { everything: true } : { repository }
  }
  if (!Array.isArray(targets)) return {}
  return {
    names: (targets as { repositoryName?: unknown }[])
      .map(({ repositoryName }) => repositoryName)
      .filter((name): name is string => typeof name === 'string' && name !== ''),
  }
}
