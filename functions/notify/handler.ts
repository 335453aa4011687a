import { createHash } from 'node:crypto'
import type { Config } from '../../shared/config/types.ts'
import type { RelayInput } from '../../shared/events/types.ts'
import type { Deliver, Destination } from '../../shared/notices/deliver.ts'
import type { Chooses } from '../../shared/notices/match.ts'
import { togetherOf } from '../../shared/notices/same.ts'
import { tell } from '../../shared/notices/story.ts'
import type { Handle } from '../../shared/runtime/entry.ts'
import { RelayError } from '../../shared/runtime/errors.ts'
import { describeFailure } from '../../shared/runtime/log.ts'
import {
  type BatchResponse,
  batchResponse,
  type QueueRecord,
  recordsOf,
} from '../../shared/runtime/sqs-batch.ts'
import { createBook, type Errand, type Told } from './errands.ts'
import { type Claim, tellTogether } from './together.ts'

export interface NotifyParts {
  readonly notify: Config['notify']
  /** by name of relay.yml */
  readonly destinations: ReadonlyMap<string, Destination>
  /** of a message body; throws EVENT_MALFORMED */
  readonly decodeBody: (body: string) => readonly RelayInput[]
  readonly chooses: Chooses
  /** does the work unless it was done under this key before; throws when another worker is at it */
  readonly once: (key: string, work: () => Promise<void>) => Promise<unknown>
  readonly deliver: Deliver
  /** whether this ARN is a role of the stack itself, whose pushes are told as `Replica Updated` */
  readonly isOwn?: (actor: string) => boolean
}

/**
 * Tells people: every record of the batch is taken apart, what a topic wants of it is put together with what else
 * concerns the same repository and hand, and published once. A record is reported as failed when it cannot be read or when
 * any of its notices could not be published; the next try leaves out what was told already.
 */
export const createNotify =
  (parts: NotifyParts): Handle<BatchResponse> =>
  async (event, { log, note }) => {
    const failures = new Map<string, unknown>()
    const book = createBook(parts.notify, parts.chooses)
    const records = recordsOf(event)
    for (const record of records) {
      try {
        for (const told of eventsIn(record, parts)) book.add(told, record.messageId)
      } catch (error) {
        failures.set(record.messageId, error)
      }
    }
    const groups = [
      ...Map.groupBy(book.errands, ({ topic, items }) => `${topic} ${togetherOf(items[0])}`).values(),
    ]
    const outcomes = await Promise.all(groups.map((group) => tellGroup(group, parts)))
    for (const { errand, error } of outcomes.flatMap(({ failed }) => failed)) {
      for (const record of errand.records) failures.set(record, error)
    }
    for (const [messageId, error] of failures)
      log.error('record failed', { messageId, ...describeFailure(error) })
    const notices = outcomes.filter(({ told }) => told > 0).length
    note({ records: records.length, errands: book.errands.length, notices, failed: failures.size })
    return batchResponse(failures.keys())
  }

const eventsIn = (record: QueueRecord, { decodeBody, isOwn }: NotifyParts): readonly Told[] =>
  decodeBody(record.body).flatMap((input) => {
    if (input.type === 'repository' && input.actor !== undefined && isOwn?.(input.actor)) return []
    if (input.type === 'repository' || input.type === 'relay') return [input]
    throw new RelayError('EVENT_MALFORMED', { type: input.type, expected: 'an event that people hear of' })
  })

const tellGroup = async (group: readonly Errand[], { destinations, once, deliver }: NotifyParts) => {
  const claim: Claim<Errand> = ({ topic, names }, work) =>
    // in a fixed order, one inside the other: the work is done only under all of its names
    [...names].sort().reduceRight<() => Promise<void>>(
      (inner, name) => async () => {
        await once(keyOf(topic, name), inner)
      },
      work,
    )()
  return tellTogether(group, claim, async (errands) => {
    const [first, ...others] = errands
    const destination = destinations.get(first.topic)
    if (!destination) throw new RelayError('ENVIRONMENT_INVALID', { topic: first.topic, lacks: 'ARN' })
    const [item, ...rest] = first.items
    await deliver(tell([item, ...rest, ...others.flatMap(({ items }) => items)]), destination)
  })
}

/** Names are as long as refs are, and a table's key is not. */
const keyOf = (topic: string, name: string): string =>
  `notice#${topic}#${createHash('sha256').update(name).digest('hex')}`
