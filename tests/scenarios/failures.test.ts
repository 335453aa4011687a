import { request as ask, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs'
import { describe, expect, test } from '@jest/globals'
import { developerOf } from '../support/developer.ts'
import { type LiveCloud, type LiveOptions, raiseCloud } from '../support/live-cloud.ts'

/** A cloud of its own, and a first push to it. Most of each test is waiting for the next attempt: so all run at once. */
const afterAPush = async (
  options: LiveOptions,
  look: (live: LiveCloud) => Promise<void>,
  raised: (live: LiveCloud) => void = () => undefined,
): Promise<void> => {
  const live = await raiseCloud(options)
  try {
    raised(live)
    await live.createRepository('orders')
    const nina = await developerOf(live, 'orders')
    try {
      await nina.commit('Begin')
      await nina.git('push', 'origin', 'main')
      await look(live)
    } finally {
      nina.leave()
    }
  } finally {
    await live.stop()
  }
}

const deadLetters = async (cloud: LiveCloud): Promise<string[]> => {
  const sqs = new SQSClient(cloud.aws)
  const url = String(cloud.outputs.ReplicateDeadLetterQueueUrl)
  const { Messages } = await sqs.send(
    new ReceiveMessageCommand({ QueueUrl: url, WaitTimeSeconds: 20, MaxNumberOfMessages: 10 }),
  )
  return (Messages ?? []).map((message) => message.Body ?? '')
}

// the four pauses are chosen by chance, up to 5, 10, 20 and 40 seconds
const GIVEN_UP_WITHIN_MS = 200_000
const TEST_MS = 300_000

const untilGivenUp = (live: LiveCloud) => live.untilEvent('Mirror Failed', () => true, GIVEN_UP_WITHIN_MS)

describe('a replica that cannot be reached ends in Mirror Failed and the dead-letter queue, never in silence', () => {
  test.concurrent(
    'no such role in the other account',
    () => {
      const config = `version: 1
replicate:
  - repositories: ["*"]
    to:
      - region: eu-west-1
        account: "222222222222"
        role: arn:aws:iam::222222222222:role/not-there
        externalId: orders
`
      return afterAPush({ config }, async (live) => {
        const failed = await untilGivenUp(live)
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
    },
    TEST_MS,
  )

  test.concurrent(
    'a region in which nothing answers',
    () => {
      const config = `version: 1
replicate:
  - repositories: ["*"]
    to: [{ region: ap-southeast-2 }]
`
      return afterAPush({ config }, async (live) => {
        const failed = await untilGivenUp(live)
        expect(failed.detail).toMatchObject({ replica: { region: 'ap-southeast-2' }, attempts: 5 })
        expect(await deadLetters(live)).toHaveLength(1)
      })
    },
    TEST_MS,
  )

  test.concurrent(
    'a replica that throttles every request',
    () =>
      behindThrottle(
        () => true,
        async (live) => {
          const failed = await untilGivenUp(live)
          expect(failed.detail).toMatchObject({ code: 'REMOTE_THROTTLED', attempts: 5 })
          expect(await deadLetters(live)).toHaveLength(1)
          expect(live.events.filter((event) => event['detail-type'] === 'Replica Updated')).toEqual([])
        },
      ),
    TEST_MS,
  )

  test.concurrent(
    'and one that throttles for a while only is made equal, with nobody’s help',
    () =>
      behindThrottle(
        (count) => count <= 2,
        async (live, between) => {
          await live.untilEqual('orders')
          expect(between.throttled()).toBe(2)
          expect(live.events.filter((event) => event['detail-type'] === 'Mirror Failed')).toEqual([])
        },
      ),
    TEST_MS,
  )
})

const behindThrottle = async (
  isThrottled: (count: number) => boolean,
  look: (live: LiveCloud, between: Throttle) => Promise<void>,
): Promise<void> => {
  const between = await throttling(isThrottled)
  try {
    await afterAPush(
      { gitPort: () => between.port },
      (live) => look(live, between),
      (live) => between.forwardTo(live.cloud.port),
    )
  } finally {
    between.close()
  }
}

type Throttle = Awaited<ReturnType<typeof throttling>>

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
