import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import {
  CodeCommitClient,
  CreateBranchCommand,
  CreateCommitCommand,
  CreateRepositoryCommand,
  CreateUnreferencedMergeCommitCommand,
  DeleteFileCommand,
  GetBranchCommand,
  GetDifferencesCommand,
  GetFileCommand,
  GetFolderCommand,
  GetMergeCommitCommand,
  GetRepositoryCommand,
  MergeBranchesByFastForwardCommand,
  MergeBranchesBySquashCommand,
  MergeBranchesByThreeWayCommand,
  PutFileCommand,
} from '@aws-sdk/client-codecommit'
import {
  CreateAccessKeyCommand,
  CreateUserCommand,
  IAMClient,
  PutUserPolicyCommand,
} from '@aws-sdk/client-iam'
import { CreateKeyCommand, DisableKeyCommand, KMSClient } from '@aws-sdk/client-kms'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { createCodeCommit } from '../../../local/codecommit/codecommit.ts'
import type { CodeCommit, Credentials } from '../../../local/contracts.ts'
import { createDynamoDb } from '../../../local/dynamodb/dynamodb.ts'
import { createGateway } from '../../../local/gateway/gateway.ts'
import { createIam } from '../../../local/iam/iam.ts'
import { createKms } from '../../../local/kms/kms.ts'
import { openStore } from '../../../local/state/store.ts'
import { testWith } from '../../support/tools.ts'

const ACCOUNT = '111111111111'
const region = 'eu-west-1'
const repositoryName = 'orchard'
const arn = `arn:aws:codecommit:${region}:${ACCOUNT}:${repositoryName}`

let folder: string
let endpoint: string
let codecommit: CodeCommit
let admin: Credentials
let stop: () => Promise<void>
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'relay-api-'))
  const store = openStore(join(folder, 'state.sqlite'))
  const parts = { store, now: Date.now, log: () => {} }
  const iam = createIam({ parts, accounts: [ACCOUNT] })
  const kms = createKms({ parts, iam })
  const wires = { emit: () => {}, publish: async () => {}, invokeAsync: async () => {} }
  const gitBaseUrl = (name: string) => `http://git-codecommit.${name}.amazonaws.com.localhost`
  codecommit = createCodeCommit({ parts, iam, wires, kms, folder: join(folder, 'repositories'), gitBaseUrl })
  const dynamodb = createDynamoDb({ parts, folder: join(folder, 'dynamodb') })
  const services = [...iam.services, kms.service, codecommit.service]
  const gateway = createGateway({ parts, iam, services, git: codecommit.handleGit, dynamodb })
  await codecommit.start()
  endpoint = `http://127.0.0.1:${await gateway.listen(0)}`
  admin = iam.bootstrapAccount(ACCOUNT, 'admin').credentials
  stop = async () => {
    await gateway.stop()
    await codecommit.stop()
    await dynamodb.stop()
    store.close()
    rmSync(folder, { recursive: true, force: true })
  }
})
afterAll(() => stop())

const config = (credentials: { accessKeyId: string; secretAccessKey: string } = admin) => ({
  region,
  endpoint,
  credentials,
  maxAttempts: 1,
})
const all = { Effect: 'Allow', Action: '*', Resource: '*' }
let users = 0
/** A client of a new user who has exactly these statements. */
const client = async (...Statement: object[]): Promise<CodeCommitClient> => {
  users += 1
  const UserName = `user${users}`
  const iam = new IAMClient(config())
  await iam.send(new CreateUserCommand({ UserName }))
  const PolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement })
  await iam.send(new PutUserPolicyCommand({ UserName, PolicyName: 'p', PolicyDocument }))
  const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName }))
  return new CodeCommitClient(
    config({ accessKeyId: AccessKey!.AccessKeyId!, secretAccessKey: AccessKey!.SecretAccessKey! }),
  )
}
const denied = { name: 'AccessDeniedException' }
const text = (content: string) => new TextEncoder().encode(content)

