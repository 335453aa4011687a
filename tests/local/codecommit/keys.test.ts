import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import type { Kms } from '../../../local/contracts.ts'
import { AwsError } from '../../../local/gateway/service.ts'
import { ACCOUNT, type Harness, REGION, startHarness } from './harness.ts'

const OWN = `arn:aws:kms:${REGION}:${ACCOUNT}:key/own`
const MANAGED = `arn:aws:kms:${REGION}:${ACCOUNT}:key/managed`
/** A KMS that says of each key what a test wants. */
const refusals = new Map<string, string>()
const uses: Parameters<Kms['use']>[0][] = []
const managed: string[] = []
const kms: Pick<Kms, 'managedKey' | 'resolve' | 'use'> = {
  managedKey: (account, region, service) => {
    managed.push(`${account} ${region} ${service}`)
    return `arn:aws:kms:${region}:${account}:key/managed`
  },
  resolve: (_, keyId) => {
    const known = ['own', 'alias/own', OWN].includes(keyId) ? OWN : undefined
    const found = keyId === 'alias/aws/codecommit' ? MANAGED : known
    if (keyId === 'signing') throw new AwsError('InvalidKeyUsageException', 'no')
    if (found === undefined) throw new AwsError('NotFoundException', 'no')
    return found
  },
  use: (request) => {
    uses.push(request)
    const code = refusals.get(request.keyArn)
    if (code !== undefined) throw new AwsError(code, 'no')
  },
}

let cloud: Harness
beforeAll(async () => {
  cloud = await startHarness({ kms })
})
afterAll(() => cloud.stop())
beforeEach(() => {
  refusals.clear()
  uses.length = 0
})
const exception = (name: string) => ({ code: `${name}Exception`, status: 400 })

test('a repository has the account’s managed key, or the one that is named in any way', async () => {
  const made = async (input: object) =>
    (await cloud.call('CreateRepository', input)).repositoryMetadata.kmsKeyId
  expect(await made({ repositoryName: 'plain' })).toBe(MANAGED)
  expect(managed).toContain(`${ACCOUNT} ${REGION} codecommit`)
  expect(await made({ repositoryName: 'by-id', kmsKeyId: 'own' })).toBe(OWN)
  expect(await made({ repositoryName: 'by-alias', kmsKeyId: 'alias/own' })).toBe(OWN)
  expect(await made({ repositoryName: 'by-default', kmsKeyId: 'alias/aws/codecommit' })).toBe(MANAGED)
  for (const [kmsKeyId, name] of [
    ['a key', 'EncryptionKeyInvalidId'],
    ['', 'EncryptionKeyInvalidId'],
    ['none', 'EncryptionKeyNotFound'],
    ['signing', 'EncryptionKeyInvalidUsage'],
  ]) {
    await expect(made({ repositoryName: 'refused', kmsKeyId })).rejects.toMatchObject(exception(name!))
  }
  refusals.set(OWN, 'DisabledException')
  await expect(made({ repositoryName: 'refused', kmsKeyId: 'own' })).rejects.toMatchObject(
    exception('EncryptionKeyDisabled'),
  )
  await expect(cloud.call('GetRepository', { repositoryName: 'refused' })).rejects.toMatchObject(
    exception('RepositoryDoesNotExist'),
  )
})

test('another key later: both must be usable', async () => {
  const repositoryName = 'changing'
  const { repositoryMetadata } = await cloud.call('CreateRepository', { repositoryName })
  const update = (kmsKeyId?: string) =>
    cloud.call('UpdateRepositoryEncryptionKey', { repositoryName, kmsKeyId })
  await expect(update()).rejects.toMatchObject(exception('EncryptionKeyRequired'))
  await expect(update('a key')).rejects.toMatchObject(exception('EncryptionKeyInvalidId'))
  await expect(update('none')).rejects.toMatchObject(exception('EncryptionKeyNotFound'))
  for (const key of [OWN, MANAGED]) {
    refusals.set(key, 'AccessDeniedException')
    await expect(update('own')).rejects.toMatchObject(exception('EncryptionKeyAccessDenied'))
    refusals.clear()
  }
  expect(await update('alias/own')).toEqual({
    repositoryId: repositoryMetadata.repositoryId,
    kmsKeyId: OWN,
    originalKmsKeyId: MANAGED,
  })
  expect((await cloud.call('GetRepository', { repositoryName })).repositoryMetadata.kmsKeyId).toBe(OWN)
  await expect(
    cloud.call('UpdateRepositoryEncryptionKey', { repositoryName: 'none', kmsKeyId: 'own' }),
  ).rejects.toMatchObject(exception('RepositoryDoesNotExist'))
})

