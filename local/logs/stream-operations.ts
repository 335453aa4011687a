import type { DescribeLogStreamsCommandInput, LogStream } from '@aws-sdk/client-cloudwatch-logs'
import type { Parts } from '../contracts.ts'
import { AwsError, type Call, type Operation } from '../gateway/service.ts'
import { groupNameOf, streamArn } from './arn.ts'
import {
  checkGroupName,
  checkLimit,
  checkStreamName,
  invalidParameter,
  missingGroup,
  missingStream,
} from './errors.ts'
import type { Group, Groups, StreamRecord } from './groups.ts'
import { pageOf } from './page.ts'

const MAX_STREAMS = 50

/**
 * The group that a request names by name, or by identifier (name or ARN), but not by both.
 * @throws AwsError ResourceNotFoundException, InvalidParameterException, ValidationException
 */
export const namedGroup = (
  groups: Groups,
  input: { logGroupName?: string | undefined; logGroupIdentifier?: string | undefined },
  call: Call,
): Group => {
  const { logGroupName, logGroupIdentifier } = input
  if (logGroupName !== undefined && logGroupIdentifier !== undefined)
    throw new AwsError(
      'ValidationException',
      'LogGroup name and LogGroup ARN are mutually exclusive parameters.',
    )
  const given = logGroupName ?? logGroupIdentifier
  if (given === undefined) throw invalidParameter('Either logGroupName or logGroupIdentifier must be given.')
  const group = groups.find(call, checkGroupName(groupNameOf(given)))
  if (group) return group
  throw missingGroup()
}

/** Streams: made, shown, deleted with their events; in the SDK's shapes. */
export const streamOperations = (parts: Parts, groups: Groups): Record<string, Operation> => ({
  CreateLogStream: async (input, call) => {
    const group = namedGroup(groups, { logGroupName: input.logGroupName }, call)
    const name = checkStreamName(input.logStreamName ?? '')
    const from = await group.file.end()
    if (group.streams.has(name))
      throw new AwsError('ResourceAlreadyExistsException', 'The specified log stream already exists')
    groups.putStream(group, { name, createdAt: parts.now(), from })
    return {}
  },
  DeleteLogStream: (input, call) => {
    const group = namedGroup(groups, { logGroupName: input.logGroupName }, call)
    if (!group.streams.has(input.logStreamName)) throw missingStream()
    groups.removeStream(group, input.logStreamName)
    return {}
  },
  DescribeLogStreams: (input: DescribeLogStreamsCommandInput, call) => {
    const byTime = input.orderBy === 'LastEventTime'
    if (byTime && input.logStreamNamePrefix)
      throw invalidParameter('Cannot order by LastEventTime with a logStreamNamePrefix.')
    const group = namedGroup(groups, input, call)
    const streams = [...group.streams.values()]
      .filter(({ name }) => name.startsWith(input.logStreamNamePrefix ?? ''))
      .sort(byTime ? earlier : byName)
    if (input.descending) streams.reverse()
    const { page, nextToken } = pageOf(
      streams,
      ({ name }) => name,
      checkLimit(input.limit, MAX_STREAMS),
      input.nextToken,
    )
    return {
      logStreams: page.map((stream) => describe(group, stream)),
      ...(nextToken === undefined ? {} : { nextToken }),
    }
  },
})

const byName = (a: StreamRecord, b: StreamRecord) => (a.name < b.name ? -1 : 1)
const earlier = (a: StreamRecord, b: StreamRecord) => (a.last ?? 0) - (b.last ?? 0) || byName(a, b)

const describe = ({ record }: Group, stream: StreamRecord): LogStream => ({
  logStreamName: stream.name,
  creationTime: stream.createdAt,
  ...(stream.first === undefined ? {} : { firstEventTimestamp: stream.first }),
  ...(stream.last === undefined ? {} : { lastEventTimestamp: stream.last }),
  ...(stream.lastIngested === undefined ? {} : { lastIngestionTime: stream.lastIngested }),
  arn: streamArn(record, record.name, stream.name),
  storedBytes: 0,
})
