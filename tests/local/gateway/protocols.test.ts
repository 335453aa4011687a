import {
  CodeCommitClient,
  CreateBranchCommand,
  GetBlobCommand,
  GetRepositoryCommand,
  ListBranchesCommand,
} from '@aws-sdk/client-codecommit'
import { ECSClient, RunTaskCommand } from '@aws-sdk/client-ecs'
import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge'
import { ListScheduleGroupsCommand, SchedulerClient } from '@aws-sdk/client-scheduler'
import {
  GetTopicAttributesCommand,
  PublishCommand,
  SetTopicAttributesCommand,
  SNSClient,
} from '@aws-sdk/client-sns'
import {
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs'
import {
  AssumeRoleCommand,
  GetCallerIdentityCommand,
  GetSessionTokenCommand,
  STSClient,
} from '@aws-sdk/client-sts'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { AwsError } from '../../../local/gateway/service.ts'
import { ACCOUNT, noSuchQueue, startWorld, type World } from './world.ts'

let world: World
const config = () => ({ region: 'eu-west-1', endpoint: world.url, credentials: world.admin, maxAttempts: 1 })

beforeAll(async () => {
  world = await startWorld()
})
afterAll(() => world.stop())
beforeEach(() => {
  world.answers.clear()
  world.calls.length = 0
})

const failing = (code: string, message: string, status?: number) => () => {
  throw new AwsError(code, message, status)
}

describe('awsJson, judged by the SDK', () => {
  test('inputs arrive and outputs leave in the SDK’s shapes', async () => {
    const created = new Date('2031-05-17T09:04:33.250Z')
    world.answers.set('GetRepository', (input) => ({
      repositoryMetadata: {
        repositoryName: input.repositoryName,
        creationDate: created,
        unknownToTheModel: 1,
        accountId: undefined,
      },
    }))
    const output = await new CodeCommitClient(config()).send(
      new GetRepositoryCommand({ repositoryName: 'orchard-api' }),
    )
    expect(output.repositoryMetadata).toEqual({ repositoryName: 'orchard-api', creationDate: created })
    expect(output.$metadata.requestId).toBe(world.calls[0]?.call.requestId)
    expect(world.calls[0]?.call).toMatchObject({
      service: 'codecommit',
      operation: 'GetRepository',
      region: 'eu-west-1',
      account: ACCOUNT,
      caller: { arn: `arn:aws:iam::${ACCOUNT}:user/admin`, kind: 'user' },
    })
  })

  test('blobs are bytes on both sides', async () => {
    world.answers.set('GetBlob', () => ({ content: new Uint8Array([0, 255, 10, 13]) }))
    const output = await new CodeCommitClient(config()).send(
      new GetBlobCommand({ repositoryName: 'x', blobId: 'y' }),
    )
    expect([...(output.content ?? [])]).toEqual([0, 255, 10, 13])
  })

  test('operations without an output answer nothing', async () => {
    const output = await new CodeCommitClient(config()).send(
      new CreateBranchCommand({ repositoryName: 'x', branchName: 'b', commitId: 'c' }),
    )
    expect(output.$metadata.httpStatusCode).toBe(200)
  })

  test('typed errors keep their type', async () => {
    world.answers.set('GetRepository', failing('RepositoryDoesNotExistException', 'x does not exist'))
    await expect(
      new CodeCommitClient(config()).send(new GetRepositoryCommand({ repositoryName: 'x' })),
    ).rejects.toMatchObject({ name: 'RepositoryDoesNotExistException', message: 'x does not exist' })
  })

  test('CodeCommit and ECS name what is missing in their own words', async () => {
    await expect(
      new CodeCommitClient(config()).send(new GetRepositoryCommand({} as never)),
    ).rejects.toMatchObject({ name: 'RepositoryNameRequiredException' })
    await expect(
      new ECSClient(config()).send(new RunTaskCommand({ cluster: 'c' } as never)),
    ).rejects.toMatchObject({
      name: 'InvalidParameterException',
      message: 'TaskDefinition can not be blank.',
    })
    expect(world.calls).toEqual([])
  })

  test('an operation that nobody serves is named', async () => {
    await expect(
      new CodeCommitClient(config()).send(new ListBranchesCommand({ repositoryName: 'x' })),
    ).rejects.toMatchObject({
      name: 'UnknownOperationException',
      message: 'The local cloud does not serve codecommit:ListBranches.',
    })
    await expect(new SchedulerClient(config()).send(new ListScheduleGroupsCommand({}))).rejects.toMatchObject(
      {
        name: 'UnknownOperationException',
      },
    )
  })

  test('what nobody foresaw is an InternalFailure, logged under its request id and told to nobody else', async () => {
    world.answers.set('GetRepository', () => {
      throw new Error('a private thought')
    })
    const error = await new CodeCommitClient(config())
      .send(new GetRepositoryCommand({ repositoryName: 'x' }))
      .catch((caught) => caught)
    expect(error).toMatchObject({ name: 'InternalFailure', $metadata: { httpStatusCode: 500 } })
    expect(error.message).not.toContain('private')
    const line = world.logged.find((text) => text.includes('a private thought'))
    expect(line).toContain(error.$metadata.requestId)
  })

  test('nested lists, dates and numbers of other services', async () => {
    world.answers.set('PutEvents', () => ({ FailedEntryCount: 0, Entries: [{ EventId: 'e' }] }))
    const time = new Date('2031-05-17T09:04:33Z')
    await new EventBridgeClient(config()).send(
      new PutEventsCommand({
        Entries: [{ Source: 's', DetailType: 'd', Detail: '{}', Time: time, Resources: ['a', 'b'] }],
      }),
    )
    expect(world.calls[0]?.input).toEqual({
      Entries: [{ Source: 's', DetailType: 'd', Detail: '{}', Time: time, Resources: ['a', 'b'] }],
    })
  })
})

describe('SQS: JSON that remembers its query names', () => {
  const queue = { QueueUrl: 'http://localhost/1/q' }

  test('the SDK finds the typed error, and the older name beside it', async () => {
    world.answers.set('SendMessage', () => {
      throw noSuchQueue()
    })
    await expect(
      new SQSClient(config()).send(new SendMessageCommand({ ...queue, MessageBody: 'x' })),
    ).rejects.toMatchObject({
      name: 'QueueDoesNotExist',
      Error: { Code: 'AWS.SimpleQueueService.NonExistentQueue', Type: 'Sender' },
    })
  })

  test('binary attributes and batches', async () => {
    world.answers.set('SendMessageBatch', () => ({ Successful: [], Failed: [] }))
    const attribute = { DataType: 'Binary', BinaryValue: new Uint8Array([1, 2, 3]) }
    const entries = [{ Id: '1', MessageBody: 'm', MessageAttributes: { a: attribute } }]
    await new SQSClient(config()).send(new SendMessageBatchCommand({ ...queue, Entries: entries }))
    expect(world.calls[0]?.input).toEqual({ ...queue, Entries: entries })
  })

  test('an empty answer is an empty answer', async () => {
    const output = await new SQSClient(config()).send(new ReceiveMessageCommand(queue))
    expect(output.Messages).toBeUndefined()
  })
})

describe('AWS query, judged by the SDK', () => {
  test('any text and any attributes survive both directions', async () => {
    const client = new SNSClient(config())
    world.answers.set('Publish', () => ({ MessageId: 'm-1' }))
    world.answers.set('GetTopicAttributes', () => ({ Attributes: world.calls.at(-2)?.input.seen }))
    // XML 1.0 cannot carry control characters, and a form cannot carry half a surrogate pair
    const text = fc
      .string({ unit: 'grapheme', minLength: 1 })
      .filter((value) => value.isWellFormed() && !/\p{Cc}|[\ufffe\uffff]/u.test(value))
    await fc.assert(
      fc.asyncProperty(text, fc.dictionary(text, text, { maxKeys: 4 }), async (message, attributes) => {
        const MessageAttributes = Object.fromEntries(
          Object.entries(attributes).map(([key, StringValue]) => [key, { DataType: 'String', StringValue }]),
        )
        await client.send(new PublishCommand({ TopicArn: 't', Message: message, MessageAttributes }))
        const input = world.calls.at(-1)!.input
        expect(input.Message).toBe(message)
        expect(input.MessageAttributes ?? {}).toEqual(MessageAttributes)
        world.answers.set('GetTopicAttributes', () => ({ Attributes: { text: message, '<&>"\r': 'a\r\n ' } }))
        const back = await client.send(new GetTopicAttributesCommand({ TopicArn: 't' }))
        expect(back.Attributes?.text).toBe(message)
        expect(back.Attributes?.['<&>"\r']).toBe('a\r\n ')
      }),
      { numRuns: 40 },
    )
    client.destroy()
  })

  test('times are whole seconds', async () => {
    const sts = new STSClient(config())
    const { Credentials } = await sts.send(new GetSessionTokenCommand({ DurationSeconds: 900 }))
    expect(Number(Credentials?.Expiration) % 1000).toBe(0)
  })

  test('operations without an output', async () => {
    const output = await new SNSClient(config()).send(
      new SetTopicAttributesCommand({ TopicArn: 't', AttributeName: 'n', AttributeValue: '' }),
    )
    expect(output.$metadata.requestId).toBe(world.calls[0]?.call.requestId)
    expect(world.calls[0]?.input).toEqual({ TopicArn: 't', AttributeName: 'n', AttributeValue: '' })
  })

  test('errors by exception name and by query code come out the same', async () => {
    for (const code of ['NotFoundException', 'NotFound']) {
      world.answers.set('Publish', failing(code, 'Topic <does> not exist'))
      await expect(
        new SNSClient(config()).send(new PublishCommand({ TopicArn: 't', Message: 'm' })),
      ).rejects.toMatchObject({
        name: 'NotFoundException',
        message: 'Topic <does> not exist',
        $metadata: { httpStatusCode: 404 },
      })
    }
  })

  test('SNS has its own name for a denial', async () => {
    world.answers.set('Publish', failing('AccessDeniedException', 'no'))
    await expect(
      new SNSClient(config()).send(new PublishCommand({ TopicArn: 't', Message: 'm' })),
    ).rejects.toMatchObject({ name: 'AuthorizationErrorException', $metadata: { httpStatusCode: 403 } })
  })

  test('STS tells who one is, and answers its validation as one', async () => {
    const sts = new STSClient(config())
    const who = await sts.send(new GetCallerIdentityCommand({}))
    expect(who).toMatchObject({ Account: ACCOUNT, Arn: `arn:aws:iam::${ACCOUNT}:user/admin` })
    await expect(sts.send(new AssumeRoleCommand({ RoleArn: 'nonsense' } as never))).rejects.toMatchObject({
      name: 'ValidationError',
      message: expect.stringContaining("'roleSessionName'"),
    })
  })
})
