import { request as httpRequest } from 'node:http'
import { connect } from 'node:net'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { BODY_LIMIT_BYTES } from '../../../local/gateway/body.ts'
import { createGateway } from '../../../local/gateway/gateway.ts'
import { QUERY_PARAMETERS_MAX } from '../../../local/gateway/query.ts'
import { send, signed, startWorld, type World } from './world.ts'

let world: World
beforeAll(async () => {
  world = await startWorld()
})
afterAll(() => world.stop())

const raw = (text: string): Promise<string> =>
  new Promise((resolve, reject) => {
    let seen = ''
    const socket = connect(world.port, '127.0.0.1', () => socket.end(text))
    socket.on('data', (data) => {
      seen += data
    })
    socket.on('close', () => resolve(seen))
    socket.on('error', reject)
  })

const get = (host: string, path: string): Promise<{ status: number | undefined; text: string }> =>
  new Promise((resolve, reject) => {
    const request = httpRequest(
      { port: world.port, host: '127.0.0.1', path, headers: { host } },
      (response) => {
        let text = ''
        response.setEncoding('utf8').on('data', (data) => {
          text += data
        })
        response.on('end', () => resolve({ status: response.statusCode, text }))
      },
    )
    request.on('error', reject)
    request.end()
  })

const alive = async () => (await fetch(`${world.url}/_relay/health`)).json()

test('health is one line of JSON, for GET and HEAD', async () => {
  expect(await alive()).toMatchObject({ ready: true, services: expect.arrayContaining(['sqs', 'sts']) })
  const head = await fetch(`${world.url}/_relay/health`, { method: 'HEAD' })
  expect([head.status, await head.text()]).toEqual([200, ''])
})

describe('Git goes to Git', () => {
  test.each([
    ['git-codecommit.eu-west-1.amazonaws.com.localhost:4566', '/v1/repos/x/info/refs'],
    ['GIT-CODECOMMIT.eu-west-1.amazonaws.com', '/anything'],
    ['git-codecommit-fips.us-east-2.amazonaws.com', '/v1/repos/x'],
    ['127.0.0.1', '/v1/repos/x/info/refs?service=git-upload-pack'],
  ])('%s %s', async (host, path) => {
    expect((await get(host, path)).text).toBe(`git ${host.split(':')[0]} ${path}`)
  })

  test('other hosts do not', async () => {
    const { text } = await get('codecommit.eu-west-1.amazonaws.com', '/')
    expect(text).toContain('MissingAuthenticationToken')
  })

  test('its failure is logged and answered, and the next request is served', async () => {
    expect((await get('git-codecommit.eu-west-1.localhost', '/broken')).status).toBe(500)
    expect(world.logged.at(-1)).toContain('git broke')
    await alive()
  })
})

test('requests sent without waiting for answers are answered in their order', async () => {
  const line = (path: string, last = '') =>
    `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${world.port}\r\n${last}\r\n`
  const seen = await raw(
    line('/_relay/health') +
      line('/') +
      line('/v1/repos/x') +
      line('/_relay/health', 'Connection: close\r\n'),
  )
  const order = [...seen.matchAll(/"ready":true|MissingAuthenticationToken|git 127/g)].map(([found]) => found)
  expect(order.filter((found, index) => found !== order[index - 1])).toEqual([
    '"ready":true',
    'MissingAuthenticationToken',
    'git 127',
    '"ready":true',
  ])
})

test.each([
  [
    's3',
    'GET',
    '/bucket',
    '',
    501,
    '<Code>NotImplemented</Code><Message>The local cloud does not serve s3:GET /bucket.',
  ],
  // in Lambda's way of writing paths
  ['route53', 'GET', '/2013-04-01/hostedzone', '', 501, 'does not serve route53:GET /2013-04-01/hostedzone.'],
  ['eks', 'GET', '/clusters', '', 404, '"message":"The local cloud does not serve eks:GET /clusters."'],
  ['kinesis', 'POST', '/', 'Kinesis_20131202.ListStreams', 400, 'does not serve kinesis:ListStreams.'],
])('%s, which is not here, is named', async (service, method, path, target, status, text) => {
  const headers: Record<string, string> = target === '' ? {} : { 'x-amz-target': target }
  const answer = await send(world, { service, method, path, headers, credentials: world.admin })
  expect([answer.status, answer.text]).toEqual([status, expect.stringContaining(text)])
})

