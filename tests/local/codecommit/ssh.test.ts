import { execFile, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import ssh2 from 'ssh2'
import { parseCommand } from '../../../local/codecommit/ssh/command.ts'
import type { GitFault } from '../../../local/contracts.ts'
import { processes } from '../../support/processes.ts'
import { needTool } from '../../support/tools.ts'
import { createClient, type Harness, refsOf, startHarness } from './harness.ts'

describe('the command', () => {
  test.each([
    ["git-upload-pack '/v1/repos/orchard'", { service: 'git-upload-pack', name: 'orchard' }],
    ['git-receive-pack /v1/repos/orchard', { service: 'git-receive-pack', name: 'orchard' }],
    ["git-upload-pack '/v1/repos/orchard/'", { service: 'git-upload-pack', name: 'orchard/' }],
    ["git-upload-archive '/v1/repos/orchard'", undefined],
    ["git-upload-pack 'orchard'", undefined],
    ["git-upload-pack '/v1/repos/a'; id", undefined],
    ["git-upload-pack --strict '/v1/repos/a'", undefined],
    ['ls', undefined],
  ])('%s', (command, expected) => {
    expect(parseCommand(command)).toEqual(expected)
  })
})

const { utils } = ssh2
const client = createClient()
let cloud: Harness
let port: number
let work: string

const keyId = ['APKA', 'ORCHARDORCHARD01'].join('')
const keyFile = (name: string) => join(client.home, name)
/** @returns the public key in OpenSSH's one-line form */
const makeKey = (name: string, ...type: ['rsa', { bits: number }] | ['ed25519']): string => {
  const made = type[0] === 'rsa' ? utils.generateKeyPairSync(...type) : utils.generateKeyPairSync(type[0])
  writeFileSync(keyFile(name), made.private, { mode: 0o600 })
  writeFileSync(`${keyFile(name)}.pub`, made.public)
  return made.public
}
const sshOptions = (key: string) => [
  '-F',
  '/dev/null',
  '-i',
  keyFile(key),
  '-o',
  'IdentitiesOnly=yes',
  '-o',
  'StrictHostKeyChecking=no',
  '-o',
  `UserKnownHostsFile=${join(client.home, 'known')}`,
  '-o',
  'LogLevel=ERROR',
]
const use = (key: string) =>
  Object.assign(client.env, { GIT_SSH_COMMAND: ['ssh', ...sshOptions(key)].join(' ') })
const url = (name: string, { user = keyId, at = port } = {}) =>
  `ssh://${user}@127.0.0.1:${at}/v1/repos/${name}`
const ssh = (args: readonly string[], input = '') =>
  new Promise<{ code: number; stdout: string; stderr: string }>((done) => {
    const child = execFile(
      'ssh',
      [...sshOptions('rsa'), '-p', String(port), ...args],
      (error, stdout, stderr) => done({ code: error === null ? 0 : Number(error.code), stdout, stderr }),
    )
    child.stdin?.end(input)
  })

const there = needTool('ssh', ['-V'])
;(there ? describe : describe.skip)('Git over SSH, by OpenSSH', () => {
  beforeAll(async () => {
    cloud = await startHarness()
    port = await cloud.codecommit.listenSsh('eu-west-1', 0)
    cloud.sshKeys.set(keyId, { publicKey: makeKey('rsa', 'rsa', { bits: 2048 }), caller: cloud.olive.caller })
    cloud.sshKeys.set('APKAED', { publicKey: makeKey('ed', 'ed25519'), caller: cloud.olive.caller })
    makeKey('other', 'rsa', { bits: 2048 })
    await cloud.call('CreateRepository', { repositoryName: 'orchard' })
    work = await client.work('orchard')
  })
  afterAll(async () => {
    await cloud.stop()
    client.remove()
  })
  beforeEach(() => {
    use('rsa')
    cloud.events.length = 0
    cloud.trail.length = 0
    cloud.logs.length = 0
  })
  const refs = () => refsOf(client, cloud.directory('orchard'))
  const oid = (folder: string, rev: string) => client.must(folder, 'rev-parse', rev)

  test('push, clone, fetch, shallow clone; with events and trail', async () => {
    await client.must(work, 'push', '-q', url('orchard'), 'main')
    const first = await oid(work, 'main')
    expect(await refs()).toEqual({ 'refs/heads/main': first })
    expect(cloud.events.map(({ detail }) => detail)).toEqual([
      expect.objectContaining({
        event: 'referenceCreated',
        callerUserArn: cloud.olive.caller.arn,
        commitId: first,
      }),
    ])
    const facts = {
      eventSource: 'codecommit.amazonaws.com',
      eventName: 'GitPush',
      userAgent: expect.stringMatching(/^SSH-2\.0-OpenSSH/),
      sourceIp: '127.0.0.1',
      resources: [`arn:aws:codecommit:eu-west-1:111111111111:orchard`],
    }
    expect(cloud.trail).toEqual([
      expect.objectContaining({
        ...facts,
        additionalEventData: expect.objectContaining({ dataTransferred: false }),
      }),
      expect.objectContaining({
        ...facts,
        requestParameters: { references: [{ commit: first, ref: 'refs/heads/main' }] },
        additionalEventData: {
          protocol: 'SSH',
          dataTransferred: true,
          capabilities: ['report-status', 'side-band-64k'],
          repositoryName: 'orchard',
          repositoryId: expect.any(String),
        },
      }),
    ])
    const copy = join(client.home, 'copy')
    await client.must(client.home, 'clone', '-q', url('orchard'), copy)
    expect(await oid(copy, 'HEAD')).toBe(first)
    for (const message of ['two', 'three']) {
      await client.must(work, 'commit', '-q', '--allow-empty', '-m', message)
    }
    await client.must(work, 'push', '-q', url('orchard'), 'main', 'main:topic')
    await client.must(copy, '-c', 'protocol.version=2', 'fetch', '-q', 'origin')
    expect(await oid(copy, 'origin/main')).toBe(await oid(work, 'main'))
    const shallow = join(client.home, 'shallow')
    await client.must(client.home, 'clone', '-q', '--depth', '1', url('orchard'), shallow)
    expect(await client.must(shallow, 'rev-list', '--count', 'HEAD')).toBe('1')
    await client.must(work, 'push', '-q', url('orchard'), ':topic')
    expect(await refs()).toEqual({ 'refs/heads/main': await oid(work, 'main') })
    expect(cloud.trail.at(-1)?.requestParameters).toEqual({ references: [{ ref: 'refs/heads/topic' }] })
    // nothing to fetch: no entry of a transfer
    cloud.trail.length = 0
    await client.must(copy, 'fetch', '-q', 'origin')
    expect(cloud.trail).toHaveLength(1)
  })

  test('a megabyte and more, both ways', async () => {
    writeFileSync(join(work, 'big.bin'), randomBytes(5_000_000))
    await client.must(work, 'add', '.')
    await client.must(work, 'commit', '-q', '-m', 'big')
    await client.must(work, 'push', '-q', url('orchard'), 'main:big')
    const copy = join(client.home, 'big')
    await client.must(client.home, 'clone', '-q', '-b', 'big', url('orchard'), copy)
    expect(await oid(copy, 'HEAD:big.bin')).toBe(await oid(work, 'HEAD:big.bin'))
  })

  test('a shell gets CodeCommit’s greeting, other commands a refusal', async () => {
    const shell = await ssh([`${keyId}@127.0.0.1`])
    expect(shell.stdout).toContain('You have successfully authenticated over SSH.')
    expect(shell.code).not.toBe(0)
    const other = await ssh([`${keyId}@127.0.0.1`, 'git-upload-archive', "'/v1/repos/orchard'"])
    expect([other.code, other.stderr]).toEqual([1, expect.stringContaining('Only git-upload-pack and')])
  })

  test('unknown id, another key, another kind of key: public key denied', async () => {
    for (const [key, user] of [
      ['rsa', 'APKANOBODY'],
      ['other', keyId],
      ['ed', 'APKAED'],
    ] as const) {
      use(key)
      const { code, stderr } = await client.git(work, 'ls-remote', url('orchard', { user }))
      expect([code, stderr]).toEqual([128, expect.stringContaining('Permission denied (publickey)')])
      expect(cloud.logs.some((log) => log.includes('public key denied'))).toBe(true)
    }
  })

  test('no such repository, a slash too many, and another region’s door', async () => {
    for (const name of ['none', 'orchard/', 'orchard.git']) {
      const { stderr } = await client.git(work, 'ls-remote', url(name))
      expect(stderr).toContain('Repository not found')
    }
    const at = await cloud.codecommit.listenSsh('us-east-1', 0)
    expect((await client.git(work, 'ls-remote', url('orchard', { at }))).stderr).toContain(
      'Repository not found',
    )
  })

  test.each(['0', '1', '2'])(
    'whoever only looks at the refs, asking for protocol %s, hears nothing of a failure',
    async (version) => {
      const looked = await client.git(work, '-c', `protocol.version=${version}`, 'ls-remote', url('orchard'))
      expect(looked).toMatchObject({ code: 0, stderr: '' })
      expect(looked.stdout).toContain('refs/heads/main')
      expect(cloud.logs).toEqual([])
    },
  )

  test('IAM judges twice: at the door, and by each ref', async () => {
    let rule: (action: string, ref: unknown) => boolean = (action) => action === 'codecommit:GitPush'
    cloud.deny((_, { action, context }) => rule(action, context?.['codecommit:References']))
    const whole = await client.git(work, 'push', url('orchard'), 'main:x')
    expect(whole.stderr).toContain('is not authorized to perform: codecommit:GitPush')
    expect((await client.git(work, 'ls-remote', url('orchard'))).code).toBe(0)
    rule = (_, ref) => ref === 'refs/heads/x'
    const some = await client.git(work, 'push', url('orchard'), 'main:x', 'main:y')
    expect(some.stderr).toMatch(/remote rejected\] main -> x \(You don't have permission to push/)
    expect(Object.keys(await refs())).toContain('refs/heads/y')
    rule = () => false
  })

  test('the host key is kept, for its owner alone', async () => {
    const file = join(cloud.folder, 'repositories', '.ssh-host-key')
    expect(statSync(file).mode & 0o777).toBe(0o600)
    const banner = await new Promise<string>((done) => {
      const socket = connect(port, '127.0.0.1')
      socket.once('data', (text) => {
        done(text.toString())
        socket.destroy()
      })
    })
    expect(banner).toMatch(/^SSH-2\.0-AWSCodeCommit/)
  })

  test('faults: throttled, cut in either direction, and then whole', async () => {
    let fault: GitFault = { status: 429 }
    const other = await startHarness({ faults: { git: () => fault, diskFull: () => false } })
    const at = await other.codecommit.listenSsh('eu-west-1', 0)
    const publicKey = readFileSync(`${keyFile('rsa')}.pub`, 'utf8')
    other.sshKeys.set(keyId, { publicKey, caller: other.olive.caller })
    await other.call('CreateRepository', { repositoryName: 'orchard' })
    const push = () => client.git(work, 'push', '-q', url('orchard', { at }), 'main')
    expect((await push()).stderr).toContain('Rate Exceeded')
    for (const cut of [{ cutRequestAfter: 150 }, { cutAnswerAfter: 20 }]) {
      fault = cut
      expect((await push()).code).not.toBe(0)
    }
    fault = {}
    await client.must(work, 'push', '-q', url('orchard', { at }), 'main')
    expect((await client.git(other.directory('orchard'), 'fsck', '--full')).code).toBe(0)
    await other.stop()
  })

  test('a client that is killed leaves no git behind', async () => {
    const command = [`${keyId}@127.0.0.1`, "git-upload-pack '/v1/repos/orchard'"]
    const child = spawn('ssh', [...sshOptions('rsa'), '-p', String(port), ...command])
    await new Promise((done) => child.stdout.once('data', done))
    const running = () =>
      processes().filter(({ command: line, dead }) => !dead && line.includes(cloud.directory('orchard')))
    expect(running()).toHaveLength(1)
    child.kill('SIGKILL')
    while (running().length > 0) await sleep(10)
  })

  test('a stop cuts a client that dawdles', async () => {
    const other = await startHarness({ graceMs: 50 })
    const at = await other.codecommit.listenSsh('eu-west-1', 0)
    other.sshKeys.set(keyId, {
      publicKey: readFileSync(`${keyFile('rsa')}.pub`, 'utf8'),
      caller: other.olive.caller,
    })
    await other.call('CreateRepository', { repositoryName: 'orchard' })
    const child = spawn('ssh', [
      ...sshOptions('rsa'),
      '-p',
      String(at),
      `${keyId}@127.0.0.1`,
      "git-receive-pack '/v1/repos/orchard'",
    ])
    await new Promise((done) => child.stdout.once('data', done))
    const gone = new Promise((done) => child.once('exit', done))
    await other.stop()
    await gone
  })
})
