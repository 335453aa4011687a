import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import {
  CloudWatchLogsClient,
  CreateLogGroupCommand,
  CreateLogStreamCommand,
  DeleteLogGroupCommand,
  DeleteLogStreamCommand,
  DeleteResourcePolicyCommand,
  DescribeLogGroupsCommand,
  DescribeLogStreamsCommand,
  DescribeResourcePoliciesCommand,
  FilterLogEventsCommand,
  GetLogEventsCommand,
  ListTagsForResourceCommand,
  ListTagsLogGroupCommand,
  PutLogEventsCommand,
  PutResourcePolicyCommand,
  PutRetentionPolicyCommand,
  StartQueryCommand,
  TagResourceCommand,
  UntagLogGroupCommand,
} from '@aws-sdk/client-cloudwatch-logs'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { testWith } from '../../support/tools.ts'
import { ACCOUNT, REGION, serve } from './served.ts'

const NOW = Date.UTC(2031, 4, 17, 9, 4, 30)
const DAY = 86_400_000
let cloud: Awaited<ReturnType<typeof serve>>
let client: CloudWatchLogsClient
beforeAll(async () => {
  cloud = await serve()
  client = new CloudWatchLogsClient(cloud.client)
})
afterAll(async () => {
  client.destroy()
  await cloud.stop()
})

let count = 0
const fresh = async (stream?: string) => {
  count += 1
  const logGroupName = `/test/${count}`
  await client.send(new CreateLogGroupCommand({ logGroupName }))
  if (stream) await client.send(new CreateLogStreamCommand({ logGroupName, logStreamName: stream }))
  return logGroupName
}
const put = (
  logGroupName: string,
  logStreamName: string,
  logEvents: { timestamp: number; message: string }[],
) => client.send(new PutLogEventsCommand({ logGroupName, logStreamName, logEvents }))

describe('groups and streams', () => {
  test('are made, shown, paged, tagged, and gone once deleted', async () => {
    const logGroupName = await fresh()
    for (const name of ['b', 'a', 'c'])
      await client.send(new CreateLogStreamCommand({ logGroupName, logStreamName: name }))
    const first = await client.send(new DescribeLogStreamsCommand({ logGroupName, limit: 2 }))
    expect(first.logStreams?.map(({ logStreamName }) => logStreamName)).toEqual(['a', 'b'])
    expect(first.logStreams?.[0]).toEqual({
      logStreamName: 'a',
      creationTime: expect.any(Number),
      arn: `arn:aws:logs:${REGION}:${ACCOUNT}:log-group:${logGroupName}:log-stream:a`,
      storedBytes: 0,
    })
    const second = await client.send(
      new DescribeLogStreamsCommand({ logGroupName, limit: 2, nextToken: first.nextToken }),
    )
    expect(second.logStreams?.map(({ logStreamName }) => logStreamName)).toEqual(['c'])
    expect(second.nextToken).toBeUndefined()

    await client.send(new PutRetentionPolicyCommand({ logGroupName, retentionInDays: 7 }))
    const { logGroups } = await client.send(
      new DescribeLogGroupsCommand({ logGroupNamePrefix: logGroupName }),
    )
    expect(logGroups?.[0]).toEqual({
      logGroupName,
      creationTime: expect.any(Number),
      retentionInDays: 7,
      metricFilterCount: 0,
      arn: `arn:aws:logs:${REGION}:${ACCOUNT}:log-group:${logGroupName}:*`,
      logGroupArn: `arn:aws:logs:${REGION}:${ACCOUNT}:log-group:${logGroupName}`,
      logGroupClass: 'STANDARD',
      storedBytes: 0,
      deletionProtectionEnabled: false,
    })
    const resourceArn = logGroups?.[0]?.logGroupArn
    await client.send(new TagResourceCommand({ resourceArn, tags: { a: '1', b: '2' } }))
    await client.send(new UntagLogGroupCommand({ logGroupName, tags: ['a'] }))
    expect((await client.send(new ListTagsForResourceCommand({ resourceArn }))).tags).toEqual({ b: '2' })
    expect((await client.send(new ListTagsLogGroupCommand({ logGroupName }))).tags).toEqual({ b: '2' })

    await client.send(new DeleteLogGroupCommand({ logGroupName }))
    await expect(client.send(new DescribeLogStreamsCommand({ logGroupName }))).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
      message: 'The specified log group does not exist.',
    })
  })

  const refused: [what: string, send: () => Promise<unknown>, name: string, message: string][] = [
    [
      'a group twice',
      async () => client.send(new CreateLogGroupCommand({ logGroupName: await fresh() })),
      'ResourceAlreadyExistsException',
      'The specified log group already exists',
    ],
    [
      'a stream twice',
      async () =>
        client.send(new CreateLogStreamCommand({ logGroupName: await fresh('s'), logStreamName: 's' })),
      'ResourceAlreadyExistsException',
      'The specified log stream already exists',
    ],
    [
      'prefix and pattern together',
      () => client.send(new DescribeLogGroupsCommand({ logGroupNamePrefix: 'a', logGroupNamePattern: 'b' })),
      'InvalidParameterException',
      'LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.',
    ],
    [
      'name and identifier together',
      () => client.send(new DescribeLogStreamsCommand({ logGroupName: 'a', logGroupIdentifier: 'a' })),
      'ValidationException',
      'LogGroup name and LogGroup ARN are mutually exclusive parameters.',
    ],
    [
      'a prefix in order of time',
      () =>
        client.send(
          new DescribeLogStreamsCommand({
            logGroupName: 'a',
            orderBy: 'LastEventTime',
            logStreamNamePrefix: 'a',
          }),
        ),
      'InvalidParameterException',
      'Cannot order by LastEventTime with a logStreamNamePrefix.',
    ],
    [
      'a query',
      () =>
        client.send(new StartQueryCommand({ logGroupName: 'a', queryString: 'q', startTime: 0, endTime: 1 })),
      'UnknownOperationException',
      'The local cloud does not serve logs:StartQuery.',
    ],
  ]
  test.each(refused)('refuse %s', async (_what, send, name, message) => {
    await expect(send()).rejects.toMatchObject({ name, message })
  })

  test('a stream deleted and made again begins empty', async () => {
    const logGroupName = await fresh('s')
    await put(logGroupName, 's', [{ timestamp: Date.now(), message: 'old' }])
    await client.send(new DeleteLogStreamCommand({ logGroupName, logStreamName: 's' }))
    await client.send(new CreateLogStreamCommand({ logGroupName, logStreamName: 's' }))
    await put(logGroupName, 's', [{ timestamp: Date.now(), message: 'new' }])
    const { events } = await client.send(new GetLogEventsCommand({ logGroupName, logStreamName: 's' }))
    expect(events?.map(({ message }) => message)).toEqual(['new'])
  })
})

