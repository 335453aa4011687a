import type { Parts } from '../contracts.ts'
import type { Collection } from '../state/store.ts'
import { type Rendered, render } from './chat.ts'
import { confirmationMail, type Letterhead, mailText, messageFor } from './notification.ts'
import type { Confirmation, Published, Subscription } from './types.ts'

/** Subscription endpoint of chat configurations: protocol https, one address for all. */
export const CHAT_ENDPOINT = 'https://global.sns-api.chatbot.amazonaws.com'

/** Entries kept, more or less, per inbox, account and region; the oldest go. */
const KEPT = 1_000

interface Arrival {
  /** milliseconds since the epoch: when it was published */
  readonly at: number
  readonly topicArn: string
  readonly messageId: string
}

/** A mail that SNS would have sent. */
export interface Mail extends Arrival {
  readonly to: string
  readonly subject: string
  readonly text: string
}

/** A message that the chat service got, and what the channel shows of it. */
export type ChatMessage = Arrival & Rendered & { readonly text: string }

export interface Inboxes {
  mail(account: string, region: string): Mail[]
  chat(account: string, region: string): ChatMessage[]
  /** a message for a subscription to mail or chat */
  take(letterhead: Letterhead, published: Published, subscription: Subscription): void
  /** a question of SNS's own for a mail address */
  ask(letterhead: Letterhead, confirmation: Confirmation, subscription: Subscription): void
}

/** Readers that a laptop has not: mail and chat, kept in the store, oldest first. */
export const openInboxes = ({ store, log }: Parts): Inboxes => {
  const mails = store.collection<Mail>('sns.mails')
  const chats = store.collection<ChatMessage>('sns.chats')
  const prefix = (account: string, region: string) => `${account}|${region}|`

  let arrivals = 0

  const keep = <T extends Arrival>(inbox: Collection<T>, subscription: Subscription, entry: T) => {
    const [, , , region = '', account = ''] = subscription.topicArn.split(':')
    const place = prefix(account, region)
    store.transaction(() => {
      // the same delivery, made twice, overwrites itself
      inbox.put(`${place}${String(entry.at).padStart(15, '0')}|${entry.messageId}|${subscription.arn}`, entry)
      arrivals += 1
      // reading all of them costs milliseconds: not at each arrival
      if (arrivals % 50 === 1) for (const [key] of inbox.entries(place).slice(0, -KEPT)) inbox.delete(key)
    })
  }

  return {
    mail: (account, region) => mails.entries(prefix(account, region)).map(([, mail]) => mail),
    chat: (account, region) => chats.entries(prefix(account, region)).map(([, message]) => message),
    ask: (letterhead, confirmation, subscription) =>
      keep(mails, subscription, {
        at: confirmation.at,
        topicArn: subscription.topicArn,
        messageId: confirmation.id,
        to: subscription.endpoint,
        subject:
          confirmation.type === 'SubscriptionConfirmation'
            ? 'AWS Notification - Subscription Confirmation'
            : 'AWS Notification - Unsubscribe Confirmation',
        text: confirmationMail(letterhead, confirmation, subscription),
      }),
    take: (letterhead, published, subscription) => {
      const arrival = { at: published.at, topicArn: published.topicArn, messageId: published.id }
      if (subscription.protocol !== 'https') {
        keep(mails, subscription, {
          ...arrival,
          to: subscription.endpoint,
          subject: published.subject ?? 'AWS Notification Message',
          text: mailText(letterhead, published, subscription),
        })
        return
      }
      const text = messageFor(published, 'https')
      const rendered = render(text)
      if (!rendered.supported)
        log('chat', 'Event received is not supported', { messageId: published.id, reason: rendered.reason })
      keep(chats, subscription, { ...arrival, ...rendered, text })
    },
  }
}
