import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { ACCOUNT, REGION } from '../harness.ts'
import { type Orchard, type Repo, session, startOrchard, user } from '../pull-requests/orchard.ts'

let cloud: Orchard
let repo: Repo
let main: string
let tip: string
let pullRequestId: string
let count = 0
const ann = user('ann')
beforeAll(async () => {
  cloud = await startOrchard()
})
afterAll(() => cloud.end())
beforeEach(async () => {
  count += 1
  repo = await cloud.repo(`orchard-${count}`)
  main = await repo.commit('main', { 'a.txt': 'one\ntwo\n', 'old.txt': 'old\n' })
  await repo.git('rm', '-q', 'old.txt')
  tip = await repo.commit('feature', { 'a.txt': 'one\ntwo\nthree\n', 'new.txt': 'new' })
  pullRequestId = (await repo.open('feature')).pullRequestId
  cloud.told()
})

const compared = () => ({ repositoryName: repo.name, beforeCommitId: main, afterCommitId: tip })
const onPull = (content: string, more: object = {}, caller = ann) =>
  cloud.call('PostCommentForPullRequest', { pullRequestId, ...compared(), content, ...more }, caller)
const onCommit = (content: string, more: object = {}, caller = ann) =>
  cloud.call('PostCommentForComparedCommit', { ...compared(), content, ...more }, caller)
const reply = async (inReplyTo: string, content: string, more: object = {}, caller = cloud.olive.caller) =>
  (await cloud.call('PostCommentReply', { inReplyTo, content, ...more }, caller)).comment
const line = (filePath: string, filePosition: number, relativeFileVersion = 'AFTER') => ({
  location: { filePath, filePosition, relativeFileVersion },
})
const blob = (commit: string, path: string) => repo.git('rev-parse', `${commit}:${path}`)
// biome-ignore lint/suspicious/noExplicitAny: the SDK's answers
const texts = (groups: any[]) =>
  groups.map(({ location, comments }) => [
    location && `${location.filePath}:${location.filePosition}`,
    comments.map(({ content }: { content: string }) => content),
  ])

