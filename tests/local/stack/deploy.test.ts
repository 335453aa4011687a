// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the placeholders are CloudFormation's
import { afterEach, describe, expect, test } from '@jest/globals'
import { createKms } from '../../../local/kms/kms.ts'
import { deployTemplate } from '../../../local/stack/deploy.ts'
import { bench as ecsBench } from '../ecs/bench.ts'
import { ACCOUNT, bench as lambdaBench, REGION, zip } from '../lambda/bench.ts'
import { callOf } from '../sqs/fixture.ts'
import { doubles } from './doubles.ts'

const ends: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const end of ends.splice(0)) await end()
})

const fresh = () => {
  const others = doubles()
  const lambda = lambdaBench()
  const ecs = ecsBench({})
  ends.push(lambda.end, ecs.end)
  const removed: string[] = []
  const parts = {
    store: lambda.store,
    now: Date.now,
    log: (_service: string, text: string, facts?: Readonly<Record<string, unknown>>) =>
      removed.push(`${facts?.logicalId}: ${text}`),
  }
  // nobody but CloudFormation calls: nothing is judged
  const kms = createKms({ parts, iam: { authorize: () => {}, authorizeSender: () => {} } })
  const keys = (operation: string, input: object) =>
    kms.service.operations[operation]?.(input, callOf('kms', operation)) as Promise<Record<string, unknown>>
  const deploy = (
    template: object,
    more: { stackName?: string; code?: string } & Record<string, unknown> = {},
  ) =>
    deployTemplate({
      template,
      artifacts: async (key) => zip({ 'index.mjs': more.code ?? `export const handler = () => '${key}'` }),
      account: ACCOUNT,
      region: REGION,
      stackName: 'relay-local',
      services: [
        ...others.services,
        lambda.lambda.service,
        lambda.logs.service,
        ecs.ecs.service,
        kms.service,
      ],
      parts,
      ...more,
    })
  return { ...others, lambda, ecs, keys, deploy, removed }
}