describe('a key that cannot be used', () => {
  beforeAll(async () => {
    await cloud.call('CreateRepository', { repositoryName: 'locked', kmsKeyId: 'own' })
  })
  const id = '1'.repeat(40)
  const ends = { sourceCommitSpecifier: 'a', destinationCommitSpecifier: 'b', mergeOption: 'SQUASH_MERGE' }
  const operations: Record<string, object> = {
    GetRepository: {},
    UpdateRepositoryDescription: { repositoryDescription: 'x' },
    CreateBranch: { branchName: 'b', commitId: id },
    GetBranch: { branchName: 'b' },
    ListBranches: {},
    DeleteBranch: { branchName: 'b' },
    UpdateDefaultBranch: { defaultBranchName: 'b' },
    PutFile: { branchName: 'b', filePath: 'f', fileContent: Buffer.from('x') },
    DeleteFile: { branchName: 'b', filePath: 'f', parentCommitId: id },
    CreateCommit: { branchName: 'b', putFiles: [{ filePath: 'f', fileContent: Buffer.from('x') }] },
    GetFile: { filePath: 'f' },
    GetFolder: { folderPath: '/' },
    GetBlob: { blobId: id },
    GetCommit: { commitId: id },
    BatchGetCommits: { commitIds: [id] },
    GetDifferences: { afterCommitSpecifier: 'b' },
    ListFileCommitHistory: { filePath: 'f' },
    MergeBranchesByFastForward: ends,
    MergeBranchesBySquash: ends,
    MergeBranchesByThreeWay: ends,
    CreateUnreferencedMergeCommit: ends,
    GetMergeCommit: ends,
    GetMergeConflicts: ends,
    GetMergeOptions: ends,
    DescribeMergeConflicts: { ...ends, filePath: 'f' },
    BatchDescribeMergeConflicts: ends,
    GetRepositoryTriggers: {},
    PutRepositoryTriggers: { triggers: [] },
    TestRepositoryTriggers: { triggers: [] },
  }
  test.each(Object.entries(operations))('stops %s', async (operation, input) => {
    refusals.set(OWN, 'AccessDeniedException')
    await expect(cloud.call(operation, { repositoryName: 'locked', ...input })).rejects.toMatchObject(
      exception('EncryptionKeyAccessDenied'),
    )
  })

  test.each([
    ['AccessDeniedException', 'EncryptionKeyAccessDenied'],
    ['DisabledException', 'EncryptionKeyDisabled'],
    ['NotFoundException', 'EncryptionKeyNotFound'],
    ['KMSInvalidStateException', 'EncryptionKeyUnavailable'],
  ])('%s of KMS is %s of CodeCommit', async (code, name) => {
    refusals.set(OWN, code)
    await expect(cloud.call('GetRepository', { repositoryName: 'locked' })).rejects.toMatchObject(
      exception(name),
    )
  })

  test('stands in a batch beside the others; what needs no content goes on', async () => {
    refusals.set(OWN, 'DisabledException')
    const names = ['locked', 'plain', 'none']
    const batch = await cloud.call('BatchGetRepositories', { repositoryNames: names })
    expect(batch.repositories).toMatchObject([{ repositoryName: 'plain' }])
    expect(batch.repositoriesNotFound).toEqual(['none'])
    expect(batch.errors).toEqual([
      {
        repositoryName: 'locked',
        repositoryId: expect.any(String),
        errorCode: 'EncryptionKeyDisabledException',
        errorMessage: 'The encryption key is disabled.',
      },
    ])
    await cloud.call('UpdateRepositoryName', { oldName: 'locked', newName: 'unlocked' })
    await cloud.call('UpdateRepositoryName', { oldName: 'unlocked', newName: 'locked' })
    expect((await cloud.call('ListRepositories', {})).repositories.length).toBeGreaterThan(3)
  })

  test('is asked for on the caller’s behalf, for the repository', async () => {
    const { repositoryMetadata } = await cloud.call('GetRepository', { repositoryName: 'locked' })
    expect(uses).toEqual([
      {
        keyArn: OWN,
        actions: expect.arrayContaining([
          'kms:Encrypt',
          'kms:Decrypt',
          'kms:GenerateDataKey',
          'kms:DescribeKey',
        ]),
        caller: cloud.olive.caller,
        via: 'codecommit',
        encryptionContext: { 'aws:codecommit:id': repositoryMetadata.repositoryId },
      },
    ])
  })
})
