import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { AwsError } from '../../../../local/gateway/service.ts'
import { type Orchard, rule, startOrchard } from './orchard.ts'

let cloud: Orchard
let usable = true
const known: Record<string, string> = {}
beforeAll(async () => {
  cloud = await startOrchard({
    kms: {
      managedKey: () => 'arn:aws:kms:eu-west-1:111111111111:key/1',
      resolve: (_, id) => id,
      use: () => {
        if (!usable) throw new AwsError('DisabledException', 'disabled', 400)
      },
    },
  })
  const repo = await cloud.repo('orchard')
  known.main = await repo.git('rev-parse', 'main')
  known.tip = await repo.commit('feature')
  const { pullRequestId, revisionId } = await repo.open('feature')
  Object.assign(known, { pullRequestId, revisionId })
  const input = { repositoryName: 'orchard', beforeCommitId: known.main, afterCommitId: known.tip }
  const { comment } = await cloud.call('PostCommentForComparedCommit', { ...input, content: 'c' })
  known.commentId = comment.commentId
  usable = false
})
afterAll(() => cloud.end())

// whether the API lists exceptions of keys for the operation
test.each([
  ['GetPullRequest', {}, true],
  ['DescribePullRequestEvents', {}, true],
  ['GetCommentsForPullRequest', {}, true],
  ['CreatePullRequestApprovalRule', { approvalRuleName: 'one', approvalRuleContent: rule(1) }, true],
  ['EvaluatePullRequestApprovalRules', {}, true],
  ['GetPullRequestApprovalStates', {}, true],
  ['OverridePullRequestApprovalRules', { overrideStatus: 'OVERRIDE' }, true],
  ['MergePullRequestByFastForward', { repositoryName: 'orchard' }, true],
  ['UpdatePullRequestStatus', { pullRequestStatus: 'CLOSED' }, true],
  ['ListPullRequests', { repositoryName: 'orchard' }, true],
  ['GetComment', {}, true],
  ['UpdatePullRequestTitle', { title: 't' }, false],
  ['UpdatePullRequestDescription', { description: 'd' }, false],
  ['UpdateComment', { content: 'd' }, false],
  ['GetCommentReactions', {}, false],
])('%s without the key of the repository', async (operation, more, refused) => {
  const { pullRequestId, revisionId, commentId } = known
  const input = { pullRequestId, revisionId, commentId, ...more }
  expect(await cloud.refusal(operation, input)).toBe(refused ? 'EncryptionKeyDisabled' : undefined)
})
