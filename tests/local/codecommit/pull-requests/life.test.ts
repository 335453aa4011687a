import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { ACCOUNT, REGION } from '../harness.ts'
import { type Orchard, type Repo, session, startOrchard, user } from './orchard.ts'

let cloud: Orchard
let repo: Repo
let main: string
let count = 0
beforeAll(async () => {
  cloud = await startOrchard()
})
afterAll(() => cloud.end())
beforeEach(async () => {
  count += 1
  repo = await cloud.repo(`orchard-${count}`)
  main = await repo.git('rev-parse', 'main')
  cloud.told()
})

const get = async (pullRequestId: string) =>
  (await cloud.call('GetPullRequest', { pullRequestId })).pullRequest
const target = async (id: string) => (await get(id)).pullRequestTargets[0]
const happened = async (pullRequestId: string) =>
  (await cloud.call('DescribePullRequestEvents', { pullRequestId })).pullRequestEvents
const arnOf = ({ name }: Repo) => `arn:aws:codecommit:${REGION}:${ACCOUNT}:${name}`

test('opened, read, described, renamed, closed; and the events of each', async () => {
  const tip = await repo.commit('feature')
  cloud.told()
  const opened = await repo.open('feature', { description: 'Shorter cold storage.', title: 'Ripen faster' })
  expect(opened).toEqual({
    pullRequestId: expect.stringMatching(/^\d+$/),
    title: 'Ripen faster',
    description: 'Shorter cold storage.',
    lastActivityDate: expect.any(Date),
    creationDate: expect.any(Date),
    pullRequestStatus: 'OPEN',
    authorArn: cloud.olive.caller.arn,
    pullRequestTargets: [
      {
        repositoryName: repo.name,
        sourceReference: 'refs/heads/feature',
        destinationReference: 'refs/heads/main',
        destinationCommit: main,
        sourceCommit: tip,
        mergeBase: main,
        mergeMetadata: { isMerged: false },
      },
    ],
    revisionId: expect.stringMatching(/^[0-9a-f]{64}$/),
    approvalRules: [],
  })
  const { pullRequestId } = opened
  expect(await get(pullRequestId)).toEqual(opened)
  const envelope = cloud.events.at(-1)
  expect(envelope).toMatchObject({
    'detail-type': 'CodeCommit Pull Request State Change',
    source: 'aws.codecommit',
    account: ACCOUNT,
    region: REGION,
    resources: [arnOf(repo)],
  })
  const javaDate = /^(Mon|Tue|Wed|Thu|Fri|Sat|Sun) [A-Z][a-z]{2} \d\d \d\d:\d\d:\d\d UTC \d{4}$/
  const told = {
    pullRequestId,
    repositoryNames: [repo.name],
    title: 'Ripen faster',
    description: 'Shorter cold storage.',
    author: cloud.olive.caller.arn,
    callerUserArn: cloud.olive.caller.arn,
    isMerged: 'False',
    sourceReference: 'refs/heads/feature',
    destinationReference: 'refs/heads/main',
    sourceCommit: tip,
    destinationCommit: main,
    revisionId: opened.revisionId,
    creationDate: expect.stringMatching(javaDate),
    lastModifiedDate: expect.stringMatching(javaDate),
    notificationBody: expect.stringMatching(
      new RegExp(
        `^A pull request event occurred in .*: ${repo.name}\\. .*Pull Request ID as ${pullRequestId} and title as Ripen faster\\. .*` +
          `https://${REGION}\\.console\\.aws\\.amazon\\.com/codesuite/codecommit/repositories/${repo.name}/pull-requests/${pullRequestId}\\?region=${REGION}$`,
      ),
    ),
  }
  expect(cloud.told()).toEqual([{ event: 'pullRequestCreated', pullRequestStatus: 'Open', ...told }])

  const renamed = await cloud.call('UpdatePullRequestTitle', { pullRequestId, title: 'Ripen slowly' })
  expect(renamed.pullRequest).toMatchObject({ title: 'Ripen slowly', revisionId: opened.revisionId })
  const described = await cloud.call('UpdatePullRequestDescription', { pullRequestId, description: '' })
  expect(described.pullRequest).toMatchObject({ title: 'Ripen slowly', description: '' })
  const still = await cloud.call('UpdatePullRequestStatus', { pullRequestId, pullRequestStatus: 'OPEN' })
  expect(still.pullRequest.pullRequestStatus).toBe('OPEN')
  expect(cloud.told()).toEqual([])

  const close = { pullRequestId, pullRequestStatus: 'CLOSED' }
  const nina = session('Builder', 'nina', { displayName: 'Nina N', emailAddress: 'nina@example.com' })
  expect((await cloud.call('UpdatePullRequestStatus', close, nina)).pullRequest).toMatchObject({
    pullRequestStatus: 'CLOSED',
    pullRequestTargets: [{ mergeMetadata: { isMerged: false } }],
  })
  expect(cloud.told()).toEqual([
    {
      ...told,
      event: 'pullRequestStatusChanged',
      pullRequestStatus: 'Closed',
      title: 'Ripen slowly',
      description: '',
      callerUserArn: nina.arn,
      displayName: 'Nina N',
      emailAddress: 'nina@example.com',
      notificationBody: expect.stringMatching(
        /The display name for the user is Nina N\. .*The status is closed\. /,
      ),
    },
  ])
  // twice is once
  await cloud.call('UpdatePullRequestStatus', close)
  expect(cloud.told()).toEqual([])
  expect(await happened(pullRequestId)).toEqual([
    {
      pullRequestId,
      eventDate: expect.any(Date),
      pullRequestEventType: 'PULL_REQUEST_CREATED',
      actorArn: cloud.olive.caller.arn,
      pullRequestCreatedEventMetadata: {
        repositoryName: repo.name,
        sourceCommitId: tip,
        destinationCommitId: main,
        mergeBase: main,
      },
    },
    {
      pullRequestId,
      eventDate: expect.any(Date),
      pullRequestEventType: 'PULL_REQUEST_STATUS_CHANGED',
      actorArn: nina.arn,
      pullRequestStatusChangedEventMetadata: { pullRequestStatus: 'CLOSED' },
    },
  ])
  for (const [operation, more] of [
    ['UpdatePullRequestTitle', { title: 'x' }],
    ['UpdatePullRequestDescription', { description: 'x' }],
  ] as const) {
    expect(await cloud.refusal(operation, { pullRequestId, ...more })).toBe('PullRequestAlreadyClosed')
  }
  expect(await cloud.refusal('UpdatePullRequestStatus', { ...close, pullRequestStatus: 'OPEN' })).toBe(
    'InvalidPullRequestStatusUpdate',
  )
})

