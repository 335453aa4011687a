import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import {
  AddUserToGroupCommand,
  AttachUserPolicyCommand,
  CreateGroupCommand,
  CreateServiceSpecificCredentialCommand,
  CreateUserCommand,
  IAMClient,
  ListAttachedGroupPoliciesCommand,
  ListPoliciesCommand,
} from '@aws-sdk/client-iam'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { refusal } from '../support/developer.ts'
import { type LiveCloud, raiseCloud } from '../support/live-cloud.ts'
import { type StartProcess, startProcess } from '../support/start-process.ts'

const run = promisify(execFile)

const config = `version: 1
replicate:
  - repositories: ['*', '!work-*']
    to: [{ region: eu-west-1 }]
sweep: { everyMinutes: 60 }
failover: { freeze: { groups: [developers] } }
`

let live: LiveCloud
let folder: string
let deaf = true

beforeAll(async () => {
  // nobody hears of a push until the seeds are over: what they make equal, they made
  live = await raiseCloud({
    config,
    faults: {
      event: (envelope) => (deaf && envelope.source === 'aws.codecommit' ? [] : [{ envelope, delayMs: 0 }]),
      git: ({ repository, region }) =>
        repository === 'broken' && region === 'eu-west-1' ? { status: 403 } : {},
    },
  })
  folder = mkdtempSync(join(tmpdir(), 'relay-operator-'))
})

afterAll(async () => {
  await live?.stop()
  rmSync(folder, { recursive: true, force: true })
})

/** `relay` as a person at a second terminal runs it. */
const begin = (command: string, ...args: string[]): StartProcess =>
  startProcess([...args, '--local', live.cloud.folder], {}, command)

/** A signed Git password. */
const SIGNED = /\d{8}T\d{6}Z[0-9a-f]{64}/

const relay = async (command: string, ...args: string[]) => {
  const process = begin(command, ...args)
  const { code } = await process.ended()
  const { credentials, gitPassword } = live.cloud.access[0]!
  for (const secret of [credentials.secretAccessKey, String(gitPassword)])
    expect(process.output()).not.toContain(secret)
  expect(process.output()).not.toMatch(SIGNED)
  return { code, output: process.output(), stdout: process.stdout() }
}

const json = async (command: string, ...args: string[]) => {
  const { code, stdout, output } = await relay(command, ...args, '--json')
  try {
    return { code, ...JSON.parse(stdout) }
  } catch (cause) {
    throw new Error(`no JSON from relay ${command}:\n${output}`, { cause })
  }
}

/** A clone with a commit of its own; `url` may hold user and password. */
const clone = async (name: string) => {
  const path = join(folder, name)
  const git = async (...args: string[]) =>
    (await run('git', ['-C', path, ...args], { env: live.gitEnvironment })).stdout.trim()
  await run('git', ['init', '--quiet', '--initial-branch=main', path], { env: live.gitEnvironment })
  const commit = async (message: string) => {
    await git('commit', '--quiet', '--allow-empty', '-m', message)
    return git('rev-parse', 'HEAD')
  }
  return {
    git,
    commit,
    push: (url: string, ...refs: string[]) => git('push', url, ...(refs.length ? refs : ['main'])),
  }
}

const withRepository = async (name: string) => {
  await live.createRepository(name)
  const dev = await clone(name)
  await dev.commit('Begin')
  await dev.git('tag', 'v1')
  await dev.push(live.url(name), 'main', 'v1')
  return dev
}

