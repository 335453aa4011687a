import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import {
  CreateAccessKeyCommand,
  CreateRoleCommand,
  CreateUserCommand,
  IAMClient,
  PutRolePolicyCommand,
  PutUserPolicyCommand,
} from '@aws-sdk/client-iam'
import {
  AddPermissionCommand,
  CreateAliasCommand,
  CreateEventSourceMappingCommand,
  CreateFunctionCommand,
  DeleteFunctionCommand,
  GetFunctionCommand,
  GetPolicyCommand,
  InvokeCommand,
  LambdaClient,
  ListTagsCommand,
  PublishVersionCommand,
  PutFunctionConcurrencyCommand,
  PutFunctionEventInvokeConfigCommand,
  TagResourceCommand,
  waitUntilFunctionActiveV2,
  waitUntilFunctionUpdatedV2,
} from '@aws-sdk/client-lambda'
import {
  CreateQueueCommand,
  GetQueueAttributesCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { createLambda } from '../../../local/lambda/lambda.ts'
import { createSqs } from '../../../local/sqs/sqs.ts'
import { testWith } from '../../support/tools.ts'
import { ACCOUNT, REGION, serve } from '../logs/served.ts'
import { until, zip } from './bench.ts'

let cloud: Awaited<ReturnType<typeof serve>>
let client: LambdaClient
let iam: IAMClient
let sqs: SQSClient
const Role = `arn:aws:iam::${ACCOUNT}:role/worker`
const lines: string[] = []
const source = `export const handler = async (event) => { if (event.fail) throw new RangeError('no'); console.log('got', JSON.stringify(event)); return { hello: event.name } }`
const ZipFile = zip({ 'index.mjs': source })

beforeAll(async () => {
  let baseUrl = ''
  cloud = await serve(({ parts, iam: identity, folder, logs }) => {
    const queues = createSqs({ parts, iam: identity, baseUrl: () => baseUrl })
    const lambda = createLambda({
      parts,
      iam: identity,
      queues,
      logs,
      wires: {
        sendMessage: queues.send,
        publish: async () => undefined,
        invokeAsync: (...args) => lambda.invokeAsync(...args),
      },
      folder: join(folder, 'lambda'),
      environment: {},
    })
    lambda.start()
    return {
      services: [lambda.service, queues.service],
      stop: async () => {
        await lambda.stop()
        await queues.stop()
      },
    }
  })
  baseUrl = cloud.client.endpoint
  cloud.logs.tail(({ line }) => lines.push(line))
  client = new LambdaClient(cloud.client)
  iam = new IAMClient(cloud.client)
  sqs = new SQSClient(cloud.client)
  await iam.send(
    new CreateRoleCommand({
      RoleName: 'worker',
      AssumeRolePolicyDocument: JSON.stringify({
        Version: '2012-10-17',
        Statement: [
          { Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' }, Action: 'sts:AssumeRole' },
        ],
      }),
    }),
  )
  await iam.send(
    new PutRolePolicyCommand({
      RoleName: 'worker',
      PolicyName: 'all',
      PolicyDocument: JSON.stringify({
        Version: '2012-10-17',
        Statement: [{ Effect: 'Allow', Action: ['logs:*', 'sqs:*'], Resource: '*' }],
      }),
    }),
  )
  await client.send(
    new CreateFunctionCommand({
      FunctionName: 'work',
      Role,
      Runtime: 'nodejs24.x',
      Handler: 'index.handler',
      Code: { ZipFile },
    }),
  )
  await waitUntilFunctionActiveV2({ client, maxWaitTime: 10 }, { FunctionName: 'work' })
})
afterAll(async () => {
  for (const one of [client, iam, sqs]) one.destroy()
  await cloud.stop()
})
const json = (value: object) => new TextEncoder().encode(JSON.stringify(value))

test('a function is invoked by the SDK: value, error, log and versions in their headers', async () => {
  const good = await client.send(
    new InvokeCommand({ FunctionName: 'work', Payload: json({ name: 'you' }), LogType: 'Tail' }),
  )
  expect(good).toMatchObject({ StatusCode: 200, ExecutedVersion: '$LATEST' })
  expect(JSON.parse(good.Payload?.transformToString() ?? '')).toEqual({ hello: 'you' })
  expect(Buffer.from(good.LogResult ?? '', 'base64').toString()).toContain('got {"name":"you"}')
  const bad = await client.send(new InvokeCommand({ FunctionName: 'work', Payload: json({ fail: true }) }))
  expect(bad).toMatchObject({ StatusCode: 200, FunctionError: 'Unhandled' })
  expect(JSON.parse(bad.Payload?.transformToString() ?? '')).toMatchObject({ errorType: 'RangeError' })
  const event = await client.send(new InvokeCommand({ FunctionName: 'work', InvocationType: 'Event' }))
  expect(event.StatusCode).toBe(202)
  const dry = await client.send(new InvokeCommand({ FunctionName: 'work', InvocationType: 'DryRun' }))
  expect(dry.StatusCode).toBe(204)
})

test('versions, aliases, tags and policies through the wire', async () => {
  const { Version } = await client.send(new PublishVersionCommand({ FunctionName: 'work' }))
  expect(Version).toBe('1')
  await client.send(new CreateAliasCommand({ FunctionName: 'work', Name: 'live', FunctionVersion: '1' }))
  const answer = await client.send(new InvokeCommand({ FunctionName: 'work', Qualifier: 'live' }))
  expect(answer.ExecutedVersion).toBe('1')
  const { Configuration } = await client.send(new GetFunctionCommand({ FunctionName: 'work' }))
  const Resource = Configuration?.FunctionArn
  await client.send(new TagResourceCommand({ Resource, Tags: { team: 'a' } }))
  expect((await client.send(new ListTagsCommand({ Resource }))).Tags).toEqual({ team: 'a' })
  await client.send(
    new AddPermissionCommand({
      FunctionName: 'work',
      Qualifier: 'live',
      StatementId: 'root',
      Action: 'lambda:InvokeFunction',
      Principal: ACCOUNT,
    }),
  )
  const { Policy = '' } = await client.send(new GetPolicyCommand({ FunctionName: 'work', Qualifier: 'live' }))
  expect(JSON.parse(Policy)).toMatchObject({ Statement: [{ Resource: `${Resource}:live` }] })
  await waitUntilFunctionUpdatedV2({ client, maxWaitTime: 10 }, { FunctionName: 'work' })
})

test('errors are typed, with their reasons', async () => {
  await expect(client.send(new GetFunctionCommand({ FunctionName: 'none' }))).rejects.toMatchObject({
    name: 'ResourceNotFoundException',
    message: `Function not found: arn:aws:lambda:${REGION}:${ACCOUNT}:function:none`,
    Type: 'User',
    $metadata: { httpStatusCode: 404 },
  })
  await client.send(
    new CreateFunctionCommand({
      FunctionName: 'still',
      Role,
      Runtime: 'nodejs24.x',
      Handler: 'index.handler',
      Code: { ZipFile },
    }),
  )
  await client.send(
    new PutFunctionConcurrencyCommand({ FunctionName: 'still', ReservedConcurrentExecutions: 0 }),
  )
  await expect(client.send(new InvokeCommand({ FunctionName: 'still' }))).rejects.toMatchObject({
    name: 'TooManyRequestsException',
    Reason: 'ReservedFunctionConcurrentInvocationLimitExceeded',
    $metadata: { httpStatusCode: 429 },
  })
  await client.send(new DeleteFunctionCommand({ FunctionName: 'still' }))
})

test('who may not invoke is refused; the role that a function gets must be handed on by its maker', async () => {
  await iam.send(new CreateUserCommand({ UserName: 'maker' }))
  await iam.send(
    new PutUserPolicyCommand({
      UserName: 'maker',
      PolicyName: 'make',
      PolicyDocument: JSON.stringify({
        Version: '2012-10-17',
        Statement: [{ Effect: 'Allow', Action: 'lambda:CreateFunction', Resource: '*' }],
      }),
    }),
  )
  const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName: 'maker' }))
  const maker = new LambdaClient({
    ...cloud.client,
    credentials: {
      accessKeyId: AccessKey?.AccessKeyId ?? '',
      secretAccessKey: AccessKey?.SecretAccessKey ?? '',
    },
  })
  await expect(maker.send(new InvokeCommand({ FunctionName: 'work' }))).rejects.toMatchObject({
    name: 'AccessDeniedException',
    message: expect.stringContaining('lambda:InvokeFunction'),
  })
  await expect(
    maker.send(
      new CreateFunctionCommand({
        FunctionName: 'mine',
        Role,
        Runtime: 'nodejs24.x',
        Handler: 'index.handler',
        Code: { ZipFile },
      }),
    ),
  ).rejects.toMatchObject({ name: 'AccessDeniedException', message: expect.stringContaining('iam:PassRole') })
  maker.destroy()
})

