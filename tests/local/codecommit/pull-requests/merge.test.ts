import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals'
import { type Orchard, type Repo, rule, startOrchard, user } from './orchard.ts'

let cloud: Orchard
let repo: Repo
let main: string
let tip: string
let pullRequestId: string
let count = 0
const dora = user('dora')
beforeAll(async () => {
  cloud = await startOrchard()
})
afterAll(() => cloud.end())
beforeEach(async () => {
  count += 1
  repo = await cloud.repo(`orchard-${count}`)
  main = await repo.commit('main', { 'a.txt': '1\n2\n3\n4\n5\n6\n7\n' })
  tip = await repo.commit('feature', { 'a.txt': '1\n2\n3\n4\n5\n6\nseven\n', 'b.txt': 'b\n' })
  pullRequestId = (await repo.open('feature')).pullRequestId
  cloud.told()
})

const merge = (how: string, more: object = {}) =>
  cloud.call(`MergePullRequestBy${how}`, { pullRequestId, repositoryName: repo.name, ...more }, dora)
const refusal = (how: string, more: object = {}) =>
  cloud.refusal(`MergePullRequestBy${how}`, { pullRequestId, repositoryName: repo.name, ...more }, dora)
const branch = async (branchName: string) =>
  (await cloud.call('GetBranch', { repositoryName: repo.name, branchName })).branch.commitId
const commit = async (commitId: string) =>
  (await cloud.call('GetCommit', { repositoryName: repo.name, commitId })).commit
const get = async () => (await cloud.call('GetPullRequest', { pullRequestId })).pullRequest

test.each([
  ['FastForward', 'FAST_FORWARD_MERGE'],
  ['Squash', 'SQUASH_MERGE'],
  ['ThreeWay', 'THREE_WAY_MERGE'],
])(
  'by %s: the branch moves, the pull request is closed as merged, and both are told',
  async (how, option) => {
    const { pullRequest } = await merge(how, { sourceCommitId: tip })
    const commitId = await branch('main')
    expect(pullRequest).toEqual({
      ...(await get()),
      pullRequestStatus: 'CLOSED',
      pullRequestTargets: [
        {
          repositoryName: repo.name,
          sourceReference: 'refs/heads/feature',
          destinationReference: 'refs/heads/main',
          sourceCommit: tip,
          destinationCommit: main,
          mergeBase: main,
          mergeMetadata: { isMerged: true, mergedBy: dora.arn, mergeCommitId: commitId, mergeOption: option },
        },
      ],
    })
    const parents = { FastForward: [main], Squash: [main], ThreeWay: [main, tip] }[how]
    expect((await commit(commitId)).parents).toEqual(parents)
    if (how === 'FastForward') expect(commitId).toBe(tip)
    expect((await commit(commitId)).treeId).toBe((await commit(tip)).treeId)
    // the source is left alone
    expect(await branch('feature')).toBe(tip)
    expect(cloud.told()).toMatchObject([
      {
        event: 'referenceUpdated',
        referenceFullName: 'refs/heads/main',
        oldCommitId: main,
        commitId,
        baseCommitId: main,
        sourceCommitId: tip,
        destinationCommitId: main,
        mergeOption: option,
        conflictDetailsLevel: 'FILE_LEVEL',
        conflictResolutionStrategy: 'NONE',
        callerUserArn: dora.arn,
      },
      {
        event: 'pullRequestMergeStatusUpdated',
        pullRequestId,
        mergeOption: option,
        isMerged: 'True',
        pullRequestStatus: 'Closed',
        author: cloud.olive.caller.arn,
        callerUserArn: dora.arn,
        destinationCommit: main,
        sourceCommit: tip,
      },
    ])
    const { pullRequestEvents } = await cloud.call('DescribePullRequestEvents', { pullRequestId })
    expect(pullRequestEvents.slice(1)).toMatchObject([
      {
        pullRequestEventType: 'PULL_REQUEST_MERGE_STATE_CHANGED',
        actorArn: dora.arn,
        pullRequestMergedStateChangedEventMetadata: {
          mergeMetadata: { isMerged: true, mergeCommitId: commitId, mergeOption: option },
        },
      },
    ])
    expect(await refusal(how)).toBe('PullRequestAlreadyClosed')
  },
)

test('with an author, a message and a strategy; names are checked', async () => {
  await repo.commit('main', { 'a.txt': 'one\n2\n3\n4\n5\n6\n7\n' })
  // one file changed on both sides
  expect(await refusal('FastForward')).toBe('ManualMergeRequired')
  expect(await refusal('Squash')).toBe('ManualMergeRequired')
  const more = { authorName: 'Dora D', email: 'dora@example.com', commitMessage: 'As agreed' }
  await merge('ThreeWay', { ...more, conflictDetailLevel: 'LINE_LEVEL' })
  const made = await commit(await branch('main'))
  expect(made).toMatchObject({
    message: 'As agreed',
    author: { name: 'Dora D', email: 'dora@example.com' },
    committer: { name: 'Dora D' },
  })
  const file = { repositoryName: repo.name, commitSpecifier: 'main', filePath: 'a.txt' }
  const { fileContent } = await cloud.call('GetFile', file)
  expect(Buffer.from(fileContent).toString()).toBe('one\n2\n3\n4\n5\n6\nseven\n')
})

