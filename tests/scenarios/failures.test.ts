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
})
