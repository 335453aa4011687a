import { setTimeout as sleep } from 'node:timers/promises'
import { SNSClient, SubscribeCommand } from '@aws-sdk/client-sns'
import {
  CreateQueueCommand,
  DeleteMessageCommand,
  ReceiveMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs'
import type { AwsAccess } from './aws.ts'

const RESUBSCRIBE_MS = 500

/** A subscriber like any team's: an SQS queue on an SNS topic, made and read through the AWS API. */
export interface Inbox {
  /** messages so far, oldest first */
  readonly messages: readonly Message[]
  /**
   * resolves with the first message, old or new, that the test accepts; undefined when `timeoutMs` have passed.
   * Rejects with the signal's reason when that aborts first
   */
  waitFor(
    test: (message: Message) => boolean,
    timeoutMs: number,
    signal?: AbortSignal,
  ): Promise<Message | undefined>
  stop(): Promise<void>
}

export interface Message {
  readonly subject: string
  readonly body: string
}

/**
 * Subscribes a queue to the topic and starts reading it.
 * @param onMessage called once for each message, in order of arrival
 */
export const openInbox = async (
  access: AwsAccess,
  topicArn: string,
  onMessage: (message: Message) => void,
): Promise<Inbox> => {
  const sqs = new SQSClient(access)
  const sns = new SNSClient(access)
  let queueUrl = await subscribe(sqs, sns, topicArn)
  const messages: Message[] = []
  const waiting = new Set<() => void>()
  const abort = new AbortController()
  const take = (message: Message) => {
    messages.push(message)
    onMessage(message)
    for (const wake of waiting) wake()
  }
  const read = async () => {
    while (!abort.signal.aborted) {
      try {
        await readAll(sqs, queueUrl, abort.signal, take)
      } catch (error) {
        if (!/DoesNotExist/.test((error as Error).name)) throw error
        // the cloud was told to forget everything: queue and subscription are made anew once its stack is there again
        await sleep(RESUBSCRIBE_MS, undefined, { signal: abort.signal }).catch(() => undefined)
        queueUrl = await subscribe(sqs, sns, topicArn).catch(() => queueUrl)
      }
    }
  }
  const reading = read()
  return {
    messages,
    waitFor: (test, timeoutMs, signal) => waitFor(messages, waiting, test, timeoutMs, signal),
    stop: async () => {
      abort.abort()
      await reading
    },
  }
}

const subscribe = async (sqs: SQSClient, sns: SNSClient, topicArn: string): Promise<string> => {
  const name = `inbox-of-${topicArn.split(':').at(-1)}`.slice(0, 80)
  const [, partition, , region, account] = topicArn.split(':')
  const queueArn = `arn:${partition}:sqs:${region}:${account}:${name}`
  const policy = {
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Principal: { Service: 'sns.amazonaws.com' },
        Action: 'sqs:SendMessage',
        Resource: queueArn,
        Condition: { ArnEquals: { 'aws:SourceArn': topicArn } },
      },
    ],
  }
  const { QueueUrl: url } = await sqs.send(
    new CreateQueueCommand({ QueueName: name, Attributes: { Policy: JSON.stringify(policy) } }),
  )
  await sns.send(new SubscribeCommand({ TopicArn: topicArn, Protocol: 'sqs', Endpoint: queueArn }))
  return url ?? ''
}

const readAll = async (
  sqs: SQSClient,
  queueUrl: string,
  signal: AbortSignal,
  onMessage: (message: Message) => void,
): Promise<void> => {
  while (!signal.aborted) {
    try {
      const answer = await sqs.send(
        new ReceiveMessageCommand({ QueueUrl: queueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: 5 }),
        { abortSignal: signal },
      )
      for (const message of answer.Messages ?? []) {
        onMessage(readNotification(message.Body ?? ''))
        await sqs.send(new DeleteMessageCommand({ QueueUrl: queueUrl, ReceiptHandle: message.ReceiptHandle }))
      }
    } catch (error) {
      if (!signal.aborted) throw error
    }
  }
}

const readNotification = (text: string): Message => {
  const notification = JSON.parse(text) as { Subject?: string; Message?: string }
  return { subject: notification.Subject ?? '', body: notification.Message ?? '' }
}

const waitFor = (
  messages: readonly Message[],
  waiting: Set<() => void>,
  test: (message: Message) => boolean,
  timeoutMs: number,
  signal: AbortSignal | undefined,
): Promise<Message | undefined> =>
  new Promise((resolve, reject) => {
    const look = () => {
      const found = messages.find(test)
      if (found) end(() => resolve(found))
    }
    const stop = () => end(() => reject(signal?.reason))
    const end = (settle: () => void) => {
      clearTimeout(timer)
      waiting.delete(look)
      signal?.removeEventListener('abort', stop)
      settle()
    }
    const timer = setTimeout(() => end(() => resolve(undefined)), timeoutMs)
    waiting.add(look)
    signal?.addEventListener('abort', stop)
    if (signal?.aborted) stop()
    else look()
  })
