import type { PublishCommandInput } from '@aws-sdk/client-sns'
import { asFailure } from '../runtime/aws-failures.ts'
import { type Chat, cardOf } from './card.ts'
import { attributesOf, documentOf, subjectOf, textOf } from './render.ts'
import type { Story } from './story.ts'

/** SNS API reference, Publish: message and attributes together, in bytes of UTF-8. */
export const MAX_MESSAGE_BYTES = 262_144
/** How many refs a notice for machines lists at most; fewer where they are long. */
export const REFS_FOR_MACHINES = 1_000

/** What the product asks of SNS. */
export interface Topics {
  publish(input: PublishCommandInput): Promise<unknown>
}

/** One topic as a notice needs it. */
export interface Destination {
  /** name in relay.yml */
  readonly name: string
  readonly arn: string
  /** the chat that is served from it; it then gets cards and nothing else */
  readonly chat?: Chat
}

export type Deliver = (story: Story, to: Destination) => Promise<void>

/** Publishes stories; throws PUBLISH_FAILED when SNS does not take one. */
export const createDeliver =
  (topics: Topics): Deliver =>
  async (story, to) => {
    try {
      await topics.publish({ TopicArn: to.arn, ...messageOf(story, to.chat) })
    } catch (error) {
      throw asFailure('PUBLISH_FAILED', error, { topic: to.name })
    }
  }

type Message = Omit<PublishCommandInput, 'TopicArn'>

/**
 * A story as SNS takes it. A chat topic gets the card as the plain message, since the chat service understands nothing else.
 * Any other topic gets both forms under `MessageStructure: json`: readable text for mail, the JSON document for every other
 * protocol.
 */
export const messageOf = (story: Story, chat?: Chat): Message => {
  if (chat !== undefined) return { Message: JSON.stringify(cardOf(story, chat)) }
  const fixed = { Subject: subjectOf(story), MessageStructure: 'json', MessageAttributes: attributes(story) }
  let refs = REFS_FOR_MACHINES
  let message: Message = { ...fixed, Message: bothForms(story, refs) }
  while (bytesOf(message) > MAX_MESSAGE_BYTES && refs > 0) {
    refs = Math.floor(refs / 2)
    message = { ...fixed, Message: bothForms(story, refs) }
  }
  return message
}

const bothForms = (story: Story, refs: number): string =>
  JSON.stringify({ default: JSON.stringify(documentOf(story, refs)), email: textOf(story) })

const attributes = (story: Story): NonNullable<PublishCommandInput['MessageAttributes']> =>
  Object.fromEntries(
    Object.entries(attributesOf(story)).map(([name, values]) => [
      name,
      values.length === 1
        ? { DataType: 'String', StringValue: values[0] }
        : { DataType: 'String.Array', StringValue: JSON.stringify(values) },
    ]),
  )

/** As SNS counts: the message and, of each attribute, name, type and value; the subject too, to be safe. */
const bytesOf = ({ Message, Subject, MessageAttributes }: Message): number =>
  [
    Message ?? '',
    Subject ?? '',
    ...Object.entries(MessageAttributes ?? {}).flatMap(([name, { DataType, StringValue }]) => [
      name,
      DataType ?? '',
      StringValue ?? '',
    ]),
  ].reduce((sum, text) => sum + Buffer.byteLength(text), 0)

/** SNS by the SDK, loaded by the first notice: a client costs about 60 ms of a cold start. */
export const lazyTopics = (): Topics => {
  const load = async () => {
    const { PublishCommand, SNSClient } = await import('@aws-sdk/client-sns')
    const client = new SNSClient({ requestHandler: { connectionTimeout: 3_000, requestTimeout: 10_000 } })
    return { client, PublishCommand }
  }
  let loaded: ReturnType<typeof load> | undefined
  return {
    publish: async (input) => {
      loaded ??= load()
      const { client, PublishCommand } = await loaded
      return client.send(new PublishCommand(input))
    },
  }
}
