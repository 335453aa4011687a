import type { Iam, Parts, ReceivedMessage, Sqs } from '../contracts.ts'
import type { KeyUsing } from '../kms/through.ts'
import { numberOf } from './attributes.ts'
import { md5 } from './digest.ts'
import { createEncryption } from './encryption.ts'
import { fitQueue } from './fifo.ts'
import type { Queues, Received } from './live.ts'
import { checkMessage, systemAttributes } from './message.ts'
import { createMoveTasks } from './move-tasks.ts'
import { createOperations } from './operations.ts'
import { permissionsOf } from './permissions.ts'
import { parsePolicy } from './policy.ts'
import { openQueues } from './queues.ts'
import type { StoredMessage } from './types.ts'
import { createWaiting } from './waiting.ts'

export interface SqsOptions {
  readonly parts: Parts
  /** absent: no key of a queue is asked for */
  readonly kms?: KeyUsing
  readonly iam: Pick<Iam, 'authorizeSender'>
  /** `http://127.0.0.1:<port>`, asked for at each use: the port is known only once the gateway listens */
  readonly baseUrl: () => string
  /** messages of one queue in flight at most; SQS's own quota unless given */
  readonly maxInFlight?: number
  /** how long the name of a deleted queue cannot be taken again: a minute on AWS, here not at all unless given */
  readonly nameRestMs?: number
}

/**
 * SQS with standard and FIFO queues. Whatever a call returned for is in the store, and survives a killed process; messages that
 * were in flight then are receivable again at once.
 */
export const createSqs = ({ parts, iam, kms, baseUrl, maxInFlight, nameRestMs = 0 }: SqsOptions): Sqs => {
  // a woken receiver changes the queue again: let the change that woke it end first
  const woken = new Set<string>()
  const waiting = createWaiting(() => queues, parts.now)
  const wakeSoon = (arn: string) => {
    if (woken.size === 0) queueMicrotask(wakeAll)
    woken.add(arn)
  }
  const wakeAll = () => {
    const arns = [...woken]
    woken.clear()
    for (const arn of arns) waiting.wake(arn)
  }
  const queues: Queues = openQueues(parts, wakeSoon, maxInFlight)
  const encryption = createEncryption(kms, parts.log)
  const moves = createMoveTasks(parts, queues, encryption)

  return {
    service: {
      name: 'sqs',
      operations: createOperations({ parts, queues, waiting, moves, encryption, baseUrl, nameRestMs }),
      permissions: permissionsOf(queues),
    },
    send: async (queueArn, message, sender) => {
      const queue = queues.find(queueArn)
      iam.authorizeSender(parsePolicy(queue.record.attributes.Policy), sender, {
        action: 'sqs:SendMessage',
        resource: queueArn,
      })
      const input = {
        MessageBody: message.body,
        MessageAttributes: { ...message.attributes },
        MessageGroupId: message.groupId,
        MessageDeduplicationId: message.deduplicationId,
      }
      const checked = fitQueue(queue.record, checkMessage(input, sender.service))
      const sealed = encryption.seal(queue.record, sender)
      queues.send(queue, [{ ...checked, ...(sealed && { sealed }) }])
    },
    receive: async (queueArn, max, waitMs, signal, reader) => {
      const queue = queues.find(queueArn)
      const visibilityMs = numberOf(queue.record, 'VisibilityTimeout') * 1_000
      const reading = reader && {
        open: (message: StoredMessage) => encryption.open(message, reader.caller),
        refusedMs: reader.refusedMs,
      }
      const received = await waiting.receive({ queue, max, visibilityMs, waitMs, signal, reading })
      return received.map(toReceivedMessage)
    },
    visibilitySeconds: (queueArn) => numberOf(queues.find(queueArn).record, 'VisibilityTimeout'),
    deleteMessages: (queueArn, handles) => {
      const queue = queues.find(queueArn)
      parts.store.transaction(() => {
        for (const handle of handles) queues.discard(queue, handle)
      })
    },
    release: (queueArn, handles) => {
      const queue = queues.find(queueArn)
      for (const handle of handles) queues.release(queue, handle)
    },
    stop: async () => {
      moves.stop()
      waiting.stop()
    },
  }
}

const toReceivedMessage = ({ handle, message }: Received): ReceivedMessage => ({
  messageId: message.id,
  receiptHandle: handle,
  body: message.body,
  md5OfBody: md5(message.body),
  attributes: systemAttributes(message),
  messageAttributes: Object.fromEntries(
    Object.entries(message.attributes).map(([name, value]) => [
      name,
      {
        dataType: value.type,
        ...(value.base64 === undefined ? { stringValue: value.text ?? '' } : {}),
      },
    ]),
  ),
})
