import { request as httpRequest } from 'node:http'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { ControlRequest } from '../../../local/gateway/control.ts'
import { startWorld, type World } from './world.ts'

let world: World
const asked: ControlRequest[] = []
beforeAll(async () => {
  world = await startWorld({
    control: async (request) => {
      asked.push(request)
      if (request.path === '/_relay/echo')
        return {
          status: 201,
          headers: { 'content-type': 'text/plain' },
          body: `${request.method} ${request.query} ${request.body}`,
        }
      return undefined
    },
  })
})
afterAll(() => world.stop())

const ask = (path: string, headers: Record<string, string> = {}, method = 'POST', body = '') =>
  new Promise<{ status: number | undefined; text: string }>((resolve, reject) => {
    const request = httpRequest(
      { port: world.port, host: '127.0.0.1', path, method, headers },
      (response) => {
        let text = ''
        response.setEncoding('utf8').on('data', (data) => {
          text += data
        })
        response.on('end', () => resolve({ status: response.statusCode, text }))
      },
    )
    request.on('error', reject)
    request.end(body)
  })

test('is asked first, with all there is', async () => {
  expect(await ask('/_relay/echo?a=1', {}, 'PUT', 'body')).toEqual({ status: 201, text: 'PUT a=1 body' })
})

test('what it does not know is not there; health always is', async () => {
  const unknown = await ask('/_relay/nothing')
  expect([unknown.status, unknown.text]).toEqual([404, expect.stringContaining('POST /_relay/nothing')])
  asked.length = 0
  const health = await ask('/_relay/health', { host: 'host.docker.internal' }, 'GET')
  expect([health.status, asked]).toEqual([200, []])
})

describe('who may ask', () => {
  const hosts = (host: string) => ({ host: host.replace('PORT', String(world.port)) })
  test.each([
    'localhost:PORT',
    '127.0.0.1:PORT',
    '[::1]:PORT',
    'LOCALHOST:PORT',
    'git-codecommit.eu-west-1.amazonaws.com.localhost:PORT',
  ])('as %s', async (host) => {
    // Git's host names lead to Git, but for the cloud's own paths
    expect((await ask('/_relay/echo', hosts(host))).status).toBe(201)
  })

  test.each([
    'localhost',
    'localhost:1',
    'evil.example:PORT',
    'localhost.evil.example:PORT',
    '127.0.0.1.evil.example:PORT',
    '10.0.0.1:PORT',
    'localhost:PORT:PORT',
    'x@localhost:PORT',
  ])('not as %s', async (host) => {
    asked.length = 0
    const answer = await ask('/_relay/echo', hosts(host))
    expect([answer.status, asked]).toEqual([403, []])
  })

  test('a page of our own may, one of any other origin may not', async () => {
    const own = `http://127.0.0.1:${world.port}`
    expect((await ask('/_relay/echo', { origin: own })).status).toBe(201)
    for (const origin of [
      'http://evil.example',
      'null',
      `http://localhost:${world.port}`,
      'http://127.0.0.1:1',
    ])
      expect((await ask('/_relay/echo', { origin })).status).toBe(403)
    expect((await ask('/_relay/echo', { 'sec-fetch-site': 'cross-site' })).status).toBe(403)
    expect((await ask('/_relay/echo', { origin: own, 'sec-fetch-site': 'same-origin' })).status).toBe(201)
  })
})