test('without a description there is none, not even in events; the default branch is the destination', async () => {
  await repo.commit('feature')
  cloud.told()
  const { pullRequest } = await cloud.call('CreatePullRequest', {
    title: 't',
    targets: [{ repositoryName: repo.name, sourceReference: 'refs/heads/feature' }],
  })
  expect(pullRequest).not.toHaveProperty('description')
  expect(pullRequest.pullRequestTargets[0].destinationReference).toBe('refs/heads/main')
  expect(cloud.told()[0]).not.toHaveProperty('description')
})

test('numbers go on across repositories of an account and region, and start again elsewhere', async () => {
  await repo.commit('feature')
  const first = await repo.open('feature')
  const other = await cloud.repo(`other-${count}`)
  await other.commit('feature')
  const second = await other.open('feature')
  expect(Number(second.pullRequestId)).toBe(Number(first.pullRequestId) + 1)
  // a number is not used again
  await cloud.call('DeleteRepository', { repositoryName: other.name })
  expect(await cloud.refusal('GetPullRequest', { pullRequestId: second.pullRequestId })).toBe(
    'PullRequestDoesNotExist',
  )
  const third = await repo.open('feature')
  expect(Number(third.pullRequestId)).toBe(Number(second.pullRequestId) + 1)
  const { pullRequestId } = first
  expect(await cloud.refusal('GetPullRequest', { pullRequestId }, cloud.omar.caller)).toBe(
    'PullRequestDoesNotExist',
  )
  await expect(
    cloud.call('GetPullRequest', { pullRequestId }, cloud.olive.caller, 'us-east-1'),
  ).rejects.toMatchObject({ code: 'PullRequestDoesNotExistException' })
})

test('keeps its id when the repository is renamed, under the new name', async () => {
  await repo.commit('feature')
  const { pullRequestId } = await repo.open('feature')
  await cloud.call('UpdateRepositoryName', { oldName: repo.name, newName: `renamed-${count}` })
  expect((await target(pullRequestId)).repositoryName).toBe(`renamed-${count}`)
  const listed = await cloud.call('ListPullRequests', { repositoryName: `renamed-${count}` })
  expect(listed.pullRequestIds).toEqual([pullRequestId])
})

