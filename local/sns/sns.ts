import type { Iam, Parts, Sns } from '../contracts.ts'
import type { Answer } from '../gateway/answers.ts'
import type { UnsignedRequest } from '../gateway/gateway.ts'
import type { Wires } from '../gateway/wires.ts'
import type { KeyUsing } from '../kms/through.ts'
import { createOutbox } from '../state/outbox.ts'
import { isFifo } from './arn.ts'
import { createChains } from './chains.ts'
import { createConfirmations } from './confirmations.ts'
import { createDeliver, type Delivery } from './deliver.ts'
import { createSealFor } from './encryption.ts'
import { type ChatMessage, type Mail, openInboxes } from './inbox.ts'
import { permissionsOf } from './permissions.ts'
import { authorizePublish } from './policy.ts'
import { createPublicAnswers } from './public.ts'
import { checkMessage } from './publish-input.ts'
import { createPublish, createPublishOperations } from './publish-operations.ts'
import { openSigning } from './signing.ts'
import { createSubscriptionOperations } from './subscription-operations.ts'
import { createTagOperations, createTopicOperations } from './topic-operations.ts'
import { openTopics } from './topics.ts'
import type { Published } from './types.ts'

export interface SnsOptions {
  readonly parts: Parts
  readonly iam: Pick<Iam, 'authorizeSender'>
  /** absent: no key of a topic is asked for */
  readonly kms?: KeyUsing
  readonly wires: Pick<Wires, 'sendMessage' | 'invokeAsync'>
  /** `http://127.0.0.1:<port>`, asked for at each use: where links in messages lead */
  readonly baseUrl: () => string
  /** PEM of further certificates that https endpoints may show */
  readonly trust?: string
}

export interface LocalSns extends Sns {
  /** mails to subscribers of the account's topics in a region, oldest first */
  inbox(account: string, region: string): Mail[]
  /** what the chat service got from the account's topics in a region, oldest first, as its channel shows it */
  chatInbox(account: string, region: string): ChatMessage[]
  /** what SNS answers to a request without a signature; undefined for what is not its business */
  answerPublic(request: UnsignedRequest): Answer | undefined
}

/**
 * SNS with standard and FIFO topics, for queues, functions, web servers, mail and the chat service. A message that was accepted is in
 * the store, once for each subscriber, until it was delivered.
 */
export const createSns = ({ parts, iam, kms, wires, baseUrl, trust }: SnsOptions): LocalSns => {
  const topics = openTopics(parts)
  const inboxes = openInboxes(parts)
  const signing = openSigning(parts)
  const deliver = createDeliver({ parts, wires, inboxes, topics, signing, baseUrl, trust })
  const outbox = createOutbox<Delivery>(parts, 'sns.deliveries', deliver)
  const chains = createChains<Delivery>(parts, 'sns.fifo', deliver)
  const confirmations = createConfirmations(parts, topics, (delivery) => outbox.add(delivery))
  const accept = (published: Published) => {
    signing.prepare()
    for (const subscription of topics.receivers(published)) {
      const job = { published, subscription }
      if (isFifo(published.topicArn)) chains.add(`${subscription.arn}|${published.groupId}`, job)
      else outbox.add(job)
    }
  }
  const publish = createPublish(parts, accept)
  const sealFor = createSealFor(kms)

  return {
    service: {
      name: 'sns',
      operations: {
        ...createTopicOperations(topics),
        ...createTagOperations(topics),
        ...createSubscriptionOperations(parts, topics, confirmations),
        ...createPublishOperations({ parts, topics, publish, sealFor }),
      },
      permissions: permissionsOf(topics),
    },
    publish: async (topicArn, { subject, body }, sender) => {
      const topic = topics.find(topicArn)
      authorizePublish(iam, topic, sender)
      const content = checkMessage({ Message: body, Subject: subject })
      sealFor(topic, sender)
      publish(topic, content)
    },
    inbox: inboxes.mail,
    chatInbox: inboxes.chat,
    answerPublic: createPublicAnswers({ parts, topics, confirmations, signing, inboxes }),
    stop: async () => {
      await chains.stop()
      await outbox.stop()
      await signing.stop()
    },
  }
}
