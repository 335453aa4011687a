import { request as ask, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { DeleteMessageCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs'
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import { type Developer, developerOf } from '../support/developer.ts'
import { type LiveCloud, raiseCloud } from '../support/live-cloud.ts'

// One cloud, a repository for each way to fail.
const config = `version: 1
replicate:
  - repositories: [denied]
    to:
      - region: eu-west-1
        account: "222222222222"
        role: arn:aws:iam::222222222222:role/not-there
        externalId: orders
  - repositories: [nowhere]
    to: [{ region: ap-southeast-2 }]
  - repositories: [throttled, slow]
    to: [{ region: eu-west-1 }]
`

let live: LiveCloud
let between: Awaited<ReturnType<typeof throttling>>
let nina: Developer | undefined

beforeAll(async () => {
  between = await throttling((repository, count) => repository === 'throttled' || count <= 2)
  live = await raiseCloud({ hasty: true, config, gitPort: () => between.port })
  between.forwardTo(live.cloud.port)
})
afterEach(() => {
  nina?.leave()
  nina = undefined
})
afterAll(async () => {
  await live?.stop()
  between?.close()
})

/** bodies of all dead letters so far */
const letters: string[] = []

/** Takes what is in the dead-letter queue until it has a letter of this repository, or nothing comes. */
const deadLetters = async (repository: string): Promise<string[]> => {
  const sqs = new SQSClient(live.aws)
  const QueueUrl = String(live.outputs.ReplicateDeadLetterQueueUrl)
  const own = () => letters.filter((body) => body.includes(`"${repository}"`))
  while (own().length === 0) {
    const asked = { QueueUrl, WaitTimeSeconds: 20, MaxNumberOfMessages: 10 }
    const { Messages = [] } = await sqs.send(new ReceiveMessageCommand(asked))
    if (Messages.length === 0) break
    for (const { Body = '', ReceiptHandle } of Messages) {
      letters.push(Body)
      await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }))
    }
  }
  return own()
}

const pushOnce = async (repository: string): Promise<void> => {
  await live.createRepository(repository)
  nina = await developerOf(live, repository)
  await nina.commit('Begin')
  await nina.git('push', 'origin', 'main')
}

const failureOf = (name: string) =>
  live.untilEvent('Mirror Failed', ({ replica }) => (replica as { name: string }).name === name)

/** details of the events of this type that name the repository */
const told = (detailType: string, repository: string) =>
  live.events
    .filter((event) => event['detail-type'] === detailType)
    .map(({ detail }) => JSON.stringify(detail))
    .filter((detail) => detail.includes(`"${repository}"`))

describe('a replica that cannot be reached ends in Mirror Failed and the dead-letter queue, never in silence', () => {
  test('no such role in the other account', async () => {
    await pushOnce('denied')
    const failed = await failureOf('denied')
    expect(failed.detail).toMatchObject({
      code: 'REMOTE_DENIED',
      attempts: 5,
      replica: { account: '222222222222', region: 'eu-west-1', name: 'denied' },
      nextStep: expect.stringMatching(/\w/),
    })
    expect(told('Mirror Failed', 'denied')).toHaveLength(1)
    expect(await deadLetters('denied')).toHaveLength(1)
    const notice = await live.inbox.waitFor((message) => /denied.*FAILED/i.test(message.subject), 20_000)
    expect(notice).toBeDefined()
  })

  test('a region in which nothing answers', async () => {
    await pushOnce('nowhere')
    const failed = await failureOf('nowhere')
    expect(failed.detail).toMatchObject({ replica: { region: 'ap-southeast-2' }, attempts: 5 })
    expect(await deadLetters('nowhere')).toHaveLength(1)
  })

  test('a replica that throttles every request', async () => {
    await pushOnce('throttled')
    const failed = await failureOf('throttled')
    expect(failed.detail).toMatchObject({ code: 'REMOTE_THROTTLED', attempts: 5 })
    expect(await deadLetters('throttled')).toHaveLength(1)
    expect(told('Replica Updated', 'throttled')).toEqual([])
  })

  test('and one that throttles for a while only is made equal, with nobody’s help', async () => {
    await pushOnce('slow')
    await live.untilEqual('slow')
    expect(between.refused('slow')).toBe(2)
    await live.untilEvent('Replica Updated', ({ replica }) => (replica as { name: string }).name === 'slow')
    expect(told('Replica Updated', 'slow')).not.toEqual([])
    expect(told('Mirror Failed', 'slow')).toEqual([])
  })
})

/** Stands between the product and Git: answers 429 for the replica's host as long as the test says, by repository, passes on all else. */
const throttling = async (isThrottled: (repository: string, count: number) => boolean) => {
  let port = 0
  const asked = new Map<string, number>()
  const refused = new Map<string, number>()
  const server = createServer((request, response) => {
    if (request.headers.host?.includes('eu-west-1')) {
      const [, repository = ''] = /^\/v1\/repos\/([^/]+)/.exec(request.url ?? '') ?? []
      const count = (asked.get(repository) ?? 0) + 1
      asked.set(repository, count)
      if (isThrottled(repository, count)) {
        refused.set(repository, (refused.get(repository) ?? 0) + 1)
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
    refused: (repository: string) => refused.get(repository) ?? 0,
    close: () => {
      server.close()
      server.closeAllConnections()
    },
  }
}
