import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CodeCommitClient, CreateRepositoryCommand } from '@aws-sdk/client-codecommit'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { lsRemote } from '../../../../cli/git.ts'
import { type Cloud, startCloud } from '../../../../local/cloud.ts'
import { createCodeCommit } from '../../../../shared/codecommit/access.ts'
import { createGitClient } from '../../../../shared/git/client.ts'
import { fastPath } from '../../../../shared/replication/relay/fast-path.ts'
import { relay } from '../../../../shared/replication/relay/relay.ts'
import type { Draft, RelayParts, RelayWork } from '../../../../shared/replication/relay/types.ts'
import { makeBare } from '../../../support/bare.ts'
import { fsckFolder } from '../../../support/fsck.ts'
import { grow, setRefs } from './sides.ts'

// CodeCommit as the local cloud narrows it: no offset deltas, no agent, no atomic, and whoever asks for more is cut off.

let cloud: Cloud
let parts: RelayParts
let work: RelayWork
let setDefault: (branch: string) => Promise<void>
const developer = makeBare()
const variables = ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_ENDPOINT_URL'] as const
const before = variables.map((name) => process.env[name])

beforeAll(async () => {
  cloud = await startCloud({ port: 0 })
  const { credentials, account } = cloud.access[0]!
  process.env.AWS_ACCESS_KEY_ID = credentials.accessKeyId
  process.env.AWS_SECRET_ACCESS_KEY = credentials.secretAccessKey
  process.env.AWS_ENDPOINT_URL = cloud.url
  const gitEndpoint = `http://git-codecommit.{region}.amazonaws.com.localhost:${cloud.port}`
  const codecommit = createCodeCommit({ gitEndpoint, now: Date.now, region: 'us-east-1' })
  const address = (region: string) => ({ account, region, name: 'orders' })
  setDefault = async (branch) => {
    await codecommit.setDefaultBranch(address('eu-west-1'), branch)
  }
  for (const region of ['us-east-1', 'eu-west-1']) {
    const client = new CodeCommitClient({ region })
    await client.send(new CreateRepositoryCommand({ repositoryName: 'orders' }))
  }
  parts = {
    git: createGitClient(),
    remote: codecommit.gitRemote,
    now: Date.now,
    pause: async () => undefined,
    log: { info: () => undefined, warn: () => undefined, error: () => undefined },
  }
  work = {
    target: { repository: address('us-east-1'), replica: address('eu-west-1'), deletes: 'mirror' },
    until: Date.now() + 600_000,
    bytes: 1e8,
  }
})

afterAll(async () => {
  await cloud?.stop()
  developer.remove()
  for (const [index, name] of variables.entries()) {
    const value = before[index]
    if (value === undefined) delete process.env[name]
    else process.env[name] = value
  }
})

const credentials = () => ['-c', `credential.helper=store --file=${join(cloud.folder, 'git-credentials')}`]
const push = (...refspecs: string[]) =>
  developer.git([...credentials(), 'push', '--quiet', cloud.gitUrl('us-east-1', 'orders'), ...refspecs])
const refsIn = (region: string) =>
  lsRemote(cloud.gitUrl(region, 'orders'), { credentialFile: join(cloud.folder, 'git-credentials') })

