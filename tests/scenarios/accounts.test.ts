import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import * as cc from '@aws-sdk/client-codecommit'
import { CreateRoleCommand, IAMClient, PutRolePolicyCommand } from '@aws-sdk/client-iam'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { lsRemote } from '../../cli/git.ts'
import { type Developer, developerOf } from '../support/developer.ts'
import { type LiveCloud, raiseCloud } from '../support/live-cloud.ts'

const OTHER = '222222222222'
const ROLE = 'relay-replica'
const EXTERNAL_ID = 'choose-something-long'

const config = `version: 1
replicate:
  - repositories: ["orders"]
    to:
      - region: eu-west-1
        account: "${OTHER}"
        role: arn:aws:iam::${OTHER}:role/${ROLE}
        externalId: ${EXTERNAL_ID}
  - repositories: ["by-*"]
    tag: relay:replicate-to
    to:
      - region: eu-west-1
`

/** The two policies of the replica's role, exactly as docs/deploy.md tells people to write them. */
const documented = (stage: string): { trust: string; permissions: string } => {
  const text = readFileSync(resolve(import.meta.dirname, '../../docs/deploy.md'), 'utf8')
  const [trust = '', permissions = ''] = [...text.matchAll(/```json\n([\s\S]*?)```/g)]
    .map((match) => match[1] ?? '')
    .filter((block) => block.includes('sts:AssumeRole') || block.includes('codecommit:GitPush'))
  return { trust: trust.replaceAll('-prod-', `-${stage}-`), permissions }
}

let live: LiveCloud
let nina: Developer
let home: cc.CodeCommitClient

const arnOf = (name: string) => `arn:aws:codecommit:us-east-1:111111111111:${name}`

beforeAll(async () => {
  live = await raiseCloud({ config })
  home = new cc.CodeCommitClient(live.aws)
  await live.createRepository('orders')
  const tags = { team: 'fruit', 'relay:note': 'ours' }
  await home.send(new cc.TagResourceCommand({ resourceArn: arnOf('orders'), tags }))
  nina = await developerOf(live, 'orders')
})

afterAll(async () => {
  nina?.leave()
  await live?.stop()
})

describe('a replica in another account', () => {
  test('is made and kept equal through the role that docs/deploy.md describes', async () => {
    const { credentials, gitUserName = '', gitPassword = '' } = live.cloud.access[1]!
    const iam = new IAMClient({
      ...live.aws,
      credentials: { accessKeyId: credentials.accessKeyId, secretAccessKey: credentials.secretAccessKey },
    })
    const { trust, permissions } = documented('local')
    await iam.send(new CreateRoleCommand({ RoleName: ROLE, AssumeRolePolicyDocument: trust }))
    await iam.send(
      new PutRolePolicyCommand({ RoleName: ROLE, PolicyName: 'replica', PolicyDocument: permissions }),
    )
    await nina.commit('Begin')
    await nina.git('push', 'origin', 'main')
    const updated = await live.untilEvent('Replica Updated')
    expect(updated.detail).toMatchObject({
      replica: { account: OTHER, region: 'eu-west-1', name: 'orders' },
      refs: 1,
    })
    const url = new URL(live.replicaUrl('orders'))
    url.username = gitUserName
    url.password = gitPassword
    expect(await lsRemote(url.href)).toEqual(await live.refs(live.url('orders')))
    // the administrator of the first account has no such repository
    await expect(live.refs(live.replicaUrl('orders'))).rejects.toThrow(/not found/)
  })

  test('gets tags with the first push, and a later description with the sweep, through the same role', async () => {
    const { credentials } = live.cloud.access[1]!
    const theirs = new cc.CodeCommitClient({ ...live.aws, region: 'eu-west-1', credentials })
    const { repositoryMetadata } = await theirs.send(
      new cc.GetRepositoryCommand({ repositoryName: 'orders' }),
    )
    const { tags } = await theirs.send(
      new cc.ListTagsForResourceCommand({ resourceArn: repositoryMetadata!.Arn }),
    )
    expect(tags).toEqual({ team: 'fruit' })
    await home.send(
      new cc.UpdateRepositoryDescriptionCommand({ repositoryName: 'orders', repositoryDescription: 'shop' }),
    )
    await live.sweep()
    await until(async () => {
      const { repositoryMetadata: about } = await theirs.send(
        new cc.GetRepositoryCommand({ repositoryName: 'orders' }),
      )
      return about?.repositoryDescription === 'shop'
    })
  })

  test('and no secret of either account is in a log, a message or an event', () => {
    const logs = readLogs(join(live.cloud.folder, 'logs'))
    const told = JSON.stringify([live.events, live.inbox.messages]) + logs
    expect(told.length).toBeGreaterThan(1_000)
    const secrets = live.cloud.access.flatMap(({ credentials, gitPassword = '' }) => [
      credentials.secretAccessKey,
      gitPassword,
    ])
    expect(secrets.filter((secret) => told.includes(secret))).toHaveLength(0)
    // a signed Git password: time, Z, signature
    expect(/\d{8}T\d{6}Z[0-9a-f]{64}/.test(told)).toBe(false)
  })
})

describe('by tag', () => {
  test('a repository is replicated once it carries the tag, without a deploy', async () => {
    await live.createRepository('by-tag')
    const omar = await developerOf(live, 'by-tag')
    try {
      writeFileSync(join(omar.folder, '.gitattributes'), '*.psd filter=lfs diff=lfs merge=lfs -text\n')
      await omar.commit('Begin')
      await omar.git('push', 'origin', 'main')
      await home.send(
        new cc.TagResourceCommand({
          resourceArn: arnOf('by-tag'),
          tags: { 'relay:replicate-to': 'eu-west-1' },
        }),
      )
      await live.sweep()
      await live.untilEqual('by-tag')
    } finally {
      omar.leave()
    }
  })

  test('that it uses Git LFS is told', async () => {
    const told = await live.untilEvent('Replica Incomplete')
    expect(told.detail).toMatchObject({ replica: { name: 'by-tag' }, seenIn: '.gitattributes of main' })
  })

  test('its replica outlives it, and people hear that the source is gone', async () => {
    await live.untilEvent('Replica Updated', ({ replica }) => (replica as { name: string }).name === 'by-tag')
    const before = await live.refs(live.replicaUrl('by-tag'))
    await home.send(new cc.DeleteRepositoryCommand({ repositoryName: 'by-tag' }))
    await live.sweep()
    await live.untilEvent('Source Missing', ({ replica }) => (replica as { name: string }).name === 'by-tag')
    const heard = await live.inbox.waitFor(({ subject }) => subject.includes('has lost its source'), 30_000)
    expect(heard?.subject).toBe('by-tag: replica in eu-west-1 has lost its source, and is kept')
    expect(await live.refs(live.replicaUrl('by-tag'))).toEqual(before)
  })
})

const until = async (test: () => Promise<boolean>): Promise<void> => {
  const deadline = performance.now() + 60_000
  while (!(await test())) {
    if (performance.now() > deadline) throw new Error('not within a minute')
    await sleep(100)
  }
}

const readLogs = (folder: string): string =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8'))
    .join('')