/** main with a file, and branches that came from it. */
const orchard = async (name: string, ...branches: string[]): Promise<string> => {
  const owner = new CodeCommitClient(config())
  await owner.send(new CreateRepositoryCommand({ repositoryName: name, tags: { team: 'harvest' } }))
  const where = { repositoryName: name, branchName: 'main' }
  const { commitId } = await owner.send(
    new PutFileCommand({ ...where, filePath: 'f', fileContent: text('1\n') }),
  )
  for (const branchName of branches) {
    await owner.send(new CreateBranchCommand({ repositoryName: name, branchName, commitId: commitId! }))
  }
  return commitId!
}

describe('a branch that is denied', () => {
  // the guide's statement, with the actions that it leaves out (codecommit user guide, "Limit pushes and merges to branches")
  const protect = {
    Effect: 'Deny',
    Action: [
      ...['GitPush', 'DeleteBranch', 'PutFile', 'DeleteFile', 'CreateCommit', 'CreateBranch'],
      ...['MergeBranchesByFastForward', 'MergeBranchesBySquash', 'MergeBranchesByThreeWay'],
      'CreateUnreferencedMergeCommit',
    ].map((name) => `codecommit:${name}`),
    Resource: arn,
    Condition: {
      StringEqualsIfExists: { 'codecommit:References': ['refs/heads/main'] },
      Null: { 'codecommit:References': 'false' },
    },
  }

  test('cannot be changed by files, commits and merges; others can, and reading goes on', async () => {
    const parentCommitId = await orchard(repositoryName, 'topic', 'other')
    const developer = await client(all, protect)
    const on = (branchName: string) => ({ repositoryName, branchName, parentCommitId })
    const put = (branchName: string) =>
      developer.send(new PutFileCommand({ ...on(branchName), filePath: 'g', fileContent: text('2') }))
    const merge = (ends: { destinationCommitSpecifier: string; targetBranch?: string }) => {
      const input = { repositoryName, sourceCommitSpecifier: 'topic', ...ends }
      return [
        () => developer.send(new MergeBranchesByFastForwardCommand(input)),
        () => developer.send(new MergeBranchesBySquashCommand(input)),
        () => developer.send(new MergeBranchesByThreeWayCommand(input)),
      ]
    }
    const refused = [
      () => put('main'),
      () => developer.send(new DeleteFileCommand({ ...on('main'), filePath: 'f' })),
      () => developer.send(new CreateCommitCommand({ ...on('main'), deleteFiles: [{ filePath: 'f' }] })),
      ...merge({ destinationCommitSpecifier: 'main' }),
      ...merge({ destinationCommitSpecifier: 'refs/heads/main' }),
      ...merge({ destinationCommitSpecifier: parentCommitId, targetBranch: 'main' }),
      () =>
        developer.send(
          new CreateUnreferencedMergeCommitCommand({
            repositoryName,
            sourceCommitSpecifier: 'topic',
            destinationCommitSpecifier: 'main',
            mergeOption: 'SQUASH_MERGE',
          }),
        ),
    ]
    for (const attempt of refused) await expect(attempt()).rejects.toMatchObject(denied)
    // no way round it: a destination that is no branch moves none
    for (const destinationCommitSpecifier of ['HEAD', parentCommitId]) {
      for (const attempt of merge({ destinationCommitSpecifier })) {
        await expect(attempt()).rejects.toMatchObject({ name: 'InvalidTargetBranchException' })
      }
    }
    const { commitId } = await put('topic')
    await merge({ destinationCommitSpecifier: 'other' })[0]!()
    const branch = await developer.send(new GetBranchCommand({ repositoryName, branchName: 'other' }))
    expect(branch.branch?.commitId).toBe(commitId)
    const file = await developer.send(new GetFileCommand({ repositoryName, filePath: 'f' }))
    expect([file.commitId, new TextDecoder().decode(file.fileContent)]).toEqual([parentCommitId, '1\n'])
  })
})

