import type { OutgoingMessage } from '../gateway/wires.ts'
import { isFifo } from './arn.ts'
import type { Signer } from './signing.ts'
import type { Confirmation, Published, Subscription } from './types.ts'

/** What every message needs beside its own content. */
export interface Letterhead {
  readonly signer: Signer
  /** the topic's SignatureVersion */
  readonly version: string
  /** `http://127.0.0.1:<port>`: where links lead */
  readonly baseUrl: string
}

export const CERTIFICATES = '/_relay/sns/'

export const messageFor = (published: Published, protocol: string): string =>
  published.byProtocol?.[protocol] ?? published.message

const unsubscribeUrl = ({ baseUrl }: Pick<Letterhead, 'baseUrl'>, { arn }: Subscription): string =>
  `${baseUrl}/?Action=Unsubscribe&SubscriptionArn=${arn}`
export const subscribeUrl = (baseUrl: string, topicArn: string, token: string): string =>
  `${baseUrl}/?Action=ConfirmSubscription&TopicArn=${topicArn}&Token=${token}`
const certificateUrl = ({ baseUrl, signer }: Letterhead): string => `${baseUrl}${CERTIFICATES}${signer.file}`

const attributesOf = ({ attributes }: Published) =>
  Object.fromEntries(
    Object.entries(attributes).map(([name, { type, value }]) => [name, { Type: type, Value: value }]),
  )

/** What is signed: these members, each name and each value on a line (developer guide, "Verifying the signatures"). */
const SIGNED = ['Message', 'MessageId', 'Subject', 'SubscribeURL', 'Timestamp', 'Token', 'TopicArn', 'Type']

const signature = ({ signer, version }: Letterhead, members: Readonly<Record<string, string>>): string => {
  const lines = SIGNED.flatMap((name) => {
    const value = members[name]
    return value === undefined ? [] : [name, value]
  })
  return signer.sign(`${lines.join('\n')}\n`, version)
}

const layOut = (members: Readonly<Record<string, unknown>>): string => {
  const lines = Object.entries(members).map(([name, value]) => `  "${name}" : ${JSON.stringify(value)}`)
  return `{\n${lines.join(',\n')}\n}`
}

/**
 * The JSON that queues, web servers and json mail get: SNS developer guide, "Parsing Amazon SNS message formats". Members in SNS's
 * order; what comes from a FIFO topic is numbered rather than signed (recorded).
 */
export const notificationJson = (
  letterhead: Letterhead,
  published: Published,
  subscription: Subscription,
): string => {
  const fifo = isFifo(published.topicArn)
  const members = {
    Type: 'Notification',
    MessageId: published.id,
    ...(fifo ? { SequenceNumber: published.sequence } : {}),
    TopicArn: published.topicArn,
    ...(published.subject === undefined ? {} : { Subject: published.subject }),
    Message: messageFor(published, subscription.protocol),
    Timestamp: new Date(published.at).toISOString(),
  }
  const signed = fifo
    ? {}
    : {
        SignatureVersion: letterhead.version,
        Signature: signature(letterhead, members as Readonly<Record<string, string>>),
        SigningCertURL: certificateUrl(letterhead),
      }
  return layOut({
    ...members,
    ...signed,
    UnsubscribeURL: unsubscribeUrl(letterhead, subscription),
    ...(Object.keys(published.attributes).length > 0 ? { MessageAttributes: attributesOf(published) } : {}),
  })
}

/** What an endpoint is asked: developer guide, "HTTP/HTTPS subscription confirmation JSON format". */
export const confirmationJson = (
  letterhead: Letterhead,
  confirmation: Confirmation,
  { topicArn, arn }: Subscription,
): string => {
  const begins = confirmation.type === 'SubscriptionConfirmation'
  const members = {
    Type: confirmation.type,
    MessageId: confirmation.id,
    Token: confirmation.token,
    TopicArn: topicArn,
    Message: begins
      ? `You have chosen to subscribe to the topic ${topicArn}.\nTo confirm the subscription, visit the SubscribeURL included in this message.`
      : `You have chosen to deactivate subscription ${arn}.\nTo cancel this operation and restore the subscription, visit the SubscribeURL included in this message.`,
    SubscribeURL: subscribeUrl(letterhead.baseUrl, topicArn, confirmation.token),
    Timestamp: new Date(confirmation.at).toISOString(),
  }
  return layOut({
    ...members,
    SignatureVersion: letterhead.version,
    Signature: signature(letterhead, members),
    SigningCertURL: certificateUrl(letterhead),
  })
}

