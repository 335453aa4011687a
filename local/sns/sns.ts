import { randomUUID } from 'node:crypto'
import type { Iam, Parts, Sns } from '../contracts.ts'
import type { Wires } from '../gateway/wires.ts'
import { createOutbox } from '../state/outbox.ts'
import { createDeliver, type Delivery } from './deliver.ts'
import { type ChatMessage, type Mail, openInboxes } from './inbox.ts'
import { permissionsOf } from './permissions.ts'
import { authorizePublish } from './policy.ts'
import { checkContent } from './publish-input.ts'
import { createPublishOperations } from './publish-operations.ts'
import { createSubscriptionOperations } from './subscription-operations.ts'
import { createTopicOperations } from './topic-operations.ts'
import { openTopics } from './topics.ts'
import type { Published } from './types.ts'

export interface SnsOptions {
  readonly parts: Parts
  readonly iam: Pick<Iam, 'authorizeSender'>
  readonly wires: Pick<Wires, 'sendMessage' | 'invokeAsync'>
}

export interface LocalSns extends Sns {
  /** mails to subscribers of the account's topics in a region, oldest first */
  inbox(account: string, region: string): Mail[]
  /** what the chat service got from the account's topics in a region, oldest first, as its channel shows it */
  chatInbox(account: string, region: string): ChatMessage[]
}

/**
 * SNS with standard topics, for queues, functions, mail and the chat service. A message that was accepted is in the store, once
 * for each subscriber, until it was delivered.
 */
export const createSns = ({ parts, iam, wires }: SnsOptions): LocalSns => {
  const topics = openTopics(parts.store)
  const inboxes = openInboxes(parts)
  const outbox = createOutbox<Delivery>(parts, 'sns.deliveries', createDeliver({ parts, wires, inboxes }))
  const accept = (published: Published) =>
    parts.store.transaction(() => {
      for (const subscription of topics.receivers(published)) outbox.add({ published, subscription })
    })

  return {
    service: {
      name: 'sns',
      operations: {
        ...createTopicOperations(topics),
        ...createSubscriptionOperations(topics),
        ...createPublishOperations(parts, topics, accept),
      },
      permissions: permissionsOf,
    },
    publish: async (topicArn, { subject, body }, sender) => {
      const topic = topics.find(topicArn)
      authorizePublish(iam, topic, sender)
      const content = checkContent({ Message: body, Subject: subject })
      accept({ ...content, id: randomUUID(), topicArn, at: parts.now() })
    },
    inbox: inboxes.mail,
    chatInbox: inboxes.chat,
    stop: outbox.stop,
  }
}