test('tags of a repository and of a request decide', async () => {
  const parentCommitId = await orchard('tagged')
  const onlyPress = await client(all, {
    Effect: 'Deny',
    Action: 'codecommit:*',
    Resource: '*',
    Condition: { StringEquals: { 'aws:ResourceTag/team': 'harvest' } },
  })
  const where = { repositoryName: 'tagged', branchName: 'main', parentCommitId }
  await expect(
    onlyPress.send(new PutFileCommand({ ...where, filePath: 'g', fileContent: text('x') })),
  ).rejects.toMatchObject(denied)
  await expect(onlyPress.send(new GetFileCommand({ ...where, filePath: 'f' }))).rejects.toMatchObject(denied)
  const labelled = await client({
    Effect: 'Allow',
    Action: 'codecommit:CreateRepository',
    Resource: '*',
    Condition: {
      StringEquals: { 'aws:RequestTag/team': 'press' },
      'ForAllValues:StringEquals': { 'aws:TagKeys': ['team'] },
    },
  })
  const create = (name: string, tags: Record<string, string>) =>
    labelled.send(new CreateRepositoryCommand({ repositoryName: name, tags }))
  await expect(create('n', { team: 'harvest' })).rejects.toMatchObject(denied)
  await expect(create('n', { team: 'press', more: 'x' })).rejects.toMatchObject(denied)
  expect((await create('n', { team: 'press' })).repositoryMetadata?.repositoryName).toBe('n')
})

test('a key of one’s own needs permission and must be enabled; the managed one must only not be denied', async () => {
  const kms = new KMSClient(config())
  const { KeyMetadata } = await kms.send(new CreateKeyCommand({}))
  const owner = new CodeCommitClient(config())
  const kmsKeyId = KeyMetadata!.Arn!
  const made = await owner.send(new CreateRepositoryCommand({ repositoryName: 'own-key', kmsKeyId }))
  expect(made.repositoryMetadata?.kmsKeyId).toBe(kmsKeyId)
  await owner.send(new CreateRepositoryCommand({ repositoryName: 'managed-key' }))
  const codecommitOnly = { Effect: 'Allow', Action: 'codecommit:*', Resource: '*' }
  const denyKms = { Effect: 'Deny', Action: 'kms:Decrypt', Resource: '*' }
  const look = (who: CodeCommitClient, name: string) =>
    who.send(new GetRepositoryCommand({ repositoryName: name })).then(
      () => 'seen',
      (error: Error) => error.name,
    )
  const modest = await client(codecommitOnly)
  const stopped = await client(all, denyKms)
  expect(await look(modest, 'managed-key')).toBe('seen')
  expect(await look(modest, 'own-key')).toBe('EncryptionKeyAccessDeniedException')
  expect(await look(stopped, 'managed-key')).toBe('EncryptionKeyAccessDeniedException')
  expect(await look(owner, 'own-key')).toBe('seen')
  await kms.send(new DisableKeyCommand({ KeyId: kmsKeyId }))
  expect(await look(owner, 'own-key')).toBe('EncryptionKeyDisabledException')
})

test('the SDK: a folder, differences page by page, and errors by their classes', async () => {
  const parentCommitId = await orchard('sdk')
  const owner = new CodeCommitClient(config())
  const where = { repositoryName: 'sdk', branchName: 'main' }
  const { commitId, filesAdded, filesDeleted, filesUpdated } = await owner.send(
    new CreateCommitCommand({
      ...where,
      parentCommitId,
      putFiles: [
        { filePath: 'd/a', fileContent: text('a') },
        { filePath: 'd/b', fileContent: text('b'), fileMode: 'EXECUTABLE' },
      ],
    }),
  )
  expect([filesAdded?.length, filesDeleted, filesUpdated]).toEqual([2, [], []])
  const folder = await owner.send(new GetFolderCommand({ ...where, folderPath: '/d' }))
  expect(folder.files?.map(({ absolutePath, fileMode }) => [absolutePath, fileMode])).toEqual([
    ['d/a', 'NORMAL'],
    ['d/b', 'EXECUTABLE'],
  ])
  const compare = {
    ...where,
    beforeCommitSpecifier: parentCommitId,
    afterCommitSpecifier: 'main',
    MaxResults: 1,
  }
  const first = await owner.send(new GetDifferencesCommand(compare))
  const second = await owner.send(new GetDifferencesCommand({ ...compare, NextToken: first.NextToken }))
  expect([first, second].map(({ differences }) => differences?.[0]?.afterBlob?.path)).toEqual(['d/a', 'd/b'])
  expect(second.NextToken).toBeUndefined()
  await expect(
    owner.send(new PutFileCommand({ ...where, filePath: 'g', fileContent: text('x'), parentCommitId })),
  ).rejects.toMatchObject({ name: 'ParentCommitIdOutdatedException', $metadata: { httpStatusCode: 400 } })
  expect(
    await owner.send(
      new GetMergeCommitCommand({
        ...where,
        sourceCommitSpecifier: parentCommitId,
        destinationCommitSpecifier: 'main',
      }),
    ),
  ).toMatchObject({
    sourceCommitId: parentCommitId,
    destinationCommitId: commitId,
    baseCommitId: parentCommitId,
  })
})

