import { connect } from 'node:net'
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { Answer } from '../../../local/gateway/answers.ts'
import { createDispatcher } from '../../../local/gateway/dispatch.ts'
import { wireRequest } from '../../../local/gateway/request.ts'
import { anyLetter } from '../../support/any-letter.ts'
import { send, startWorld, type World } from './world.ts'

let world: World
let dispatch: ReturnType<typeof createDispatcher>
beforeAll(async () => {
  world = await startWorld()
  const log = (_: string, text: string, facts?: object) =>
    void world.logged.push(`${text} ${JSON.stringify(facts)}`)
  const parts = { log, now: Date.now, store: {} as never }
  dispatch = createDispatcher({ parts, iam: world.iam, services: [], dynamodb: {} as never })
})
afterAll(() => world.stop())
beforeEach(() => {
  world.logged.length = 0
})

/** A code that a client can read, in one of AWS's two forms; and nothing that nobody foresaw. */
const isAwsShaped = ({ status, headers, body }: Pick<Answer, 'status' | 'headers' | 'body'>): void => {
  expect([status >= 400 && status < 500, world.logged]).toEqual([true, []])
  const text = body.toString()
  if (headers['content-type'] === 'text/xml') expect(text).toMatch(/^<ErrorResponse.*<Code>\w+<\/Code>/s)
  else
    expect([typeof JSON.parse(text), /^\w+$/.test(headers['x-amzn-errortype'] ?? '')]).toEqual([
      'object',
      true,
    ])
}

const text = fc.string({ unit: anyLetter, maxLength: 40 })
const bytes = fc.uint8Array({ maxLength: 60 }).map((array) => Buffer.from(array))
const near = (...likely: string[]) => fc.oneof(fc.constantFrom(...likely), text)
const scope = '20310517/eu-west-1/sts/aws4_request'
const header = fc.tuple(
  near(
    'authorization',
    'content-type',
    'x-amz-target',
    'x-amz-date',
    'host',
    'x-amz-security-token',
    'content-encoding',
  ),
  near(
    `AWS4-HMAC-SHA256 Credential=AKID/${scope}, SignedHeaders=host, Signature=0`,
    'AWS4-HMAC-SHA256 Credential=////, SignedHeaders=;;, Signature=',
    'AWS4-HMAC-SHA256',
    'application/x-www-form-urlencoded',
    'application/x-amz-json-1.0',
    'CodeCommit_20150413.GetRepository',
    'DynamoDB_20120810.GetItem',
    'gzip',
    '20310517T090433Z',
    '99999999T999999Z',
  ),
)
const path = near('/', '/schedules', '/2015-03-31/functions/%zz/invocations', '/tags/%2f', '//..//', '')
const query = near(
  'Action=GetCallerIdentity&Version=2011-06-15',
  'Action=&Version=2012-11-05',
  'X-Amz-Signature=0',
  `X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=A%2F${encodeURIComponent(scope)}&X-Amz-Date=20310517T090433Z&X-Amz-SignedHeaders=host&X-Amz-Signature=0&X-Amz-Expires=1`,
)

test('any request ends in an error that AWS’s clients can read', async () => {
  const request = fc.record({
    method: near('GET', 'POST', 'DELETE', 'OPTIONS'),
    url: fc.tuple(path, query).map(([before, after]) => `${before}?${after}`),
    rawHeaders: fc.array(header, { maxLength: 8 }).map((headers) => headers.flat()),
    body: bytes,
  })
  await fc.assert(
    fc.asyncProperty(request, async (parts) => isAwsShaped(await dispatch(wireRequest(parts)))),
    { numRuns: 400 },
  )
})

test('any body in anybody’s name ends in an answer, whatever the protocol', async () => {
  const json = fc.oneof(
    bytes,
    fc.json().map((value) => Buffer.from(value)),
    fc
      .dictionary(
        fc.constantFrom('Entries', 'repositoryName', 'MessageBody', '__proto__', 'Name', 'Target'),
        fc.jsonValue(),
      )
      .map((value) => Buffer.from(JSON.stringify(value))),
  )
  const form = fc
    .array(
      fc.tuple(
        near('Action', 'Version', 'Tags.member.1.Key', 'a.1.b.2', '.', 'Attributes.entry.1.key'),
        near('CreateTopic', '2010-03-31', '1'),
      ),
    )
    .map((pairs) =>
      Buffer.from(
        new URLSearchParams([['Version', '2010-03-31'], ['Action', 'CreateTopic'], ...pairs]).toString(),
      ),
    )
  const targets: [string, string, string][] = [
    ['codecommit', '/', 'CodeCommit_20150413.GetRepository'],
    ['sqs', '/', 'AmazonSQS.SendMessageBatch'],
    ['events', '/', 'AWSEvents.PutEvents'],
    ['kms', '/', 'TrentService.Encrypt'],
    ['scheduler', '/schedules/s', ''],
    ['lambda', '/2015-03-31/functions', ''],
    ['sns', '/', 'form'],
  ]
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...targets),
      json,
      form,
      async ([service, path, target], body, pairs) => {
        const type = target === 'form' ? 'application/x-www-form-urlencoded' : 'application/x-amz-json-1.1'
        const answer = await send(world, {
          path,
          service,
          credentials: world.admin,
          headers: { 'content-type': type, ...(target.includes('.') ? { 'x-amz-target': target } : {}) },
          body: (target === 'form' ? pairs : body).toString('latin1'),
        })
        expect(answer.headers.get('x-amzn-requestid')).toMatch(/^[0-9a-f-]{36}$/)
        if (answer.status !== 200)
          isAwsShaped({
            status: answer.status,
            headers: Object.fromEntries(answer.headers),
            body: answer.text,
          })
      },
    ),
    { numRuns: 200 },
  )
})

test('any bytes on the wire are answered in HTTP, or not at all; the next client is served', async () => {
  const say = (first: Buffer) =>
    new Promise<string>((resolve, reject) => {
      let seen = ''
      const socket = connect(world.port, '127.0.0.1', () => socket.end(first))
      socket.on('data', (data) => {
        seen += data
      })
      socket.on('close', () => resolve(seen))
      socket.on('error', reject)
    })
  const line = near(
    'POST / HTTP/1.1',
    'GET /?Action=a HTTP/1.1',
    'Host: x',
    'Content-Length: 3',
    'Transfer-Encoding: chunked',
    '',
    '5',
    'abc',
  )
  const lines = fc.array(line, { maxLength: 8 }).map((all) => Buffer.from(`${all.join('\r\n')}\r\n\r\n`))
  await fc.assert(
    fc.asyncProperty(fc.oneof(bytes, lines), async (first) => {
      const answer = await say(first)
      expect(answer === '' || /^HTTP\/1\.1 [1-4]\d\d /.test(answer)).toBe(true)
    }),
    { numRuns: 100 },
  )
  expect((await fetch(`${world.url}/_relay/health`)).status).toBe(200)
})