const expectEqual = async (): Promise<void> => {
  expect(await refsIn('eu-west-1')).toEqual(await refsIn('us-east-1'))
  const folder = mkdtempSync(join(tmpdir(), 'relay-fsck-'))
  try {
    const url = cloud.gitUrl('eu-west-1', 'orders')
    await developer.git([...credentials(), 'clone', '--quiet', '--mirror', url, folder])
    expect(await fsckFolder(folder)).toBe('')
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

test('between two CodeCommit repositories: a seed, a change, an event, a force push, a new default branch', async () => {
  const one = await grow(developer, 'main', 50)
  await developer.git(['tag', '-a', '-m', 'one', 'v1', one])
  await grow(developer, 'old', 2, { from: one })
  await push('main', 'old', 'v1')
  expect(await relay(parts, work)).toMatchObject({ kind: 'equal', moved: { created: 3 } })
  await expectEqual()

  const two = await grow(developer, 'main', 2)
  await push('main')
  const main = { kind: 'update', ref: 'refs/heads/main', from: one, to: two } as const
  // fetch, push, and the look: version 0 tells all refs or none, and that once
  expect(await fastPath(parts, work, [main])).toMatchObject({
    kind: 'moved',
    moved: { updated: 1 },
    cost: { requests: 3 },
  })
  await expectEqual()

  const asked: Draft[] = []
  const guarded: RelayWork = {
    ...work,
    guard: async (draft) => {
      asked.push(draft)
      return { kind: 'go', updates: draft.updates }
    },
    defaultBranch: {
      beforeDeletion: async (refs) => (refs.includes('refs/heads/main') ? setDefault('trunk') : undefined),
      afterCreation: async () => undefined,
    },
  }
  await grow(developer, 'main', 3)
  await push('main')
  expect(await relay(parts, guarded)).toMatchObject({ kind: 'equal', moved: { updated: 1 } })
  expect(asked).toEqual([])

  await grow(developer, 'main', 1, { from: one })
  await push('--force', 'main', ':old')
  expect(await relay(parts, guarded)).toMatchObject({ kind: 'equal', moved: { updated: 1, deleted: 1 } })
  expect(asked[0]?.losing.map(({ ref }) => ref)).toEqual(['refs/heads/main', 'refs/heads/old'])
  await expectEqual()

  await setRefs(developer, { 'refs/heads/trunk': 'main' })
  await push('trunk')
  const client = new CodeCommitClient({ region: 'us-east-1' })
  const { UpdateDefaultBranchCommand } = await import('@aws-sdk/client-codecommit')
  await client.send(new UpdateDefaultBranchCommand({ repositoryName: 'orders', defaultBranchName: 'trunk' }))
  await push(':main')
  expect(await relay(parts, guarded)).toMatchObject({ kind: 'equal', moved: { created: 1, deleted: 1 } })
  expect(asked[1]?.losing).toEqual([])
  await expectEqual()
})

test('a default branch that the replica does not give up is said, and all else goes through', async () => {
  await setRefs(developer, { 'refs/heads/next': 'trunk' })
  await push('next')
  const client = new CodeCommitClient({ region: 'us-east-1' })
  const { UpdateDefaultBranchCommand } = await import('@aws-sdk/client-codecommit')
  await client.send(new UpdateDefaultBranchCommand({ repositoryName: 'orders', defaultBranchName: 'next' }))
  await push(':trunk')
  await expect(relay(parts, work)).rejects.toMatchObject({
    code: 'PUSH_REJECTED',
    data: { ref: 'refs/heads/trunk', reason: 'the default branch cannot be deleted' },
  })
  expect([...(await refsIn('eu-west-1')).keys()]).toContain('refs/heads/next')
})

test('the only branch became a folder: CodeCommit cannot follow, which is said by name, and its old tip stays', async () => {
  await setDefault('next')
  await relay(parts, work)
  const client = new CodeCommitClient({ region: 'us-east-1' })
  const { UpdateDefaultBranchCommand } = await import('@aws-sdk/client-codecommit')
  const become = (defaultBranchName: string) =>
    client.send(new UpdateDefaultBranchCommand({ repositoryName: 'orders', defaultBranchName }))
  await push('next:refs/heads/between', 'next:refs/tags/kept')
  await become('between')
  await push(':next')
  await push('next:refs/heads/next/x')
  await become('next/x')
  await push(':between')
  await expect(relay(parts, work)).rejects.toMatchObject({
    code: 'PUSH_REJECTED',
    data: { refs: 2, ref: 'refs/heads/next/x', others: 'refs/heads/next' },
  })
  const names = [...(await refsIn('eu-west-1')).keys()]
  expect(names).toContain('refs/heads/next')
  expect(names).toContain('refs/tags/kept')
})
