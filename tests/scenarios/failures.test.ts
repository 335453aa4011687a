import { request as ask, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs'
import { afterEach, describe, expect, test } from '@jest/globals'
import { type Developer, developerOf } from '../support/developer.ts'
import { type LiveCloud, raiseCloud } from '../support/live-cloud.ts'

let live: LiveCloud | undefined
let nina: Developer | undefined

afterEach(async () => {
  nina?.leave()
  await live?.stop()
  live = undefined
  nina = undefined
})

const deadLetters = async (cloud: LiveCloud): Promise<string[]> => {
  const sqs = new SQSClient(cloud.aws)
  const url = String(cloud.outputs.ReplicateDeadLetterQueueUrl)
  const { Messages } = await sqs.send(
    new ReceiveMessageCommand({ QueueUrl: url, WaitTimeSeconds: 20, MaxNumberOfMessages: 10 }),
  )
  return (Messages ?? []).map((message) => message.Body ?? '')
}

const pushOnce = async (cloud: LiveCloud): Promise<void> => {
  await cloud.createRepository('orders')
  nina = await developerOf(cloud, 'orders')
  await nina.commit('Begin')
  await nina.git('push', 'origin', 'main')
}

describe('a replica that cannot be reached ends in Mirror Failed and the dead-letter queue, never in silence', () => {
  test('no such role in the other account', async () => {
    live = await raiseCloud({
      hasty: true,
      config: `version: 1
replicate:
  - repositories: ["*"]
    to:
      - region: eu-west-1
        account: "222222222222"
        role: arn:aws:iam::222222222222:role/not-there
        externalId: orders
`,
    })
    await pushOnce(live)
    const failed = await live.untilEvent('Mirror Failed')
    expect(failed.detail).toMatchObject({
      code: 'REMOTE_DENIED',
      attempts: 5,
      replica: { account: '222222222222', region: 'eu-west-1', name: 'orders' },
      nextStep: expect.stringMatching(/\w/),
    })
    expect(await deadLetters(live)).toHaveLength(1)
    const told = await live.inbox.waitFor((message) => /orders.*FAILED/i.test(message.subject), 20_000)
    expect(told).toBeDefined()
  })

  test('a region in which nothing answers', async () => {
    live = await raiseCloud({
      hasty: true,
      config: `version: 1
replicate:
  - repositories: ["*"]
    to: [{ region: ap-southeast-2 }]
`,
    })
    await pushOnce(live)
    const failed = await live.untilEvent('Mirror Failed')
    expect(failed.detail).toMatchObject({ replica: { region: 'ap-southeast-2' }, attempts: 5 })
    expect(await deadLetters(live)).toHaveLength(1)
  })

  test('a replica that throttles every request', async () => {
    const between = await throttling(() => true)
    try {
      live = await raiseCloud({ hasty: true, gitPort: () => between.port })
      between.forwardTo(live.cloud.port)
      await pushOnce(live)
      const failed = await live.untilEvent('Mirror Failed')
      expect(failed.detail).toMatchObject({ code: 'REMOTE_THROTTLED', attempts: 5 })
      expect(await deadLetters(live)).toHaveLength(1)
      expect(live.events.filter((event) => event['detail-type'] === 'Replica Updated')).toEqual([])
    } finally {
      between.close()
    }
  })

  test('and one that throttles for a while only is made equal, with nobody’s help', async () => {
    const between = await throttling((count) => count <= 2)
    try {
      live = await raiseCloud({ hasty: true, gitPort: () => between.port })
      between.forwardTo(live.cloud.port)
      await pushOnce(live)
      await live.untilEqual('orders')
      expect(between.throttled()).toBe(2)
      expect(live.events.filter((event) => event['detail-type'] === 'Mirror Failed')).toEqual([])
    } finally {
      between.close()
    }
  })
})

/** Stands between the product and Git: answers 429 for the replica's host as long as the test says, passes on all else. */
const throttling = async (isThrottled: (count: number) => boolean) => {
  let port = 0
  let count = 0
  let refused = 0
  const server = createServer((request, response) => {
    if (request.headers.host?.includes('eu-west-1')) {
      count += 1
      if (isThrottled(count)) {
        refused += 1
        response.writeHead(429).end('Rate Exceeded')
        return
      }
    }
    const { method, url, headers } = request
    const onward = ask({ host: '127.0.0.1', port, method, path: url, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(response)
    })
    onward.on('error', () => response.destroy())
    request.pipe(onward)
  })
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready))
  return {
    port: (server.address() as AddressInfo).port,
    forwardTo: (to: number) => {
      port = to
    },
    throttled: () => refused,
    close: () => {
      server.close()
      server.closeAllConnections()
    },
  }
}