export const isRaw = ({ attributes }: Subscription): boolean => attributes.RawMessageDelivery === 'true'

/** What a queue receives: the JSON, or with raw delivery the message and its attributes as they are. */
export const queueMessage = (
  letterhead: Letterhead,
  published: Published,
  subscription: Subscription,
  queueArn: string,
): OutgoingMessage => {
  const sorting = sortingFor(published, queueArn)
  if (!isRaw(subscription)) return { body: notificationJson(letterhead, published, subscription), ...sorting }
  const attributes = Object.fromEntries(
    Object.entries(published.attributes).map(([name, { type, value }]) => [
      name,
      type.startsWith('Binary')
        ? { DataType: type, BinaryValue: new Uint8Array(Buffer.from(value, 'base64')) }
        : { DataType: type, StringValue: value },
    ]),
  )
  return { body: messageFor(published, subscription.protocol), attributes, ...sorting }
}

/** Group and deduplication id go on to FIFO queues; to standard ones the group alone, and none of a FIFO topic (recorded). */
const sortingFor = (published: Published, queueArn: string): Partial<OutgoingMessage> => {
  const { groupId, deduplicationId, topicArn } = published
  if (isFifo(topicArn) && !isFifo(queueArn)) return {}
  return {
    ...(groupId === undefined ? {} : { groupId }),
    ...(deduplicationId === undefined || !isFifo(queueArn) ? {} : { deduplicationId }),
  }
}

/** What a function receives: Lambda developer guide, "Invoking Lambda functions with Amazon SNS notifications". One record. */
export const lambdaEvent = (
  letterhead: Letterhead,
  published: Published,
  subscription: Subscription,
): string => {
  const members = {
    Type: 'Notification',
    MessageId: published.id,
    TopicArn: published.topicArn,
    ...(published.subject === undefined ? {} : { Subject: published.subject }),
    Message: messageFor(published, subscription.protocol),
    Timestamp: new Date(published.at).toISOString(),
  }
  return JSON.stringify({
    Records: [
      {
        EventSource: 'aws:sns',
        EventVersion: '1.0',
        EventSubscriptionArn: subscription.arn,
        Sns: {
          Type: members.Type,
          MessageId: members.MessageId,
          TopicArn: members.TopicArn,
          Subject: published.subject ?? null,
          Message: members.Message,
          Timestamp: members.Timestamp,
          SignatureVersion: letterhead.version,
          Signature: signature(letterhead, members),
          SigningCertUrl: certificateUrl(letterhead),
          UnsubscribeUrl: unsubscribeUrl(letterhead, subscription),
          MessageAttributes: attributesOf(published),
        },
      },
    ],
  })
}

/** Mail as its reader sees it. The wording of SNS's footer is abridged. */
export const mailText = (letterhead: Letterhead, published: Published, subscription: Subscription): string =>
  subscription.protocol === 'email-json'
    ? notificationJson(letterhead, published, subscription)
    : `${messageFor(published, 'email')}\n\n--\nTo stop receiving notifications from this topic: ${unsubscribeUrl(letterhead, subscription)}\n`

/** The mail that asks for a confirmation. */
export const confirmationMail = (
  letterhead: Letterhead,
  confirmation: Confirmation,
  subscription: Subscription,
): string => {
  if (subscription.protocol === 'email-json') return confirmationJson(letterhead, confirmation, subscription)
  const link = subscribeUrl(letterhead.baseUrl, subscription.topicArn, confirmation.token)
  return confirmation.type === 'SubscriptionConfirmation'
    ? `You have chosen to subscribe to the topic:\n${subscription.topicArn}\n\nTo confirm this subscription, visit this link (if this was in error no action is necessary):\n${link}\n`
    : `Your subscription to the topic below has been deactivated:\n${subscription.topicArn}\n\nIf this was in error, visit this link to resubscribe:\n${link}\n`
}
