import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import {
  CodeCommitClient,
  CreateRepositoryCommand,
  GetRepositoryCommand,
  UpdateDefaultBranchCommand,
} from '@aws-sdk/client-codecommit'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { lsRemote } from '../../../../cli/git.ts'
import { startCredentialServer } from '../../../../containers/mirror/credential-server.ts'
import { createGit } from '../../../../containers/mirror/git.ts'
import { mirror } from '../../../../containers/mirror/mirror.ts'
import { createRepository } from '../../../../containers/mirror/repository.ts'
import { type Cloud, startCloud } from '../../../../local/cloud.ts'
import { type CodeCommitAccess, createCodeCommit } from '../../../../shared/codecommit/access.ts'
import { createGitClient } from '../../../../shared/git/client.ts'
import type { GitClient } from '../../../../shared/git/types.ts'
import { keepDefaultBranch } from '../../../../shared/replication/default-branch.ts'
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
let access: CodeCommitAccess
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
  access = codecommit
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

/** The mirror by the git program, in this process. */
const mirrorHere = async (): Promise<void> => {
  const folder = mkdtempSync(join(tmpdir(), 'mirror-'))
  const program = [process.execPath, resolve('containers/mirror/credential.ts')]
  const credentials = await startCredentialServer(folder, program)
  const { helper: credentialHelper, redact } = credentials
  const git = createGit({ path: process.env.PATH, home: folder, credentialHelper, redact })
  const { log, now } = parts
  try {
    const repository = createRepository({ git, credentials, access, folder, now, log })
    const { repository: source, ...target } = work.target
    await mirror({ source, ...target }, { access, git: parts.git, repository, log, now })
  } finally {
    await git.stop()
    await credentials.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

/** A replica that takes no such ref, as its policy may say: the local one has no hooks. */
const refusing = (git: GitClient, ref: string): GitClient => ({
  ...git,
  push: async (remote, request, exchange) => {
    if (!request.commands.some((command) => command.ref === ref)) return git.push(remote, request, exchange)
    const result = { kind: 'refused', reason: 'policy' } as const
    return { unpack: 'ok', refs: new Map(request.commands.map((command) => [command.ref, result])) }
  },
})

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
  await client.send(new UpdateDefaultBranchCommand({ repositoryName: 'orders', defaultBranchName: 'next' }))
  await push(':trunk')
  await expect(relay(parts, work)).rejects.toMatchObject({
    code: 'PUSH_REJECTED',
    data: { ref: 'refs/heads/trunk', reason: 'the default branch cannot be deleted' },
  })
  expect([...(await refsIn('eu-west-1')).keys()]).toContain('refs/heads/next')
})

describe('the only branch, the default, becomes a folder between two looks', () => {
  const REPLICA_SIDE = 'eu-west-1'
  const client = () => new CodeCommitClient({ region: 'us-east-1' })
  const become = (defaultBranchName: string) =>
    client().send(new UpdateDefaultBranchCommand({ repositoryName: 'orders', defaultBranchName }))
  const replicaDefault = async () =>
    (
      await new CodeCommitClient({ region: REPLICA_SIDE }).send(
        new GetRepositoryCommand({ repositoryName: 'orders' }),
      )
    ).repositoryMetadata?.defaultBranch
  const keeper = () => keepDefaultBranch({ git: parts.git, access, log: parts.log }, work.target)
  const guarded = (): RelayWork => ({
    ...work,
    guard: async ({ updates }) => ({ kind: 'go', updates }),
    defaultBranch: keeper(),
  })

  /** `from` is all that both sides have; then the source has only `from/x` */
  const turnIntoFolder = async (from: string): Promise<void> => {
    await push(`next:refs/heads/between`)
    await become('between')
    await push(`:${from}`)
    await push(`next:refs/heads/${from}/x`)
    await become(`${from}/x`)
    await push(':between')
  }

  beforeAll(async () => {
    await setDefault('next')
    await relay(parts, work)
  })

  test('by the relay: a branch holds the place meanwhile, and goes', async () => {
    await turnIntoFolder('next')
    expect(await relay(parts, guarded())).toMatchObject({ kind: 'equal', moved: { created: 1, deleted: 1 } })
    expect(await replicaDefault()).toBe('next/x')
    expect(await refsIn(REPLICA_SIDE)).toEqual(await refsIn('us-east-1'))
  })

  test('by the git program', async () => {
    await push('next:refs/heads/pear')
    await become('pear')
    await push(':next/x')
    await relay(parts, guarded())
    await turnIntoFolder('pear')
    await mirrorHere()
    expect(await replicaDefault()).toBe('pear/x')
    expect(await refsIn(REPLICA_SIDE)).toEqual(await refsIn('us-east-1'))
  })

  test.each(['relay', 'git'] as const)('what a killed worker left of it, the %s takes away', async (way) => {
    const name = way === 'relay' ? 'fig' : 'plum'
    await push(`next:refs/heads/${name}`)
    await become(name)
    const others = [...(await refsIn('us-east-1')).keys()].filter(
      (ref) => /heads/.test(ref) && ref !== `refs/heads/${name}`,
    )
    await push(...others.map((ref) => `:${ref}`))
    await relay(parts, guarded())
    await turnIntoFolder(name)
    // killed between the deletion and the creation
    const dead = keeper()
    await dead.beforeDeletion([`refs/heads/${name}`])
    await parts.git.push(parts.remote(work.target.replica), {
      commands: [
        {
          ref: `refs/heads/${name}`,
          from: (await refsIn(REPLICA_SIDE)).get(`refs/heads/${name}`)!,
          to: '0'.repeat(40),
        },
      ],
      offered: ['report-status', 'delete-refs'],
    })
    expect([...(await refsIn(REPLICA_SIDE)).keys()].filter((ref) => /heads/.test(ref))).toEqual([
      expect.stringContaining('refs/heads/relay-temporary-default-'),
    ])
    await (way === 'relay' ? relay(parts, guarded()) : mirrorHere())
    expect(await replicaDefault()).toBe(`${name}/x`)
    expect(await refsIn(REPLICA_SIDE)).toEqual(await refsIn('us-east-1'))
  })

  test('a creation that the replica refuses: said by name, and the old tip stays', async () => {
    await push('next:refs/heads/quince')
    await become('quince')
    await push(':plum/x')
    await relay(parts, guarded())
    await turnIntoFolder('quince')
    const git = refusing(parts.git, 'refs/heads/quince/x')
    await expect(relay({ ...parts, git }, guarded())).rejects.toMatchObject({
      code: 'PUSH_REJECTED',
      data: { ref: 'refs/heads/quince/x' },
    })
    const tip = (await refsIn('us-east-1')).get('refs/heads/quince/x')
    expect([...(await refsIn(REPLICA_SIDE)).values()]).toContain(tip)
    expect(await relay(parts, guarded())).toMatchObject({ kind: 'equal' })
    await expectEqual()
  })
})