const role = (principal: string, extra: object = {}) => ({
  Type: 'AWS::IAM::Role',
  Properties: {
    AssumeRolePolicyDocument: {
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Principal: { Service: principal }, Action: 'sts:AssumeRole' }],
    },
    ...extra,
  },
})
const worker = {
  Work: {
    Type: 'AWS::Lambda::Function',
    Properties: {
      FunctionName: { 'Fn::Sub': 'relay-${Stage}-work' },
      Code: { S3Bucket: { Ref: 'Bucket' }, S3Key: 'some/key.zip' },
      Handler: 'index.handler',
      Runtime: 'nodejs24.x',
      Role: { 'Fn::GetAtt': ['WorkRole', 'Arn'] },
      Timeout: '30',
      MemorySize: 256,
      Environment: { Variables: { QUEUE: { Ref: 'Queue' }, NUMBER: 7 } },
      DeadLetterConfig: { TargetArn: { 'Fn::GetAtt': ['Dead', 'Arn'] } },
    },
  },
  WorkRole: role('lambda.amazonaws.com', {
    Policies: [
      {
        PolicyName: 'work',
        PolicyDocument: {
          Version: '2012-10-17',
          Statement: [{ Effect: 'Allow', Action: 'sqs:*', Resource: { 'Fn::GetAtt': ['Queue', 'Arn'] } }],
        },
      },
    ],
  }),
  Mapping: {
    Type: 'AWS::Lambda::EventSourceMapping',
    Properties: {
      EventSourceArn: { 'Fn::GetAtt': ['Queue', 'Arn'] },
      FunctionName: { Ref: 'Work' },
      BatchSize: 10,
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      ScalingConfig: { MaximumConcurrency: 2 },
    },
  },
  MayInvoke: {
    Type: 'AWS::Lambda::Permission',
    Properties: {
      FunctionName: { 'Fn::GetAtt': ['Work', 'Arn'] },
      Action: 'lambda:InvokeFunction',
      Principal: 'codecommit.amazonaws.com',
      SourceAccount: { Ref: 'AWS::AccountId' },
    },
  },
  Retries: {
    Type: 'AWS::Lambda::EventInvokeConfig',
    Properties: { FunctionName: { Ref: 'Work' }, Qualifier: '$LATEST', MaximumRetryAttempts: 1 },
  },
}
const keyPolicy = {
  Version: '2012-10-17',
  Statement: [
    {
      Effect: 'Allow',
      Principal: { AWS: { 'Fn::Sub': 'arn:aws:iam::${AWS::AccountId}:root' } },
      Action: 'kms:*',
      Resource: '*',
    },
  ],
}
const template = {
  AWSTemplateFormatVersion: '2010-09-09',
  Parameters: {
    Stage: { Type: 'String', Default: 'local' },
    Image: { Type: 'String', Default: 'mirror:latest' },
    Disk: { Type: 'Number', Default: 30 },
  },
  Conditions: { HasChat: { 'Fn::Equals': [{ Ref: 'Stage' }, 'chat'] } },
  Resources: {
    Subscription: {
      Type: 'AWS::SNS::Subscription',
      Properties: {
        TopicArn: { Ref: 'Topic' },
        Protocol: 'sqs',
        Endpoint: { 'Fn::GetAtt': ['Queue', 'Arn'] },
        RawMessageDelivery: true,
        FilterPolicy: { kind: ['push'] },
      },
    },
    Queue: {
      Type: 'AWS::SQS::Queue',
      Properties: {
        QueueName: { 'Fn::Sub': 'work-${Stage}' },
        VisibilityTimeout: 180,
        RedrivePolicy: { deadLetterTargetArn: { 'Fn::GetAtt': ['Dead', 'Arn'] }, maxReceiveCount: 3 },
        KmsMasterKeyId: { Ref: 'Key' },
      },
    },
    Dead: { Type: 'AWS::SQS::Queue', DeletionPolicy: 'Retain', Properties: {} },
    QueuePolicy: {
      Type: 'AWS::SQS::QueuePolicy',
      Properties: { Queues: [{ Ref: 'Queue' }], PolicyDocument: { Version: '2012-10-17', Statement: [] } },
    },
    Key: { Type: 'AWS::KMS::Key', Properties: { KeyPolicy: keyPolicy, EnableKeyRotation: true } },
    Alias: { Type: 'AWS::KMS::Alias', Properties: { AliasName: 'alias/relay', TargetKeyId: { Ref: 'Key' } } },
    Topic: { Type: 'AWS::SNS::Topic', Properties: { TopicName: 'team', KmsMasterKeyId: { Ref: 'Key' } } },
    TopicPolicy: {
      Type: 'AWS::SNS::TopicPolicy',
      Properties: { Topics: [{ Ref: 'Topic' }], PolicyDocument: { Statement: [] } },
    },
    Slack: {
      Type: 'AWS::Chatbot::SlackChannelConfiguration',
      Condition: 'HasChat',
      Properties: { ConfigurationName: 'team', SnsTopicArns: [{ Ref: 'Topic' }] },
    },
    Rule: {
      Type: 'AWS::Events::Rule',
      Properties: {
        Name: 'pushes',
        EventPattern: { source: ['aws.codecommit'] },
        Targets: [{ Id: 'queue', Arn: { 'Fn::GetAtt': ['Queue', 'Arn'] } }],
      },
    },
    Sweep: {
      Type: 'AWS::Scheduler::Schedule',
      Properties: {
        ScheduleExpression: 'rate(5 minutes)',
        FlexibleTimeWindow: { Mode: 'OFF' },
        Target: {
          Arn: { 'Fn::GetAtt': ['Queue', 'Arn'] },
          RoleArn: { 'Fn::GetAtt': ['WorkRole', 'Arn'] },
          RetryPolicy: { MaximumRetryAttempts: '3' },
        },
      },
    },
    Table: {
      Type: 'AWS::DynamoDB::Table',
      Properties: {
        TableName: 'relay',
        BillingMode: 'PAY_PER_REQUEST',
        AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
        KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
        TimeToLiveSpecification: { AttributeName: 'ttl', Enabled: true },
        SSESpecification: { SSEEnabled: 'true', SSEType: 'KMS', KMSMasterKeyId: { Ref: 'Key' } },
      },
    },
    Repository: {
      Type: 'AWS::CodeCommit::Repository',
      DeletionPolicy: 'Retain',
      Properties: {
        RepositoryName: 'orchard',
        Triggers: [{ Name: 't', DestinationArn: { 'Fn::GetAtt': ['Work', 'Arn'] }, Events: ['all'] }],
      },
    },
    Bucket: { Type: 'AWS::S3::Bucket' },
    Logs: { Type: 'AWS::Logs::LogGroup', Properties: { LogGroupName: '/ecs/mirror' } },
    Vpc: { Type: 'AWS::EC2::VPC', Properties: { CidrBlock: '10.0.0.0/24' } },
    Subnet: {
      Type: 'AWS::EC2::Subnet',
      Properties: {
        VpcId: { Ref: 'Vpc' },
        AvailabilityZone: { 'Fn::Select': [0, { 'Fn::GetAZs': '' }] },
      },
    },
    Alarm: { Type: 'AWS::CloudWatch::Alarm', Properties: {} },
    Cluster: { Type: 'AWS::ECS::Cluster', Properties: { ClusterName: 'relay' } },
    Definition: {
      Type: 'AWS::ECS::TaskDefinition',
      Properties: {
        Family: 'mirror',
        RequiresCompatibilities: ['FARGATE'],
        NetworkMode: 'awsvpc',
        Cpu: '256',
        Memory: '512',
        ExecutionRoleArn: 'arn:aws:iam::111111111111:role/execution',
        EphemeralStorage: { SizeInGiB: { Ref: 'Disk' } },
        Volumes: [{ Name: 'work' }],
        ContainerDefinitions: [
          {
            Name: 'mirror',
            Image: { 'Fn::Sub': '${AWS::AccountId}.dkr.ecr.${AWS::Region}.${AWS::URLSuffix}/${Image}' },
            Command: ['node', 'main.mjs'],
            StopTimeout: '30',
            MountPoints: [{ SourceVolume: 'work', ContainerPath: '/work', ReadOnly: false }],
            LogConfiguration: {
              LogDriver: 'awslogs',
              Options: { 'awslogs-group': { Ref: 'Logs' }, 'awslogs-region': { Ref: 'AWS::Region' } },
            },
          },
        ],
      },
    },
    ...worker,
  },
  Outputs: {
    QueueUrl: { Value: { Ref: 'Queue' } },
    ZoneOf: { Value: { 'Fn::GetAtt': 'Subnet.AvailabilityZone' } },
    ChatOnly: { Condition: 'HasChat', Value: { Ref: 'Slack' } },
  },
}

