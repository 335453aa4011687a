import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import ssh2 from 'ssh2'
import type { Credentials } from '../../../local/contracts.ts'
import type { Call, Caller } from '../../../local/gateway/service.ts'
import { createIam } from '../../../local/iam/iam.ts'
import { openStore } from '../../../local/state/store.ts'
import { needTool } from '../../support/tools.ts'
import {
  ACCOUNT,
  createClient,
  type Harness,
  OTHER_ACCOUNT,
  type Person,
  REGION,
  signedBasic,
  startHarness,
} from './harness.ts'

// The use cases of CodeCommit's and IAM's guides, by the real IAM, over HTTP and SSH, by git.
const client = createClient()
const iamFolder = mkdtempSync(join(tmpdir(), 'relay-git-iam-'))
const store = openStore(join(iamFolder, 'state.sqlite'))
const iam = createIam({
  parts: { store, now: Date.now, log: () => {} },
  accounts: [ACCOUNT, OTHER_ACCOUNT],
})
const root = (account: string): Caller => ({
  account,
  arn: `arn:aws:iam::${account}:root`,
  userId: account,
  kind: 'root',
})
/** runs an operation as somebody, without its being asked whether they may */
const call = async (
  service: 'iam' | 'sts',
  operation: string,
  input: object,
  caller = root(ACCOUNT),
  // biome-ignore lint/suspicious/noExplicitAny: outputs are the SDK's, one per operation
): Promise<any> => {
  const { operations } = iam.services.find(({ name }) => name === service)!
  const what: Call = {
    service,
    operation,
    region: 'us-east-1',
    account: caller.account,
    caller,
    requestId: 'r',
  }
  return operations[operation]!(input, what)
}

const arnOf = (name: string) => `arn:aws:codecommit:${REGION}:${ACCOUNT}:${name}`
const allow = (action: string | string[], resource: string | string[], condition?: object) => ({
  Effect: 'Allow',
  Action: action,
  Resource: resource,
  ...(condition && { Condition: condition }),
})
const deny = (action: string | string[], resource: string, condition: object) => ({
  ...allow(action, resource, condition),
  Effect: 'Deny',
})
const document = (...Statement: object[]) => JSON.stringify({ Version: '2012-10-17', Statement })

let cloud: Harness
let work: string
beforeAll(async () => {
  cloud = await startHarness({ iam })
  for (const repositoryName of ['orchard', 'meadow']) await cloud.call('CreateRepository', { repositoryName })
  await cloud.call('TagResource', { resourceArn: arnOf('meadow'), tags: { team: 'green' } })
  work = await client.work('orchard')
  const admin = await user('admin', allow('codecommit:*', '*'))
  for (const name of ['orchard', 'meadow']) {
    expect((await git('push', ...http(name, admin), 'main', 'main:topic')).code).toBe(0)
  }
})
afterAll(async () => {
  await cloud.stop()
  store.close()
  client.remove()
  rmSync(iamFolder, { recursive: true, force: true })
})

/** how a client gets at a repository: arguments of git before the refs */
type Way = (name: string) => string[]
const git = (verb: string, ...args: string[]) => client.git(work, verb, ...args)

/** a user with these statements; static credentials */
const user = async (
  name: string,
  ...statements: object[]
): Promise<{ gitUser: string; gitPassword: string }> => {
  await call('iam', 'CreateUser', { UserName: name })
  await call('iam', 'PutUserPolicy', {
    UserName: name,
    PolicyName: 'p',
    PolicyDocument: document(...statements),
  })
  const made = await call('iam', 'CreateServiceSpecificCredential', {
    UserName: name,
    ServiceName: 'codecommit.amazonaws.com',
  })
  const { ServiceUserName, ServicePassword } = made.ServiceSpecificCredential
  return { gitUser: ServiceUserName, gitPassword: ServicePassword }
}
const http = (name: string, { gitUser, gitPassword }: { gitUser: string; gitPassword: string }) => [
  cloud
    .plainUrl(name)
    .replace('http://', `http://${encodeURIComponent(gitUser)}:${encodeURIComponent(gitPassword)}@`),
]
/** with a password that these credentials sign */
const signed =
  ({ accessKeyId, secretAccessKey, sessionToken }: Credentials): Way =>
  (name) => {
    const person = {
      keyId: accessKeyId,
      secret: secretAccessKey,
      ...(sessionToken && { token: sessionToken }),
    }
    const address = { region: REGION, host: cloud.host(), path: `/v1/repos/${name}` }
    const basic = Buffer.from(
      signedBasic(person as Person, address, Date.now()).slice(6),
      'base64',
    ).toString()
    const colon = basic.indexOf(':')
    return http(name, { gitUser: basic.slice(0, colon), gitPassword: basic.slice(colon + 1) })
  }