test('the same token gives the same pull request, other parameters are refused', async () => {
  await repo.commit('feature')
  await repo.commit('other')
  const clientRequestToken = `token-${count}`
  const first = await repo.open('feature', { clientRequestToken })
  expect(first.clientRequestToken).toBe(clientRequestToken)
  cloud.told()
  expect(await repo.open('feature', { clientRequestToken })).toEqual(first)
  expect(cloud.told()).toEqual([])
  const input = {
    title: first.title,
    targets: [{ repositoryName: repo.name, sourceReference: 'other', destinationReference: 'main' }],
    clientRequestToken,
  }
  expect(await cloud.refusal('CreatePullRequest', input)).toBe('IdempotencyParameterMismatch')
  // at once, too
  const twins = await Promise.all([1, 2, 3].map(() => repo.open('other', { clientRequestToken: 'twins' })))
  expect(new Set(twins.map(({ pullRequestId }) => pullRequestId)).size).toBe(1)
})

test('listed by activity, filtered by status and author, page by page', async () => {
  const ids: string[] = []
  for (const name of ['a', 'b', 'c', 'd']) {
    await repo.commit(name)
    cloud.clock.offset += 1_000
    ids.push((await repo.open(name, {}, name === 'd' ? user('dora') : cloud.olive.caller)).pullRequestId)
  }
  const [a = '', b = '', c = '', d = ''] = ids
  cloud.clock.offset += 1_000
  await cloud.call('UpdatePullRequestStatus', { pullRequestId: b, pullRequestStatus: 'CLOSED' })
  cloud.clock.offset += 1_000
  await cloud.call('UpdatePullRequestTitle', { pullRequestId: a, title: 'again' })
  const list = async (more: object = {}) =>
    (await cloud.call('ListPullRequests', { repositoryName: repo.name, ...more })).pullRequestIds
  expect(await list()).toEqual([a, b, d, c])
  expect(await list({ pullRequestStatus: 'OPEN' })).toEqual([a, d, c])
  expect(await list({ pullRequestStatus: 'CLOSED' })).toEqual([b])
  expect(await list({ authorArn: user('dora').arn })).toEqual([d])
  expect(await list({ authorArn: user('nobody').arn })).toEqual([])
  const input = { repositoryName: repo.name, maxResults: 3 }
  const page = await cloud.call('ListPullRequests', input)
  expect(page.pullRequestIds).toEqual([a, b, d])
  const rest = await cloud.call('ListPullRequests', { ...input, nextToken: page.nextToken })
  expect(rest).toEqual({ pullRequestIds: [c] })
  const other = { ...input, pullRequestStatus: 'OPEN', nextToken: page.nextToken }
  expect(await cloud.refusal('ListPullRequests', other)).toBe('InvalidContinuationToken')
})

test('its events by type, by actor, and page by page', async () => {
  await repo.commit('feature')
  const { pullRequestId } = await repo.open('feature')
  await repo.commit('feature')
  await repo.commit('feature')
  const list = (more: object) => cloud.call('DescribePullRequestEvents', { pullRequestId, ...more })
  const types = ({ pullRequestEvents }: { pullRequestEvents: { pullRequestEventType: string }[] }) =>
    pullRequestEvents.map(({ pullRequestEventType }) => pullRequestEventType)
  const moved = 'PULL_REQUEST_SOURCE_REFERENCE_UPDATED'
  expect(types(await list({}))).toEqual(['PULL_REQUEST_CREATED', moved, moved])
  expect(types(await list({ pullRequestEventType: moved }))).toEqual([moved, moved])
  expect(types(await list({ actorArn: user('nobody').arn }))).toEqual([])
  expect(types(await list({ actorArn: cloud.olive.caller.arn }))).toHaveLength(3)
  const page = await list({ maxResults: 2 })
  expect(types(page)).toEqual(['PULL_REQUEST_CREATED', moved])
  expect(types(await list({ maxResults: 2, nextToken: page.nextToken }))).toEqual([moved])
})