test.each([
  ['FastForward', { pullRequestId: undefined }, 'PullRequestIdRequired'],
  ['FastForward', { pullRequestId: 'x' }, 'InvalidPullRequestId'],
  ['FastForward', { pullRequestId: '999999' }, 'PullRequestDoesNotExist'],
  ['FastForward', { repositoryName: undefined }, 'RepositoryNameRequired'],
  ['FastForward', { repositoryName: 'none' }, 'RepositoryDoesNotExist'],
  ['FastForward', { repositoryName: 'orchard-1' }, 'RepositoryNotAssociatedWithPullRequest'],
  ['FastForward', { sourceCommitId: 'feature' }, 'InvalidCommitId'],
  ['FastForward', { sourceCommitId: 'f'.repeat(40) }, 'TipOfSourceReferenceIsDifferent'],
  ['Squash', { conflictDetailLevel: 'WORD_LEVEL' }, 'InvalidConflictDetailLevel'],
  ['Squash', { conflictResolutionStrategy: 'MINE' }, 'InvalidConflictResolutionStrategy'],
  ['ThreeWay', { authorName: 'x'.repeat(1_025) }, 'NameLengthExceeded'],
  ['ThreeWay', { email: 'x'.repeat(257) }, 'InvalidEmail'],
  ['ThreeWay', { commitMessage: 'x'.repeat(262_145) }, 'CommitMessageLengthExceeded'],
  ['ThreeWay', { conflictResolution: { deleteFiles: [{ filePath: 'a.txt' }] } }, 'InvalidConflictResolution'],
])('by %s with %j: %s', async (how, more, error) => {
  expect(await refusal(how, more)).toBe(error)
  expect(await branch('main')).toBe(main)
  expect((await get()).pullRequestStatus).toBe('OPEN')
})

test('not before its rules are satisfied, or overridden', async () => {
  const { revisionId } = await get()
  const add = (approvalRuleName: string) =>
    cloud.call('CreatePullRequestApprovalRule', {
      pullRequestId,
      approvalRuleName,
      approvalRuleContent: rule(1),
    })
  await add('one')
  expect(await refusal('Squash')).toBe('PullRequestApprovalRulesNotSatisfied')
  const approval = { pullRequestId, revisionId, approvalState: 'APPROVE' }
  await cloud.call('UpdatePullRequestApprovalState', approval, dora)
  // a new commit has no approvals
  await repo.commit('feature')
  expect(await refusal('Squash')).toBe('PullRequestApprovalRulesNotSatisfied')
  const now = { pullRequestId, revisionId: (await get()).revisionId, overrideStatus: 'OVERRIDE' }
  await cloud.call('OverridePullRequestApprovalRules', now)
  expect((await merge('Squash')).pullRequest.pullRequestTargets[0].mergeMetadata.isMerged).toBe(true)
})

test('a source without anything new is merged all the same', async () => {
  await merge('FastForward')
  await cloud.call('CreateBranch', { repositoryName: repo.name, branchName: 'same', commitId: tip })
  pullRequestId = (await repo.open('same')).pullRequestId
  cloud.told()
  const { pullRequest } = await merge('FastForward')
  expect(pullRequest).toMatchObject({
    pullRequestStatus: 'CLOSED',
    pullRequestTargets: [{ mergeMetadata: { isMerged: true, mergeCommitId: tip } }],
  })
  expect(cloud.told().map(({ event }) => event)).toEqual(['pullRequestMergeStatusUpdated'])
})

test('merged twice at once: one does it', async () => {
  const answers = await Promise.allSettled([merge('Squash'), merge('ThreeWay'), merge('FastForward')])
  expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  const told = cloud.told().map(({ event }) => event)
  expect(told).toEqual(['referenceUpdated', 'pullRequestMergeStatusUpdated'])
})

test('branches merged without the pull request: a fast-forward closes it, others do not', async () => {
  const input = {
    repositoryName: repo.name,
    sourceCommitSpecifier: 'feature',
    destinationCommitSpecifier: 'main',
  }
  await cloud.call('MergeBranchesByThreeWay', input)
  expect((await get()).pullRequestStatus).toBe('OPEN')
  await repo.commit('other')
  await cloud.call('CreateBranch', { repositoryName: repo.name, branchName: 'next', commitId: main })
  const targets = [{ repositoryName: repo.name, sourceReference: 'feature', destinationReference: 'next' }]
  pullRequestId = (await cloud.call('CreatePullRequest', { title: 't', targets })).pullRequest.pullRequestId
  await cloud.call('MergeBranchesByFastForward', { ...input, destinationCommitSpecifier: 'next' }, dora)
  expect((await get()).pullRequestTargets[0].mergeMetadata).toMatchObject({
    isMerged: true,
    mergedBy: dora.arn,
  })
})

test('a file committed to the source by API is a new revision', async () => {
  const { revisionId } = await get()
  const file = {
    repositoryName: repo.name,
    branchName: 'feature',
    filePath: 'c.txt',
    fileContent: Buffer.from('c'),
    parentCommitId: tip,
  }
  const { commitId } = await cloud.call('PutFile', file)
  const now = await get()
  expect(now.pullRequestTargets[0].sourceCommit).toBe(commitId)
  expect(now.revisionId).not.toBe(revisionId)
  expect(cloud.told().map(({ event }) => event)).toEqual([
    'referenceUpdated',
    'pullRequestSourceBranchUpdated',
  ])
})
