import { createHash, createHmac } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { createRate } from '../../../local/codecommit/wire/rate.ts'
import type { GitFault, Kms } from '../../../local/contracts.ts'
import { AwsError } from '../../../local/gateway/service.ts'
import { createClient, type Harness, REGION, refsOf, signedBasic, startHarness } from './harness.ts'
import { ask, basic } from './raw-client.ts'

const client = createClient()
let cloud: Harness
let work: string
let fault: (request: { service: string; advertise: boolean }) => GitFault = () => ({})
let full = false
let keyError: AwsError | undefined
const used: object[] = []
const kms: Pick<Kms, 'managedKey' | 'resolve' | 'use'> = {
  managedKey: (account, region) => `arn:aws:kms:${region}:${account}:key/managed`,
  resolve: ({ account, region }, id) => `arn:aws:kms:${region}:${account}:key/${id}`,
  use: ({ keyArn, actions, via, caller }) => {
    used.push({ keyArn, actions, via, caller: caller.arn })
    if (keyError !== undefined) throw keyError
  },
}
beforeAll(async () => {
  cloud = await startHarness({
    kms,
    faults: { git: (request) => fault(request), diskFull: () => full },
  })
  await cloud.call('CreateRepository', { repositoryName: 'orchard' })
  await cloud.call('CreateRepository', { repositoryName: 'western' }, undefined, 'us-east-1')
  work = await client.work('orchard')
  await client.must(work, 'push', '-q', cloud.url('orchard'), 'main')
})
afterAll(async () => {
  await cloud.stop()
  client.remove()
})
beforeEach(() => {
  fault = () => ({})
  full = false
  keyError = undefined
  used.length = 0
  cloud.trail.length = 0
  cloud.events.length = 0
})
const refs = () => refsOf(client, cloud.directory('orchard'))
const advertised = (service = 'git-upload-pack', name = 'orchard') =>
  `/v1/repos/${name}/info/refs?service=${service}`
const olive = () => basic(cloud.olive.gitUser, cloud.olive.gitPassword)
const get = (path: string, headers: Record<string, string>) => ask(cloud, path, { headers })

/** computed here from the text of reference 4.2, apart from the code under test */
const sign = (secret: string, time: string, region: string, host: string, path: string) => {
  const hash = createHash('sha256').update(`GIT\n${path}\n\nhost:${host}\n\nhost\n`).digest('hex')
  const day = time.slice(0, 8)
  const mac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest()
  const key = [day, region, 'codecommit', 'aws4_request'].reduce<string | Buffer>(mac, `AWS4${secret}`)
  return mac(key, `AWS4-HMAC-SHA256\n${time}\n${day}/${region}/codecommit/aws4_request\n${hash}`).toString(
    'hex',
  )
}