describe('events', () => {
  test('are read forwards and backwards, and whoever has read all sees its own token again', async () => {
    const logGroupName = await fresh('s')
    const at = Date.now() - 10_000
    const logStreamName = 's'
    await put(
      logGroupName,
      's',
      Array.from({ length: 10 }, (_, index) => ({ timestamp: at + index, message: `n${index}\nmore` })),
    )
    const read = async (more: object) => {
      const answer = await client.send(
        new GetLogEventsCommand({ logGroupName, logStreamName, limit: 4, ...more }),
      )
      return { ...answer, seen: answer.events?.map(({ message }) => message?.slice(0, 2)) }
    }
    const last = await read({})
    expect(last.seen).toEqual(['n6', 'n7', 'n8', 'n9'])
    const before = await read({ nextToken: last.nextBackwardToken })
    expect(before.seen).toEqual(['n2', 'n3', 'n4', 'n5'])
    const after = await read({ nextToken: before.nextForwardToken })
    expect(after.seen).toEqual(['n6', 'n7', 'n8', 'n9'])
    const none = await read({ nextToken: after.nextForwardToken })
    expect(none.seen).toEqual([])
    expect(none.nextForwardToken).toBe(after.nextForwardToken)
    const head = await read({ startFromHead: true, startTime: at + 1, endTime: at + 3 })
    expect(head.seen).toEqual(['n1', 'n2'])
    expect(head.events?.[0]).toEqual({
      timestamp: at + 1,
      message: 'n1\nmore',
      ingestionTime: expect.any(Number),
    })
    await put(logGroupName, 's', [{ timestamp: Date.now(), message: 'nx' }])
    expect((await read({ nextToken: after.nextForwardToken })).seen).toEqual(['nx'])
    const streams = await client.send(
      new DescribeLogStreamsCommand({ logGroupName, orderBy: 'LastEventTime' }),
    )
    expect(streams.logStreams?.[0]).toMatchObject({
      firstEventTimestamp: at,
      lastIngestionTime: expect.any(Number),
    })
  })

  test('of all streams are found in order of time, page by page', async () => {
    const logGroupName = await fresh('a')
    await client.send(new CreateLogStreamCommand({ logGroupName, logStreamName: 'b' }))
    const at = Date.now()
    for (const [stream, first] of [
      ['a', 0],
      ['b', 1],
    ] as const)
      await put(
        logGroupName,
        stream,
        Array.from({ length: 5 }, (_, index) => ({
          timestamp: at + index * 2 + first,
          message: `ERROR ${stream}${index}`,
        })),
      )
    const seen: string[] = []
    const ids = new Set<string>()
    let nextToken: string | undefined
    do {
      const page = await client.send(
        new FilterLogEventsCommand({ logGroupName, limit: 3, filterPattern: 'ERROR -b2', nextToken }),
      )
      for (const { message = '', eventId = '', logStreamName = '' } of page.events ?? []) {
        expect(message).toContain(logStreamName)
        seen.push(message.slice(6))
        ids.add(eventId)
      }
      nextToken = page.nextToken
    } while (nextToken)
    expect(seen).toEqual(['a0', 'b0', 'a1', 'b1', 'a2', 'a3', 'b3', 'a4', 'b4'])
    expect(ids.size).toBe(9)
    const some = await client.send(
      new FilterLogEventsCommand({
        logGroupIdentifier: `arn:aws:logs:${REGION}:${ACCOUNT}:log-group:${logGroupName}`,
        logStreamNamePrefix: 'b',
        endTime: at + 3,
      }),
    )
    expect(some.events?.map(({ message }) => message)).toEqual(['ERROR b0', 'ERROR b1'])
  })

  const bad: [
    what: string,
    events: () => { timestamp: number; message: string }[],
    message: string | RegExp,
  ][] = [
    [
      'out of order',
      () => [2, 1].map((at) => ({ timestamp: Date.now() + at, message: 'm' })),
      'Log events in a single PutLogEvents request must be in chronological order.',
    ],
    [
      'over more than a day',
      () => [-DAY, 1].map((at) => ({ timestamp: Date.now() + at, message: 'm' })),
      'The batch of log events in a single PutLogEvents request cannot span more than 24 hours.',
    ],
    [
      'too many',
      () => Array.from({ length: 10_001 }, () => ({ timestamp: 1, message: 'm' })),
      /less than or equal to 10000/,
    ],
    [
      'too large together',
      () =>
        Array.from({ length: 2 }, () => ({ timestamp: Date.now(), message: 'x'.repeat(1_048_576 / 2 - 25) })),
      'Upload too large: 1048578 bytes exceeds limit of 1048576',
    ],
    [
      'too large alone',
      () => [{ timestamp: Date.now(), message: 'x'.repeat(1_048_551) }],
      'Log event too large: 1048577 bytes exceeds limit of 1048576',
    ],
  ]
  test.each(bad)('are refused %s', async (_what, events, message) => {
    const logGroupName = await fresh('s')
    await expect(put(logGroupName, 's', events())).rejects.toMatchObject({
      name: 'InvalidParameterException',
      message: typeof message === 'string' ? message : expect.stringMatching(message),
    })
  })

  test('too old, expired or too new are left out and told', async () => {
    const logGroupName = await fresh('s')
    const now = Date.now()
    const answer = await put(
      logGroupName,
      's',
      [-15 * DAY, -14 * DAY - 60_000, 0, 1, 3 * 3_600_000].map((at, index) => ({
        timestamp: now + at,
        message: String(index),
      })),
    )
    expect(answer.rejectedLogEventsInfo).toEqual({ tooOldLogEventEndIndex: 2, tooNewLogEventStartIndex: 4 })
    expect(answer.nextSequenceToken).toMatch(/^\d{56}$/)
    await client.send(new PutRetentionPolicyCommand({ logGroupName, retentionInDays: 1 }))
    const expired = await put(logGroupName, 's', [{ timestamp: now - DAY - 60_000, message: 'm' }])
    expect(expired.rejectedLogEventsInfo).toEqual({ expiredLogEventEndIndex: 1 })
    const { events } = await client.send(new GetLogEventsCommand({ logGroupName, logStreamName: 's' }))
    expect(events?.map(({ message }) => message)).toEqual(['2', '3'])
  })

  test('a token of nobody, a limit too high, a stream that is not there', async () => {
    const logGroupName = await fresh('s')
    const logStreamName = 's'
    for (const [command, message] of [
      [
        new GetLogEventsCommand({ logGroupName, logStreamName, nextToken: 'x' }),
        'The specified nextToken is invalid.',
      ],
      [new FilterLogEventsCommand({ logGroupName, nextToken: 'x' }), 'The specified nextToken is invalid.'],
      [
        new GetLogEventsCommand({ logGroupName, logStreamName, limit: 10_001 }),
        "1 validation error detected: Value '10001' at 'limit' failed to satisfy constraint: Member must have value less than or equal to 10000",
      ],
      [
        new GetLogEventsCommand({ logGroupName, logStreamName: 'other' }),
        'The specified log stream does not exist.',
      ],
      [
        new FilterLogEventsCommand({ logGroupName, logStreamNames: ['other'] }),
        'The specified log stream does not exist.',
      ],
      [
        new CreateLogGroupCommand({ logGroupName: 'g'.repeat(513) }),
        'Invalid LogGroup or LogStream, both must have length less than or equal to 512.',
      ],
    ] as const)
      await expect(client.send(command as GetLogEventsCommand)).rejects.toMatchObject({ message })
  })
})