describe('on a pull request', () => {
  test('a line is commented, answered, edited, deleted; each is told without its text', async () => {
    const posted = await onPull('Why three?', { ...line('a.txt', 3), clientRequestToken: 'first' })
    const { commentId } = posted.comment
    expect(posted).toEqual({
      pullRequestId,
      ...compared(),
      beforeBlobId: await blob(main, 'a.txt'),
      afterBlobId: await blob(tip, 'a.txt'),
      ...line('a.txt', 3),
      comment: {
        commentId: expect.stringMatching(/^[0-9a-f-]{36}:[0-9a-f-]{36}$/),
        content: 'Why three?',
        creationDate: expect.any(Date),
        lastModifiedDate: expect.any(Date),
        authorArn: ann.arn,
        deleted: false,
        clientRequestToken: 'first',
        callerReactions: [],
        reactionCounts: {},
      },
    })
    expect(cloud.events.at(-1)).toMatchObject({
      'detail-type': 'CodeCommit Comment on Pull Request',
      resources: [`arn:aws:codecommit:${REGION}:${ACCOUNT}:${repo.name}`],
    })
    const url =
      `https://${REGION}.console.aws.amazon.com/codesuite/codecommit/repositories/${repo.name}/pull-requests/` +
      `${pullRequestId}/activity#${encodeURIComponent(commentId)}?region=${REGION}`
    const { repositoryMetadata } = await cloud.call('GetRepository', { repositoryName: repo.name })
    const told = cloud.told()
    expect(told).toEqual([
      {
        event: 'commentOnPullRequestCreated',
        repositoryId: repositoryMetadata.repositoryId,
        pullRequestId,
        commentId,
        callerUserArn: ann.arn,
        notificationBody: expect.any(String),
        ...compared(),
      },
    ])
    expect(told[0]?.notificationBody).toMatch(
      /^A comment event occurred in the following AWS CodeCommit repo/,
    )
    expect(String(told[0]?.notificationBody).endsWith(url)).toBe(true)

    const answer = await reply(commentId, 'Because.')
    expect(answer).toMatchObject({ inReplyTo: commentId, content: 'Because.' })
    expect(cloud.told()).toMatchObject([
      { event: 'commentOnPullRequestCreated', inReplyTo: commentId, commentId: answer.commentId },
    ])
    const edited = await cloud.call('UpdateComment', { commentId, content: 'Why not four?' }, ann)
    expect(edited.comment).toMatchObject({ commentId, content: 'Why not four?', authorArn: ann.arn })
    expect(cloud.told()).toMatchObject([{ event: 'commentOnPullRequestUpdated', commentId }])
    expect(await cloud.refusal('UpdateComment', { commentId, content: 'no' })).toBe(
      'CommentNotCreatedByCaller',
    )

    // whoever is permitted may delete, not the author alone
    const deleted = await cloud.call('DeleteCommentContent', { commentId })
    expect(deleted.comment).toMatchObject({ commentId, deleted: true, authorArn: ann.arn })
    expect(deleted.comment).not.toHaveProperty('content')
    expect(cloud.told()).toEqual([])
    const frozen = [
      ['GetComment', {}],
      ['DeleteCommentContent', {}],
      ['UpdateComment', { content: 'x' }],
      ['PutCommentReaction', { reactionValue: ':clap:' }],
      ['GetCommentReactions', {}],
    ] as const
    for (const [operation, more] of frozen) {
      expect(await cloud.refusal(operation, { commentId, ...more }, ann)).toBe('CommentDeleted')
    }
    // it stays where it was, and can be answered
    await reply(commentId, 'A pity.')
    const { commentsForPullRequestData } = await cloud.call('GetCommentsForPullRequest', { pullRequestId })
    expect(texts(commentsForPullRequestData)).toEqual([['a.txt:3', [undefined, 'Because.', 'A pity.']]])
  })

  test('grouped by place, in the order in which places were first written about; page by page', async () => {
    const whole = await onPull('All in all')
    await onPull('Gone?', line('old.txt', 1, 'BEFORE'))
    await onPull('First line', line('a.txt', 1))
    await reply(whole.comment.commentId, 'Thanks')
    await onPull('First line again', line('a.txt', 1))
    const file = { location: { filePath: 'new.txt', relativeFileVersion: 'AFTER' } }
    const onFile = await onPull('The file', file)
    expect(onFile).not.toHaveProperty('beforeBlobId')
    expect(onFile.location).toEqual(file.location)
    const all = [
      [undefined, ['All in all', 'Thanks']],
      ['old.txt:1', ['Gone?']],
      ['a.txt:1', ['First line', 'First line again']],
      ['new.txt:undefined', ['The file']],
    ]
    const list = (more: object = {}) => cloud.call('GetCommentsForPullRequest', { pullRequestId, ...more })
    expect(texts((await list()).commentsForPullRequestData)).toEqual(all)
    expect(texts((await list(compared())).commentsForPullRequestData)).toEqual(all)
    const other = { repositoryName: repo.name, beforeCommitId: tip, afterCommitId: main }
    expect(await list(other)).toEqual({ commentsForPullRequestData: [] })
    const first = await list({ maxResults: 4 })
    expect(texts(first.commentsForPullRequestData)).toEqual([...all.slice(0, 2), ['a.txt:1', ['First line']]])
    const second = await list({ maxResults: 4, nextToken: first.nextToken })
    expect(texts(second.commentsForPullRequestData)).toEqual([['a.txt:1', ['First line again']], all[3]])
    expect(second).not.toHaveProperty('nextToken')
    // a comment on an older state of the source keeps its commits
    const next = await repo.commit('feature', { 'a.txt': 'one\n' })
    await onPull('And now?', { afterCommitId: next })
    const groups = (await list()).commentsForPullRequestData
    expect(groups.map(({ afterCommitId }: { afterCommitId: string }) => afterCommitId)).toEqual([
      ...all.map(() => tip),
      next,
    ])
  })

  test('is possible when it is closed', async () => {
    await cloud.call('UpdatePullRequestStatus', { pullRequestId, pullRequestStatus: 'CLOSED' })
    expect((await onPull('Too late?')).comment.content).toBe('Too late?')
  })
})

describe('on a comparison of commits', () => {
  test('told as such, and apart from comments on pull requests', async () => {
    await onPull('on the pull request')
    const nina = session('Builder', 'nina', { displayName: 'Nina N', emailAddress: 'nina@example.com' })
    cloud.told()
    const { comment, ...subject } = await onCommit('on the commits', line('a.txt', 2, 'BEFORE'), nina)
    expect(subject).toEqual({
      ...compared(),
      beforeBlobId: await blob(main, 'a.txt'),
      afterBlobId: await blob(tip, 'a.txt'),
      ...line('a.txt', 2, 'BEFORE'),
    })
    const answer = await reply(comment.commentId, 'here')
    await cloud.call('UpdateComment', { commentId: answer.commentId, content: 'there' })
    const told = cloud.told()
    expect(told).toMatchObject([
      {
        event: 'commentOnCommitCreated',
        displayName: 'Nina N',
        emailAddress: 'nina@example.com',
        beforeCommitId: main,
        afterCommitId: tip,
      },
      { event: 'commentOnCommitCreated', inReplyTo: comment.commentId },
      { event: 'commentOnCommitUpdated', inReplyTo: comment.commentId, commentId: answer.commentId },
    ])
    expect(told.some((detail) => 'pullRequestId' in detail)).toBe(false)
    expect(cloud.events.at(-1)?.['detail-type']).toBe('CodeCommit Comment on Commit')
    const { commentsForComparedCommitData } = await cloud.call('GetCommentsForComparedCommit', compared())
    expect(texts(commentsForComparedCommitData)).toEqual([['a.txt:2', ['on the commits', 'there']]])
    expect(commentsForComparedCommitData[0]).not.toHaveProperty('pullRequestId')
  })

  test('a first commit is compared with nothing', async () => {
    const first = await repo.git('rev-list', '--max-parents=0', 'main')
    const input = { repositoryName: repo.name, afterCommitId: first, content: 'In the beginning' }
    const posted = await cloud.call('PostCommentForComparedCommit', input)
    expect(posted).not.toHaveProperty('beforeCommitId')
    const list = { repositoryName: repo.name, afterCommitId: first }
    const { commentsForComparedCommitData } = await cloud.call('GetCommentsForComparedCommit', list)
    expect(texts(commentsForComparedCommitData)).toEqual([[undefined, ['In the beginning']]])
  })
})