test('a queue feeds a function, and what fails goes to another queue', async () => {
  const queue = async (QueueName: string) => {
    const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName }))
    const { Attributes } = await sqs.send(
      new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }),
    )
    return { QueueUrl, arn: Attributes?.QueueArn ?? '' }
  }
  const [jobs, failed] = [await queue('jobs'), await queue('failed')]
  await client.send(new CreateEventSourceMappingCommand({ FunctionName: 'work', EventSourceArn: jobs.arn }))
  await sqs.send(new SendMessageCommand({ QueueUrl: jobs.QueueUrl, MessageBody: 'a job' }))
  await until(() => lines.some((line) => line.includes('"body":"a job"')))
  await client.send(
    new PutFunctionEventInvokeConfigCommand({
      FunctionName: 'work',
      MaximumRetryAttempts: 0,
      DestinationConfig: { OnFailure: { Destination: failed.arn } },
    }),
  )
  await client.send(
    new InvokeCommand({ FunctionName: 'work', InvocationType: 'Event', Payload: json({ fail: 1 }) }),
  )
  const waiting = async () => {
    const { Attributes } = await sqs.send(
      new GetQueueAttributesCommand({
        QueueUrl: failed.QueueUrl,
        AttributeNames: ['ApproximateNumberOfMessages'],
      }),
    )
    return Attributes?.ApproximateNumberOfMessages
  }
  await until(async () => (await waiting()) === '1')
})

testWith('aws')('the AWS CLI creates, invokes and deletes', async () => {
  writeFileSync(join(cloud.folder, 'function.zip'), ZipFile)
  const script = [
    `cd ${cloud.folder}`,
    `aws lambda create-function --function-name cli --runtime nodejs24.x --zip-file fileb://function.zip --handler index.handler --role ${Role} --query State --output text`,
    `aws lambda invoke --function-name cli --payload '{"name":"cli"}' out.json --query ExecutedVersion --output text`,
    'cat out.json',
    'aws lambda delete-function --function-name cli',
    'aws lambda get-function --function-name cli || true',
  ].join(' && ')
  const { stdout, stderr } = await promisify(execFile)('sh', ['-c', script], { env: cloud.environment })
  expect(stdout).toBe('Pending\n$LATEST\n{"hello":"cli"}{\n    "StatusCode": 204\n}\n')
  expect(stderr).toContain(
    `An error occurred (ResourceNotFoundException) when calling the GetFunction operation: Function not found: arn:aws:lambda:${REGION}:${ACCOUNT}:function:cli`,
  )
})
