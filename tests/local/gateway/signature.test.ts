import { createHash } from 'node:crypto'
import { request as httpRequest } from 'node:http'
import { CodeCommitClient, GetRepositoryCommand } from '@aws-sdk/client-codecommit'
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { parseAuthorization } from '../../../local/gateway/authorization.ts'
import { wireRequest } from '../../../local/gateway/request.ts'
import { CLOCK_SKEW_MS, checkSignature } from '../../../local/gateway/signature.ts'
import { type Signing, send, signed, startWorld, type World } from './world.ts'

let world: World
beforeAll(async () => {
  world = await startWorld()
})
afterAll(() => world.stop())

const json = (change: Partial<Signing> = {}): Signing => ({
  service: 'codecommit',
  credentials: world.admin,
  headers: {
    'content-type': 'application/x-amz-json-1.1',
    'x-amz-target': 'CodeCommit_20150413.GetRepository',
  },
  body: '{"repositoryName":"x"}',
  ...change,
})
const query = (change: Partial<Signing> = {}): Signing => ({
  service: 'sts',
  credentials: world.admin,
  headers: { 'content-type': 'application/x-www-form-urlencoded' },
  body: 'Action=GetCallerIdentity&Version=2011-06-15',
  ...change,
})

test('a good signature passes, in both protocols', async () => {
  expect((await send(world, json())).status).toBe(200)
  expect((await send(world, query())).status).toBe(200)
})