describe('relay seed', () => {
  const names = ['apple', 'broken', 'pear', 'plum']

  test('says what differs and changes nothing; one that fails stops no other; stopped, it goes on where it was', async () => {
    for (const name of names) await withRepository(name)
    const looked = await json('seed', 'p*', '--dry-run')
    expect(looked).toMatchObject({ code: 0, ok: true, dryRun: true })
    expect(looked.rows.map((row: { result: string }) => row.result)).toEqual(['missing', 'missing'])
    await expect(live.refs(live.replicaUrl('pear'))).rejects.toThrow(/not found/)

    const stopped = begin('seed', '--parallel', '1')
    await stopped.until(/✓ apple/)
    process.kill(stopped.pid, 'SIGINT')
    expect(await stopped.ended()).toMatchObject({ code: 130 })
    expect(stopped.output()).toMatch(/plum +eu-west-1 .*stopped/)
    expect(stopped.output()).toMatch(/goes on from there/)

    const { code, output } = await relay('seed', '--parallel', '3')
    expect(code).toBe(1)
    expect(output).toMatch(/repository +replica +way +refs +MB +seconds +result/)
    expect(output).toMatch(/apple +eu-west-1 +– +2 .*equal\n/)
    expect(output).toMatch(/broken .*failed\n.*REMOTE_DENIED/)
    expect(output).toMatch(/plum +eu-west-1 +relay +2 .*seeded \(\+2 ~0 -0\)/)
    for (const name of names.filter((name) => name !== 'broken')) await live.untilEqual(name)
    const told = await live.untilEvent('Replica Updated', ({ replica }) =>
      JSON.stringify(replica).includes('plum'),
    )
    expect(told.detail).toMatchObject({ way: 'relay', reason: 'seed', refs: 2, created: 2 })
  })

  test('what loses much is refused until it is meant, by name', async () => {
    const dev = await clone('apple-tags')
    await dev.commit('Tags')
    const tags = Array.from({ length: 20 }, (_, index) => `t${index}`)
    await live.createRepository('tagged')
    await dev.push(live.url('tagged'), 'main', ...tags.map((tag) => `main:refs/tags/${tag}`))
    expect(await json('seed', 'tagged')).toMatchObject({ code: 0 })
    await dev.push(live.url('tagged'), ...tags.slice(1).map((tag) => `:refs/tags/${tag}`))
    const refused = await json('seed', 'tagged')
    expect(refused).toMatchObject({ code: 1, ok: false, rows: [{ result: 'refused' }] })
    expect(refused.rows[0].reason).toMatch(/19.*--force/)
    expect((await live.refs(live.replicaUrl('tagged'))).size).toBe(21)
    expect((await relay('seed', '--force')).output).toMatch(/--force is for repositories that are named/)
    expect((await relay('seed', 'tagged', '--force')).output).toMatch(/--yes/)
    const forced = await json('seed', 'tagged', '--force', '--yes')
    expect(forced).toMatchObject({ code: 0, rows: [{ result: 'seeded', moved: { deleted: 19 } }] })
    expect((await live.refs(live.replicaUrl('tagged'))).size).toBe(2)
  })

  test.each([
    ['no such repository', ['nothing-of-this-name'], /wants no replica of nothing-of-this-name/],
    ['no such stage', ['--stage', 'prod'], /no table codecommit-relay-prod-table.*\n.*stage prod\?/],
    ['a width that is none', ['--parallel', '0'], /from 1 to 32/],
  ])('%s: a sentence and exit status 1', async (_name, args, sentence) => {
    const { code, output } = await relay('seed', ...args)
    expect([code, output]).toEqual([1, expect.stringMatching(sentence)])
    expect(output).not.toMatch(/\n\s+at /)
  })
})

