import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { parseSignedPassword, signClone, timeProblem } from '../../../local/codecommit/http/signature.ts'
import { needTool } from '../../support/tools.ts'
import { createClient, type Harness, REGION, refsOf, signedBasic, startHarness } from './harness.ts'
import { ask, basic } from './raw-client.ts'

const client = createClient()
let cloud: Harness
let work: string
beforeAll(async () => {
  cloud = await startHarness()
  for (const repositoryName of ['orchard', 'other']) await cloud.call('CreateRepository', { repositoryName })
  work = await client.work('orchard')
  await client.must(work, 'push', '-q', cloud.url('orchard'), 'main')
  cloud.events.length = 0
})
afterAll(async () => {
  await cloud.stop()
  client.remove()
})

const refs = '/v1/repos/orchard/info/refs?service=git-receive-pack'
const statusOf = async (authorization: string | undefined, path = refs) => {
  const headers: Record<string, string> = authorization === undefined ? {} : { Authorization: authorization }
  return (await ask(cloud, path, { headers })).status
}
const MINUTE = 60_000

describe('the signature', () => {
  // computed by AWS CLI's own helper with a frozen clock
  const key = ['not-a-real', 'secret+0001'].join('/')
  const address = {
    region: 'eu-west-1',
    host: 'git-codecommit.eu-west-1.amazonaws.com',
    path: '/v1/repos/orchard-api',
  }
  test.each([
    ['plain', {}, '20310517T090433', '3282152d4bbc38d3f319afa0169ab63a37dcc5a009861e8d075483326a61f9f2'],
    [
      'with a port',
      { host: 'localhost:8443' },
      '20310517T090433',
      '5bc673cba41a83184c8f4aa0ab4e6a32c1228c26ef68a19747b462aca7a4406a',
    ],
    [
      'another region',
      { region: 'us-east-2', host: 'git-codecommit-fips.us-east-2.amazonaws.com' },
      '20310517T090433',
      '1481df162a68079e250e3c28b1622565dbac42842815c3c4aab3314e828708eb',
    ],
    [
      'localhost without its port',
      { host: 'localhost' },
      '20310517T090433',
      '2710bc8bec3603b9d903ff893266b7195f5ecf23558936b4886992058bbc5e08',
    ],
    [
      'a VPC endpoint',
      { host: 'vpce-0a1b2c3d-abcd.git-codecommit.eu-west-1.vpce.amazonaws.com' },
      '20310517T090433',
      '1d03834258a6c7996dda91d4d204a8f8886d607704e6d705a7c61f69b7f181d1',
    ],
    [
      'China',
      { region: 'cn-north-1', host: 'git-codecommit.cn-north-1.amazonaws.com.cn' },
      '20310517T090433',
      '9e21b88cb608547d0224a81ad7ce1b075360a2b4fdb9db57d6288278391caf9f',
    ],
    [
      'a path with a slash too many, as the helper signs it when it is given one',
      { path: '//v1/repos/orchard-api' },
      '20310517T090433',
      'da9c8760f205c2bfa159dc80961caad7ef79f49f429f54215f4d8f0c31b65fc9',
    ],
    [
      'another time',
      {},
      '20310517T235959',
      '7a797b14b45a00d33be26ab494b6fe5b8c5ff1c52417afb92a63adc1f0643bac',
    ],
  ])('%s', (_, change, timestamp, expected) => {
    expect(signClone(key, timestamp, { ...address, ...change })).toBe(expected)
  })

  test('forms that are none', () => {
    const hex = 'a'.repeat(64)
    expect(parseSignedPassword(`20310517T090433Z${hex}`)?.time).toBe(Date.UTC(2031, 4, 17, 9, 4, 33))
    for (const bad of [
      `20310517T090433${hex}`,
      `20310231T090433Z${hex}`,
      `20310517T240433Z${hex}`,
      `20310517T090433Z${hex.slice(1)}`,
      `20310517T090433Z${hex}0`,
      `20310517T090433Z${hex.toUpperCase()}`,
      '',
    ]) {
      expect(parseSignedPassword(bad)).toBeUndefined()
    }
  })

  test.each([
    [0, undefined],
    [15 * MINUTE, undefined],
    [15 * MINUTE + 1, 'the signed password has expired'],
    [-5 * MINUTE, undefined],
    [-5 * MINUTE - 1, 'the signed password is of the future'],
  ])('after %d ms: %s', (age, problem) => {
    expect(timeProblem({ timestamp: '', signature: '', time: 1_000_000_000 }, 1_000_000_000 + age)).toBe(
      problem,
    )
  })
})