test('another service writes where a resource policy of the region lets it in', async () => {
  const logGroupName = await fresh()
  const logGroupArn = `arn:aws:logs:${REGION}:${ACCOUNT}:log-group:${logGroupName}:*`
  const sender = {
    service: 'events.amazonaws.com',
    sourceArn: `arn:aws:events:${REGION}:${ACCOUNT}:rule/r`,
    sourceAccount: ACCOUNT,
  }
  await expect(cloud.logs.putLogEvent(logGroupArn, 'event', sender)).rejects.toMatchObject({
    code: expect.stringContaining('AccessDenied'),
  })
  await client.send(
    new PutResourcePolicyCommand({
      policyName: 'events',
      policyDocument: JSON.stringify({
        Version: '2012-10-17',
        Statement: {
          Effect: 'Allow',
          Principal: { Service: 'events.amazonaws.com' },
          Action: ['logs:CreateLogStream', 'logs:PutLogEvents'],
          Resource: logGroupArn,
        },
      }),
    }),
  )
  await cloud.logs.putLogEvent(logGroupArn, 'event', sender)
  const { events } = await client.send(new FilterLogEventsCommand({ logGroupName }))
  expect(events).toMatchObject([{ message: 'event', logStreamName: expect.stringMatching(/^events\./) }])
  expect((await client.send(new DescribeResourcePoliciesCommand({}))).resourcePolicies).toMatchObject([
    { policyName: 'events', policyScope: 'ACCOUNT' },
  ])
  await client.send(new DeleteResourcePolicyCommand({ policyName: 'events' }))
  await expect(client.send(new DeleteResourcePolicyCommand({ policyName: 'events' }))).rejects.toMatchObject({
    message: 'Policy with name [events] does not exist.',
  })
  await expect(cloud.logs.putLogEvent(logGroupArn, 'event', sender)).rejects.toThrow()
  await expect(
    client.send(new PutResourcePolicyCommand({ policyName: 'bad', policyDocument: '{' })),
  ).rejects.toMatchObject({ name: 'InvalidParameterException' })
})

