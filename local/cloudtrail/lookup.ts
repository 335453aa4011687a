import type { LookupAttribute, LookupEventsCommandInput } from '@aws-sdk/client-cloudtrail'
import { AwsError } from '../gateway/service.ts'
import type { TrailRecord } from './record.ts'

/** CloudTrail API reference, LookupEvents: default and most are 50. */
const PAGE = 50

/**
 * Answers LookupEvents. Pure.
 * @param records newest first
 * @throws {AwsError} InvalidTimeRangeException, InvalidMaxResultsException, InvalidLookupAttributesException, InvalidNextTokenException
 */
export const lookup = (records: readonly TrailRecord[], input: LookupEventsCommandInput): object => {
  const { StartTime, EndTime, MaxResults = PAGE, NextToken, LookupAttributes = [] } = input
  if (MaxResults < 1 || MaxResults > PAGE)
    throw new AwsError('InvalidMaxResultsException', `MaxResults must be between 1 and ${PAGE}.`)
  if (LookupAttributes.length > 1)
    throw new AwsError('InvalidLookupAttributesException', 'Only one lookup attribute may be specified.')
  if (StartTime && EndTime && StartTime > EndTime)
    throw new AwsError('InvalidTimeRangeException', 'The start time must not be after the end time.')
  const found = records.filter((record) => {
    const at = Date.parse(String(record.eventTime))
    return (
      (!StartTime || at >= Math.floor(StartTime.getTime() / 1000) * 1000) &&
      (!EndTime || at <= EndTime.getTime()) &&
      LookupAttributes.every((attribute) => fits(record, attribute))
    )
  })
  // a token names the last record told, so that newer ones do not shift the pages
  const last = NextToken === undefined ? -1 : found.findIndex(({ eventID }) => eventID === NextToken)
  if (NextToken !== undefined && last < 0)
    throw new AwsError('InvalidNextTokenException', 'The token is not valid, or its records are gone.')
  const page = found.slice(last + 1, last + 1 + MaxResults)
  const more = last + 1 + page.length < found.length
  return { Events: page.map(describe), ...(more && { NextToken: page.at(-1)?.eventID }) }
}

const ATTRIBUTES: Readonly<Record<string, (record: TrailRecord) => readonly unknown[]>> = {
  EventId: ({ eventID }) => [eventID],
  EventName: ({ eventName }) => [eventName],
  EventSource: ({ eventSource }) => [eventSource],
  ReadOnly: ({ readOnly }) => [String(readOnly)],
  AccessKeyId: (record) => [identity(record).accessKeyId],
  Username: (record) => [userName(record)],
  ResourceType: (record) => resources(record).map(({ type }) => type),
  ResourceName: (record) => resources(record).flatMap(({ ARN }) => [ARN, nameOf(ARN)]),
}

const fits = (record: TrailRecord, { AttributeKey, AttributeValue }: Partial<LookupAttribute>): boolean =>
  ATTRIBUTES[AttributeKey ?? '']?.(record).includes(AttributeValue) ?? false

const identity = (record: TrailRecord) =>
  (record.userIdentity ?? {}) as { accessKeyId?: string; userName?: string; arn?: string; type?: string }

/** A session is known by its own name, the root by `root`. */
const userName = (record: TrailRecord): string | undefined => {
  const { userName: name, arn, type } = identity(record)
  return name ?? (type === 'Root' ? 'root' : arn?.slice(arn.lastIndexOf('/') + 1))
}

const resources = (record: TrailRecord) => (record.resources ?? []) as { ARN: string; type?: string }[]

const nameOf = (arn: string): string => arn.split(':').slice(5).join(':')

const describe = (record: TrailRecord) => ({
  EventId: record.eventID,
  EventName: record.eventName,
  ReadOnly: String(record.readOnly),
  AccessKeyId: identity(record).accessKeyId,
  EventTime: new Date(String(record.eventTime)),
  EventSource: record.eventSource,
  Username: userName(record),
  Resources: resources(record).map(({ ARN, type }) => ({ ResourceType: type, ResourceName: nameOf(ARN) })),
  CloudTrailEvent: JSON.stringify(record),
})