describe('relay failover and failback', () => {
  const users = new Map<string, string>()
  let iam: IAMClient
  let dev: Awaited<ReturnType<typeof clone>>

  const urlOf = (user: string, address: string) => {
    const url = new URL(address)
    const [name = '', password = ''] = users.get(user)?.split('\n') ?? []
    url.username = encodeURIComponent(name)
    url.password = encodeURIComponent(password)
    return url.href
  }

  beforeAll(async () => {
    deaf = false
    iam = new IAMClient(live.aws)
    await iam.send(new CreateGroupCommand({ GroupName: 'developers' }))
    for (const UserName of ['nina', 'omar']) {
      await iam.send(new CreateUserCommand({ UserName }))
      await iam.send(
        new AttachUserPolicyCommand({
          UserName,
          PolicyArn: 'arn:aws:iam::aws:policy/AWSCodeCommitPowerUser',
        }),
      )
      const { ServiceSpecificCredential: made } = await iam.send(
        new CreateServiceSpecificCredentialCommand({ UserName, ServiceName: 'codecommit.amazonaws.com' }),
      )
      users.set(UserName, `${made?.ServiceUserName}\n${made?.ServicePassword}`)
    }
    await iam.send(new AddUserToGroupCommand({ GroupName: 'developers', UserName: 'nina' }))
    dev = await withRepository('orders')
    await live.untilEqual('orders')
  })

  const policies = async () => {
    const { Policies = [] } = await iam.send(new ListPoliciesCommand({ Scope: 'Local' }))
    const { AttachedPolicies = [] } = await iam.send(
      new ListAttachedGroupPoliciesCommand({ GroupName: 'developers' }),
    )
    return [Policies.length, AttachedPolicies.length]
  }

  test('a dry run names every step and changes nothing', async () => {
    const { code, output } = await relay('failover', 'orders', '--to', 'eu-west-1', '--dry-run')
    expect(code).toBe(0)
    expect(output).toMatch(
      /check.*equal[\s\S]*freeze.*group developers[\s\S]*swap.*orders in eu-west-1 would be the source/,
    )
    expect(await policies()).toEqual([0, 0])
    expect(await relay('failback', 'orders')).toMatchObject({
      code: 1,
      output: expect.stringMatching(/was failed over/),
    })
  })

  test('nothing is begun where nobody can be asked, and --yes was not given', async () => {
    expect(await relay('failover', 'orders', '--to', 'eu-west-1', '--settle', '0')).toMatchObject({
      code: 1,
      output: expect.stringMatching(/nobody to ask[\s\S]*--yes/),
    })
    expect(await policies()).toEqual([0, 0])
  })

  test('killed while it is frozen: only the group cannot push; the same command goes on, and all may push again', async () => {
    const killed = begin('failover', 'orders', '--to', 'eu-west-1', '--settle', '60', '--yes')
    await killed.until(/✓ hold/)
    process.kill(killed.pid, 'SIGKILL')
    await killed.ended()
    expect(await policies()).toEqual([1, 1])
    await dev.commit('While frozen')
    expect(await refusal(dev.push(urlOf('nina', live.url('orders'))))).toMatch(/403/)
    await dev.push(urlOf('omar', live.url('orders')))

    const resumed = await relay('failover', 'orders', '--to', 'eu-west-1', '--settle', '0', '--yes')
    expect(resumed.output).toMatch(/goes on after "hold"/)
    expect(resumed.output).toMatch(
      /verify +equal on both sides[\s\S]*swap +orders in eu-west-1 is the source now/,
    )
    expect(resumed.code).toBe(0)
    expect(await policies()).toEqual([0, 0])
    expect(await live.refs(live.replicaUrl('orders'))).toEqual(await live.refs(live.url('orders')))
  })

  test('what is pushed to the new source reaches the former one by the sweep', async () => {
    await dev.commit('On the other side')
    await dev.push(urlOf('nina', live.replicaUrl('orders')))
    const tip = await dev.git('rev-parse', 'HEAD')
    await live.sweep()
    await live.untilEqual('orders')
    expect((await live.refs(live.url('orders'))).get('refs/heads/main')).toBe(tip)
    const updated = await live.untilEvent(
      'Replica Updated',
      ({ replica }) => (replica as { region: string }).region === 'us-east-1',
    )
    expect(updated.detail).toMatchObject({ repository: { region: 'eu-west-1', name: 'orders' } })
  })

  test('a push to the former source is taken back, not carried over', async () => {
    const before = await live.refs(live.replicaUrl('orders'))
    const astray = await clone('astray')
    await astray.git('fetch', '--quiet', live.url('orders'), 'main')
    await astray.git('checkout', '--quiet', '-B', 'main', 'FETCH_HEAD')
    await astray.commit('Astray')
    await astray.push(live.url('orders'))
    await live.untilEqual('orders')
    expect(await live.refs(live.url('orders'))).toEqual(before)
  })

  test('seed goes the new way too, and failover says that it is done', async () => {
    expect(await json('seed', 'orders')).toMatchObject({
      code: 0,
      rows: [{ repository: { region: 'eu-west-1' }, replica: { region: 'us-east-1' }, result: 'equal' }],
    })
    expect(await json('failover', 'orders', '--to', 'eu-west-1', '--yes')).toMatchObject({
      code: 0,
      rows: [{ result: 'already' }],
    })
  })

  test('failback: the same steps from the other side, and everything is as before', async () => {
    const killed = begin('failback', 'orders', '--settle', '60', '--yes')
    await killed.until(/✓ hold/)
    process.kill(killed.pid, 'SIGKILL')
    await killed.ended()
    await dev.commit('Frozen on the other side')
    expect(await refusal(dev.push(urlOf('nina', live.replicaUrl('orders'))))).toMatch(/403/)
    expect(await json('failback', 'orders', '--settle', '0', '--yes')).toMatchObject({
      code: 0,
      rows: [{ result: 'swapped' }],
    })
    expect(await policies()).toEqual([0, 0])
    await dev.push(urlOf('nina', live.url('orders')))
    await live.untilEqual('orders')
    expect((await live.refs(live.replicaUrl('orders'))).get('refs/heads/main')).toBe(
      await dev.git('rev-parse', 'HEAD'),
    )
  })

  test('one that was begun and has not swapped is taken back by the other command', async () => {
    const killed = begin('failover', 'orders', '--to', 'eu-west-1', '--settle', '60', '--yes')
    await killed.until(/✓ hold/)
    process.kill(killed.pid, 'SIGKILL')
    await killed.ended()
    expect(await json('failback', 'orders')).toMatchObject({ code: 0, rows: [{ result: 'undone' }] })
    expect(await policies()).toEqual([0, 0])
    await dev.commit('As if nothing had been')
    await dev.push(urlOf('nina', live.url('orders')))
    await live.untilEqual('orders')
  })
})
