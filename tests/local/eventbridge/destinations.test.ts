import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { type Bridge, ENVELOPE, openBridge, queueArn } from './bridge.ts'

interface Seen {
  readonly method: string
  readonly url: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

let bridge: Bridge
let server: Server
let base: string
let seen: Seen[]
/** what the endpoint answers next; 200 when it is told nothing */
let answers: { status: number; body?: string; headers?: Record<string, string> }[]
let told: () => void

const ROLE = 'arn:aws:iam::111111111111:role/may'
const secret = randomUUID()

beforeEach(async () => {
  seen = []
  answers = []
  told = () => {}
  server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const { method = '', url = '', headers } = request
    seen.push({ method, url, headers, body: Buffer.concat(chunks).toString() })
    const answer = url.startsWith('/token') ? { status: 200, body: tokenAnswer } : answers.shift()
    response.writeHead(answer?.status ?? 200, answer?.headers).end(answer?.body)
    told()
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  bridge = await openBridge()
})
afterEach(async () => {
  await bridge.close()
  server.close()
})

const token = randomUUID()
const tokenAnswer = JSON.stringify({ access_token: token, token_type: 'Bearer', expires_in: 60 })

const AUTH = {
  BASIC: () => ({ BasicAuthParameters: { Username: 'nina', Password: secret } }),
  API_KEY: () => ({ ApiKeyAuthParameters: { ApiKeyName: 'x-key', ApiKeyValue: secret } }),
  OAUTH_CLIENT_CREDENTIALS: () => ({
    OAuthParameters: {
      ClientParameters: { ClientID: 'me', ClientSecret: secret },
      AuthorizationEndpoint: `${base}/token`,
      HttpMethod: 'POST',
      OAuthHttpParameters: { BodyParameters: [{ Key: 'scope', Value: 'push', IsValueSecret: false }] },
    },
  }),
}

const connect = (type: keyof typeof AUTH, more: object = {}) =>
  bridge.events('CreateConnection', {
    Name: 'c',
    AuthorizationType: type,
    AuthParameters: { ...AUTH[type](), ...more },
  })
const destine = async (ConnectionArn: string, path: string, more: object = {}): Promise<string> => {
  const input = {
    Name: 'd',
    ConnectionArn,
    InvocationEndpoint: `${base}${path}`,
    HttpMethod: 'POST',
    ...more,
  }
  return (await bridge.events('CreateApiDestination', input)).ApiDestinationArn
}
const calls = (count: number) =>
  new Promise<Seen[]>((resolve) => {
    told = () => {
      const made = seen.filter(({ url }) => !url.startsWith('/token'))
      if (made.length >= count) resolve(made)
    }
    told()
  })

describe('an API destination', () => {
  test('is called with the event, the parameters of target and connection, and its key', async () => {
    const { ConnectionArn } = await connect('API_KEY', {
      InvocationHttpParameters: {
        HeaderParameters: [{ Key: 'x-team', Value: 'relay', IsValueSecret: false }],
        QueryStringParameters: [{ Key: 'v', Value: '2', IsValueSecret: true }],
        BodyParameters: [{ Key: 'channel', Value: 'main', IsValueSecret: false }],
      },
    })
    await bridge.rule({
      Arn: await destine(ConnectionArn, '/hooks/*/of/*'),
      RoleArn: ROLE,
      HttpParameters: {
        PathParameterValues: ['a b', 'c'],
        HeaderParameters: { 'x-team': 'other', 'x-own': '1' },
        QueryStringParameters: { q: 'x&y' },
      },
    })
    bridge.bridge.emit(ENVELOPE)
    const [call] = await calls(1)
    expect(call).toMatchObject({
      method: 'POST',
      url: '/hooks/a%20b/of/c?q=x%26y&v=2',
      headers: {
        'x-key': secret,
        'x-team': 'relay',
        'x-own': '1',
        'content-type': 'application/json; charset=utf-8',
        'user-agent': 'Amazon/EventBridge/ApiDestinations',
      },
    })
    expect(JSON.parse(call!.body)).toEqual({ ...ENVELOPE, channel: 'main' })
  })

  test('is called with a password, and by GET without a body', async () => {
    const { ConnectionArn } = await connect('BASIC')
    await bridge.rule({ Arn: await destine(ConnectionArn, '/', { HttpMethod: 'GET' }), RoleArn: ROLE })
    bridge.bridge.emit(ENVELOPE)
    const [call] = await calls(1)
    expect(call).toMatchObject({ method: 'GET', body: '' })
    expect(call!.headers.authorization).toBe(`Basic ${Buffer.from(`nina:${secret}`).toString('base64')}`)
  })

  test('is called with a token got once, and with a new one when it is refused', async () => {
    const { ConnectionArn, ConnectionState } = await connect('OAUTH_CLIENT_CREDENTIALS')
    expect(ConnectionState).toBe('AUTHORIZING')
    const Arn = await destine(ConnectionArn, '/')
    expect((await bridge.events('DescribeApiDestination', { Name: 'd' })).ApiDestinationState).toBe(
      'INACTIVE',
    )
    await bridge.rule({ Arn, RoleArn: ROLE })
    answers = [{ status: 200 }, { status: 401 }]
    bridge.bridge.emit(ENVELOPE)
    await calls(1)
    bridge.bridge.emit({ ...ENVELOPE, id: 'e-2' })
    const made = await calls(3)
    expect(made.map(({ headers }) => headers.authorization)).toEqual(Array(3).fill(`Bearer ${token}`))
    const asked = seen.filter(({ url }) => url === '/token')
    expect(asked).toHaveLength(2)
    expect(Object.fromEntries(new URLSearchParams(asked[0]!.body))).toEqual({
      grant_type: 'client_credentials',
      client_id: 'me',
      client_secret: secret,
      scope: 'push',
    })
    expect((await bridge.events('DescribeConnection', { Name: 'c' })).ConnectionState).toBe('AUTHORIZED')
    expect((await bridge.events('DescribeApiDestination', { Name: 'd' })).ApiDestinationState).toBe('ACTIVE')
  })

  test('is called again when it is busy or at fault, not when it refuses', async () => {
    const { ConnectionArn } = await connect('BASIC')
    await bridge.rule({
      Arn: await destine(ConnectionArn, '/'),
      RoleArn: ROLE,
      DeadLetterConfig: { Arn: queueArn('dead') },
    })
    answers = [{ status: 429, headers: { 'Retry-After': '1' } }, { status: 503 }, { status: 422, body: 'no' }]
    bridge.bridge.emit(ENVELOPE)
    const [dead] = await bridge.sqs.receive(queueArn('dead'), 1, 10_000)
    expect(dead!.messageAttributes).toMatchObject({
      ERROR_CODE: { stringValue: 'SDK_CLIENT_ERROR' },
      ERROR_MESSAGE: { stringValue: 'The endpoint answered with HTTP status 422' },
      RETRY_ATTEMPTS: { stringValue: '2' },
    })
    expect(seen).toHaveLength(3)
  })

  test('is called no faster than its rate', async () => {
    const { ConnectionArn } = await connect('BASIC')
    const Arn = await destine(ConnectionArn, '/', { InvocationRateLimitPerSecond: 1 })
    await bridge.rule({ Arn, RoleArn: ROLE })
    for (const id of ['1', '2', '3']) bridge.bridge.emit({ ...ENVELOPE, id })
    await calls(1)
    // the clock stands still: the others' turns come one and two seconds later, and stopping ends their wait
    expect(seen).toHaveLength(1)
    await bridge.restart()
    expect(await calls(2)).toHaveLength(2)
  })

  test.each(['http://169.254.169.254/latest/meta-data', 'http://2852039166/', 'http://0xa9fea9fe/'])(
    'at %s is not called',
    async (InvocationEndpoint) => {
      const { ConnectionArn } = await connect('BASIC')
      await bridge.rule({
        Arn: await destine(ConnectionArn, '/', { InvocationEndpoint }),
        RoleArn: ROLE,
        DeadLetterConfig: { Arn: queueArn('dead') },
      })
      bridge.bridge.emit(ENVELOPE)
      const [dead] = await bridge.sqs.receive(queueArn('dead'), 1, 10_000)
      expect(dead!.messageAttributes.ERROR_MESSAGE?.stringValue).toMatch(/link-local/)
    },
  )

  test('is changed, listed and deleted', async () => {
    const { ConnectionArn } = await connect('BASIC')
    await destine(ConnectionArn, '/', { Description: 'one' })
    await bridge.events('UpdateApiDestination', { Name: 'd', HttpMethod: 'PUT', Description: 'two' })
    expect(await bridge.events('DescribeApiDestination', { Name: 'd' })).toMatchObject({
      ApiDestinationState: 'ACTIVE',
      HttpMethod: 'PUT',
      Description: 'two',
      InvocationEndpoint: `${base}/`,
      InvocationRateLimitPerSecond: 300,
    })
    expect((await bridge.events('ListApiDestinations', { ConnectionArn })).ApiDestinations).toHaveLength(1)
    await bridge.events('DeleteApiDestination', { Name: 'd' })
    expect((await bridge.events('ListApiDestinations')).ApiDestinations).toEqual([])
  })
})

describe('a connection', () => {
  test.each(Object.keys(AUTH) as (keyof typeof AUTH)[])('%s keeps its secrets to itself', async (type) => {
    const InvocationHttpParameters = {
      HeaderParameters: [
        { Key: 'a', Value: secret, IsValueSecret: true },
        { Key: 'b', Value: 'open', IsValueSecret: false },
      ],
    }
    await connect(type, { InvocationHttpParameters })
    await bridge.events('UpdateConnection', { Name: 'c', Description: 'd' })
    const answered = [
      await bridge.events('DescribeConnection', { Name: 'c' }),
      await bridge.events('ListConnections'),
      await bridge.events('DeauthorizeConnection', { Name: 'c' }),
      await bridge.events('DeleteConnection', { Name: 'c' }),
    ]
    expect(JSON.stringify(answered)).not.toContain(secret)
    expect(answered[0].AuthParameters.InvocationHttpParameters.HeaderParameters).toEqual([
      { Key: 'a', IsValueSecret: true },
      { Key: 'b', Value: 'open', IsValueSecret: false },
    ])
    expect(answered[3].ConnectionState).toBe('DELETING')
  })

  test('keeps what an update leaves out', async () => {
    const { ConnectionArn } = await connect('BASIC')
    await bridge.events('UpdateConnection', {
      Name: 'c',
      AuthParameters: { BasicAuthParameters: { Username: 'ann' } },
    })
    await bridge.rule({ Arn: await destine(ConnectionArn, '/'), RoleArn: ROLE })
    bridge.bridge.emit(ENVELOPE)
    const [call] = await calls(1)
    expect(call!.headers.authorization).toBe(`Basic ${Buffer.from(`ann:${secret}`).toString('base64')}`)
  })
})