describe('follows its branches', () => {
  test('the source moved: a new revision each time', async () => {
    const first = await repo.commit('feature')
    const { pullRequestId, revisionId } = await repo.open('feature')
    cloud.told()
    const second = await repo.commit('feature')
    const now = await get(pullRequestId)
    expect(now.revisionId).not.toBe(revisionId)
    expect(now.pullRequestTargets[0]).toMatchObject({ sourceCommit: second, destinationCommit: main })
    const told = cloud.told()
    expect(told.map(({ event }) => event)).toEqual(['referenceUpdated', 'pullRequestSourceBranchUpdated'])
    expect(told[1]).toMatchObject({
      pullRequestId,
      pullRequestStatus: 'Open',
      sourceCommit: second,
      revisionId: now.revisionId,
      notificationBody: expect.stringContaining('commits to the source branch: feature.'),
    })
    expect((await happened(pullRequestId)).at(-1)).toMatchObject({
      pullRequestEventType: 'PULL_REQUEST_SOURCE_REFERENCE_UPDATED',
      pullRequestSourceReferenceUpdatedEventMetadata: {
        repositoryName: repo.name,
        beforeCommitId: first,
        afterCommitId: second,
        mergeBase: main,
      },
    })
    // back again: not the revision of before
    await repo.push(`${first}:refs/heads/feature`)
    const back = await get(pullRequestId)
    expect(back.pullRequestTargets[0].sourceCommit).toBe(first)
    expect([revisionId, now.revisionId]).not.toContain(back.revisionId)
  })

  test('the destination moved: its commit and the merge base follow, the revision stays, nothing is told', async () => {
    const tip = await repo.commit('feature')
    const { pullRequestId, revisionId } = await repo.open('feature')
    const next = await repo.commit('main')
    await repo.git('checkout', '-q', 'feature')
    expect(await target(pullRequestId)).toMatchObject({ destinationCommit: next, mergeBase: main })
    expect((await get(pullRequestId)).revisionId).toBe(revisionId)
    expect(cloud.told('pullRequestSourceBranchUpdated')).toEqual([])
    await repo.git('merge', '-q', 'main', '-m', 'catch up')
    await repo.push('feature')
    expect(await target(pullRequestId)).toMatchObject({ mergeBase: next })
    expect(tip).not.toBe(await repo.git('rev-parse', 'feature'))
  })

  test.each(['source', 'destination'])('closed when its %s is deleted by API', async (side) => {
    await repo.commit('feature')
    await repo.commit('release')
    const targets = [
      { repositoryName: repo.name, sourceReference: 'feature', destinationReference: 'release' },
    ]
    const { pullRequestId } = (await cloud.call('CreatePullRequest', { title: 't', targets })).pullRequest
    cloud.told()
    const branchName = side === 'source' ? 'feature' : 'release'
    await cloud.call('DeleteBranch', { repositoryName: repo.name, branchName })
    expect(await get(pullRequestId)).toMatchObject({
      pullRequestStatus: 'CLOSED',
      pullRequestTargets: [{ mergeMetadata: { isMerged: false } }],
    })
    expect(cloud.told()).toMatchObject([
      { event: 'referenceDeleted' },
      { event: 'pullRequestStatusChanged', pullRequestStatus: 'Closed', isMerged: 'False' },
    ])
  })

  test('closed when its source is deleted by push, even if it is back at once', async () => {
    const tip = await repo.commit('feature')
    const { pullRequestId } = await repo.open('feature')
    await repo.push(':feature')
    await repo.push(`${tip}:refs/heads/feature`)
    expect((await get(pullRequestId)).pullRequestStatus).toBe('CLOSED')
  })

  test('several pull requests of one branch follow together', async () => {
    await repo.commit('feature')
    await repo.commit('release')
    const ids = [(await repo.open('feature')).pullRequestId]
    const targets = [
      { repositoryName: repo.name, sourceReference: 'feature', destinationReference: 'release' },
    ]
    ids.push((await cloud.call('CreatePullRequest', { title: 't', targets })).pullRequest.pullRequestId)
    cloud.told()
    const tip = await repo.commit('feature')
    for (const id of ids) expect((await target(id)).sourceCommit).toBe(tip)
    expect(cloud.told('pullRequestSourceBranchUpdated')).toHaveLength(2)
  })

  test('made while its source is being pushed: never with an old tip', async () => {
    await repo.commit('feature')
    await repo.git('commit', '-q', '--allow-empty', '-m', 'more')
    const [opened] = await Promise.all([repo.open('feature'), repo.push('feature')])
    const tip = await repo.git('rev-parse', 'feature')
    expect((await target(opened.pullRequestId)).sourceCommit).toBe(tip)
  })
})

