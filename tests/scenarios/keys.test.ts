import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { CodeCommitClient, PutRepositoryTriggersCommand } from '@aws-sdk/client-codecommit'
import {
  GetRolePolicyCommand,
  IAMClient,
  ListRolePoliciesCommand,
  PutRolePolicyCommand,
} from '@aws-sdk/client-iam'
import { DisableKeyCommand, EnableKeyCommand, KMSClient } from '@aws-sdk/client-kms'
import {
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  type Message,
  ReceiveMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { Decision } from '../../local/contracts.ts'
import { type Developer, developerOf } from '../support/developer.ts'
import { type LiveCloud, raiseCloud } from '../support/live-cloud.ts'

const STACK = 'codecommit-relay-local'
const NOTIFY = `${STACK}-us-east-1-notify`
const NOTIFY_QUEUE = `${STACK}-notify`

let live: LiveCloud
let nina: Developer
let sqs: SQSClient
const decisions: Decision[] = []

beforeAll(async () => {
  live = await raiseCloud()
  live.cloud.watchDecisions((decision) => decisions.push(decision))
  sqs = new SQSClient(live.aws)
  await live.createRepository('orders')
  nina = await developerOf(live, 'orders')
  const trigger = {
    name: 'relay',
    destinationArn: `arn:aws:lambda:us-east-1:${live.cloud.accounts[0]}:function:${STACK}-trigger`,
    branches: [],
    events: ['all' as const],
  }
  await new CodeCommitClient(live.aws).send(
    new PutRepositoryTriggersCommand({ repositoryName: 'orders', triggers: [trigger] }),
  )
})
afterAll(async () => {
  nina?.leave()
  await live?.stop()
})

/** gives the commit's oid */
const push = async (message: string): Promise<string> => {
  const commit = await nina.commit(message)
  await nina.git('push', 'origin', 'main')
  return commit
}
const notice = (commit: string, timeoutMs = 20_000) =>
  live.inbox.waitFor(({ body }) => body.includes(commit), timeoutMs)
const log = (): string => {
  const file = join(live.cloud.folder, 'cloud.log')
  return existsSync(file) ? readFileSync(file, 'utf8') : ''
}
const until = async (test: () => boolean): Promise<void> => {
  while (!test()) await new Promise((done) => setTimeout(done, 20))
}
const untilLogged = async (...words: string[]): Promise<void> => {
  const deadline = performance.now() + 20_000
  while (
    !log()
      .split('\n')
      .some((line) => words.every((word) => line.includes(word)))
  ) {
    if (performance.now() > deadline) throw new Error(`the log does not say ${words.join(' ... ')}`)
    await new Promise((done) => setTimeout(done, 20))
  }
}
const queueUrl = async (name: string) =>
  (await sqs.send(new GetQueueUrlCommand({ QueueName: name }))).QueueUrl!
const inQueue = async (name: string): Promise<number> => {
  const QueueUrl = await queueUrl(name)
  const { Attributes = {} } = await sqs.send(
    new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }),
  )
  return (
    Number(Attributes.ApproximateNumberOfMessages) + Number(Attributes.ApproximateNumberOfMessagesNotVisible)
  )
}

describe('under the customer key of the stack', () => {
  test('a push becomes a replica and a notice, and each part used the key as its role may', async () => {
    const commit = await push('Begin')
    await live.untilEqual('orders')
    expect(await notice(commit)).toBeDefined()
    const used = () =>
      decisions
        .filter(({ allowed, action }) => allowed && action.startsWith('kms:'))
        .map(({ principal, roleArn, action }) => `${roleArn?.split('/').at(-1) ?? principal} ${action}`)
    // the built-in trigger is a second way for the same push, and may be later
    await until(() => used().includes(`${STACK}-us-east-1-trigger kms:Decrypt`))
    for (const expected of [
      ...['events.amazonaws.com kms:GenerateDataKey', 'events.amazonaws.com kms:Decrypt'],
      ...[
        `${NOTIFY} kms:Decrypt`,
        `${NOTIFY} kms:GenerateDataKey`,
        `${STACK}-us-east-1-replicate kms:Decrypt`,
      ],
    ])
      expect(used()).toContain(expected)
  })

  test('without the key a role reads nothing: the message waits, the log says why, and given back it goes on', async () => {
    const iam = new IAMClient(live.aws)
    const { PolicyNames = [] } = await iam.send(new ListRolePoliciesCommand({ RoleName: NOTIFY }))
    const policy = { RoleName: NOTIFY, PolicyName: PolicyNames[0]! }
    const { PolicyDocument } = await iam.send(new GetRolePolicyCommand(policy))
    const whole = JSON.parse(decodeURIComponent(PolicyDocument!)) as {
      Statement: { Action: string | string[]; Condition?: object }[]
    }
    const Statement = whole.Statement.filter(({ Action }) => !String(Action).includes('kms:'))
    expect(Statement.length).toBeLessThan(whole.Statement.length)
    const put = (document: object) =>
      iam.send(new PutRolePolicyCommand({ ...policy, PolicyDocument: JSON.stringify(document) }))
    await put({ ...whole, Statement })
    const commit = await push('In the dark')
    await live.untilEqual('orders')
    await untilLogged('PROBLEM: a queue cannot be read', NOTIFY_QUEUE, 'The ciphertext refers to')
    await untilLogged('denied', NOTIFY, 'kms:Decrypt')
    expect(await notice(commit, 1)).toBeUndefined()
    expect(await inQueue(NOTIFY_QUEUE)).toBeGreaterThan(0)
    await put(whole)
    expect(await notice(commit)).toBeDefined()
  })

  test('with the key disabled what rules cannot deliver is kept without it, and the sweep mends the rest', async () => {
    const kms = new KMSClient(live.aws)
    const KeyId = String(live.outputs.KeyArn)
    await kms.send(new DisableKeyCommand({ KeyId }))
    await push('Behind')
    const QueueUrl = await queueUrl(`${STACK}-undelivered`)
    const letters: Message[] = []
    while (letters.length < 2) {
      const { Messages = [] } = await sqs.send(
        new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 20, MessageAttributeNames: ['All'] }),
      )
      letters.push(...Messages)
    }
    for (const { Body = '', MessageAttributes = {} } of letters) {
      expect(JSON.parse(Body)).toMatchObject({ source: 'aws.codecommit' })
      expect(MessageAttributes.ERROR_MESSAGE?.StringValue).toContain(`${KeyId} is disabled.`)
    }
    await untilLogged('an event went to the dead-letter queue of its target', `${KeyId} is disabled.`)
    await kms.send(new EnableKeyCommand({ KeyId }))
    await live.sweep()
    await live.untilEqual('orders')
  })
})
