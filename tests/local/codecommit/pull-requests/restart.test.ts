import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, afterEach, expect, test } from '@jest/globals'
import { openStore } from '../../../../local/state/store.ts'
import { ACCOUNT, createClient, type Harness, REGION, startHarness } from '../harness.ts'
import { rule, template } from './orchard.ts'

const client = createClient()
const folders: string[] = []
afterAll(() => client.remove())
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
})
const temporary = () => {
  const folder = mkdtempSync(join(tmpdir(), 'relay-reviews-'))
  folders.push(folder)
  return folder
}

/** another process that serves the folder until it is killed */
const startProcess = async (folder: string) => {
  const child = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', join(import.meta.dirname, 'serve.ts'), folder],
    { stdio: ['pipe', 'pipe', 'inherit'], env: { ...process.env, NODE_OPTIONS: '' } },
  )
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  // biome-ignore lint/suspicious/noExplicitAny: the SDK's outputs
  const answer = async (): Promise<any> => JSON.parse(String((await lines.next()).value))
  const ask = (question: object) => {
    child.stdin.write(`${JSON.stringify(question)}\n`)
    return answer()
  }
  await answer()
  return {
    call: (operation: string, input: object) => ask({ operation, input }),
    url: (name: string): Promise<{ url: string; directory: string }> => ask({ url: name }),
    kill: async () => {
      const gone = new Promise((done) => child.on('exit', done))
      child.kill('SIGKILL')
      await gone
    },
  }
}

test('kill -9: whatever was answered is there again, and goes on from there', async () => {
  const folder = temporary()
  const first = await startProcess(folder)
  await first.call('CreateRepository', { repositoryName: 'orchard' })
  const work = await client.work('orchard')
  const { url } = await first.url('orchard')
  await client.must(work, 'push', '-q', url, 'main')
  await client.must(work, 'checkout', '-q', '-b', 'feature')
  await client.must(work, 'commit', '-q', '--allow-empty', '-m', 'more')
  await client.must(work, 'push', '-q', url, 'feature')
  const tip = await client.must(work, 'rev-parse', 'feature')
  const main = await client.must(work, 'rev-parse', 'main')
  await first.call('CreateApprovalRuleTemplate', {
    approvalRuleTemplateName: 'one',
    approvalRuleTemplateContent: template(1),
  })
  const link = { approvalRuleTemplateName: 'one', repositoryName: 'orchard' }
  await first.call('AssociateApprovalRuleTemplateWithRepository', link)
  const open = {
    title: 't',
    targets: [{ repositoryName: 'orchard', sourceReference: 'feature' }],
    clientRequestToken: 'again',
  }
  const { pullRequest } = await first.call('CreatePullRequest', open)
  const { pullRequestId, revisionId } = pullRequest
  await first.call('CreatePullRequestApprovalRule', {
    pullRequestId,
    approvalRuleName: 'two',
    approvalRuleContent: rule(2),
  })
  const override = { pullRequestId, revisionId, overrideStatus: 'OVERRIDE' }
  await first.call('OverridePullRequestApprovalRules', override)
  const compared = { repositoryName: 'orchard', beforeCommitId: main, afterCommitId: tip }
  const posted = await first.call('PostCommentForPullRequest', { pullRequestId, ...compared, content: 'hm' })
  const { commentId } = posted.comment
  await first.call('PutCommentReaction', { commentId, reactionValue: ':clap:' })
  await first.kill()

  const second = await startHarness({ folder })
  const now = (await second.call('GetPullRequest', { pullRequestId })).pullRequest
  expect(now).toMatchObject({ pullRequestId, revisionId, title: 't', pullRequestStatus: 'OPEN' })
  expect(now.approvalRules).toMatchObject([{ approvalRuleName: 'one' }, { approvalRuleName: 'two' }])
  expect(await second.call('GetPullRequestOverrideState', { pullRequestId, revisionId })).toMatchObject({
    overridden: true,
  })
  expect((await second.call('GetComment', { commentId })).comment).toMatchObject({
    content: 'hm',
    reactionCounts: { CLAP: 1 },
  })
  expect(await second.call('ListRepositoriesForApprovalRuleTemplate', link)).toEqual({
    repositoryNames: ['orchard'],
  })
  // nothing had moved: nothing is told
  expect(second.events).toEqual([])
  expect((await second.call('CreatePullRequest', open)).pullRequest.pullRequestId).toBe(pullRequestId)
  const { clientRequestToken: _, ...again } = open
  expect((await second.call('CreatePullRequest', again)).pullRequest.pullRequestId).toBe('2')
  await second.stop()
})

let works = 0
/** a repository with `main`, and a branch on top of it with an open pull request, for each name */
const prepared = async (folder: string, names: string[]) => {
  const cloud = await startHarness({ folder })
  await cloud.call('CreateRepository', { repositoryName: 'orchard' })
  works += 1
  const work = await client.work(`work-${works}`)
  await client.must(work, 'push', '-q', cloud.url('orchard'), 'main')
  const ids: Record<string, string> = {}
  for (const name of names) {
    await client.must(work, 'checkout', '-q', '-b', name, 'main')
    await client.must(work, 'commit', '-q', '--allow-empty', '-m', name)
    await client.must(work, 'push', '-q', cloud.url('orchard'), name)
    const targets = [{ repositoryName: 'orchard', sourceReference: name }]
    ids[name] = (await cloud.call('CreatePullRequest', { title: name, targets })).pullRequest.pullRequestId
  }
  return { cloud, work, ids, directory: cloud.directory('orchard') }
}
const statusOf = async (cloud: Harness, pullRequestId: string | undefined) =>
  (await cloud.call('GetPullRequest', { pullRequestId })).pullRequest