const without = (...names: string[]) => ({
  ...template,
  Resources: Object.fromEntries(Object.entries(template.Resources).filter(([name]) => !names.includes(name))),
})

describe('a whole stack', () => {
  test('becomes resources that work', async () => {
    const cloud = fresh()
    const { outputs, resources } = await cloud.deploy(template)
    expect(outputs).toEqual({ QueueUrl: 'http://sqs/work-local', ZoneOf: 'eu-west-1a' })
    const [dead] = [...cloud.queues.keys()].filter((name) => name !== 'work-local')
    expect(cloud.queues.get('work-local').attributes).toEqual({
      VisibilityTimeout: '180',
      KmsMasterKeyId: resources.Key!.physicalId,
      RedrivePolicy: JSON.stringify({
        deadLetterTargetArn: `arn:aws:sqs:${REGION}:${ACCOUNT}:${dead}`,
        maxReceiveCount: 3,
      }),
      Policy: '{"Version":"2012-10-17","Statement":[]}',
    })
    expect([...cloud.subscriptions.values()]).toEqual([
      { RawMessageDelivery: 'true', FilterPolicy: '{"kind":["push"]}' },
    ])
    expect(cloud.rules.get('pushes')).toMatchObject({
      EventPattern: '{"source":["aws.codecommit"]}',
      targets: [{ Id: 'queue', Arn: `arn:aws:sqs:${REGION}:${ACCOUNT}:work-local` }],
    })
    expect([...cloud.schedules.values()][0].Target.RetryPolicy).toEqual({ MaximumRetryAttempts: 3 })
    expect(cloud.tables.get('relay')).toMatchObject({
      input: { SSESpecification: { Enabled: true, SSEType: 'KMS' } },
      timeToLive: { AttributeName: 'ttl', Enabled: true },
    })
    const { taskDefinition } = await cloud.ecs.run('DescribeTaskDefinition', { taskDefinition: 'mirror' })
    expect(taskDefinition).toMatchObject({
      ephemeralStorage: { sizeInGiB: 30 },
      containerDefinitions: [
        {
          image: `${ACCOUNT}.dkr.ecr.${REGION}.amazonaws.com/mirror:latest`,
          stopTimeout: 30,
          mountPoints: [{ sourceVolume: 'work', containerPath: '/work', readOnly: false }],
          logConfiguration: { options: { 'awslogs-group': '/ecs/mirror' } },
        },
      ],
    })
    const configuration = await cloud.lambda.run('GetFunctionConfiguration', {
      FunctionName: 'relay-local-work',
    })
    expect(configuration).toMatchObject({
      Timeout: 30,
      Environment: { Variables: { QUEUE: 'http://sqs/work-local', NUMBER: '7' } },
    })
    expect(await cloud.lambda.lambda.invoke(cloud.lambda.arn('relay-local-work'), '{}')).toEqual({
      payload: '"some/key.zip"',
    })
    expect(cloud.repositories.get('orchard').triggers).toHaveLength(1)
  })

  test('deployed again keeps what there is, and takes what changed', async () => {
    const cloud = fresh()
    const first = await cloud.deploy(template)
    cloud.queues.get('work-local').messages.push('kept')
    cloud.tables.get('relay').items.push('kept')
    const same = await cloud.deploy(template)
    expect(same).toEqual(first)
    expect(cloud.removed).toEqual([])
    expect(cloud.calls.filter((name) => /Delete|Unsubscribe/.test(name))).toEqual([])

    const changed = structuredClone(template) as typeof template
    const { Queue, Rule, Definition } = changed.Resources
    Object.assign(Queue.Properties, { VisibilityTimeout: undefined, DelaySeconds: 5 })
    Rule.Properties.Targets[0]!.Id = 'other'
    Object.assign(Definition.Properties, { Cpu: '512', Memory: '1024' })
    const next = await cloud.deploy(JSON.parse(JSON.stringify(changed)), {
      code: 'export const handler = () => "new"',
      parameters: { Stage: 'local', Disk: '40' },
    })
    expect(cloud.queues.get('work-local')).toMatchObject({
      messages: ['kept'],
      attributes: { VisibilityTimeout: '30', DelaySeconds: '5' },
    })
    expect(cloud.tables.get('relay').items).toEqual(['kept'])
    expect(cloud.rules.get('pushes').targets.map(({ Id }: { Id: string }) => Id)).toEqual(['other'])
    expect(next.resources.Definition!.physicalId).toMatch(/mirror:2$/)
    expect(next.resources.Mapping).toEqual(first.resources.Mapping)
    expect((await cloud.lambda.lambda.invoke(cloud.lambda.arn('relay-local-work'), '{}')).payload).toBe(
      '"new"',
    )
    const { taskDefinitionArns } = await cloud.ecs.run('ListTaskDefinitions', {})
    expect(taskDefinitionArns).toEqual([next.resources.Definition!.physicalId])
  })

  test('removes what left the template, last made first, and keeps what is to be retained', async () => {
    const cloud = fresh()
    await cloud.deploy(template)
    await cloud.deploy({ Resources: { Vpc: template.Resources.Vpc } })
    expect([...cloud.queues.keys()]).toHaveLength(1)
    expect([...cloud.repositories.keys()]).toEqual(['orchard'])
    for (const map of [
      cloud.topics,
      cloud.subscriptions,
      cloud.rules,
      cloud.schedules,
      cloud.roles,
      cloud.tables,
    ])
      expect([...map.keys()]).toEqual([])
    expect((await cloud.lambda.run('ListFunctions', {})) as object).toEqual({ Functions: [] })
    expect(cloud.removed).toContain('Dead: a resource left the stack and stays')
    const at = (name: string) => cloud.removed.indexOf(`${name}: a resource was removed`)
    expect(at('Mapping')).toBeLessThan(at('Work'))
    expect(at('Work')).toBeLessThan(at('WorkRole'))
  })

  test('a new name replaces; another logical id for the same thing does not remove it', async () => {
    const cloud = fresh()
    await cloud.deploy({ Resources: { A: { Type: 'AWS::SQS::Queue', Properties: { QueueName: 'one' } } } })
    await cloud.deploy({ Resources: { B: { Type: 'AWS::SQS::Queue', Properties: { QueueName: 'one' } } } })
    expect([...cloud.queues.keys()]).toEqual(['one'])
    await cloud.deploy({ Resources: { B: { Type: 'AWS::SQS::Queue', Properties: { QueueName: 'two' } } } })
    expect([...cloud.queues.keys()]).toEqual(['two'])
  })

  test('conditions bring the chat channel and take it away', async () => {
    const cloud = fresh()
    const chats = () => [...cloud.subscriptions.keys()].filter((arn) => arn.includes('chatbot'))
    await cloud.deploy(template, { parameters: { Stage: 'chat' } })
    expect(chats()).toEqual([
      `arn:aws:sns:${REGION}:${ACCOUNT}:team:https:https://global.sns-api.chatbot.amazonaws.com`,
    ])
    await cloud.deploy(template)
    expect(chats()).toEqual([])
  })

  test('one that failed half-way is taken up by the next', async () => {
    const cloud = fresh()
    const broken = structuredClone(template)
    broken.Resources.Work.Properties.Timeout = '901'
    await expect(cloud.deploy(broken)).rejects.toMatchObject({
      code: 'ValidationException',
      message: expect.stringMatching(/^Resource Work \(AWS::Lambda::Function\): .*timeout/),
    })
    cloud.queues.get('work-local').messages.push('kept')
    await cloud.deploy(template)
    expect(cloud.queues.get('work-local').messages).toEqual(['kept'])
  })
})