testWith('aws')('the AWS CLI puts, filters and describes', async () => {
  const script = [
    'aws logs create-log-group --log-group-name my-logs',
    'aws logs create-log-stream --log-group-name my-logs --log-stream-name 20150601',
    `aws logs put-log-events --log-group-name my-logs --log-stream-name 20150601 --log-events timestamp=${Date.now()},message=Hello`,
    "aws logs filter-log-events --log-group-name my-logs --filter-pattern Hello --query 'events[].message' --output text",
    "aws logs describe-log-groups --log-group-name-pattern my-l --query 'logGroups[].logGroupName' --output text",
  ].join(' && ')
  const { stdout } = await promisify(execFile)('sh', ['-c', script], { env: cloud.environment })
  expect(stdout).toMatch(/nextSequenceToken[\s\S]*Hello\nmy-logs\n$/)
})

test('what was acknowledged is there after a restart, and lines of functions beside it', async () => {
  const { createLogs } = await import('../../../local/logs/logs.ts')
  const { openStore } = await import('../../../local/state/store.ts')
  const { mkdtempSync, rmSync } = await import('node:fs')
  const folder = mkdtempSync('/tmp/logs-')
  const parts = { store: openStore(`${folder}/db`), now: () => NOW, log: () => undefined }
  const call = { account: ACCOUNT, region: REGION } as never
  const first = createLogs({ parts, folder })
  first.write(ACCOUNT, REGION, '/aws/lambda/f', 's', 'from a function')
  await first.service.operations.PutLogEvents!(
    {
      logGroupName: '/aws/lambda/f',
      logStreamName: 's',
      logEvents: [{ timestamp: NOW - 5, message: 'put' }],
    },
    call,
  )
  const second = createLogs({ parts, folder })
  const { events } = (await second.service.operations.GetLogEvents!(
    { logGroupName: '/aws/lambda/f', logStreamName: 's' },
    call,
  )) as { events: { message: string }[] }
  expect(events.map(({ message }) => message)).toEqual(['put', 'from a function'])
  await first.close()
  await second.close()
  parts.store.close()
  rmSync(folder, { recursive: true })
})