testWith('aws')('AWS CLI: the documented examples of commits, files and merges', async () => {
  const run = promisify(execFile)
  const aws = async (...args: string[]) => {
    const { stdout } = await run('aws', ['codecommit', ...args, '--repository-name', 'MyDemoRepo'], {
      cwd: folder,
      env: {
        PATH: process.env.PATH,
        HOME: folder,
        AWS_ENDPOINT_URL: endpoint,
        AWS_DEFAULT_REGION: region,
        AWS_ACCESS_KEY_ID: admin.accessKeyId,
        AWS_SECRET_ACCESS_KEY: admin.secretAccessKey,
        AWS_MAX_ATTEMPTS: '1',
      },
    })
    return JSON.parse(stdout)
  }
  const owner = new CodeCommitClient(config())
  await owner.send(new CreateRepositoryCommand({ repositoryName: 'MyDemoRepo' }))
  const created = await aws(
    ...['create-commit', '--branch-name', 'main', '--put-files'],
    "filePath=readme.md,fileContent='Welcome to our team repository.'",
  )
  expect(created).toMatchObject({
    filesAdded: [{ absolutePath: 'readme.md', fileMode: 'NORMAL' }],
    filesDeleted: [],
  })
  await owner.send(
    new CreateBranchCommand({
      repositoryName: 'MyDemoRepo',
      branchName: 'feature',
      commitId: created.commitId,
    }),
  )
  writeFileSync(join(folder, 'ExampleSolution.py'), 'print(1)\n')
  const put = await aws(
    ...['put-file', '--branch-name', 'feature', '--file-content', 'file://ExampleSolution.py'],
    ...['--file-path', '/solutions/ExampleSolution.py', '--parent-commit-id', created.commitId],
    ...[
      '--name',
      'Maria Garcia',
      '--email',
      'maria_garcia@example.com',
      '--commit-message',
      'a third routine.',
    ],
  )
  const differences = await aws(
    ...['get-differences', '--before-commit-specifier', 'main', '--after-commit-specifier', 'feature'],
  )
  expect(differences).toEqual({
    differences: [
      {
        afterBlob: { blobId: put.blobId, path: 'solutions/ExampleSolution.py', mode: '100644' },
        changeType: 'A',
      },
    ],
  })
  const merged = await aws(
    ...['merge-branches-by-three-way', '--source-commit-specifier', 'feature'],
    ...['--destination-commit-specifier', 'main', '--author-name', 'Jorge Souza'],
    ...['--email', 'jorge_souza@example.com', '--commit-message', 'Merging changes.'],
  )
  expect(merged.treeId).toBe(put.treeId)
  const file = await aws(
    'get-file',
    '--commit-specifier',
    'main',
    '--file-path',
    'solutions/ExampleSolution.py',
  )
  expect(Buffer.from(file.fileContent, 'base64').toString()).toBe('print(1)\n')
  await expect(
    aws(
      'merge-branches-by-fast-forward',
      '--source-commit-specifier',
      'none',
      '--destination-commit-specifier',
      'main',
    ),
  ).rejects.toMatchObject({ stderr: expect.stringContaining('(CommitDoesNotExistException)') })
})