describe('a key', () => {
  const stack = (key: object | undefined, more: object = {}) => ({
    Resources: {
      ...(key && {
        Key: { Type: 'AWS::KMS::Key', ...more, Properties: { KeyPolicy: keyPolicy, ...key } },
        Alias: {
          Type: 'AWS::KMS::Alias',
          Properties: { AliasName: 'alias/orchard', TargetKeyId: { Ref: 'Key' } },
        },
      }),
      Queue: { Type: 'AWS::SQS::Queue', Properties: { QueueName: 'q' } },
    },
  })

  test('is made as the template has it, and becomes what it says next', async () => {
    const cloud = fresh()
    const tags = (...names: string[]) => names.map((Key) => ({ Key, Value: 'x' }))
    const { resources } = await cloud.deploy(stack({ Description: 'a', Tags: tags('one', 'two') }))
    const { physicalId: KeyId, attributes } = resources.Key!
    expect(await cloud.keys('DescribeKey', { KeyId: 'alias/orchard' })).toMatchObject({
      KeyMetadata: { KeyId, Arn: attributes.Arn, Description: 'a', KeyState: 'Enabled' },
    })
    expect(await cloud.keys('GetKeyRotationStatus', { KeyId })).toMatchObject({ KeyRotationEnabled: false })
    const { Policy } = await cloud.keys('GetKeyPolicy', { KeyId })
    expect(JSON.parse(String(Policy)).Statement[0].Principal.AWS).toBe(`arn:aws:iam::${ACCOUNT}:root`)

    const changed = { Description: 'b', EnableKeyRotation: true, Enabled: false, Tags: tags('two') }
    expect((await cloud.deploy(stack(changed))).resources.Key!.physicalId).toBe(KeyId)
    expect(await cloud.keys('DescribeKey', { KeyId })).toMatchObject({
      KeyMetadata: { Description: 'b', KeyState: 'Disabled' },
    })
    expect(await cloud.keys('GetKeyRotationStatus', { KeyId })).toMatchObject({ KeyRotationEnabled: true })
    expect((await cloud.keys('ListResourceTags', { KeyId })).Tags).toEqual([{ TagKey: 'two', TagValue: 'x' }])
  })

  test('that somebody disabled by hand stays disabled', async () => {
    const cloud = fresh()
    const KeyId = (await cloud.deploy(stack({}))).resources.Key!.physicalId
    await cloud.keys('DisableKey', { KeyId })
    await cloud.deploy(stack({}))
    expect(await cloud.keys('DescribeKey', { KeyId })).toMatchObject({ KeyMetadata: { Enabled: false } })
  })

  test('of another kind is another key; what leaves is deleted when its window ends, or kept', async () => {
    const cloud = fresh()
    const first = (await cloud.deploy(stack({ PendingWindowInDays: 7 }))).resources.Key!.physicalId
    const signing = { KeySpec: 'RSA_2048', KeyUsage: 'SIGN_VERIFY' }
    const second = (await cloud.deploy(stack(signing, { DeletionPolicy: 'Retain' }))).resources.Key!
      .physicalId
    expect(second).not.toBe(first)
    await cloud.deploy(stack(undefined))
    const state = async (KeyId: string) => (await cloud.keys('DescribeKey', { KeyId })).KeyMetadata
    expect(await state(first)).toMatchObject({ KeyState: 'PendingDeletion' })
    expect(await state(second)).toMatchObject({ KeyState: 'Enabled' })
    expect(await cloud.keys('ListAliases', {})).toMatchObject({ Aliases: [] })
  })

  test('and a table that was there before it moves under it', async () => {
    const cloud = fresh()
    const table = (sse: object) => ({
      Resources: {
        ...stack({}).Resources,
        Table: {
          Type: 'AWS::DynamoDB::Table',
          Properties: { ...template.Resources.Table.Properties, ...sse },
        },
      },
    })
    const specification = () => cloud.tables.get('relay').input.SSESpecification
    await cloud.deploy(table({ SSESpecification: { SSEEnabled: false } }))
    const { resources } = await cloud.deploy(table({}))
    expect(specification()).toEqual({
      Enabled: true,
      SSEType: 'KMS',
      KMSMasterKeyId: resources.Key!.physicalId,
    })
    await cloud.deploy(table({}))
    expect(cloud.calls.filter((name) => name === 'dynamodb:UpdateTable')).toHaveLength(1)
    await cloud.deploy(table({ SSESpecification: { SSEEnabled: false } }))
    expect(specification()).toEqual({ Enabled: false })
  })
})