const eventsOf = (cloud: Harness) =>
  cloud.events.map(({ detail }) => detail as Record<string, string>).map(({ event, title }) => [event, title])

test('refs that moved without the cloud are followed when it starts', async () => {
  const folder = temporary()
  const { cloud, work, ids, directory } = await prepared(folder, ['moved', 'gone', 'same'])
  const main = await client.must(work, 'rev-parse', 'main')
  await cloud.stop()
  await client.must(work, 'checkout', '-q', 'moved')
  await client.must(work, 'commit', '-q', '--allow-empty', '-m', 'unseen')
  await client.must(work, 'push', '-q', directory, 'moved', ':gone')

  const next = await startHarness({ folder })
  expect(await statusOf(next, ids.moved)).toMatchObject({
    pullRequestStatus: 'OPEN',
    pullRequestTargets: [
      { sourceCommit: await client.must(work, 'rev-parse', 'moved'), destinationCommit: main },
    ],
  })
  expect((await statusOf(next, ids.gone)).pullRequestStatus).toBe('CLOSED')
  expect((await statusOf(next, ids.same)).pullRequestStatus).toBe('OPEN')
  expect(eventsOf(next)).toEqual([
    ['pullRequestSourceBranchUpdated', 'moved'],
    ['pullRequestStatusChanged', 'gone'],
  ])
  expect(next.events[0]?.detail).toMatchObject({ callerUserArn: `arn:aws:iam::${ACCOUNT}:root` })
  await next.stop()
})

test.each([
  ['done', true],
  ['not done', false],
])('killed in the middle of a merge that was %s: the branch decides', async (_, done) => {
  const folder = temporary()
  const { cloud, work, ids, directory } = await prepared(folder, ['feature'])
  await cloud.stop()
  // the squash that the merge would have made, and the note of it
  const main = await client.must(work, 'rev-parse', 'main')
  const squash = await client.must(work, 'commit-tree', '-p', main, '-m', 'squash', 'feature^{tree}')
  const store = openStore(join(folder, 'state.sqlite'))
  const pullRequests = store.collection<object>('codecommit.pull-requests')
  const key = `${ACCOUNT}/${REGION}/${String(ids.feature).padStart(12, '0')}`
  const merging = { option: 'SQUASH_MERGE', commitId: squash, mergedBy: `arn:aws:iam::${ACCOUNT}:user/dora` }
  pullRequests.put(key, { ...pullRequests.get(key), merging })
  store.close()
  await client.must(work, 'push', '-q', directory, `${squash}:refs/heads/${done ? 'main' : 'elsewhere'}`)

  const next = await startHarness({ folder })
  expect(await statusOf(next, ids.feature)).toMatchObject({
    pullRequestStatus: done ? 'CLOSED' : 'OPEN',
    pullRequestTargets: [
      {
        mergeMetadata: done
          ? {
              isMerged: true,
              mergeCommitId: squash,
              mergeOption: 'SQUASH_MERGE',
              mergedBy: merging.mergedBy,
            }
          : { isMerged: false },
      },
    ],
  })
  expect(eventsOf(next)).toEqual(done ? [['pullRequestMergeStatusUpdated', 'feature']] : [])
  if (!done) {
    const merge = { pullRequestId: ids.feature, repositoryName: 'orchard' }
    const { pullRequest } = await next.call('MergePullRequestByFastForward', merge)
    expect(pullRequest.pullRequestStatus).toBe('CLOSED')
  }
  await next.stop()
})

test('a record that is damaged does not keep the others from being brought in step, and is told of', async () => {
  const folder = temporary()
  const { cloud, work, ids, directory } = await prepared(folder, ['broken', 'whole'])
  await cloud.stop()
  const store = openStore(join(folder, 'state.sqlite'))
  const pullRequests = store.collection<object>('codecommit.pull-requests')
  const key = `${ACCOUNT}/${REGION}/${String(ids.broken).padStart(12, '0')}`
  const { repository: _, ...broken } = pullRequests.get(key) as { repository: object }
  pullRequests.put(key, broken)
  store.close()
  await client.must(work, 'push', '-q', directory, ':whole')
  const next = await startHarness({ folder })
  expect((await statusOf(next, ids.whole)).pullRequestStatus).toBe('CLOSED')
  expect(next.logs.join('\n')).toContain('a pull request could not be brought in step with its branches')
  await next.stop()
})

test('a deleted repository takes everything along, even when it is killed right after', async () => {
  const folder = temporary()
  const { cloud, ids } = await prepared(folder, ['feature'])
  await cloud.stop()
  const store = openStore(join(folder, 'state.sqlite'))
  // as if it had ended between the repository and what was said about it
  store.collection('codecommit.repositories').delete(`${ACCOUNT}/${REGION}/orchard`)
  store.close()
  const next = await startHarness({ folder })
  await expect(statusOf(next, ids.feature)).rejects.toMatchObject({
    code: 'PullRequestDoesNotExistException',
  })
  await next.stop()
  const left = openStore(join(folder, 'state.sqlite'))
  for (const name of ['', '.by-repository', '.revisions', '.events']) {
    expect(left.collection(`codecommit.pull-requests${name}`).entries()).toEqual([])
  }
  left.close()
})