test('the same token gives the same comment, other parameters are refused, for each of the three calls', async () => {
  const parent = (await onPull('parent')).comment.commentId
  const posts: [string, object][] = [
    ['PostCommentForPullRequest', { pullRequestId, ...compared() }],
    ['PostCommentForComparedCommit', compared()],
    ['PostCommentReply', { inReplyTo: parent }],
  ]
  for (const [operation, input] of posts) {
    const token = { clientRequestToken: `token-${count}` }
    const first = await cloud.call(operation, { ...input, content: 'once', ...token })
    cloud.told()
    expect(await cloud.call(operation, { ...input, content: 'once', ...token })).toEqual(first)
    expect(cloud.told()).toEqual([])
    expect(await cloud.refusal(operation, { ...input, content: 'twice', ...token })).toBe(
      'IdempotencyParameterMismatch',
    )
    const twins = await Promise.all(
      [1, 2, 3].map(() =>
        cloud.call(operation, { ...input, content: 'x', clientRequestToken: `twins-${count}` }),
      ),
    )
    expect(new Set(twins.map(({ comment }) => comment.commentId)).size).toBe(1)
  }
})

test('reactions: one for each user, in three ways to write it, changed and taken back', async () => {
  const { commentId } = (await onPull('Good?')).comment
  cloud.told()
  const react = (reactionValue: string, caller = ann) =>
    cloud.call('PutCommentReaction', { commentId, reactionValue }, caller)
  await react(':thumbsup:')
  await react('👍')
  await react('U+1F604')
  await react('👍', user('bob'))
  await react('u+2764', user('cleo'))
  await react('❤️', user('dan'))
  const { repositoryMetadata } = await cloud.call('GetRepository', { repositoryName: repo.name })
  const told = cloud.told()
  expect(told).toHaveLength(5)
  expect(told[0]).toEqual({
    event: 'commentReactionCreated',
    repositoryName: repo.name,
    repositoryId: repositoryMetadata.repositoryId,
    commentId,
    callerUserArn: ann.arn,
    notificationBody: expect.stringMatching(/made a comment reaction 👍 to .* https:\/\//),
    reactionEmojis: ['👍'],
    reactionShortcodes: [':thumbsup:'],
    reactionUnicodes: ['U+1F44D'],
  })
  expect(told[1]).toMatchObject({ event: 'commentReactionUpdated', reactionShortcodes: [':smile:'] })
  expect(cloud.events.at(-1)?.['detail-type']).toBe('CodeCommit Comment Reaction Change')

  expect((await cloud.call('GetComment', { commentId }, ann)).comment).toMatchObject({
    callerReactions: ['SMILE'],
    reactionCounts: { SMILE: 1, THUMBSUP: 1, HEART: 2 },
  })
  const list = async (more: object = {}) => cloud.call('GetCommentReactions', { commentId, ...more })
  const hearts = {
    reaction: { emoji: '❤', shortCode: 'heart', unicode: 'U+2764' },
    reactionUsers: [user('cleo').arn, user('dan').arn],
    reactionsFromDeletedUsersCount: 0,
  }
  expect(await list()).toEqual({
    reactionsForComment: [
      hearts,
      expect.objectContaining({ reactionUsers: [ann.arn] }),
      expect.objectContaining({ reactionUsers: [user('bob').arn] }),
    ],
  })
  expect((await list({ reactionUserArn: user('bob').arn })).reactionsForComment).toMatchObject([
    { reaction: { shortCode: 'thumbsup' }, reactionUsers: [user('bob').arn] },
  ])
  const page = await list({ maxResults: 1 })
  expect(page.reactionsForComment).toEqual([hearts])
  expect((await list({ maxResults: 2, nextToken: page.nextToken })).reactionsForComment).toHaveLength(2)

  await react('none')
  await react('', user('bob'))
  expect((await cloud.call('GetComment', { commentId }, ann)).comment).toMatchObject({
    callerReactions: [],
    reactionCounts: { HEART: 2 },
  })
  expect(cloud.told()).toEqual([])
})

test('a comment of 10,240 characters is taken, of whatever bytes', async () => {
  const content = '🍎'.repeat(10_240)
  expect((await onPull(content)).comment.content).toBe(content)
})
