import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  CodeCommitClient,
  CreateRepositoryCommand,
  GetRepositoryCommand,
  ListRepositoriesCommand,
} from '@aws-sdk/client-codecommit'
import { CreateQueueCommand, ListQueuesCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs'
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { AwsAccess } from '../../cli/aws.ts'
import { git, lsRemote } from '../../cli/git.ts'
import type { Ready } from '../../cli/up.ts'
import { startCloud } from '../../local/cloud.ts'
import { pushOne } from '../support/developer.ts'
import { raiseCloud } from '../support/live-cloud.ts'
import { type StartProcess, startProcess } from '../support/start-process.ts'

// assembled here: no text in this repository looks like a live key
const ROOT = {
  accessKeyId: ['AKI', 'AORCHARDROOT01'].join(''),
  secretAccessKey: ['not', 'a', 'secret'].join('/'),
}
const GIT = { name: 'nina-at-123456789012', password: ['pass', 'word'].join('+') }
const OWN = [
  '--no-stack',
  '--account=123456789012',
  `--root-key=${ROOT.accessKeyId}:${ROOT.secretAccessKey}`,
  `--git-user=${GIT.name}:${GIT.password}`,
]

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'relay-up-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const up = (...args: string[]) => startProcess(['--port', '0', ...args], {}, 'up')
const readyOf = async (run: StartProcess): Promise<Ready> =>
  JSON.parse((await run.until(/^\{"ready":true.*\}$/m))[0])
const stop = async (run: StartProcess) => {
  process.kill(-run.pid, 'SIGTERM')
  return run.ended()
}
const accessOf = ({ url }: Pick<Ready, 'url'>, region = 'eu-west-1'): AwsAccess => ({
  region,
  endpoint: url,
  credentials: ROOT,
})
const names = async (access: AwsAccess) => {
  const { repositories } = await new CodeCommitClient(access).send(new ListRepositoriesCommand({}))
  return repositories?.map(({ repositoryName }) => repositoryName)
}
const ask = (ready: Pick<Ready, 'url'>, method: string, path: string, body?: object) =>
  fetch(`${ready.url}/_relay/${path}`, { method, ...(body && { body: JSON.stringify(body) }) })

describe('relay up --no-stack with credentials of one’s own', () => {
  let run: StartProcess
  let ready: Ready
  const state = () => join(folder, 'own')
  const clone = (name: string, at = ready) => {
    const url = new URL(at.git.replace('{region}', 'eu-west-1').replace('{repository}', name))
    url.username = GIT.name
    url.password = GIT.password
    return url.href
  }
  beforeAll(async () => {
    run = up('--state', state(), ...OWN)
    ready = await readyOf(run)
  })
  afterAll(() => stop(run))

  test('prints one line of JSON, and nothing else', () => {
    expect(run.output()).toBe(`${JSON.stringify(ready)}\n`)
    expect(ready).toMatchObject({ port: expect.any(Number), accounts: ['123456789012'], state: state() })
    expect(ready.regions).toEqual(expect.arrayContaining(['us-east-1', 'eu-west-1', 'ap-southeast-2']))
    // what docs/local-cloud.md does next is clone from there
    expect(readFileSync(join(state(), 'config'), 'utf8')).toContain('region = us-east-1\n')
    expect(run.output()).not.toContain(ROOT.secretAccessKey)
    expect(statSync(state()).mode & 0o077).toBe(0)
  })

  test('starts empty, with exactly these credentials', async () => {
    expect(await names(accessOf(ready))).toEqual([])
    expect(await new STSClient(accessOf(ready)).send(new GetCallerIdentityCommand({}))).toMatchObject({
      Account: '123456789012',
      Arn: 'arn:aws:iam::123456789012:root',
    })
    const wrong = { ...accessOf(ready), credentials: { ...ROOT, secretAccessKey: 'other' } }
    await expect(names(wrong)).rejects.toMatchObject({ name: 'InvalidSignatureException' })
  })

  test('takes a push by the Git user, and forgets everything but the credentials when asked', async () => {
    const client = new CodeCommitClient(accessOf(ready))
    await client.send(new CreateRepositoryCommand({ repositoryName: 'orchard' }))
    await pushOne(clone('orchard'))
    expect((await lsRemote(clone('orchard'))).size).toBe(1)

    const answer = await ask(ready, 'POST', 'reset')
    expect([answer.status, await answer.json()]).toEqual([200, { reset: true }])
    expect(await names(accessOf(ready))).toEqual([])
    await expect(lsRemote(clone('orchard'))).rejects.toThrow(/not found/)
    await client.send(new CreateRepositoryCommand({ repositoryName: 'orchard' }))
    await pushOne(clone('orchard'))
    expect((await lsRemote(clone('orchard'))).size).toBe(1)
  })

  test('resets that overlap calls and one another lose no call', async () => {
    const calls = Array.from({ length: 20 }, (_, index) =>
      index % 5 === 4 ? ask(ready, 'POST', 'reset').then(({ status }) => status) : names(accessOf(ready)),
    )
    for (const result of await Promise.all(calls)) expect(result === 200 || Array.isArray(result)).toBe(true)
  })

  test('faults are set, reported and taken back at run time; a bad plan changes nothing', async () => {
    const rules = [{ call: 'codecommit:ListRepositories', error: 'ServiceUnavailable', nth: 2 }]
    expect((await ask(ready, 'PUT', 'faults', { seed: 5, rules })).status).toBe(200)
    const bad = await ask(ready, 'PUT', 'faults', { rules: [{ call: '*', nht: 2 }] })
    expect(bad.status).toBe(400)
    expect(((await bad.json()) as { problems: string[] }).problems).toEqual([expect.stringMatching(/nht/)])
    const client = new CodeCommitClient({ ...accessOf(ready), maxAttempts: 1 })
    await client.send(new ListRepositoriesCommand({}))
    await expect(client.send(new ListRepositoriesCommand({}))).rejects.toMatchObject({
      name: 'ServiceUnavailable',
    })
    await client.send(new ListRepositoriesCommand({}))
    expect(await (await ask(ready, 'GET', 'faults')).json()).toEqual({
      seed: 5,
      rules: [{ ...rules[0], asked: 3, struck: 1 }],
    })
    expect(await (await ask(ready, 'DELETE', 'faults')).json()).toEqual({ seed: 1, rules: [] })
  })

  test('a page of another origin cannot reset it', async () => {
    const answer = await fetch(`${ready.url}/_relay/reset`, {
      method: 'POST',
      headers: { Origin: 'http://evil.example' },
    })
    expect(answer.status).toBe(403)
  })

  test('state outlives the process; --fresh forgets it', async () => {
    await ask(ready, 'POST', 'reset')
    await new CodeCommitClient(accessOf(ready)).send(new CreateRepositoryCommand({ repositoryName: 'kept' }))
    process.kill(-run.pid, 'SIGKILL')
    await run.ended()
    for (const [args, expected] of [
      [[], ['kept']],
      [['--fresh'], []],
    ] as const) {
      run = up('--state', state(), ...OWN, ...args)
      ready = await readyOf(run)
      expect(await names(accessOf(ready))).toEqual(expected)
      expect(await stop(run)).toEqual({ code: 0, signal: null })
    }
    run = up('--state', state(), ...OWN)
    ready = await readyOf(run)
  })
})

test('what a person can mend is told in a sentence, and nothing is started', async () => {
  const taken = join(folder, 'taken')
  const plan = join(folder, 'plan.json')
  writeFileSync(taken, 'a file')
  writeFileSync(plan, '{"rules":[{"call":"*","rate":7}]}')
  const cases: readonly [args: string[], says: RegExp][] = [
    [['--account', '12'], /12 is not an account id/],
    [['--account', '123456789012,210987654321,123456789012'], /Account 123456789012 is given twice/],
    [['--region', 'mars-1'], /mars-1 is not a region/],
    [['--root-key', 'nothing'], /--root-key is not of the form ID:SECRET/],
    [['--git-user', 'a:b'], /--git-user needs --root-key/],
    [['--faults', 'nowhere.json'], /neither JSON nor the path of a file/],
    [['--faults', plan], /plan\.json cannot be used:\s+rules\[0\]\.rate: /],
    [['--state', taken], /A file is where the state folder should be: .*\s+.*--state DIR/],
    [['--state', join(taken, 'below')], /A file is where the state folder should be: /],
    [['--port', '99999'], /0 to 65535/],
  ]
  await Promise.all(
    cases.map(async ([args, says]) => {
      const run = up('--no-stack', '--state', join(folder, 'never'), ...args)
      expect((await run.ended()).code).not.toBe(0)
      expect(run.output()).toMatch(says)
      expect(run.stdout()).toBe('')
    }),
  )
  expect(existsSync(join(folder, 'never'))).toBe(false)
})

describe('startCloud in a test', () => {
  test('needs nothing: a temporary folder that goes, a free port, an administrator', async () => {
    const cloud = await startCloud()
    const region = cloud.regions[0]!
    const access = { region, endpoint: cloud.url, credentials: cloud.access[0]!.credentials }
    await new CodeCommitClient(access).send(new CreateRepositoryCommand({ repositoryName: 'orchard' }))
    await cloud.reset()
    await expect(
      new CodeCommitClient(access).send(new GetRepositoryCommand({ repositoryName: 'orchard' })),
    ).rejects.toMatchObject({ name: 'RepositoryDoesNotExistException' })
    await cloud.stop()
    expect(existsSync(cloud.folder)).toBe(false)
  })

  test('forgets in the midst of requests: each is answered, by what was there before or what is there after', async () => {
    const cloud = await startCloud()
    const access = { region: 'us-east-1', endpoint: cloud.url, credentials: cloud.access[0]!.credentials }
    const queues = new SQSClient({ ...access, maxAttempts: 1 })
    const identity = new STSClient({ ...access, maxAttempts: 1 })
    let going = true
    let answered = 0
    const knock = async () => {
      while (going) {
        await queues.send(new CreateQueueCommand({ QueueName: `apples-${answered}` }))
        await identity.send(new GetCallerIdentityCommand({}))
        answered += 1
      }
    }
    try {
      const { QueueUrl } = await queues.send(new CreateQueueCommand({ QueueName: 'pears' }))
      const waiting = queues.send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 20 }))
      const knocking = Promise.all([knock(), knock(), knock()])
      for (let i = 0; i < 5; i += 1) await cloud.reset()
      // its queue went: it was not kept waiting for twenty seconds
      await waiting.catch((error: unknown) =>
        expect(error).toMatchObject({ name: expect.stringContaining('QueueDoesNotExist') }),
      )
      going = false
      await knocking
      expect(answered).toBeGreaterThan(0)
      await cloud.reset()
      expect((await queues.send(new ListQueuesCommand({}))).QueueUrls ?? []).toEqual([])
    } finally {
      going = false
      await cloud.stop()
    }
  })

  test('with TLS: the certificate is trusted by git and outlives a reset; plain HTTP goes on', async () => {
    const cloud = await startCloud({ tls: true })
    try {
      const access = { region: 'us-east-1', endpoint: cloud.url, credentials: cloud.access[0]!.credentials }
      await cloud.reset()
      await new CodeCommitClient(access).send(new CreateRepositoryCommand({ repositoryName: 'orchard' }))
      const url = new URL(cloud.gitUrl('us-east-1', 'orchard').replace('http:', 'https:'))
      url.username = cloud.access[0]!.gitUserName!
      url.password = cloud.access[0]!.gitPassword!
      const trusting = ['-c', `http.sslCAInfo=${cloud.certificateFile}`, 'ls-remote', url.href]
      expect((await git(trusting)).stdout).toBe('')
      await expect(git(['ls-remote', url.href])).rejects.toThrow(/certificate/)
    } finally {
      await cloud.stop()
    }
  })

  test('with SSH: each region keeps its port through a reset', async () => {
    const cloud = await startCloud({ ssh: true })
    try {
      const before = { ...cloud.sshPorts }
      expect(Object.keys(before)).toEqual(cloud.regions)
      await cloud.reset()
      expect(cloud.sshPorts).toEqual(before)
      const greeting = await new Promise<string>((done) => {
        const socket = connect(before['eu-west-1'] ?? 0, '127.0.0.1').once('data', (data) => {
          done(data.toString())
          socket.destroy()
        })
      })
      expect(greeting).toMatch(/^SSH-2\.0-AWSCodeCommit/)
    } finally {
      await cloud.stop()
    }
  })

  test('a stack is deployed anew by a reset, and works', async () => {
    const live = await raiseCloud()
    try {
      await live.cloud.reset()
      await live.createRepository('orchard')
      await pushOne(live.url('orchard'), live.credentialFile)
      await live.untilEqual('orchard')
      // a subscriber who was there before subscribes anew
      expect(await live.inbox.waitFor(({ subject }) => subject.includes('orchard'), 30_000)).toBeDefined()
    } finally {
      await live.stop()
    }
  })
})