test('a version that a service never had is told of', async () => {
  const headers = { 'content-type': 'application/x-www-form-urlencoded' }
  const body = 'Action=ListUsers&Version=1999-01-01'
  const answer = await send(world, { service: 'iam', headers, body, credentials: world.admin })
  expect([answer.status, answer.text]).toEqual([
    400,
    expect.stringContaining(
      '<Code>InvalidAction</Code><Message>Could not find operation ListUsers for version 1999-01-01<',
    ),
  ])
})

test.each(['OPTIONS', 'HEAD', 'PUT', 'PATCH'])(
  '%s without a signature is refused, and tells no browser to go on',
  async (method) => {
    const response = await fetch(world.url, { method, headers: { origin: 'http://evil.example' } })
    expect([response.status, response.headers.get('access-control-allow-origin')]).toEqual([400, null])
    expect(response.headers.get('x-amzn-errortype')).toBe('MissingAuthenticationTokenException')
  },
)

describe('bad input never ends the server', () => {
  test.each([
    ['not HTTP', '\x00\x01\x02 nonsense\r\n\r\n'],
    ['no version', 'GET /\r\n\r\n'],
    ['TLS', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'],
    ['a bad length', 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n'],
    ['two lengths', 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab'],
    ['a huge header', `GET / HTTP/1.1\r\nHost: x\r\nX: ${'a'.repeat(40_000)}\r\n\r\n`],
    ['a body cut short', 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nabc'],
    ['an odd method', 'PROPFIND / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'],
    ['an absolute address', 'GET http://evil.example/x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'],
    ['a stray percent', 'GET /%zz?%zz=%& HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'],
  ])('%s', async (_, text) => {
    const answer = await raw(text)
    expect(answer === '' || /^HTTP\/1\.1 4\d\d/.test(answer)).toBe(true)
    expect(await alive()).toMatchObject({ ready: true })
  })

  const post = (body: string, target = 'CodeCommit_20150413.GetRepository', service = 'codecommit') =>
    send(world, {
      service,
      credentials: world.admin,
      headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': target },
      body,
    })

  test.each([
    ['not JSON', '{', 'SerializationException'],
    ['a list', '[]', 'SerializationException'],
    ['null', 'null', 'SerializationException'],
    ['a number for a string', '{"repositoryName":5}', 'SerializationException'],
    ['a list for a string', '{"repositoryName":["x"]}', 'SerializationException'],
    ['null for a string', '{"repositoryName":null}', 'RepositoryNameRequiredException'],
    ['a proto', '{"__proto__":{"repositoryName":"x"}}', 'RepositoryNameRequiredException'],
  ])('JSON: %s', async (_, body, name) => {
    expect(JSON.parse((await post(body)).text).__type).toBe(name)
  })

  test('bytes that are not UTF-8, and a body packed with gzip', async () => {
    const ask = async (body: Buffer, more: Record<string, string> = {}) => {
      const headers = signed(world.url, {
        service: 'codecommit',
        credentials: world.admin,
        headers: {
          'content-type': 'application/x-amz-json-1.1',
          'x-amz-target': 'CodeCommit_20150413.GetRepository',
          ...more,
        },
        body,
      })
      const response = await fetch(world.url, { method: 'POST', headers, body: new Uint8Array(body) })
      return [response.status, ((await response.json()) as { __type?: string }).__type]
    }
    const whole = Buffer.from('{"repositoryName":"x"}')
    expect(
      await ask(Buffer.concat([Buffer.from('{"repositoryName":"'), Buffer.from([0xff]), Buffer.from('"}')])),
    ).toEqual([400, 'SerializationException'])
    const gzip = { 'content-encoding': 'gzip' }
    expect(await ask(gzipSync(whole), gzip)).toEqual([200, undefined])
    expect(await ask(whole, gzip)).toEqual([400, 'SerializationException'])
    const bomb = gzipSync(Buffer.alloc(BODY_LIMIT_BYTES + 1, ' '))
    expect(await ask(bomb, gzip)).toEqual([400, 'SerializationException'])
  })

  test.each(['', 'Nonsense', 'CodeCommit_20150413.', 'CodeCommit_20150413.constructor', 'Other_1.Do'])(
    'target %j',
    async (target) => {
      const answer = await post('{}', target)
      expect(JSON.parse(answer.text).__type).toMatch(/UnknownOperationException|MissingAuthentication/)
    },
  )

  test('lists of the wrong kind, in another service', async () => {
    const answer = await post('{"Entries":{"a":1}}', 'AWSEvents.PutEvents', 'events')
    expect(JSON.parse(answer.text)).toMatchObject({
      __type: 'SerializationException',
      Message: 'Start of structure or map found where not expected.',
    })
  })

  const form = (body: string) =>
    send(world, {
      service: 'sns',
      credentials: world.admin,
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body,
    })

  test('query: unknown actions, and lists with holes', async () => {
    const unknown = await form('Action=Nonsense&Version=2010-03-31')
    expect([unknown.status, unknown.text]).toEqual([
      400,
      expect.stringContaining('<Code>InvalidAction</Code>'),
    ])
    world.calls.length = 0
    const holes =
      'Tags.member.9.Key=b&Tags.member.9.Value=2&Tags.member.1.Key=a&Tags.member.1.Value=1&Tags.member.x.Key=c'
    const created = await form(`Action=CreateTopic&Version=2010-03-31&Name=n&${holes}`)
    expect(created.status).toBe(200)
    expect(world.calls[0]?.input).toEqual({
      Name: 'n',
      Tags: [
        { Key: 'a', Value: '1' },
        { Key: 'b', Value: '2' },
      ],
    })
  })

  test('query: no action', async () => {
    const nothing = await form('Version=2010-03-31')
    expect([nothing.status, nothing.text]).toEqual([
      400,
      expect.stringContaining('<Code>MissingAction</Code>'),
    ])
    expect((await form('a=b')).text).toContain('<Code>MissingAction</Code>')
  })

  test('query: one parameter more than allowed', async () => {
    const parameters = (count: number) => Array.from({ length: count }, (_, i) => `&p${i}=`).join('')
    const body = (count: number) => `Action=CreateTopic&Version=2010-03-31&Name=n${parameters(count - 3)}`
    expect((await form(body(QUERY_PARAMETERS_MAX))).status).toBe(200)
    const refused = await form(body(QUERY_PARAMETERS_MAX + 1))
    expect([refused.status, refused.text]).toEqual([400, expect.stringContaining('MalformedQueryString')])
  })
})

test('a body of one byte more than the limit is refused, by its length and by its bytes', async () => {
  const send = (headers: Record<string, string | number>, bytes: number) =>
    new Promise<number | undefined>((resolve, reject) => {
      const request = httpRequest(
        { port: world.port, host: '127.0.0.1', method: 'POST', headers },
        (response) => {
          response.resume()
          resolve(response.statusCode)
          request.destroy()
        },
      )
      request.on('error', (error) =>
        (error as NodeJS.ErrnoException).code === 'EPIPE' ? undefined : reject(error),
      )
      request.write(Buffer.alloc(bytes))
      if (!('content-length' in headers)) request.end()
    })
  expect(await send({ 'content-length': BODY_LIMIT_BYTES + 1 }, 10)).toBe(413)
  expect(await send({ 'transfer-encoding': 'chunked' }, BODY_LIMIT_BYTES + 1)).toBe(413)
  expect(await send({ 'transfer-encoding': 'chunked' }, BODY_LIMIT_BYTES)).toBe(400)
})

test('other hosts than loopback, and a port that is taken', async () => {
  const other = createGateway({
    parts: { log: () => undefined } as never,
    iam: {} as never,
    services: [],
    git: async () => undefined,
    dynamodb: {} as never,
  })
  await expect(other.listen(0, '0.0.0.0')).rejects.toThrow('loopback only')
  await expect(other.listen(world.port)).rejects.toMatchObject({ code: 'EADDRINUSE' })
  await other.stop()
})