describe('who is let in', () => {
  const path = '/v1/repos/orchard'
  const here = () => ({ region: REGION, host: cloud.host(), path })
  const bare = () => cloud.host().replace(/:\d+$/, '')

  test('static credential, key, and session, with the host signed with and without its port', async () => {
    const { olive, session } = cloud
    expect(await statusOf(basic(olive.gitUser, olive.gitPassword))).toBe(200)
    expect(await statusOf(signedBasic(olive, here(), Date.now()))).toBe(200)
    expect(await statusOf(signedBasic(olive, { ...here(), host: bare() }, Date.now()))).toBe(200)
    expect(await statusOf(signedBasic(session, here(), Date.now()))).toBe(200)
    expect(await statusOf(signedBasic(olive, here(), Date.now() - 14 * MINUTE))).toBe(200)
  })

  test('nobody gets 401 and a challenge', async () => {
    for (const header of [undefined, 'Basic', 'Basic !!!', 'Bearer abc', basic('', 'x'), basic('user', '')]) {
      expect(await statusOf(header)).toBe(401)
    }
    const { headers } = await ask(cloud, refs)
    expect(headers['www-authenticate']).toMatch(/^Basic realm="/)
  })

  test('wrong, expired, early, for another repository, region, or host: 403', async () => {
    const { olive, session } = cloud
    const now = Date.now()
    const wrongSecret = { ...olive, secret: session.secret }
    const refused = [
      basic(olive.gitUser, `${olive.gitPassword}x`),
      basic('nobody-at-111111111111', olive.gitPassword),
      basic(olive.keyId, olive.secret),
      signedBasic(wrongSecret, here(), now),
      signedBasic({ ...olive, keyId: 'AKIAUNKNOWN' }, here(), now),
      signedBasic(olive, here(), now - 16 * MINUTE),
      signedBasic(olive, here(), now + 6 * MINUTE),
      signedBasic(olive, { ...here(), path: '/v1/repos/other' }, now),
      signedBasic(olive, { ...here(), path: '//v1/repos/orchard' }, now),
      signedBasic(olive, { ...here(), region: 'us-east-1' }, now),
      signedBasic(olive, { ...here(), host: cloud.host('us-east-1') }, now),
      signedBasic({ ...session, token: 'another' }, here(), now),
    ]
    for (const header of refused) expect(await statusOf(header)).toBe(403)
  })

  test('a user name with a token, percent-encoded in the URL as git-remote-codecommit does', async () => {
    const header = signedBasic(cloud.session, here(), Date.now())
    const [user = '', password = ''] = Buffer.from(header.slice(6), 'base64').toString().split(':')
    const encoded = encodeURIComponent(user)
    expect(encoded).toMatch(/%25.*%2F.*%2B.*%3D/)
    const url = cloud.plainUrl('orchard').replace('http://', `http://${encoded}:${password}@`)
    await client.must(work, 'ls-remote', url)
    await client.must(work, 'push', '-q', url, 'main:by-session')
    expect(cloud.events.at(-1)?.detail).toMatchObject({ callerUserArn: cloud.session.caller.arn })
    // two branches at one commit: without symref a clone could not tell which is the default
    await client.must(work, 'push', '-q', url, ':by-session')
    cloud.events.length = 0
  })

  test('another account sees its own repositories only', async () => {
    const { omar } = cloud
    expect(await statusOf(basic(omar.gitUser, omar.gitPassword))).toBe(404)
  })

  test('a push that is refused changes nothing and git says 403', async () => {
    const before = await refsOf(client, cloud.directory('orchard'))
    const wrong = cloud.url('orchard').replace(cloud.olive.gitPassword, 'wrong')
    const { code, stderr } = await client.git(work, 'push', wrong, 'main:stolen')
    expect(code).not.toBe(0)
    expect(stderr).toContain('error: 403')
    expect(await refsOf(client, cloud.directory('orchard'))).toEqual(before)
    expect(cloud.events).toEqual([])
  })

  test('who may pull but not push: fetches, and gets 403 before a byte of the pack is sent', async () => {
    cloud.deny(
      (caller, { action }) => caller.arn === cloud.session.caller.arn && action === 'codecommit:GitPush',
    )
    const header = signedBasic(cloud.session, here(), Date.now())
    expect(await statusOf(header, refs.replace('receive', 'upload'))).toBe(200)
    expect(await statusOf(header)).toBe(403)
    // denied comes before missing: strangers learn of no repository
    const elsewhere = signedBasic(cloud.session, { ...here(), path: '/v1/repos/none' }, Date.now())
    expect(await statusOf(elsewhere, refs.replace('orchard', 'none'))).toBe(403)
  })
})

;(needTool('aws') ? describe : describe.skip)('AWS CLI’s own credential helper', () => {
  const withHelper = (keyId: string, secret: string, token?: string) => {
    const file = join(client.home, 'aws-credentials')
    const lines = ['[default]', `aws_access_key_id = ${keyId}`, `aws_secret_access_key = ${secret}`]
    if (token !== undefined) lines.push(`aws_session_token = ${token}`)
    writeFileSync(file, `${lines.join('\n')}\n`)
    chmodSync(file, 0o600)
    Object.assign(client.env, {
      AWS_SHARED_CREDENTIALS_FILE: file,
      AWS_CONFIG_FILE: '/dev/null',
      AWS_EC2_METADATA_DISABLED: 'true',
      HOME: process.env.HOME,
      GIT_CONFIG_GLOBAL: '/dev/null',
    })
    return [
      '-c',
      'credential.helper=!aws codecommit credential-helper $@',
      '-c',
      'credential.UseHttpPath=true',
    ]
  }

  test('clones and pushes with a key and with a session', async () => {
    const { olive } = cloud
    const helper = withHelper(olive.keyId, olive.secret)
    const copy = join(client.home, 'by-helper')
    await client.must(client.home, ...helper, 'clone', '-q', cloud.plainUrl('orchard'), copy)
    await client.must(copy, ...helper, 'push', '-q', 'origin', 'main:by-helper')
    expect(await refsOf(client, cloud.directory('orchard'))).toHaveProperty('refs/heads/by-helper')
    const { session } = cloud
    const asSession = withHelper(session.keyId, session.secret, session.token)
    await client.must(copy, ...asSession, 'ls-remote', 'origin')
  })

  test('with a wrong secret is refused', async () => {
    const helper = withHelper(cloud.olive.keyId, cloud.omar.secret)
    const { code, stderr } = await client.git(work, ...helper, 'ls-remote', cloud.plainUrl('orchard'))
    expect(code).not.toBe(0)
    expect(stderr).toContain('error: 403')
  })

  test('with a clock that is half an hour off is refused', async () => {
    cloud.clock.offset = 30 * MINUTE
    const helper = withHelper(cloud.olive.keyId, cloud.olive.secret)
    const { stderr } = await client.git(work, ...helper, 'ls-remote', cloud.plainUrl('orchard'))
    cloud.clock.offset = 0
    expect(stderr).toContain('error: 403')
  })
})
