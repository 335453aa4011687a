import { randomUUID } from 'node:crypto'
import type { CreatePullRequestInput, CreatePullRequestOutput } from '@aws-sdk/client-codecommit'
import type { Call } from '../../gateway/service.ts'
import { readContent } from '../approvals/content.ts'
import { appliesTo } from '../approvals/evaluate.ts'
import { bareOf, type Context } from '../context.ts'
import { clientRequestToken } from '../idempotency.ts'
import { mergeBase as mergeBaseOf } from '../merging/merging.ts'
import { sentences, tellPullRequest } from '../pull-requests/events.ts'
import { description, existingPullRequest, title } from '../pull-requests/inputs.ts'
import type { ApprovalRuleRecord, PullRequest } from '../pull-requests/records.ts'
import { newRevisionId } from '../pull-requests/revise.ts'
import { checkedTarget, tipsOf } from '../pull-requests/targets.ts'
import { showPullRequest } from '../pull-requests/view.ts'
import type { Repository } from '../repositories.ts'
import { existing, reject } from '../validate.ts'

/** Opens a pull request, with a rule from each of the repository's templates that fits its destination. */
export const createPullRequest =
  (context: Context) =>
  async (input: CreatePullRequestInput, call: Call): Promise<CreatePullRequestOutput> => {
    const asked = { title: title(input.title), description: description(input.description) }
    const target = checkedTarget(input.targets)
    const token = clientRequestToken(input.clientRequestToken)
    const repository = existing(context, call, target.repositoryName)
    const use = { ...call, token }
    const parameters = { ...asked, ...target, caller: call.caller.arn }
    const repeated = (): Repeated | undefined => {
      const id = context.clientTokens.made(use, parameters)
      return id === undefined ? undefined : { repeats: existingPullRequest(context, call, id).pullRequest }
    }
    const before = repeated()
    const shown = async (pullRequest: PullRequest): Promise<CreatePullRequestOutput> => ({
      pullRequest: await showPullRequest(context, { pullRequest, repository }),
    })
    if (before) return shown(before.repeats)

    const bare = bareOf(context, repository)
    // nothing may move between the look at the tips and the record of them
    const made = await context.queue(repository.id, async () => {
      const tips = await tipsOf(bare, target)
      const mergeBase = await mergeBaseOf(context, repository, tips.sourceCommit, tips.destinationCommit)
      return context.parts.store.transaction((): PullRequest | Repeated => {
        const twin = repeated()
        if (twin) return twin
        const draft = {
          ...asked,
          ...target,
          ...tips,
          ...(mergeBase !== undefined && { mergeBase }),
          ...(token !== undefined && { clientRequestToken: token }),
        }
        const pullRequest = store(context, repository, call, draft)
        context.clientTokens.remember(use, parameters, { id: pullRequest.id, repositoryId: repository.id })
        return pullRequest
      })
    })
    if ('repeats' in made) return shown(made.repeats)
    const sentence = sentences.created(made, call.caller)
    tellPullRequest(context, repository, call.caller, made, { event: 'pullRequestCreated', sentence })
    return shown(made)
  }

interface Repeated {
  readonly repeats: PullRequest
}

type Draft = Pick<
  PullRequest,
  'title' | 'sourceReference' | 'destinationReference' | 'sourceCommit' | 'destinationCommit'
> & {
  readonly description: string | undefined
  readonly mergeBase?: string
  readonly clientRequestToken?: string
}

const store = (context: Context, repository: Repository, call: Call, draft: Draft): PullRequest => {
  const { pullRequests, limits, parts } = context
  if (pullRequests.countOpen(repository.id) >= limits.openPullRequests) {
    reject('MaximumOpenPullRequestsExceeded', 'The repository has as many open pull requests as it may have.')
  }
  const { account, region } = call
  const now = parts.now()
  const { description: text, mergeBase, clientRequestToken: token } = draft
  const pullRequest: PullRequest = {
    id: pullRequests.nextId(call),
    account,
    region,
    repository: { account, region, id: repository.id, name: repository.name },
    title: draft.title,
    ...(text !== undefined && { description: text }),
    authorArn: call.caller.arn,
    ...(token !== undefined && { clientRequestToken: token }),
    createdAt: now,
    activeAt: now,
    status: 'OPEN',
    sourceReference: draft.sourceReference,
    destinationReference: draft.destinationReference,
    sourceCommit: draft.sourceCommit,
    destinationCommit: draft.destinationCommit,
    ...(mergeBase !== undefined && { mergeBase }),
    revisionId: newRevisionId(),
    rules: rulesFromTemplates(context, repository, draft.destinationReference),
  }
  pullRequests.put(pullRequest)
  pullRequests.putRevision(pullRequest, pullRequest.revisionId, { approvers: [] })
  pullRequests.addHappened(pullRequest, {
    type: 'PULL_REQUEST_CREATED',
    actorArn: call.caller.arn,
    at: now,
    metadata: {
      pullRequestCreatedEventMetadata: {
        repositoryName: repository.name,
        sourceCommitId: draft.sourceCommit,
        destinationCommitId: draft.destinationCommit,
        ...(mergeBase !== undefined && { mergeBase }),
      },
    },
  })
  return pullRequest
}

/** Copies: what becomes of the templates later does not touch them. */
const rulesFromTemplates = (
  { templates, parts }: Context,
  repository: Repository,
  destination: string,
): ApprovalRuleRecord[] =>
  templates
    .of(repository)
    .filter(({ content }) => appliesTo(readContent(content), destination))
    .map(({ id, name, content, sha256, modifiedBy }) => ({
      id: randomUUID(),
      name,
      content,
      sha256,
      createdAt: parts.now(),
      modifiedAt: parts.now(),
      modifiedBy,
      template: { id, name },
    }))
