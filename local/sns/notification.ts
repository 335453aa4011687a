import type { OutgoingMessage } from '../gateway/wires.ts'
import type { Published, Subscription } from './types.ts'

/** Nothing here is signed: who verifies signatures finds a name that no certificate bears. */
const UNSIGNED = 'LOCAL-CLOUD-DOES-NOT-SIGN'

export const messageFor = (published: Published, protocol: string): string =>
  published.byProtocol?.[protocol] ?? published.message

const unsubscribeUrl = ({ arn, topicArn }: Subscription): string =>
  `https://sns.${topicArn.split(':')[3]}.amazonaws.com/?Action=Unsubscribe&SubscriptionArn=${arn}`
const certificateUrl = (topicArn: string): string =>
  `https://sns.${topicArn.split(':')[3]}.amazonaws.com/SimpleNotificationService-local.pem`

const attributesOf = ({ attributes }: Published) =>
  Object.fromEntries(
    Object.entries(attributes).map(([name, { type, value }]) => [name, { Type: type, Value: value }]),
  )

/** The JSON that queues and json mail get: SNS developer guide, "Parsing Amazon SNS message formats". Members in SNS's order. */
const notificationJson = (published: Published, subscription: Subscription): string => {
  const members: Record<string, unknown> = {
    Type: 'Notification',
    MessageId: published.id,
    TopicArn: published.topicArn,
    ...(published.subject === undefined ? {} : { Subject: published.subject }),
    Message: messageFor(published, subscription.protocol),
    Timestamp: new Date(published.at).toISOString(),
    SignatureVersion: '1',
    Signature: UNSIGNED,
    SigningCertURL: certificateUrl(published.topicArn),
    UnsubscribeURL: unsubscribeUrl(subscription),
    ...(Object.keys(published.attributes).length > 0 ? { MessageAttributes: attributesOf(published) } : {}),
  }
  const lines = Object.entries(members).map(([name, value]) => `  "${name}" : ${JSON.stringify(value)}`)
  return `{\n${lines.join(',\n')}\n}`
}

/** What a queue receives: the JSON, or with raw delivery the message and its attributes as they are. */
export const queueMessage = (published: Published, subscription: Subscription): OutgoingMessage => {
  const group = published.groupId === undefined ? {} : { groupId: published.groupId }
  if (subscription.attributes.RawMessageDelivery !== 'true')
    return { body: notificationJson(published, subscription), ...group }
  const attributes = Object.fromEntries(
    Object.entries(published.attributes).map(([name, { type, value }]) => [
      name,
      type.startsWith('Binary')
        ? { DataType: type, BinaryValue: new Uint8Array(Buffer.from(value, 'base64')) }
        : { DataType: type, StringValue: value },
    ]),
  )
  return { body: messageFor(published, subscription.protocol), attributes, ...group }
}

/** What a function receives: Lambda developer guide, "Invoking Lambda functions with Amazon SNS notifications". One record. */
export const lambdaEvent = (published: Published, subscription: Subscription): string =>
  JSON.stringify({
    Records: [
      {
        EventSource: 'aws:sns',
        EventVersion: '1.0',
        EventSubscriptionArn: subscription.arn,
        Sns: {
          Type: 'Notification',
          MessageId: published.id,
          TopicArn: published.topicArn,
          Subject: published.subject ?? null,
          Message: messageFor(published, subscription.protocol),
          Timestamp: new Date(published.at).toISOString(),
          SignatureVersion: '1',
          Signature: UNSIGNED,
          SigningCertUrl: certificateUrl(published.topicArn),
          UnsubscribeUrl: unsubscribeUrl(subscription),
          MessageAttributes: attributesOf(published),
        },
      },
    ],
  })

/** Mail as its reader sees it. The wording of SNS's footer is abridged. */
export const mailText = (published: Published, subscription: Subscription): string =>
  subscription.protocol === 'email-json'
    ? notificationJson(published, subscription)
    : `${messageFor(published, 'email')}\n\n--\nTo stop receiving notifications from this topic: ${unsubscribeUrl(subscription)}\n`