describe('refusals, worded for each protocol', () => {
  const wrongSecret = () => ({ ...world.admin, secretAccessKey: 'x'.repeat(40) })
  const unknownKey = () => ({ ...world.admin, accessKeyId: 'AKIA'.padEnd(20, 'Q') })
  const cases: [string, () => Partial<Signing>, Record<string, string>, string, string][] = [
    [
      'wrong secret',
      () => ({ credentials: wrongSecret() }),
      {},
      'InvalidSignatureException',
      'SignatureDoesNotMatch',
    ],
    [
      'unknown key',
      () => ({ credentials: unknownKey() }),
      {},
      'UnrecognizedClientException',
      'InvalidClientTokenId',
    ],
    [
      'a token beside a long-lived key',
      () => ({ credentials: { ...world.admin, sessionToken: 'made-up' } }),
      {},
      'UnrecognizedClientException',
      'InvalidClientTokenId',
    ],
    ['another service', () => ({ service: 'sqs' }), {}, 'InvalidSignatureException', 'SignatureDoesNotMatch'],
    [
      'nonsense for a region',
      () => ({ region: 'x/../y' }),
      {},
      'IncompleteSignatureException',
      'IncompleteSignature',
    ],
    ['no region', () => ({ region: 'nowhere' }), {}, 'InvalidSignatureException', 'SignatureDoesNotMatch'],
    [
      'too old',
      () => ({ at: Date.now() - CLOCK_SKEW_MS - 2_000 }),
      {},
      'InvalidSignatureException',
      'SignatureDoesNotMatch',
    ],
    [
      'too new',
      () => ({ at: Date.now() + CLOCK_SKEW_MS + 3_000 }),
      {},
      'InvalidSignatureException',
      'SignatureDoesNotMatch',
    ],
    [
      'header cut short',
      () => ({}),
      { authorization: 'AWS4-HMAC-SHA256 Credential=a' },
      'IncompleteSignatureException',
      'IncompleteSignature',
    ],
    [
      'Basic',
      () => ({}),
      { authorization: 'Basic eDp5' },
      'MissingAuthenticationTokenException',
      'MissingAuthenticationToken',
    ],
    [
      'payload hash of another body',
      () => ({}),
      { 'x-amz-content-sha256': '0'.repeat(64) },
      'InvalidSignatureException',
      'SignatureDoesNotMatch',
    ],
    [
      'unsigned payload',
      () => ({}),
      { 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' },
      'InvalidSignatureException',
      'SignatureDoesNotMatch',
    ],
  ]
  test.each(cases)('%s', async (_, change, headers, jsonName, queryName) => {
    const asJson = await send(world, json(change()), headers)
    expect([asJson.status, JSON.parse(asJson.text).__type]).toEqual([400, jsonName])
    expect(asJson.headers.get('x-amzn-errortype')).toBe(jsonName)
    expect(asJson.headers.get('x-amzn-requestid')).toMatch(/^[0-9a-f-]{36}$/)
    const asQuery = await send(world, query(change()), headers)
    expect(asQuery.text).toContain(`<Code>${queryName}</Code>`)
    expect(asQuery.status).toBe(queryName === 'IncompleteSignature' ? 400 : 403)
  })

  test('times just inside the window pass', async () => {
    expect((await send(world, json({ at: Date.now() - CLOCK_SKEW_MS + 20_000 }))).status).toBe(200)
    expect((await send(world, json({ at: Date.now() + CLOCK_SKEW_MS - 20_000 }))).status).toBe(200)
  })

  test('a request sent again within the window passes, after it no longer', async () => {
    const headers = signed(world.url, json())
    const again = async () =>
      (await fetch(world.url, { method: 'POST', headers, body: '{"repositoryName":"x"}' })).status
    try {
      expect([await again(), await again()]).toEqual([200, 200])
      world.clock = CLOCK_SKEW_MS - 20_000
      expect(await again()).toBe(200)
      world.clock = CLOCK_SKEW_MS + 2_000
      expect(await again()).toBe(400)
    } finally {
      world.clock = 0
    }
  })

  test('a host of another region than the signature’s', async () => {
    const ask = (host: string) =>
      new Promise<string>((resolve, reject) => {
        const headers = { ...signed(`http://${host}`, json()), host }
        const request = httpRequest(world.url, { method: 'POST', headers }, (response) => {
          let text = ''
          response.setEncoding('utf8').on('data', (data) => {
            text += data
          })
          response.on('end', () => resolve(text))
        })
        request.on('error', reject)
        request.end('{"repositoryName":"x"}')
      })
    expect(await ask('codecommit.eu-west-1.amazonaws.com.localhost')).toBe('{}')
    expect(JSON.parse(await ask('codecommit.us-east-1.amazonaws.com'))).toMatchObject({
      __type: 'InvalidSignatureException',
      message: "Credential should be scoped to a valid region, not 'eu-west-1'.",
    })
  })

  test('a body, target, path or query other than the signed one', async () => {
    const headers = signed(world.url, json())
    const post = (path: string, body: string, change = {}) =>
      fetch(`${world.url}${path}`, { method: 'POST', headers: { ...headers, ...change }, body })
    const body = '{"repositoryName":"x"}'
    expect((await post('/', body)).status).toBe(200)
    expect((await post('/', '{"repositoryName":"y"}')).status).toBe(400)
    expect((await post('/other', body)).status).toBe(400)
    expect((await post('/?a=b', body)).status).toBe(400)
    expect((await post('/', body, { 'x-amz-target': 'CodeCommit_20150413.GetBlob' })).status).toBe(400)
  })

  test('a target that the signature does not cover', async () => {
    const { headers: _, ...bare } = json()
    const target = { 'x-amz-target': 'CodeCommit_20150413.GetRepository' }
    const answer = await send(
      world,
      { ...bare, headers: { 'content-type': 'application/x-amz-json-1.1' } },
      target,
    )
    expect(JSON.parse(answer.text)).toMatchObject({
      __type: 'InvalidSignatureException',
      message: expect.stringContaining('x-amz-target'),
    })
  })

  test('no authorization at all', async () => {
    const none = await fetch(world.url, { method: 'POST', body: '{}' })
    expect([none.status, JSON.parse(await none.text()).__type]).toEqual([
      400,
      'MissingAuthenticationTokenException',
    ])
  })

  test('the refusal never shows the secret or what should have been signed', async () => {
    const answer = await send(world, json({ credentials: { ...world.admin, secretAccessKey: 'y' } }))
    expect(answer.text).not.toContain(world.admin.secretAccessKey)
    expect(answer.text).not.toContain('Canonical')
  })
})

test.each([3_600_000, -3_600_000])('clients set a clock that is %i ms wrong by the answer', async (wrong) => {
  world.clock = wrong
  try {
    const client = new STSClient({ region: 'us-east-1', endpoint: world.url, credentials: world.admin })
    expect((await client.send(new GetCallerIdentityCommand({}))).Account).toBe('111111111111')
    client.destroy()
  } finally {
    world.clock = 0
  }
})

test('paths are escaped twice, queries sorted, header space folded: as the SDK’s signer does', () => {
  // the same vector through an independent signer: see the canonical text in world.ts
  const credentials = { accessKeyId: 'AKIA'.padEnd(20, 'Z'), secretAccessKey: 'not a secret' }
  const sent = '/a%20b/c?b=2&a=%2F&a=1&empty'
  const headers = signed('http://h', {
    method: 'GET',
    path: '/a%2520b/c?a=%2F&a=1&b=2&empty=',
    service: 'x',
    credentials,
    headers: { 'x-amz-meta': 'a b' },
  })
  const canonicalOrder = '/a%2520b/c?a=%2F&a=1&b=2&empty='
  expect(canonicalOrder).toContain('%2520')
  const rawHeaders = Object.entries({ ...headers, host: 'h', 'x-amz-meta': '  a   b ' }).flat()
  const request = wireRequest({ method: 'GET', url: sent, rawHeaders, body: Buffer.alloc(0) })
  expect(() =>
    checkSignature(request, parseAuthorization(request), credentials.secretAccessKey),
  ).not.toThrow()
})

test.each([
  ['Java', ['amz-sdk-invocation-id', 'amz-sdk-request', 'content-length', 'content-type', 'user-agent']],
  ['Go', ['accept-encoding', 'amz-sdk-invocation-id', 'amz-sdk-request', 'content-length', 'content-type']],
  ['a browser', ['amz-sdk-request', 'content-type', 'x-amz-content-sha256', 'x-amz-user-agent']],
])('what %s signs besides', async (_, names) => {
  const body = '{"repositoryName":"x"}'
  const values: Record<string, string> = {
    'accept-encoding': 'gzip, deflate',
    'amz-sdk-invocation-id': '0b1c',
    'amz-sdk-request': 'attempt=1; max=3',
    'content-length': String(body.length),
    'user-agent': 'aws-sdk/2 lang/any  md/x#1',
    'x-amz-content-sha256': createHash('sha256').update(body).digest('hex'),
    'x-amz-user-agent': 'aws-sdk-js/3',
  }
  const extra = Object.fromEntries(names.map((name) => [name, values[name] ?? 'application/x-amz-json-1.1']))
  const signing = json({ headers: { ...json().headers, ...extra } })
  const headers = signed(world.url, signing)
  const status = await new Promise((resolve, reject) => {
    const request = httpRequest(world.url, { method: 'POST', headers }, (response) => {
      response.resume()
      resolve(response.statusCode)
    })
    request.on('error', reject)
    request.end(body)
  })
  expect(status).toBe(200)
})

test('a repeated header is signed as one, joined by commas', async () => {
  const headers = signed(world.url, { ...json(), headers: { ...json().headers, 'x-amz-two': 'a,b' } })
  const status = await new Promise((resolve, reject) => {
    const raw = Object.entries(headers).filter(([name]) => name !== 'x-amz-two')
    const request = httpRequest(world.url, { method: 'POST' }, (response) => {
      response.resume()
      resolve(response.statusCode)
    })
    for (const [name, value] of raw) request.setHeader(name, value)
    request.setHeader('x-amz-two', ['a', 'b'])
    request.on('error', reject)
    request.end('{"repositoryName":"x"}')
  })
  expect(status).toBe(200)
})

test('the SDK signs every call anew: two at once do not disturb each other', async () => {
  const client = new CodeCommitClient({ region: 'us-east-1', endpoint: world.url, credentials: world.admin })
  const all = Array.from({ length: 20 }, (_, i) =>
    client.send(new GetRepositoryCommand({ repositoryName: `r${i}` })),
  )
  expect((await Promise.all(all)).length).toBe(20)
})