describe('hosts', () => {
  const local = 'amazonaws.com.localhost'
  test.each([
    [`git-codecommit.${REGION}.amazonaws.com`, 200],
    [`GIT-CODECOMMIT.${REGION}.AMAZONAWS.COM`, 200],
    [`git-codecommit-fips.${REGION}.${local}:4566`, 200],
    [`vpce-0a1b2c3d-abcd.git-codecommit.${REGION}.vpce.amazonaws.com`, 200],
    [`vpce-0a1b2c3d-abcd.git-codecommit-fips.${REGION}.vpce.${local}`, 200],
    ['git-codecommit.us-gov-west-1.amazonaws.com', 404],
    ['git-codecommit.cn-north-1.amazonaws.com.cn', 404],
    ['127.0.0.1:8443', 200],
    ['localhost', 200],
    ['[::1]:1', 200],
    [`codecommit.${REGION}.amazonaws.com`, 404],
    ['example.com', 404],
  ])('%s: %d', async (Host, status) => {
    const answer = await get(advertised(), { Host, Authorization: olive() })
    expect(answer.status).toBe(status)
    const host = Host.toLowerCase()
    if (status !== 200 || /^[\d[l]/.test(host)) return
    const { olive: user } = cloud
    for (const signedHost of [host, host.replace(/:\d+$/, '')]) {
      const Authorization = signedBasic(
        user,
        { region: REGION, host: signedHost, path: '/v1/repos/orchard' },
        Date.now(),
      )
      expect((await get(advertised(), { Host, Authorization })).status).toBe(200)
    }
  })

  test('a loopback address means the region that the password was signed for', async () => {
    const time = new Date().toISOString().slice(0, 19).replace(/[-:]/g, '')
    const { keyId, secret } = cloud.olive
    const password = (region: string, name: string) =>
      basic(keyId, `${time}Z${sign(secret, time, region, 'localhost:8443', `/v1/repos/${name}`)}`)
    const status = async (region: string, name: string) =>
      (
        await get(advertised('git-upload-pack', name), {
          Host: 'localhost:8443',
          Authorization: password(region, name),
        })
      ).status
    expect(await status(REGION, 'orchard')).toBe(200)
    expect(await status('us-east-1', 'orchard')).toBe(404)
    expect(await status('us-east-1', 'western')).toBe(200)
    expect(await status('ap-south-1', 'orchard')).toBe(403)
    // and with a static credential, the first region that has such a repository
    const western = await get(advertised('git-upload-pack', 'western'), {
      Host: '127.0.0.1',
      Authorization: olive(),
    })
    expect(western.status).toBe(200)
  })
})

describe('answers', () => {
  test('errors are named as CodeCommit names them, and numbered', async () => {
    const missing = await get(advertised('git-upload-pack', 'none'), { Authorization: olive() })
    expect([missing.status, missing.body.toString()]).toEqual([404, '<RepositoryDoesNotExistException/>'])
    const wrong = await get(advertised(), { Authorization: basic(cloud.olive.gitUser, 'wrong') })
    expect([wrong.status, wrong.body.toString()]).toEqual([
      403,
      '<AccessDeniedException>\n  <Message>Invalid request</Message>\n</AccessDeniedException>',
    ])
    expect(wrong.headers['x-amzn-requestid']).toMatch(/^[0-9a-f-]{36}$/)
  })

  test('CloudTrail is told of pulls and pushes, taken and refused', async () => {
    await client.must(work, 'push', '-q', cloud.url('orchard'), 'main:trail')
    await client.must(
      client.home,
      'clone',
      '-q',
      '--depth',
      '1',
      cloud.url('orchard'),
      `${client.home}/trail`,
    )
    await get(advertised('git-upload-pack', 'none'), { Authorization: olive() })
    const facts = (happening: (typeof cloud.trail)[number]) => [
      happening.eventName,
      happening.error?.code,
      happening.additionalEventData,
    ]
    const same = { protocol: 'HTTP', repositoryName: 'orchard', repositoryId: expect.any(String) }
    const pull = ['multi_ack_detailed', 'side-band-64k', 'thin-pack']
    expect(cloud.trail.map(facts)).toEqual([
      ['GitPush', undefined, { ...same, dataTransferred: false }],
      [
        'GitPush',
        undefined,
        { ...same, dataTransferred: true, capabilities: ['report-status', 'side-band-64k'] },
      ],
      ['GitPull', undefined, { ...same, dataTransferred: false }],
      [
        'GitPull',
        undefined,
        { ...same, dataTransferred: true, shallow: true, capabilities: expect.arrayContaining(pull) },
      ],
      [
        'GitPull',
        'RepositoryDoesNotExistException',
        { protocol: 'HTTP', dataTransferred: false, repositoryName: 'none' },
      ],
    ])
    expect(cloud.trail[0]).toMatchObject({
      sourceIp: '127.0.0.1',
      userAgent: expect.stringMatching(/^git\//),
      caller: { arn: cloud.olive.caller.arn },
    })
  })
})

describe('keys', () => {
  test('a pull and a push use the key on the caller’s behalf', async () => {
    await client.must(work, 'ls-remote', cloud.url('orchard'))
    expect(used).toEqual([
      {
        keyArn: `arn:aws:kms:${REGION}:111111111111:key/managed`,
        actions: expect.arrayContaining(['kms:Decrypt', 'kms:DescribeKey']),
        via: 'codecommit',
        caller: cloud.olive.caller.arn,
      },
    ])
  })

  test.each([
    [
      'AccessDeniedException',
      'EncryptionKeyAccessDeniedException',
      "KMS default master key for CodeCommit 'aws/codecommit'",
    ],
    ['DisabledException', 'EncryptionKeyDisabledException', 'disabled'],
    ['NotFoundException', 'EncryptionKeyNotFoundException', 'found'],
    ['KMSInvalidStateException', 'EncryptionKeyUnavailableException', 'not available'],
  ])('%s is 403 with %s', async (code, name, text) => {
    keyError = new AwsError(code, 'said by the key', 400)
    const { status, body } = await get(advertised(), { Authorization: olive() })
    expect([status, body.toString()]).toEqual([403, expect.stringContaining(`<${name}>`)])
    expect(body.toString()).toContain(text)
  })
})

describe('faults', () => {
  test('429, as AWS throttles: git says the number', async () => {
    fault = ({ advertise }) => (advertise ? { status: 429 } : {})
    const { status, body } = await get(advertised(), { Authorization: olive() })
    expect([status, body.toString()]).toEqual([429, 'Rate Exceeded\n'])
    const { stderr } = await client.git(work, 'push', cloud.url('orchard'), 'main:x')
    expect(stderr).toContain('error: 429')
    fault = ({ service, advertise }) => (service === 'git-receive-pack' && !advertise ? { status: 503 } : {})
    expect((await client.git(work, 'push', cloud.url('orchard'), 'main:x')).stderr).toContain('503')
    expect(await refs()).not.toHaveProperty('refs/heads/x')
  })

  test('a full disk refuses a push and loses nothing', async () => {
    full = true
    const before = await refs()
    await client.must(work, 'commit', '-q', '--allow-empty', '-m', 'more')
    const { code, stderr } = await client.git(work, 'push', cloud.url('orchard'), 'main', ':trail')
    expect([code, stderr]).toEqual([
      1,
      expect.stringContaining('remote unpack failed: No space left on device'),
    ])
    expect(await refs()).toEqual(before)
    expect(cloud.events).toEqual([])
    full = false
    await client.must(work, 'push', '-q', cloud.url('orchard'), 'main')
  })

  test('a rate that is set holds for each account', async () => {
    let now = 0
    const rate = createRate(2, () => now)
    expect([rate('a'), rate('a'), rate('a'), rate('b')]).toEqual([true, true, false, true])
    now = 500
    expect([rate('a'), rate('a')]).toEqual([true, false])
    now = 60_000
    expect([rate('a'), rate('a'), rate('a')]).toEqual([true, true, false])
    const slow = await startHarness({ limits: { gitRequestsPerSecond: 1 } })
    slow.clock.offset = -Date.now()
    await slow.call('CreateRepository', { repositoryName: 'orchard' })
    const statuses = await Promise.all(
      [1, 2, 3, 4].map(async () => {
        const headers = { Authorization: basic(slow.olive.gitUser, slow.olive.gitPassword) }
        return (await ask(slow, advertised(), { headers })).status
      }),
    )
    expect(statuses.filter((status) => status === 200).length).toBeLessThan(4)
    expect(statuses).toContain(429)
    await slow.stop()
  })
})