test('after a storm of changes on both sides it is where its branches are, and every move was told once', async () => {
  await repo.commit('feature')
  const { pullRequestId } = await repo.open('feature')
  cloud.told()
  const write = async (branchName: string) => {
    for (let n = 0; n < 5; n += 1) {
      const { branch } = await cloud.call('GetBranch', { repositoryName: repo.name, branchName })
      await cloud.call('PutFile', {
        repositoryName: repo.name,
        branchName,
        filePath: `${branchName}-${n}`,
        fileContent: Buffer.from(`${n}`),
        parentCommitId: branch.commitId,
      })
    }
    return (await cloud.call('GetBranch', { repositoryName: repo.name, branchName })).branch.commitId
  }
  const [sourceCommit, destinationCommit] = await Promise.all(['feature', 'main'].map(write))
  expect(await target(pullRequestId)).toMatchObject({ sourceCommit, destinationCommit, mergeBase: main })
  const told = cloud.told()
  expect(told.filter(({ event }) => event === 'referenceUpdated')).toHaveLength(10)
  const moves = told.filter(({ event }) => event === 'pullRequestSourceBranchUpdated')
  expect(moves).toHaveLength(5)
  expect(moves.at(-1)).toMatchObject({ sourceCommit })
})

describe('merged by a push', () => {
  test('a fast-forward counts as merged', async () => {
    const tip = await repo.commit('feature')
    const { pullRequestId } = await repo.open('feature')
    cloud.told()
    await repo.push(`${tip}:refs/heads/main`)
    expect(await get(pullRequestId)).toMatchObject({
      pullRequestStatus: 'CLOSED',
      pullRequestTargets: [
        {
          sourceCommit: tip,
          destinationCommit: main,
          mergeMetadata: {
            isMerged: true,
            mergedBy: cloud.olive.caller.arn,
            mergeCommitId: tip,
            mergeOption: 'FAST_FORWARD_MERGE',
          },
        },
      ],
    })
    expect(cloud.told()).toMatchObject([
      { event: 'referenceUpdated' },
      {
        event: 'pullRequestMergeStatusUpdated',
        pullRequestStatus: 'Closed',
        isMerged: 'True',
        mergeOption: 'FAST_FORWARD_MERGE',
        callerUserArn: cloud.olive.caller.arn,
        notificationBody: expect.stringContaining('The status is merged.'),
      },
    ])
    expect((await happened(pullRequestId)).at(-1)).toMatchObject({
      pullRequestEventType: 'PULL_REQUEST_MERGE_STATE_CHANGED',
      pullRequestMergedStateChangedEventMetadata: {
        repositoryName: repo.name,
        destinationReference: 'refs/heads/main',
        mergeMetadata: { isMerged: true, mergeOption: 'FAST_FORWARD_MERGE' },
      },
    })
  })

  test('with more on top, and the source deleted by the same push', async () => {
    await repo.commit('feature')
    const { pullRequestId } = await repo.open('feature')
    await repo.git('commit', '-q', '--allow-empty', '-m', 'on top')
    await repo.push('feature:main', ':feature')
    expect(await target(pullRequestId)).toMatchObject({ mergeMetadata: { isMerged: true } })
  })

  test('with a source that moved in the same push', async () => {
    await repo.commit('feature')
    const { pullRequestId } = await repo.open('feature')
    await repo.git('commit', '-q', '--allow-empty', '-m', 'last')
    await repo.push('feature', 'feature:main')
    const tip = await repo.git('rev-parse', 'feature')
    expect(await target(pullRequestId)).toMatchObject({
      sourceCommit: tip,
      mergeMetadata: { isMerged: true, mergeCommitId: tip },
    })
  })

  test.each([
    ['a merge commit', ['merge', '-q', '--no-ff', '-m', 'merged', 'feature']],
    ['a squash', ['merge', '-q', '--squash', 'feature']],
  ])('%s is not recognised', async (_, merge) => {
    await repo.commit('feature', { 'a.txt': 'a\n' })
    const { pullRequestId } = await repo.open('feature')
    await repo.git('checkout', '-q', 'main')
    await repo.git(...merge)
    await repo.git('commit', '-q', '--allow-empty', '-m', 'merged')
    await repo.push('main')
    expect(await get(pullRequestId)).toMatchObject({
      pullRequestStatus: 'OPEN',
      pullRequestTargets: [
        {
          destinationCommit: await repo.git('rev-parse', 'main'),
          mergeMetadata: { isMerged: false },
        },
      ],
    })
  })

  test('a destination that is set to the source by force was not merged', async () => {
    await repo.commit('feature')
    await repo.commit('main')
    const { pullRequestId } = await repo.open('feature')
    await repo.push('feature:main')
    expect((await get(pullRequestId)).pullRequestStatus).toBe('OPEN')
  })

  test('a source without anything new stays open when the destination moves', async () => {
    await cloud.call('CreateBranch', { repositoryName: repo.name, branchName: 'old', commitId: main })
    const { pullRequestId } = await repo.open('old')
    await repo.commit('main')
    expect((await get(pullRequestId)).pullRequestStatus).toBe('OPEN')
  })
})
