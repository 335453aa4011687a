import { createHash } from 'node:crypto'
import type { Parts } from '../contracts.ts'
import { invalidParameter } from './errors.ts'
import type { Content } from './publish-input.ts'
import type { Topic } from './types.ts'

/** SNS developer guide, "Message deduplication for FIFO topics". */
const INTERVAL_MS = 5 * 60_000

const isContentBased = ({ attributes }: Topic) => attributes.ContentBasedDeduplication === 'true'

/**
 * What the type of topic asks of a message: FIFO topics want a group and something to know repetitions by.
 * @returns the content, with the deduplication id that the topic makes of the message
 * @throws AwsError InvalidParameter
 */
export const fitTopic = (topic: Topic, content: Content): Content => {
  const { groupId, deduplicationId, message } = content
  if (topic.attributes.FifoTopic !== 'true') {
    if (deduplicationId !== undefined)
      throw invalidParameter(
        'MessageDeduplicationId Reason: The request includes MessageDeduplicationId parameter that is not valid for this topic type',
      )
    return content
  }
  if (groupId === undefined)
    throw invalidParameter('The MessageGroupId parameter is required for FIFO topics')
  if (deduplicationId === undefined && !isContentBased(topic))
    throw invalidParameter(
      'The topic should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly',
    )
  return {
    ...content,
    deduplicationId: deduplicationId ?? createHash('sha256').update(message).digest('hex'),
  }
}

interface Seen {
  readonly id: string
  readonly sequence: string
  readonly at: number
}

/** What FIFO topics number, and what they had within the last five minutes. */
export interface Sequences {
  /** the message that a topic had with this deduplication id within the interval */
  repeated(topic: Topic, content: Content): Pick<Seen, 'id' | 'sequence'> | undefined
  /** 20 digits that rise; joins a running transaction */
  next(topic: Topic, content: Content, id: string): string
}

export const openSequences = ({ store, now }: Parts): Sequences => {
  const counters = store.collection<number>('sns.sequences')
  const seen = store.collection<Seen>('sns.deduplication')
  let swept = 0
  const keyOf = (topic: Topic, { groupId = '', deduplicationId = '' }: Content) => {
    const scope = topic.attributes.FifoThroughputScope === 'MessageGroup' ? groupId : ''
    return `${topic.arn}|${JSON.stringify([scope, deduplicationId])}`
  }
  const sweep = () => {
    if (now() - swept < INTERVAL_MS) return
    swept = now()
    for (const [key, { at }] of seen.entries()) if (swept - at >= INTERVAL_MS) seen.delete(key)
  }
  return {
    repeated: (topic, content) => {
      const found = seen.get(keyOf(topic, content))
      return found && now() - found.at < INTERVAL_MS ? found : undefined
    },
    next: (topic, content, id) => {
      sweep()
      const count = (counters.get(topic.arn) ?? 0) + 1
      counters.put(topic.arn, count)
      // as SNS's look: 10000000000000001000
      const sequence = `1${String(count * 1_000).padStart(19, '0')}`
      seen.put(keyOf(topic, content), { id, sequence, at: now() })
      return sequence
    },
  }
}
