import { existsSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import {
  ACCOUNT,
  createClient,
  type Harness,
  OTHER_ACCOUNT,
  REGION,
  refsOf,
  startHarness,
} from './harness.ts'

const client = createClient()
let cloud: Harness
let tip: string
let work: string
beforeAll(async () => {
  cloud = await startHarness({ limits: { repositoriesPerPage: 2, branchesPerPage: 2, repositories: 8 } })
  await cloud.call('CreateRepository', { repositoryName: 'orchard' })
  work = await client.work('orchard')
  await client.must(work, 'push', '-q', cloud.url('orchard'), 'main')
  tip = await client.must(work, 'rev-parse', 'main')
})
afterAll(async () => {
  await cloud.stop()
  client.remove()
})
const arn = (name: string) => `arn:aws:codecommit:${REGION}:${ACCOUNT}:${name}`

describe('repositories', () => {
  test('made, read, described, renamed, deleted', async () => {
    const { repositoryMetadata } = await cloud.call('CreateRepository', {
      repositoryName: 'Plum.tree_1-x',
      repositoryDescription: 'stone fruit',
      tags: { team: 'harvest' },
    })
    expect(repositoryMetadata).toEqual({
      accountId: ACCOUNT,
      repositoryId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      repositoryName: 'Plum.tree_1-x',
      repositoryDescription: 'stone fruit',
      lastModifiedDate: expect.any(Date),
      creationDate: expect.any(Date),
      cloneUrlHttp: cloud.plainUrl('Plum.tree_1-x'),
      cloneUrlSsh: `ssh://git-codecommit.${REGION}.amazonaws.com/v1/repos/Plum.tree_1-x`,
      Arn: arn('Plum.tree_1-x'),
    })
    const directory = cloud.directory('Plum.tree_1-x')
    const description = { repositoryName: 'Plum.tree_1-x', repositoryDescription: 'only plums' }
    expect(await cloud.call('UpdateRepositoryDescription', description)).toBeUndefined()
    await cloud.call('UpdateRepositoryName', { oldName: 'Plum.tree_1-x', newName: 'plum' })
    await expect(cloud.call('GetRepository', { repositoryName: 'Plum.tree_1-x' })).rejects.toMatchObject({
      code: 'RepositoryDoesNotExistException',
      message: 'Plum.tree_1-x does not exist',
    })
    const renamed = (await cloud.call('GetRepository', { repositoryName: 'plum' })).repositoryMetadata
    expect(renamed).toMatchObject({
      repositoryId: repositoryMetadata.repositoryId,
      repositoryDescription: 'only plums',
      Arn: arn('plum'),
    })
    expect(cloud.directory('plum')).toBe(directory)
    const deleted = await cloud.call('DeleteRepository', { repositoryName: 'plum' })
    expect(deleted).toEqual({ repositoryId: renamed.repositoryId })
    expect(existsSync(directory)).toBe(false)
    expect(await cloud.call('DeleteRepository', { repositoryName: 'plum' })).toEqual({})
  })

  test('are apart by account and region', async () => {
    const elsewhere = { repositoryName: 'orchard' }
    await cloud.call('CreateRepository', elsewhere, cloud.omar.caller)
    const { repositoryMetadata } = await cloud.call(
      'CreateRepository',
      elsewhere,
      cloud.olive.caller,
      'us-east-1',
    )
    expect(repositoryMetadata.Arn).toBe(`arn:aws:codecommit:us-east-1:${ACCOUNT}:orchard`)
    expect(repositoryMetadata.cloneUrlHttp).toBe(cloud.plainUrl('orchard', 'us-east-1'))
    const omars = await cloud.call('GetRepository', elsewhere, cloud.omar.caller)
    expect(omars.repositoryMetadata.accountId).toBe(OTHER_ACCOUNT)
    expect(omars.repositoryMetadata).not.toHaveProperty('defaultBranch')
  })

  test('are listed by pages, in either order; one too many is refused', async () => {
    const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g']
    for (const repositoryName of names) await cloud.call('CreateRepository', { repositoryName })
    await expect(cloud.call('CreateRepository', { repositoryName: 'h' })).rejects.toMatchObject({
      code: 'RepositoryLimitExceededException',
    })
    const all = async (input: object) => {
      const found: string[] = []
      for (let nextToken: string | undefined; ; ) {
        const page = await cloud.call('ListRepositories', {
          ...input,
          ...(nextToken !== undefined && { nextToken }),
        })
        expect(page.repositories.length).toBeLessThanOrEqual(2)
        found.push(...page.repositories.map((r: { repositoryName: string }) => r.repositoryName))
        nextToken = page.nextToken
        if (nextToken === undefined) return found
      }
    }
    const sorted = [...names, 'orchard']
    expect(await all({})).toEqual(sorted)
    expect(await all({ order: 'descending' })).toEqual([...sorted].reverse())
    cloud.clock.offset = 5_000
    await cloud.call('UpdateRepositoryDescription', { repositoryName: 'c', repositoryDescription: 'x' })
    cloud.clock.offset = 0
    expect((await all({ sortBy: 'lastModifiedDate', order: 'descending' }))[0]).toBe('c')
    const { nextToken } = await cloud.call('ListRepositories', {})
    for (const input of [{ nextToken: 'x' }, { nextToken: '' }, { nextToken, order: 'descending' }]) {
      await expect(cloud.call('ListRepositories', input)).rejects.toMatchObject({
        code: 'InvalidContinuationTokenException',
      })
    }
    const batch = await cloud.call('BatchGetRepositories', { repositoryNames: ['b', 'none', 'a'] })
    expect(batch.repositories.map((r: { repositoryName: string }) => r.repositoryName)).toEqual(['b', 'a'])
    expect(batch).toMatchObject({ repositoriesNotFound: ['none'], errors: [] })
  })
})

describe('branches', () => {
  test('made, listed, made default, deleted', async () => {
    const repositoryName = 'orchard'
    for (const branchName of ['b/2', 'b/1', 'zz']) {
      expect(await cloud.call('CreateBranch', { repositoryName, branchName, commitId: tip })).toBeUndefined()
    }
    const first = await cloud.call('ListBranches', { repositoryName })
    const second = await cloud.call('ListBranches', { repositoryName, nextToken: first.nextToken })
    expect([first.branches, second]).toEqual([['b/1', 'b/2'], { branches: ['main', 'zz'] }])
    expect(await cloud.call('GetBranch', { repositoryName, branchName: 'zz' })).toEqual({
      branch: { branchName: 'zz', commitId: tip },
    })
    await cloud.call('UpdateDefaultBranch', { repositoryName, defaultBranchName: 'zz' })
    await cloud.call('UpdateDefaultBranch', { repositoryName, defaultBranchName: 'zz' })
    const { repositoryMetadata } = await cloud.call('GetRepository', { repositoryName })
    expect(repositoryMetadata.defaultBranch).toBe('zz')
    await expect(cloud.call('DeleteBranch', { repositoryName, branchName: 'zz' })).rejects.toMatchObject({
      code: 'DefaultBranchCannotBeDeletedException',
    })
    expect(await cloud.call('DeleteBranch', { repositoryName, branchName: 'b/1' })).toEqual({
      deletedBranch: { branchName: 'b/1', commitId: tip },
    })
    expect(await cloud.call('DeleteBranch', { repositoryName, branchName: 'b/1' })).toEqual({})
    expect(Object.keys(await refsOf(client, cloud.directory(repositoryName)))).toEqual([
      'refs/heads/b/2',
      'refs/heads/main',
      'refs/heads/zz',
    ])
  })

  test.each([
    'a b',
    'a..b',
    '/a',
    'a/',
    '.a',
    'a.',
    'a//b',
    '@',
    'a@{b',
    'a~b',
    'a^',
    'a:b',
    'a?',
    'a*',
    'a[',
    'a\\b',
    'a.lock',
    'a/.b',
    'f'.repeat(40),
    'x'.repeat(257),
    '',
  ])('name refused: %j', async (branchName) => {
    await expect(
      cloud.call('CreateBranch', { repositoryName: 'orchard', branchName, commitId: tip }),
    ).rejects.toMatchObject({ code: 'InvalidBranchNameException' })
  })
})

describe('commits', () => {
  test('as git has them', async () => {
    await client.must(work, 'commit', '-q', '--allow-empty', '-m', 'Über Äpfel\n\nmit Körper\n')
    await client.must(work, 'push', '-q', cloud.url('orchard'), 'main')
    const commitId = await client.must(work, 'rev-parse', 'main')
    const olive = { name: 'Olive', email: 'olive@example.com', date: '1900000000 +0200' }
    const expected = {
      commitId,
      treeId: await client.must(work, 'rev-parse', 'main^{tree}'),
      parents: [tip],
      message: 'Über Äpfel\n\nmit Körper\n',
      author: olive,
      committer: olive,
      additionalData: '',
    }
    const repositoryName = 'orchard'
    expect(await cloud.call('GetCommit', { repositoryName, commitId })).toEqual({ commit: expected })
    const batch = await cloud.call('BatchGetCommits', {
      repositoryName,
      commitIds: [commitId, '1'.repeat(40), 'main', expected.treeId],
    })
    expect(batch.commits).toEqual([expected])
    expect(batch.errors.map((error: { errorCode: string }) => error.errorCode)).toEqual([
      'CommitIdDoesNotExistException',
      'InvalidCommitIdException',
      'CommitIdDoesNotExistException',
    ])
  })
})

describe('tags', () => {
  test('set, listed, removed', async () => {
    const resourceArn = arn('orchard')
    await cloud.call('TagResource', { resourceArn, tags: { team: 'harvest', empty: '' } })
    await cloud.call('TagResource', { resourceArn, tags: { team: 'press' } })
    await cloud.call('UntagResource', { resourceArn, tagKeys: ['empty', 'never'] })
    expect(await cloud.call('ListTagsForResource', { resourceArn })).toEqual({ tags: { team: 'press' } })
  })
})

describe('refusals, by CodeCommit’s own names', () => {
  const many = Object.fromEntries(Array.from({ length: 51 }, (_, i) => [`k${i}`, 'v']))
  const orchard = { repositoryName: 'orchard' }
  test.each<[string, object, string]>([
    ['CreateRepository', {}, 'RepositoryNameRequired'],
    ['CreateRepository', { repositoryName: '' }, 'InvalidRepositoryName'],
    ['CreateRepository', { repositoryName: 'a/b' }, 'InvalidRepositoryName'],
    ['CreateRepository', { repositoryName: 'apple.git' }, 'InvalidRepositoryName'],
    ['CreateRepository', { repositoryName: 'x'.repeat(101) }, 'InvalidRepositoryName'],
    ['CreateRepository', orchard, 'RepositoryNameExists'],
    [
      'CreateRepository',
      { repositoryName: 'n', repositoryDescription: 'x'.repeat(1_001) },
      'InvalidRepositoryDescription',
    ],
    ['CreateRepository', { repositoryName: 'n', tags: many }, 'TooManyTags'],
    ['CreateRepository', { repositoryName: 'n', tags: { 'aws:x': 'y' } }, 'InvalidSystemTagUsage'],
    ['CreateRepository', { repositoryName: 'n', kmsKeyId: 'a key' }, 'EncryptionKeyInvalidId'],
    ['GetRepository', {}, 'RepositoryNameRequired'],
    ['GetRepository', { repositoryName: 'none' }, 'RepositoryDoesNotExist'],
    ['UpdateRepositoryName', { oldName: 'none', newName: 'other' }, 'RepositoryDoesNotExist'],
    ['UpdateRepositoryName', { oldName: 'orchard', newName: 'a' }, 'RepositoryNameExists'],
    ['UpdateRepositoryName', { oldName: 'orchard', newName: 'x.git' }, 'InvalidRepositoryName'],
    ['BatchGetRepositories', { repositoryNames: [] }, 'RepositoryNamesRequired'],
    ['BatchGetRepositories', { repositoryNames: Array(101).fill('a') }, 'MaximumRepositoryNamesExceeded'],
    ['ListRepositories', { sortBy: 'size' }, 'InvalidSortBy'],
    ['ListRepositories', { order: 'random' }, 'InvalidOrder'],
    ['CreateBranch', { ...orchard, branchName: 'b' }, 'CommitIdRequired'],
    ['CreateBranch', { ...orchard, branchName: 'b', commitId: 'abc' }, 'InvalidCommitId'],
    ['CreateBranch', { ...orchard, branchName: 'b', commitId: '1'.repeat(40) }, 'CommitDoesNotExist'],
    ['CreateBranch', { ...orchard, branchName: 'main', commitId: '1'.repeat(40) }, 'BranchNameExists'],
    ['CreateBranch', { ...orchard, commitId: '1'.repeat(40) }, 'BranchNameRequired'],
    ['GetBranch', { ...orchard, branchName: 'none' }, 'BranchDoesNotExist'],
    ['UpdateDefaultBranch', { ...orchard, defaultBranchName: 'none' }, 'BranchDoesNotExist'],
    ['GetCommit', orchard, 'CommitIdRequired'],
    ['GetCommit', { ...orchard, commitId: 'main' }, 'InvalidCommitId'],
    ['GetCommit', { ...orchard, commitId: '1'.repeat(40) }, 'CommitIdDoesNotExist'],
    ['BatchGetCommits', { ...orchard, commitIds: [] }, 'CommitIdsListRequired'],
    ['BatchGetCommits', { ...orchard, commitIds: Array(101).fill('a') }, 'CommitIdsLimitExceeded'],
    ['TagResource', { tags: {} }, 'ResourceArnRequired'],
    ['TagResource', { resourceArn: 'orchard', tags: {} }, 'InvalidResourceArn'],
    ['TagResource', { resourceArn: arn('none'), tags: {} }, 'RepositoryDoesNotExist'],
    ['TagResource', { resourceArn: arn('orchard') }, 'TagsMapRequired'],
    ['TagResource', { resourceArn: arn('orchard'), tags: { k: 'x'.repeat(257) } }, 'InvalidTagsMap'],
    ['UntagResource', { resourceArn: arn('orchard') }, 'TagKeysListRequired'],
  ])('%s %j: %s', async (operation, input, code) => {
    await expect(cloud.call(operation, input)).rejects.toMatchObject({
      code: `${code}Exception`,
      status: 400,
    })
  })
})

test('a repository name that is not valid is explained in the words of AWS', async () => {
  await expect(cloud.call('GetRepository', { repositoryName: 'a@b' })).rejects.toMatchObject({
    message: expect.stringMatching(
      /^The repository name is not valid\. .* Names are case sensitive\. For more information, see Limits in the AWS CodeCommit User Guide\. $/,
    ),
  })
})

describe('permissions', () => {
  const asked = (operation: string, input: object) =>
    cloud.codecommit.service.permissions!(operation, input, {
      service: 'codecommit',
      operation,
      region: REGION,
      account: ACCOUNT,
      caller: cloud.olive.caller,
      requestId: 'r',
    })
  test.each<[string, object, string[]]>([
    ['ListRepositories', {}, ['*']],
    ['GetRepository', { repositoryName: 'x' }, [arn('x')]],
    ['BatchGetRepositories', { repositoryNames: ['x', 'y'] }, [arn('x'), arn('y')]],
    ['UpdateRepositoryName', { oldName: 'x', newName: 'y' }, [arn('x'), arn('y')]],
    ['TagResource', { resourceArn: arn('z'), tags: {} }, [arn('z')]],
    ['GetRepository', {}, []],
  ])('%s %j', (operation, input, resources) => {
    const permissions = asked(operation, input)
    expect(permissions.map(({ resource }) => resource)).toEqual(resources)
    for (const { action } of permissions) expect(action).toBe(`codecommit:${operation}`)
  })

  test('carry the branch and the tags', async () => {
    await cloud.call('TagResource', { resourceArn: arn('orchard'), tags: { team: 'press' } })
    const input = { repositoryName: 'orchard', branchName: 'topic' }
    expect(asked('DeleteBranch', input)).toEqual([
      {
        action: 'codecommit:DeleteBranch',
        resource: arn('orchard'),
        context: { 'aws:ResourceTag/team': 'press', 'codecommit:References': 'refs/heads/topic' },
      },
    ])
    expect(asked('CreateRepository', { repositoryName: 'n', tags: { a: 'b' } })[0]?.context).toEqual({
      'aws:RequestTag/a': 'b',
      'aws:TagKeys': ['a'],
    })
  })
})