describe('mistakes are named with their place', () => {
  const resources = (Resources: object) => ({ Resources })
  test.each([
    [
      'unknown type',
      resources({ Odd: { Type: 'AWS::Odd::Thing' } }),
      /Resources\.Odd\.Type: resource type AWS::Odd::Thing is not served/,
    ],
    [
      'unknown reference',
      resources({ Q: { Type: 'AWS::SQS::Queue', Properties: { QueueName: { Ref: 'Nobody' } } } }),
      /Resources\.Q\.Properties\.QueueName\.Ref: there is no resource or parameter Nobody/,
    ],
    [
      'unknown attribute',
      resources({
        K: { Type: 'AWS::KMS::Key' },
        Q: { Type: 'AWS::SQS::Queue', Properties: { KmsMasterKeyId: { 'Fn::GetAtt': ['K', 'Odd'] } } },
      }),
      /Resources\.Q\.Properties\.KmsMasterKeyId\.Fn::GetAtt: resource K has no attribute Odd/,
    ],
    [
      'a cycle',
      resources({
        A: { Type: 'AWS::SQS::Queue', DependsOn: 'B' },
        B: { Type: 'AWS::SQS::Queue', Properties: { QueueName: { 'Fn::Sub': '${C.Arn}' } } },
        C: { Type: 'AWS::SQS::Queue', DependsOn: ['A'] },
      }),
      /circular dependency between resources: \[A → B → C → A\]/,
    ],
    [
      'a resource whose condition does not hold',
      {
        Conditions: { No: { 'Fn::Equals': ['a', 'b'] } },
        ...resources({
          A: { Type: 'AWS::SQS::Queue', Condition: 'No' },
          B: { Type: 'AWS::SQS::Queue', Properties: { QueueName: { 'Fn::GetAtt': ['A', 'Arn'] } } },
        }),
      },
      /resource A does not exist under the conditions/,
    ],
    [
      'a condition on itself',
      {
        Conditions: { X: { 'Fn::Not': [{ Condition: 'X' }] } },
        ...resources({ A: { Type: 'AWS::SQS::Queue', Condition: 'X' } }),
      },
      /condition X depends on itself/,
    ],
    [
      'a transform',
      { Transform: 'AWS::Serverless-2016-10-31', Resources: {} },
      /Transform: this section is not served/,
    ],
    [
      'a property of the wrong type',
      resources({ Q: { Type: 'AWS::SQS::Queue', Properties: { VisibilityTimeout: [1] } } }),
      /Resource Q \(AWS::SQS::Queue\): property VisibilityTimeout must be a string/,
    ],
    [
      'a required property',
      resources({ S: { Type: 'AWS::SNS::Subscription', Properties: { Protocol: 'sqs' } } }),
      /Resource S \(AWS::SNS::Subscription\): property TopicArn is required/,
    ],
    ['an output without value', { ...resources({}), Outputs: { O: {} } }, /Outputs\.O: has no Value/],
  ])('%s', async (_what, broken, message) => {
    await expect(fresh().deploy(broken)).rejects.toThrow(message)
  })

  test('nothing is made when a type is unknown', async () => {
    const cloud = fresh()
    const broken = { Resources: { ...template.Resources, Odd: { Type: 'AWS::Odd::Thing' } } }
    await expect(cloud.deploy({ ...template, ...broken })).rejects.toThrow(/Odd/)
    expect(cloud.calls).toEqual([])
  })

  test('the key of a table cannot change', async () => {
    const cloud = fresh()
    await cloud.deploy(template)
    const changed = structuredClone(template)
    changed.Resources.Table.Properties.KeySchema[0]!.AttributeName = 'id'
    await expect(cloud.deploy(changed)).rejects.toThrow(/Resource Table .*property KeySchema/)
  })
})

test('order does not matter: resources come after what they need', async () => {
  const cloud = fresh()
  const reversed = {
    ...template,
    Resources: Object.fromEntries(Object.entries(template.Resources).reverse()),
  }
  const { resources } = await cloud.deploy(reversed)
  expect(Object.keys(resources).sort()).toEqual(Object.keys(without('Slack').Resources).sort())
})
