import { CodeCommitClient, CreateBranchCommand, GetRepositoryCommand } from '@aws-sdk/client-codecommit'
import { DynamoDBClient, ListTablesCommand, PutItemCommand } from '@aws-sdk/client-dynamodb'
import { CreateAccessKeyCommand, IAMClient } from '@aws-sdk/client-iam'
import { CreateFunctionCommand, InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda'
import { PublishCommand, SNSClient } from '@aws-sdk/client-sns'
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import type { Happening } from '../../../local/contracts.ts'
import { AwsError } from '../../../local/gateway/service.ts'
import { ACCOUNT, type Keys, startWorld, type World } from './world.ts'

let world: World
let reader: Keys
const config = (credentials: Keys = world.admin) => ({
  region: 'eu-west-1',
  endpoint: world.url,
  credentials,
  maxAttempts: 1,
})

beforeAll(async () => {
  world = await startWorld()
  const { AccessKey } = await new IAMClient(config()).send(new CreateAccessKeyCommand({ UserName: 'admin' }))
  reader = { accessKeyId: AccessKey!.AccessKeyId!, secretAccessKey: AccessKey!.SecretAccessKey! }
})
afterAll(() => world.stop())
beforeEach(() => {
  world.answers.clear()
  world.fault = () => ({})
  for (const list of [world.calls, world.happenings, world.asked]) list.length = 0
})

const refused = (code: string, message: string) => () => {
  throw new AwsError(code, message)
}
/** What CloudTrail hears comes once the answer is under way. */
const heard = async (): Promise<Happening> => {
  while (world.happenings.length === 0) await new Promise(setImmediate)
  return world.happenings[0]!
}

describe('CloudTrail hears', () => {
  test('who did what from where, and what came of it', async () => {
    await new CodeCommitClient({ ...config(), customUserAgent: 'orchard/1' }).send(
      new CreateBranchCommand({ repositoryName: 'x', branchName: 'b', commitId: 'c' }),
    )
    expect(await heard()).toEqual({
      account: ACCOUNT,
      region: 'eu-west-1',
      eventSource: 'codecommit.amazonaws.com',
      eventName: 'CreateBranch',
      caller: expect.objectContaining({ arn: `arn:aws:iam::${ACCOUNT}:user/admin` }),
      requestId: world.calls[0]?.call.requestId,
      sourceIp: '127.0.0.1',
      userAgent: expect.stringContaining('orchard/1'),
      requestParameters: { repositoryName: 'x', branchName: 'b', commitId: 'c' },
      responseElements: {},
      resources: [`arn:aws:codecommit:eu-west-1:${ACCOUNT}:x`],
    })
  })

  test('of reading, but not what was read; and of errors by the caller’s name for them', async () => {
    world.answers.set('GetRepository', refused('RepositoryDoesNotExistException', 'x does not exist'))
    await new CodeCommitClient(config())
      .send(new GetRepositoryCommand({ repositoryName: 'x' }))
      .catch(() => {})
    const { error, responseElements } = await heard()
    expect([error, responseElements]).toEqual([
      { code: 'RepositoryDoesNotExistException', message: 'x does not exist' },
      undefined,
    ])
    world.happenings.length = 0
    const arn = `arn:aws:iam::${ACCOUNT}:role/none`
    const assume = new AssumeRoleCommand({ RoleArn: arn, RoleSessionName: 'session' })
    await new STSClient(config()).send(assume).catch(() => {})
    expect((await heard()).error?.code).toBe('AccessDenied')
  })

  test('nothing secret: keys made, variables, zips', async () => {
    world.answers.set('CreateFunction', (input) => ({ FunctionName: 'f', Environment: input.Environment }))
    const Environment = { Variables: { PASSWORD: 'hush' } }
    const Code = { ZipFile: new Uint8Array([1, 2, 3]) }
    const Role = `arn:aws:iam::${ACCOUNT}:role/r`
    await new LambdaClient(config()).send(
      new CreateFunctionCommand({ FunctionName: 'f', Role, Code, Environment }),
    )
    const { eventName, requestParameters, responseElements } = await heard()
    const hidden = { variables: 'HIDDEN_DUE_TO_SECURITY_REASONS' }
    expect(eventName).toBe('CreateFunction20150331')
    expect(requestParameters).toEqual({ functionName: 'f', role: Role, code: {}, environment: hidden })
    expect(responseElements).toEqual({ functionName: 'f', environment: hidden })
    world.happenings.length = 0
    const made = await new IAMClient(config())
      .send(new CreateAccessKeyCommand({ UserName: 'admin' }))
      .catch(() => undefined)
    const text = JSON.stringify(await heard())
    expect(text).toContain('CreateAccessKey')
    expect(text).not.toContain(made?.AccessKey?.SecretAccessKey ?? reader.secretAccessKey)
  })

  test('of DynamoDB’s tables; of nothing that only moves data; of nobody unknown', async () => {
    const dynamodb = new DynamoDBClient(config())
    await dynamodb.send(new PutItemCommand({ TableName: 't', Item: { k: { S: 'x' } } })).catch(() => {})
    await new SNSClient(config()).send(new PublishCommand({ TopicArn: 't', Message: 'm' }))
    await new LambdaClient(config()).send(new InvokeCommand({ FunctionName: 'f' }))
    const stranger = { ...world.admin, secretAccessKey: 'x' }
    await new CodeCommitClient(config(stranger))
      .send(new GetRepositoryCommand({ repositoryName: 'x' }))
      .catch(() => {})
    await dynamodb.send(new ListTablesCommand({}))
    await heard()
    expect(world.happenings.map(({ eventName }) => eventName)).toEqual(['ListTables'])
    dynamodb.destroy()
  })
})

test('IAM is told where a call came from, on what, and to which region', async () => {
  await new CodeCommitClient({ ...config(), customUserAgent: 'orchard/1' }).send(
    new GetRepositoryCommand({ repositoryName: 'x' }),
  )
  expect(world.asked).toEqual([
    {
      action: 'codecommit:GetRepository',
      resource: `arn:aws:codecommit:eu-west-1:${ACCOUNT}:x`,
      context: {
        'aws:RequestedRegion': 'eu-west-1',
        'aws:SecureTransport': 'false',
        'aws:SourceIp': '127.0.0.1',
        'aws:UserAgent': expect.stringContaining('orchard/1'),
      },
    },
  ])
})

describe('faults', () => {
  test('are asked before an operation runs, whatever its protocol, and answer in its words', async () => {
    const seen: string[] = []
    world.fault = ({ service, operation, region, account }) => {
      seen.push(`${service}:${operation} ${region} ${account}`)
      return { delayMs: 1, error: new AwsError('ThrottlingException', 'Rate exceeded') }
    }
    const get = new CodeCommitClient(config()).send(new GetRepositoryCommand({ repositoryName: 'x' }))
    await expect(get).rejects.toMatchObject({
      name: 'ThrottlingException',
      message: 'Rate exceeded',
    })
    const list = new DynamoDBClient(config()).send(new ListTablesCommand({}))
    await expect(list).rejects.toMatchObject({ name: 'ThrottlingException' })
    const publish = new SNSClient(config()).send(new PublishCommand({ TopicArn: 't', Message: 'm' }))
    await expect(publish).rejects.toMatchObject({ name: 'Throttling' })
    expect(seen).toEqual([
      `codecommit:GetRepository eu-west-1 ${ACCOUNT}`,
      `dynamodb:ListTables eu-west-1 ${ACCOUNT}`,
      `sns:Publish eu-west-1 ${ACCOUNT}`,
    ])
    expect([world.calls, world.asked]).toEqual([[], []])
  })

  test('do not befall who is not known', async () => {
    let asked = 0
    world.fault = () => {
      asked += 1
      return {}
    }
    const stranger = { ...world.admin, secretAccessKey: 'x' }
    await new CodeCommitClient(config(stranger))
      .send(new GetRepositoryCommand({ repositoryName: 'x' }))
      .catch(() => {})
    expect(asked).toBe(0)
  })

  test('a call is held up, then runs', async () => {
    let held = false
    world.fault = () => {
      held = true
      return { delayMs: 5 }
    }
    await new CodeCommitClient(config()).send(new GetRepositoryCommand({ repositoryName: 'x' }))
    expect([held, world.calls.length]).toEqual([true, 1])
  })
})
