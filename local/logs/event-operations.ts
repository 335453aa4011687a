import type {
  FilterLogEventsCommandInput,
  GetLogEventsCommandInput,
  PutLogEventsCommandInput,
} from '@aws-sdk/client-cloudwatch-logs'
import type { Parts } from '../contracts.ts'
import type { Call, Operation } from '../gateway/service.ts'
import { groupNameOf } from './arn.ts'
import { checkLimit, invalidParameter, invalidToken, missingStream } from './errors.ts'
import { type Group, type Groups, keptSince } from './groups.ts'
import type { StoredEvent } from './line.ts'
import { parsePattern } from './pattern.ts'
import { checkBatch } from './put.ts'
import { namedGroup } from './stream-operations.ts'

/** API reference: a page holds this many events, or a megabyte of them. */
const MAX_EVENTS = 10_000
const MAX_PAGE_BYTES = 1_048_576
const DIGITS = 56
const TIME_DIGITS = 19

/** Events: put, read from a stream forwards and backwards, searched across a group; in the SDK's shapes. */
export const eventOperations = (parts: Parts, groups: Groups, put: PutEvent): Record<string, Operation> => ({
  PutLogEvents: (input: PutLogEventsCommandInput, call) => putEvents(parts, groups, put, input, call),
  GetLogEvents: (input: GetLogEventsCommandInput, call) => getEvents(parts, groups, input, call),
  FilterLogEvents: (input: FilterLogEventsCommandInput, call) => filterEvents(parts, groups, input, call),
})

export type PutEvent = (group: Group, event: Omit<StoredEvent, 'position'>) => boolean

const putEvents = async (
  parts: Parts,
  groups: Groups,
  put: PutEvent,
  input: PutLogEventsCommandInput,
  call: Call,
) => {
  const group = namedGroup(groups, { logGroupName: input.logGroupName }, call)
  const stream = input.logStreamName ?? ''
  if (!group.streams.has(stream)) throw missingStream()
  const ingested = parts.now()
  const { accepted, rejected } = checkBatch(input.logEvents ?? [], ingested, group.record.retentionDays)
  for (const { timestamp, message } of accepted)
    if (!put(group, { stream, timestamp, ingested, message }))
      throw invalidParameter('The disk of this local cloud is too slow for so many events.')
  await group.file.flush()
  return {
    nextSequenceToken: String(await group.file.end()).padStart(DIGITS, '4'),
    ...(rejected === undefined ? {} : { rejectedLogEventsInfo: rejected }),
  }
}

/** Sorts as (time, position) does: what event ids and page tokens are made of. */
const keyOf = ({ timestamp, position }: StoredEvent): string =>
  String(Math.max(0, timestamp)).padStart(TIME_DIGITS, '3') +
  String(position).padStart(DIGITS - TIME_DIGITS, '0')

/** Everything that a group still tells, in order of time. */
const eventsOf = async (parts: Parts, group: Group, wanted: (stream: string) => boolean) => {
  const since = keptSince(group.record, parts.now())
  const events = await group.file.read()
  return events
    .filter(({ stream, position, timestamp }) => {
      const record = wanted(stream) ? group.streams.get(stream) : undefined
      return record !== undefined && position >= record.from && timestamp >= since
    })
    .sort((a, b) => a.timestamp - b.timestamp || a.position - b.position)
}

const getEvents = async (parts: Parts, groups: Groups, input: GetLogEventsCommandInput, call: Call) => {
  const limit = checkLimit(input.limit, MAX_EVENTS)
  const group = namedGroup(groups, input, call)
  const name = input.logStreamName ?? ''
  if (!group.streams.has(name)) throw missingStream()
  const { startTime = Number.NEGATIVE_INFINITY, endTime = Number.POSITIVE_INFINITY } = input
  const all = (await eventsOf(parts, group, (stream) => stream === name)).filter(
    ({ timestamp }) => timestamp >= startTime && timestamp < endTime,
  )
  const token = input.nextToken === undefined ? undefined : /^([fb])\/(\d{56})\/s$/.exec(input.nextToken)
  if (token === null) throw invalidToken()
  const [, direction, key = ''] = token ?? []
  const page =
    direction === 'f'
      ? firstOf(
          all.filter((event) => keyOf(event) > key),
          limit,
        )
      : direction === 'b'
        ? lastOf(
            all.filter((event) => keyOf(event) < key),
            limit,
          )
        : input.startFromHead
          ? firstOf(all, limit)
          : lastOf(all, limit)
  // nothing there: both ways stay where they are, so that a reader who waits for more sees its own token again
  const [first, last] = [page.at(0), page.at(-1)]
  const here = key === '' ? '0'.repeat(DIGITS) : key
  return {
    events: page.map(({ timestamp, message, ingested }) => ({ timestamp, message, ingestionTime: ingested })),
    nextForwardToken: `f/${last ? keyOf(last) : here}/s`,
    nextBackwardToken: `b/${first ? keyOf(first) : here}/s`,
  }
}

const filterEvents = async (parts: Parts, groups: Groups, input: FilterLogEventsCommandInput, call: Call) => {
  const limit = checkLimit(input.limit, MAX_EVENTS)
  const { logStreamNames: names, logStreamNamePrefix: prefix } = input
  if (names && prefix)
    throw invalidParameter('logStreamNamePrefix and logStreamNames are mutually exclusive parameters.')
  const matches = parsePattern(input.filterPattern ?? '')
  const group = namedGroup(groups, input, call)
  if (names?.some((name) => !group.streams.has(name))) throw missingStream()
  const { startTime = Number.NEGATIVE_INFINITY, endTime = Number.POSITIVE_INFINITY } = input
  const after = input.nextToken === undefined ? '' : afterToken(input.nextToken)
  const all = await eventsOf(
    parts,
    group,
    (stream) => (!names || names.includes(stream)) && (!prefix || stream.startsWith(prefix)),
  )
  const found = all.filter(
    (event) =>
      event.timestamp >= startTime &&
      event.timestamp <= endTime &&
      keyOf(event) > after &&
      matches(event.message),
  )
  const page = firstOf(found, limit)
  const last = page.at(-1)
  return {
    events: page.map((event) => ({
      logStreamName: event.stream,
      timestamp: event.timestamp,
      message: event.message,
      ingestionTime: event.ingested,
      eventId: keyOf(event),
    })),
    searchedLogStreams: [],
    ...(last && page.length < found.length
      ? { nextToken: Buffer.from(`${groupNameOf(group.record.name)} ${keyOf(last)}`).toString('base64url') }
      : {}),
  }
}

const afterToken = (token: string): string => {
  const key = /^\S+ (\d{56})$/.exec(Buffer.from(token, 'base64url').toString('utf8'))?.[1]
  if (key === undefined) throw invalidToken()
  return key
}

/** As many as a page holds, from the beginning; always at least one, so that nobody waits for ever. */
const firstOf = (events: readonly StoredEvent[], limit: number): StoredEvent[] => {
  let bytes = 0
  const end = events.findIndex(({ message }, index) => {
    bytes += Buffer.byteLength(message)
    return index > 0 && bytes > MAX_PAGE_BYTES
  })
  return events.slice(0, Math.min(limit, end < 0 ? events.length : end))
}

const lastOf = (events: readonly StoredEvent[], limit: number): StoredEvent[] =>
  firstOf(events.toReversed(), limit).toReversed()