/** a branch that is nobody's yet */
let count = 0
const fresh = () => {
  count += 1
  return `main:refs/heads/n${count}`
}
const mayPull = async (way: Way, name = 'orchard') => (await git('ls-remote', ...way(name))).code === 0
const mayPush = async (way: Way, refspec: string, name = 'orchard') => {
  const { code, stderr } = await git('push', ...way(name), refspec)
  if (code === 0) return true
  expect(stderr).toMatch(
    /error: 403|You don't have permission to push changes to this branch|is not authorized/,
  )
  return false
}
const move = async () => {
  await client.must(work, 'commit', '-q', '--allow-empty', '-m', 'x')
  return 'HEAD:refs/heads/topic'
}

const GIT = ['codecommit:GitPull', 'codecommit:GitPush']
/** the guide's own example of a protected branch, with and without its `Null` */
const protectedBranch = (withNull: boolean) =>
  deny('codecommit:GitPush', arnOf('orchard'), {
    StringEqualsIfExists: { 'codecommit:References': ['refs/heads/main'] },
    ...(withNull && { Null: { 'codecommit:References': 'false' } }),
  })

describe('users with static credentials', () => {
  test('who may only pull', async () => {
    const reader = await user('reader', allow('codecommit:GitPull', '*'))
    const way: Way = (name) => http(name, reader)
    expect(await mayPull(way)).toBe(true)
    expect(await mayPush(way, fresh())).toBe(false)
  })

  test('one repository, and no other', async () => {
    const way: Way = (name) => http(name, one)
    const one = await user('one', allow(GIT, arnOf('orchard')))
    expect(await mayPush(way, fresh())).toBe(true)
    expect([await mayPull(way, 'meadow'), await mayPush(way, fresh(), 'meadow')]).toEqual([false, false])
  })

  test('a protected branch: pulls and other branches go through, a push that touches it is denied for it alone', async () => {
    const junior = await user('junior', allow('codecommit:*', '*'), protectedBranch(true))
    const way: Way = (name) => http(name, junior)
    expect(await mayPull(way)).toBe(true)
    expect(await mayPush(way, fresh())).toBe(true)
    await move()
    expect(await mayPush(way, 'HEAD:refs/heads/main')).toBe(false)
    const both = await git('push', ...way('orchard'), 'HEAD:refs/heads/main', 'HEAD:refs/heads/topic')
    expect(both.stderr).toMatch(/remote rejected\] HEAD -> main \(You don't have permission/)
    expect(both.stderr).toMatch(/HEAD -> topic/)
    expect(await mayPush(way, ':refs/heads/main')).toBe(false)
  })

  test('without its `Null` the same policy blocks every push', async () => {
    const blocked = await user('blocked', allow('codecommit:*', '*'), protectedBranch(false))
    const way: Way = (name) => http(name, blocked)
    expect([await mayPull(way), await mayPush(way, fresh())]).toEqual([true, false])
  })

  test('only branches under a prefix: needs IfExists for the first step', async () => {
    const only = (operator: string) =>
      allow('codecommit:GitPush', '*', { [operator]: { 'codecommit:References': 'refs/heads/n*' } })
    const right = await user('prefix', allow('codecommit:GitPull', '*'), only('StringLikeIfExists'))
    const wrong = await user('prefix-plain', allow('codecommit:GitPull', '*'), only('StringLike'))
    expect(await mayPush((name) => http(name, right), fresh())).toBe(true)
    expect(await mayPush((name) => http(name, right), await move())).toBe(false)
    expect(await mayPush((name) => http(name, wrong), fresh())).toBe(false)
  })

  test('by the tags of a repository', async () => {
    const green = await user('green', allow(GIT, '*', { StringEquals: { 'aws:ResourceTag/team': 'green' } }))
    const way: Way = (name) => http(name, green)
    expect([await mayPush(way, fresh(), 'meadow'), await mayPush(way, fresh())]).toEqual([true, false])
  })

  test('by address, and by a secure transport that plain HTTP is not', async () => {
    const near = await user('near', allow(GIT, '*', { IpAddress: { 'aws:SourceIp': '127.0.0.0/8' } }))
    const far = await user('far', allow(GIT, '*', { IpAddress: { 'aws:SourceIp': '203.0.113.0/24' } }))
    const safe = await user('safe', allow(GIT, '*', { Bool: { 'aws:SecureTransport': 'true' } }))
    const may = async (who: typeof near) => mayPull((name) => http(name, who))
    expect([await may(near), await may(far), await may(safe)]).toEqual([true, false, false])
  })
})

describe('signed passwords', () => {
  test('the root of the account', async () => {
    iam.seedAccount(ACCOUNT, {
      rootKey: { id: ['AKIA', 'ROOTROOTROOTROOT'].join(''), secret: 'root-secret' },
    })
    const way = signed({ accessKeyId: ['AKIA', 'ROOTROOTROOTROOT'].join(''), secretAccessKey: 'root-secret' })
    expect([await mayPull(way), await mayPush(way, fresh())]).toEqual([true, true])
    expect(cloud.events.at(-1)?.detail).toMatchObject({ callerUserArn: `arn:aws:iam::${ACCOUNT}:root` })
  })

  const sessionOf = (credentials: {
    AccessKeyId: string
    SecretAccessKey: string
    SessionToken: string
  }): Way =>
    signed({
      accessKeyId: credentials.AccessKeyId,
      secretAccessKey: credentials.SecretAccessKey,
      sessionToken: credentials.SessionToken,
    })
  const callerOf = (name: string, account: string): Caller => ({
    account,
    arn: `arn:aws:iam::${account}:user/${name}`,
    userId: 'AIDA',
    kind: 'user',
  })

  test('a role of this account, assumed by a user of another', async () => {
    const trust = document({ Effect: 'Allow', Principal: { AWS: OTHER_ACCOUNT }, Action: 'sts:AssumeRole' })
    await call('iam', 'CreateRole', { RoleName: 'Guest', AssumeRolePolicyDocument: trust })
    const guest = document(allow(GIT, arnOf('orchard')), protectedBranch(true))
    await call('iam', 'PutRolePolicy', { RoleName: 'Guest', PolicyName: 'p', PolicyDocument: guest })
    await call('iam', 'CreateUser', { UserName: 'omar' }, root(OTHER_ACCOUNT))
    const mayAssume = document(allow('sts:AssumeRole', '*'))
    await call(
      'iam',
      'PutUserPolicy',
      { UserName: 'omar', PolicyName: 'p', PolicyDocument: mayAssume },
      root(OTHER_ACCOUNT),
    )
    const { Credentials: session } = await call(
      'sts',
      'AssumeRole',
      { RoleArn: `arn:aws:iam::${ACCOUNT}:role/Guest`, RoleSessionName: 'omar' },
      callerOf('omar', OTHER_ACCOUNT),
    )
    const way = sessionOf(session)
    expect([await mayPull(way), await mayPush(way, fresh()), await mayPull(way, 'meadow')]).toEqual([
      true,
      true,
      false,
    ])
    const arn = `arn:aws:sts::${ACCOUNT}:assumed-role/Guest/omar`
    expect(cloud.events.at(-1)?.detail).toMatchObject({ callerUserArn: arn })
    await move()
    expect(await mayPush(way, 'HEAD:refs/heads/main')).toBe(false)
  })

  test('a federated session has what its user and its own policy both allow', async () => {
    await user('broker', allow(['codecommit:*', 'sts:GetFederationToken'], '*'))
    const { Credentials: session } = await call(
      'sts',
      'GetFederationToken',
      { Name: 'fern', Policy: document(allow('codecommit:GitPull', '*')) },
      callerOf('broker', ACCOUNT),
    )
    const way = sessionOf(session)
    expect([await mayPull(way), await mayPush(way, fresh())]).toEqual([true, false])
  })
})

;(needTool('ssh', ['-V']) ? test : test.skip)(
  'over SSH the same judge, by the user’s uploaded key',
  async () => {
    const port = await cloud.codecommit.listenSsh(REGION, 0)
    const key = ssh2.utils.generateKeyPairSync('rsa', { bits: 2048 })
    const file = join(client.home, 'key')
    writeFileSync(file, key.private, { mode: 0o600 })
    await user('sasha', allow('codecommit:*', '*'), protectedBranch(true))
    const { SSHPublicKey } = await call('iam', 'UploadSSHPublicKey', {
      UserName: 'sasha',
      SSHPublicKeyBody: key.public,
    })
    const id: string = SSHPublicKey.SSHPublicKeyId
    const options = [
      '-F',
      '/dev/null',
      '-i',
      file,
      '-o',
      'StrictHostKeyChecking=no',
      '-o',
      'UserKnownHostsFile=/dev/null',
      '-o',
      'LogLevel=ERROR',
    ]
    Object.assign(client.env, { GIT_SSH_COMMAND: ['ssh', ...options].join(' ') })
    const way: Way = (name) => [`ssh://${id}@127.0.0.1:${port}/v1/repos/${name}`]
    expect([await mayPull(way), await mayPush(way, fresh())]).toEqual([true, true])
    await move()
    expect(await mayPush(way, 'HEAD:refs/heads/main')).toBe(false)
    const inactive = { UserName: 'sasha', SSHPublicKeyId: id, Status: 'Inactive' }
    await call('iam', 'UpdateSSHPublicKey', inactive)
    expect(await mayPull(way)).toBe(false)
  },
)
