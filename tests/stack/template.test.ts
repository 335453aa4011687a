import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { parkingName } from '../../shared/codecommit/address.ts'
import { chooses } from '../../shared/config/glob.ts'
import { CONSUMERS, FUNCTION_NAMES, FUNCTIONS } from '../../stack/consumers.ts'
import { deadLettersId, functionId, queueId, roleId, topicId } from '../../stack/ids.ts'
import { parkingGlobs, parkTips, removeParked } from '../../stack/parking.ts'
import type { Statement } from '../../stack/policy.ts'
import { otherSources, replicaArns, sourceArns } from '../../stack/repositories.ts'
import type { Plan, Value } from '../../stack/resources.ts'
import { stackOf, template } from '../../stack/template.ts'
import {
  CASES,
  idsIn,
  type Made,
  ofType,
  PLACES,
  planOf,
  stackFrom,
  statementsOf,
  VARIANTS,
} from './variants.ts'

const att = (id: string) => ({ 'Fn::GetAtt': [id, 'Arn'] })
const resourcesOf = (plan: Plan) => template(plan).Resources as Readonly<Record<string, Made>>

describe.each(CASES)('%s', (_name, plan) => {
  const resources = resourcesOf(plan)

  test('each consumer has a queue that outlasts its function, and a dead-letter queue kept for 14 days', () => {
    for (const consumer of CONSUMERS) {
      const queue = resources[queueId(consumer)]!.Properties
      expect(queue.VisibilityTimeout).toBeGreaterThanOrEqual(FUNCTIONS[consumer].timeout * 6)
      // SQS API Reference, CreateQueue: 12 hours at most
      expect(queue.VisibilityTimeout).toBeLessThanOrEqual(43_200)
      expect(queue.RedrivePolicy.deadLetterTargetArn).toEqual(att(deadLettersId(consumer)))
      expect(resources[deadLettersId(consumer)]!.Properties.MessageRetentionPeriod).toBe(1_209_600)
    }
  })

  test('who may put something into a queue is named, by the rule or role that does', () => {
    const policies = ofType(resources, 'AWS::SQS::QueuePolicy').map(([, { Properties }]) => Properties)
    for (const consumer of CONSUMERS) {
      const mine = policies.filter(({ Queues }) => JSON.stringify(Queues).includes(`"${queueId(consumer)}"`))
      expect(mine).toHaveLength(1)
      const rules = ofType(resources, 'AWS::Events::Rule').filter(([, rule]) =>
        idsIn(rule.Properties.Targets[0].Arn).includes(queueId(consumer)),
      )
      const [statement] = mine[0]!.PolicyDocument.Statement
      if (rules.length > 0)
        expect(statement.Condition.ArnEquals['aws:SourceArn']).toEqual(rules.map(([id]) => att(id)))
      else expect(statement.Principal).toEqual({ AWS: att('SweepScheduleRole') })
    }
  })

  test('each rule and the schedule retries, then leaves the event where an alarm rings', () => {
    for (const [id, rule] of ofType(resources, 'AWS::Events::Rule')) {
      const [target, ...others] = rule.Properties.Targets
      expect(others).toEqual([])
      expect(target.RetryPolicy.MaximumRetryAttempts).toBeGreaterThan(0)
      expect(target.DeadLetterConfig).toEqual({ Arn: att('Undelivered') })
      expect(idsIn(resources.UndeliveredPolicy!.Properties.PolicyDocument)).toContain(id)
    }
    expect(resources.SweepSchedule!.Properties.Target.DeadLetterConfig).toEqual({ Arn: att('Undelivered') })
  })

  test('every queue has an alarm: dead letters by their number, the others by the age of the oldest', () => {
    const rings = (queue: string) =>
      ofType(resources, 'AWS::CloudWatch::Alarm')
        .filter(([, alarm]) => idsIn(alarm.Properties.Dimensions).includes(queue))
        .map(([, alarm]) => [alarm.Properties.MetricName, alarm.Properties.AlarmActions])
    const action = [{ Ref: 'AlarmsTopic' }]
    const consumed = CONSUMERS.map(queueId)
    for (const [id] of ofType(resources, 'AWS::SQS::Queue')) {
      const metric = consumed.includes(id)
        ? 'ApproximateAgeOfOldestMessage'
        : 'ApproximateNumberOfMessagesVisible'
      expect([id, rings(id)]).toEqual([id, [[metric, action]]])
    }
  })

  test('queues, topics and table lie under the customer key, but for what must take letters without it', () => {
    const without = ['TriggerDeadLetters', 'Undelivered']
    for (const [id, { Properties }] of ofType(resources, 'AWS::SQS::Queue'))
      expect([id, Properties.KmsMasterKeyId, Properties.SqsManagedSseEnabled]).toEqual(
        without.includes(id) ? [id, undefined, true] : [id, { Ref: 'Key' }, undefined],
      )
    for (const [, topic] of ofType(resources, 'AWS::SNS::Topic'))
      expect(topic.Properties.KmsMasterKeyId).toEqual({ Ref: 'Key' })
    expect(resources.Table!.Properties.SSESpecification.KMSMasterKeyId).toEqual(att('Key'))
  })

  test('no statement speaks of every resource, but those whose action knows none', () => {
    const explained = [
      // neither has a resource type (Service Authorization Reference)
      'codecommit:ListRepositories',
      'ecr:GetAuthorizationToken',
    ]
    for (const [id, role] of ofType(resources, 'AWS::IAM::Role'))
      for (const { Action, Resource } of statementsOf(role)) {
        expect([id, Resource.length]).not.toEqual([id, 0])
        for (const action of Action) expect(action).not.toMatch(/^\*$|^\w+:\*$/)
        if (Resource.some((resource) => resource === '*'))
          expect(explained).toEqual(expect.arrayContaining([...Action]))
      }
  })

  test('each function finds in its environment what its role lets it use, and nothing else', () => {
    const { functions } = stackOf(plan)
    const topics = Object.keys(plan.config.topics).map((name) => ({ Ref: topicId(name) }))
    const uses: readonly [setting: string, action: string, resource: readonly Value[]][] = [
      ['RELAY_TABLE', 'dynamodb:PutItem', [att('Table')]],
      ['RELAY_REPLICATE_QUEUE_URL', 'sqs:SendMessage', [att('ReplicateQueue')]],
      ['RELAY_OWN_QUEUE_URL', 'sqs:ChangeMessageVisibility', [att('ReplicateQueue')]],
      ['RELAY_SWEEP_QUEUE_URL', 'sqs:SendMessage', [att('SweepQueue')]],
      ['RELAY_REPLICATE_DLQ_URL', 'sqs:SendMessage', [att('ReplicateDeadLetters')]],
      ['RELAY_NOTIFY_QUEUE_URL', 'sqs:SendMessage', [att('NotifyQueue')]],
      ['RELAY_SCAN_QUEUE_URL', 'sqs:SendMessage', [att('ScanQueue')]],
      ['RELAY_BUS', 'events:PutEvents', []],
      ['RELAY_CLUSTER', 'ecs:RunTask', []],
      ['RELAY_TASK_DEFINITION', 'iam:PassRole', [att('MirrorTaskRole'), att('MirrorExecutionRole')]],
      ['RELAY_SCAN_TASK_DEFINITION', 'iam:PassRole', [att('ScanTaskRole'), att('MirrorExecutionRole')]],
      ['RELAY_SCAN_DLQ_URL', 'sqs:SendMessage', [att('ScanDeadLetters')]],
      ['RELAY_TOPICS', 'sns:Publish', topics],
    ]
    for (const name of FUNCTION_NAMES) {
      const statements = statementsOf(resources[roleId(name)]!)
      for (const [setting, action, resource] of uses) {
        const allowed = statements.some(
          (statement) =>
            statement.Action.includes(action) &&
            resource.every((each) => JSON.stringify(statement.Resource).includes(JSON.stringify(each))),
        )
        expect([name, setting, allowed]).toEqual([name, setting, setting in functions[name]!.environment])
      }
    }
  })

  test('whoever uses the queues, the topics or the table may use the key through that service', () => {
    for (const [id, role] of ofType(resources, 'AWS::IAM::Role')) {
      const statements = statementsOf(role)
      const services = new Set(
        statements.flatMap(({ Action }) => Action.map((action) => action.split(':')[0])),
      )
      const through = JSON.stringify(
        statements.filter(({ Action }) => Action.includes('kms:Decrypt')).map(({ Condition }) => Condition),
      )
      for (const service of ['sqs', 'sns', 'dynamodb'])
        expect([id, service, through.includes(`${service}.\${AWS::Region}`)]).toEqual([
          id,
          service,
          services.has(service),
        ])
    }
  })

  test('the mirror runs without privileges, on a file system it cannot change', () => {
    const { RequiresCompatibilities, RuntimePlatform, EphemeralStorage, ContainerDefinitions, Volumes } =
      resources.MirrorTaskDefinition!.Properties
    expect(RequiresCompatibilities).toEqual(['FARGATE'])
    expect(RuntimePlatform.CpuArchitecture).toBe('ARM64')
    expect(EphemeralStorage).toEqual({ SizeInGiB: { Ref: 'MirrorEphemeralStorageGiB' } })
    const [container] = ContainerDefinitions
    expect(container).toMatchObject({
      Name: 'mirror',
      WorkingDirectory: '/app',
      Command: ['node', 'main.mjs'],
      ReadonlyRootFilesystem: true,
      StopTimeout: 30,
    })
    const { safety, parking, replicate } = plan.config
    const environment = Object.fromEntries(
      container.Environment.map(({ Name, Value }: { Name: string; Value: unknown }) => [Name, Value]),
    )
    expect(environment).toMatchObject({
      TMPDIR: '/work',
      RELAY_TABLE: { Ref: 'Table' },
      RELAY_BUS: 'default',
    })
    const rules = JSON.parse(environment.RELAY_RULES)
    expect(rules).toMatchObject({ safety, parking })
    expect(rules.replicate).toHaveLength(replicate.length)
    // the guard tells replicas of one region apart by their accounts
    const places = (list: typeof replicate) =>
      list.map(({ from, to }) => [from, to.map(({ region, account }) => [region, account])])
    expect(places(rules.replicate)).toEqual(places(replicate))
    // roles and external ids stay out
    expect(environment.RELAY_RULES).not.toMatch(/role|external/i)
    expect(container.User).toMatch(/^[1-9]\d*:[1-9]\d*$/)
    expect(container.MountPoints).toEqual([
      { SourceVolume: Volumes[0].Name, ContainerPath: '/work', ReadOnly: false },
    ])
  })

  test('the scan task is the mirror’s image with another program, as unprivileged', () => {
    const { Memory, ContainerDefinitions, Volumes, ExecutionRoleArn } =
      resources.ScanTaskDefinition!.Properties
    const [mirror] = resources.MirrorTaskDefinition!.Properties.ContainerDefinitions
    const [scan] = ContainerDefinitions
    const { Image, User, WorkingDirectory, ReadonlyRootFilesystem, MountPoints, StopTimeout } = mirror
    expect(scan).toMatchObject({
      ...{ Image, User, WorkingDirectory, ReadonlyRootFilesystem, MountPoints, StopTimeout },
      Name: 'scan',
    })
    expect(MountPoints[0].SourceVolume).toBe(Volumes[0].Name)
    expect(scan.Command.at(-1)).toBe('scan.mjs')
    expect(ExecutionRoleArn).toEqual(resources.MirrorTaskDefinition!.Properties.ExecutionRoleArn)
    // what JavaScript may take leaves room for packs
    const heap = Number(/=(\d+)$/.exec(scan.Command[1])?.[1])
    expect(heap).toBeLessThan(Number(Memory) / 2)
    const environment = Object.fromEntries(
      scan.Environment.map(({ Name, Value }: { Name: string; Value: unknown }) => [Name, Value]),
    )
    expect(environment.RELAY_MEMORY).toBe(Memory)
    const logs = statementsOf(resources.MirrorExecutionRole!).find(({ Action }) =>
      Action.includes('logs:PutLogEvents'),
    )
    expect(logs?.Resource).toContainEqual(att('ScanTaskLogGroup'))
  })

  test('no resource has the name under which osls puts a function’s log: it would take its place', () => {
    for (const name of FUNCTION_NAMES)
      expect(resources).not.toHaveProperty([functionId(name).replace(/LambdaFunction$/, 'LogGroup')])
  })

  test('nothing lets anybody into the network', () => {
    const own = plan.config.mirror.network === undefined
    const groups = ofType(resources, 'AWS::EC2::SecurityGroup')
    expect(groups).toHaveLength(own ? 1 : 0)
    for (const [, { Properties }] of groups) {
      expect(Properties.SecurityGroupIngress).toBeUndefined()
      expect(Properties.SecurityGroupEgress.map((rule: { FromPort: number }) => rule.FromPort)).toEqual([443])
    }
    expect(ofType(resources, 'AWS::EC2::VPC')).toHaveLength(own ? 1 : 0)
  })

  test('outputs give what the command line and the on-call look for', () => {
    const outputs = Object.keys(template(plan).Outputs)
    expect(outputs).toEqual(
      expect.arrayContaining([
        'ReplicateDeadLetterQueueUrl',
        'SweepQueueUrl',
        'TableName',
        'ClusterArn',
        'TriggerFunctionArn',
        'AlarmsTopicArn',
      ]),
    )
    expect(outputs.filter((name) => name.startsWith('Topic'))).toHaveLength(
      Object.keys(plan.config.topics).length,
    )
  })
})

const PATTERNS: readonly (readonly [string, object])[] = [
  [
    'RefChangesToReplicate',
    {
      source: ['aws.codecommit'],
      'detail-type': ['CodeCommit Repository State Change'],
      detail: { event: ['referenceCreated', 'referenceUpdated', 'referenceDeleted'] },
    },
  ],
  ['RelayEventsToNotify', { source: ['codecommit-relay'] }],
  [
    'MirrorStoppedRule',
    {
      source: ['aws.ecs'],
      'detail-type': ['ECS Task State Change'],
      detail: { clusterArn: [att('Cluster')], lastStatus: ['STOPPED'] },
    },
  ],
]

test.each(PATTERNS)('rule %s has its pattern', (id, pattern) => {
  expect(resourcesOf(planOf(VARIANTS['the least']!))[id]!.Properties.EventPattern).toEqual(pattern)
})

test('stages and regions live side by side: no name is given twice', () => {
  const names = (place: { region: string; stage: string }, types?: readonly string[]) =>
    Object.values(resourcesOf(planOf(VARIANTS['the least']!, place)))
      .filter(({ Type }) => !types || types.includes(Type))
      .flatMap(({ Type, Properties }) =>
        Object.entries(Properties ?? {})
          .filter(
            ([key, value]) =>
              /^(Role|Queue|Topic|Table|Cluster|Alarm|Group|Repository|LogGroup|Alias)?Name$|^Family$/.test(
                key,
              ) && typeof value === 'string',
          )
          .map(([key, value]) => `${Type} ${key} ${value}`),
      )
  const dev = names(PLACES[0])
  expect(dev.length).toBeGreaterThan(20)
  expect(names({ region: PLACES[0].region, stage: 'prod' }).filter((name) => dev.includes(name))).toEqual([])
  // IAM has one name space for all regions
  const roles = names(PLACES[0], ['AWS::IAM::Role'])
  expect(
    names({ region: 'eu-west-1', stage: 'dev' }, ['AWS::IAM::Role']).filter((name) => roles.includes(name)),
  ).toEqual([])
})

test('role names keep within the 64 characters of IAM for the longest region', () => {
  const place = { region: 'ap-southeast-3', stage: 'integration' }
  for (const [, role] of ofType(resourcesOf(planOf(VARIANTS['the least']!, place)), 'AWS::IAM::Role'))
    expect(role.Properties.RoleName.length).toBeLessThanOrEqual(64)
})

describe('rights on repositories', () => {
  const namePart = fc.stringMatching(/^[ab.-]{1,6}$/)
  const glob = fc.stringMatching(/^!?[ab.*?-]{1,6}$/)
  const pattern = (value: Value): RegExp => {
    const text = (value as { 'Fn::Sub': string })['Fn::Sub'].split(':').slice(-1)[0] ?? ''
    return new RegExp(`^${text.replaceAll('.', '\\.').replaceAll('*', '.*').replaceAll('?', '.')}$`)
  }
  const planWith = (repositories: readonly string[]): Plan => ({
    region: 'us-east-1',
    stage: 'dev',
    config: {
      ...planOf(VARIANTS['the least']!).config,
      replicate: [
        { repositories, to: [{ region: 'eu-west-1' }], deletes: 'mirror', divergence: 'report', way: 'auto' },
      ],
    },
  })

  const regionsIn = (arns: readonly Value[]) =>
    arns.map((value) =>
      (value as { 'Fn::Sub': string })['Fn::Sub'].replace(/^.*codecommit:([^:]+):.*$/, '$1'),
    )

  test('whatever relay.yml chooses, the roles reach', () => {
    fc.assert(
      fc.property(fc.array(glob, { minLength: 1, maxLength: 4 }), namePart, (globs, name) => {
        const plan = planWith(globs)
        if (!chooses(globs, name)) return
        expect(sourceArns(plan).some((value) => pattern(value).test(name))).toBe(true)
        expect(replicaArns(plan).some((value) => pattern(value).test(name))).toBe(true)
      }),
    )
  })

  test('whatever relay.yml chooses, its tips can be parked, and hardly anything else be made or deleted', () => {
    const longer = fc
      .tuple(namePart, fc.integer({ min: 1, max: 30 }))
      .map(([part, times]) => part.repeat(times))
    const name = fc.oneof(namePart, longer).filter((text) => text.length <= 100)
    const arnsOf = (statements: readonly Statement[]) =>
      statements.flatMap(({ Action, Resource }) => (Action.includes('codecommit:GitPush') ? Resource : []))
    fc.assert(
      fc.property(fc.array(glob, { minLength: 1, maxLength: 4 }), name, (globs, chosen) => {
        const plan = planWith(globs)
        const arns = [arnsOf(parkTips(plan)), arnsOf(removeParked(plan))]
        for (const each of arns) {
          for (const value of each) expect(JSON.stringify(value)).toMatch(/\.relay-parking"/)
          if (chooses(globs, chosen))
            expect(each.some((value) => pattern(value).test(parkingName(chosen)))).toBe(true)
        }
      }),
    )
    expect(parkingGlobs('x'.repeat(90))).toEqual([parkingName('x'.repeat(90))])
  })

  test('a rule that speaks of another region gives rights there and not here', () => {
    const plan = planOf(VARIANTS['Teams, sources elsewhere']!)
    expect(regionsIn(sourceArns(plan))).toEqual(['sa-east-1'])
    expect(regionsIn(replicaArns(plan))).toEqual(['us-east-1'])
    expect(otherSources(plan)).toEqual(['sa-east-1'])
    expect(otherSources(planOf(VARIANTS['the least']!))).toEqual([])
  })

  test('only with failover may a role push to a source; from a replica pulls who parks its tips', () => {
    const regionsOf = (text: string, action: string) => {
      const statements = ofType(resourcesOf(planOf(text)), 'AWS::IAM::Role').flatMap(([, role]) =>
        statementsOf(role),
      )
      const named = statements.filter(({ Action }) => Action.includes(action)).map(({ Resource }) => Resource)
      expect(named.length).toBeGreaterThanOrEqual(4)
      const regions = named.map((resources) => regionsIn(resources).toSorted())
      return [...new Set(regions.map(String))]
    }
    const without = `version: 1\nreplicate: [{ from: us-east-1, repositories: [a], to: [{ region: eu-west-1 }] }]\n`
    expect(regionsOf(without, 'codecommit:GitPush')).toEqual(['eu-west-1'])
    expect(regionsOf(without, 'codecommit:GitPull')).toEqual(['us-east-1', 'eu-west-1'])
    const both = ['eu-west-1,us-east-1']
    expect(regionsOf(`${without}failover: {}\n`, 'codecommit:GitPush')).toEqual(both)
    expect(regionsOf(`${without}failover: {}\n`, 'codecommit:GitPull')).toEqual(both)
  })

  test('a rule that names its own region among the replicas gives no right to write there', () => {
    const plan = planOf(
      'version: 1\nreplicate:\n  - repositories: ["*"]\n    to:\n      - region: us-east-1\n      - region: eu-west-1\n',
    )
    expect(replicaArns(plan)).toHaveLength(1)
    expect(JSON.stringify(replicaArns(plan))).toContain('eu-west-1')
    expect(JSON.stringify([...parkTips(plan), ...removeParked(plan)])).not.toContain('us-east-1')
  })

  test('a replica of another account is reached through its role only', () => {
    const resources = resourcesOf(planOf(VARIANTS['another account']!))
    for (const id of ['ReplicateRole', 'MirrorStoppedRole', 'SweepRole', 'MirrorTaskRole']) {
      const statements = statementsOf(resources[id]!)
      expect(statements.flatMap(({ Action }) => Action)).not.toContain('codecommit:GitPush')
      expect(
        statements.filter(({ Action }) => Action.includes('sts:AssumeRole')).map(({ Resource }) => Resource),
      ).toEqual([[`arn:aws:iam::${'2'.repeat(12)}:role/relay-replica`]])
    }
  })

  test('keys of replicas are used through CodeCommit only, by whoever reads or writes replicas; an alias is a condition', () => {
    const resources = resourcesOf(planOf(VARIANTS['by tag, under keys']!))
    const through = (region: string) => ({
      StringEquals: {
        'kms:CallerAccount': { Ref: 'AWS::AccountId' },
        'kms:ViaService': { 'Fn::Sub': `codecommit.${region}.\${AWS::URLSuffix}` },
      },
    })
    const keyIn = (region: string, id: string) => ({
      'Fn::Sub': `arn:\${AWS::Partition}:kms:${region}:\${AWS::AccountId}:key/${id}`,
    })
    for (const id of ['ReplicateRole', 'MirrorStoppedRole', 'SweepRole', 'MirrorTaskRole']) {
      const found = statementsOf(resources[id]!)
        .filter(({ Condition }) => JSON.stringify(Condition ?? {}).includes('codecommit.'))
        .map(({ Resource, Condition }) => [Resource, Condition])
      const alias = { 'ForAnyValue:StringEquals': { 'kms:ResourceAliases': 'alias/replicas' } }
      expect([id, ...found]).toEqual([
        id,
        [[keyIn('eu-west-1', '*')], { ...through('eu-west-1'), ...alias }],
        [[`arn:aws:kms:eu-central-1:${'1'.repeat(12)}:key/0a1b2c3d`], through('eu-central-1')],
        [[keyIn('eu-north-1', '0a1b2c3e')], through('eu-north-1')],
      ])
    }
    for (const id of ['NotifyRole', 'TriggerRole'])
      expect(JSON.stringify(resources[id])).not.toContain('codecommit:')
  })

  test('sources are read only: no right to change anything of theirs', () => {
    const resources = resourcesOf(planOf(VARIANTS['the least']!))
    const changing = /^codecommit:(?!Get|List|GitPull)/
    for (const [id, role] of ofType(resources, 'AWS::IAM::Role'))
      for (const { Action, Resource } of statementsOf(role))
        if (
          JSON.stringify(Resource).includes(`codecommit:\${AWS::Region}`) ||
          JSON.stringify(Resource).includes('codecommit:us-east-1')
        )
          expect([id, Action.filter((action) => changing.test(action))]).toEqual([id, []])
  })

  test('own events go out under Relay’s own source only, mirrors run in its own cluster only', () => {
    const statements = statementsOf(resourcesOf(planOf(VARIANTS['the least']!)).ReplicateRole!)
    const sweeps = statementsOf(resourcesOf(planOf(VARIANTS['the least']!)).SweepRole!)
    const watch = sweeps.find(({ Action }) => Action.includes('ecs:DescribeTasks'))!
    expect(watch.Condition).toEqual({ ArnEquals: { 'ecs:cluster': att('Cluster') } })
    const conditionOf = (action: string) =>
      statements.find(({ Action }) => Action.includes(action))!.Condition
    expect(conditionOf('events:PutEvents')).toEqual({ StringEquals: { 'events:source': 'codecommit-relay' } })
    expect(conditionOf('ecs:RunTask')).toEqual({ ArnEquals: { 'ecs:cluster': att('Cluster') } })
    expect(conditionOf('iam:PassRole')).toEqual({
      StringEquals: { 'iam:PassedToService': 'ecs-tasks.amazonaws.com' },
    })
  })
})

describe('scanning', () => {
  const scanning = VARIANTS['scanning, told to a topic of its own']!

  test('the scan reads what relay.yml names and changes nothing; its key is its own', () => {
    const resources = resourcesOf(planOf(scanning))
    const statements = statementsOf(resources.ScanRole!)
    const reading = statements.filter(({ Action }) => Action.some((name) => /^codecommit:Git/.test(name)))
    expect(reading).toHaveLength(1)
    expect(JSON.stringify(reading[0]?.Resource)).toContain('us-east-1')
    expect(reading[0]?.Resource).toHaveLength(2)
    for (const { Action } of statements)
      for (const action of Action) expect(action).not.toMatch(/^codecommit:(?!Get|List|GitPull)/)
    const readsKey = ofType(resources, 'AWS::IAM::Role').filter(([, role]) =>
      statementsOf(role).some(({ Action }) => Action.includes('secretsmanager:GetSecretValue')),
    )
    expect(readsKey.map(([id]) => id).sort()).toEqual(['ScanRole', 'ScanTaskRole'])
    for (const { Action } of statementsOf(resources.ScanTaskRole!))
      for (const action of Action) expect(action).not.toMatch(/^(codecommit:(?!Get|GitPull)|sqs:|ecs:|iam:)/)
    expect(resources.FingerprintKey?.Properties.GenerateSecretString.PasswordLength).toBeGreaterThanOrEqual(
      44,
    )
  })

  test('where nothing is scanned there is no key to pay for, no event, and nothing that may be read', () => {
    const resources = resourcesOf(planOf(VARIANTS['the least']!))
    expect(resources.FingerprintKey).toBeUndefined()
    expect(resources.RefChangesToScan?.Properties.State).toBe('DISABLED')
    expect(resources.ScanSchedule?.Properties.State).toBe('DISABLED')
    const actions = statementsOf(resources.ScanRole!).flatMap(({ Action }) => Action)
    expect(actions.filter((action) => /^(codecommit|secretsmanager):/.test(action))).toEqual([])
    expect(resourcesOf(planOf(scanning)).RefChangesToScan?.Properties.State).toBe('ENABLED')
  })

  test('it has room for the largest pack, and a processor', () => {
    const { functions } = stackOf(planOf(scanning))
    expect(functions.scan).toMatchObject({ memorySize: 1769, timeout: 900, ephemeralStorageSize: 3072 })
  })
})

describe('people', () => {
  test('topics that share a Slack channel share its configuration, which may do nothing', () => {
    const resources = resourcesOf(planOf(VARIANTS['Slack, mail and the alarms']!))
    const [[, slack], ...others] = ofType(resources, 'AWS::Chatbot::SlackChannelConfiguration') as [
      [string, Made],
    ]
    expect(others).toEqual([])
    expect(slack.Properties.SnsTopicArns).toEqual([{ Ref: 'DevTopic' }, { Ref: 'OpsTopic' }])
    expect(slack.Properties.GuardrailPolicies).toEqual([
      { 'Fn::Sub': `arn:\${AWS::Partition}:iam::aws:policy/AWSDenyAll` },
    ])
    expect(statementsOf(resources.ChatRole!)).toEqual([])
  })

  test('the alarms topic is there without relay.yml, and takes its readers from it', () => {
    const without = resourcesOf(planOf(VARIANTS['the least']!))
    expect(without.AlarmsTopic).toBeDefined()
    expect(ofType(without, 'AWS::SNS::Subscription')).toEqual([])
    const listening = ofType(
      resourcesOf(planOf(VARIANTS['Slack, mail and the alarms']!)),
      'AWS::SNS::Subscription',
    )
    expect(listening.map(([, { Properties }]) => [Properties.TopicArn, Properties.Endpoint])).toEqual([
      [{ Ref: 'AlarmsTopic' }, 'on-call@example.com'],
      [{ Ref: 'AlarmsTopic' }, 'second@example.com'],
    ])
  })

  test('notify learns the ARN of each topic of relay.yml by its name', () => {
    const { functions } = stackFrom(VARIANTS['Slack, mail and the alarms']!)
    expect(functions.notify!.environment.RELAY_TOPICS).toEqual({
      'Fn::Sub': `{"dev":"\${DevTopic}","ops":"\${OpsTopic}","alarms":"\${AlarmsTopic}"}`,
    })
  })
})

test.each([
  [1, 'rate(1 minute)'],
  [2, 'rate(2 minutes)'],
  [1440, 'rate(1440 minutes)'],
])('a sweep every %d minutes', (everyMinutes, expression) => {
  const plan = planOf(`${VARIANTS['the least']}sweep: { everyMinutes: ${everyMinutes} }\n`)
  expect(resourcesOf(plan).SweepSchedule!.Properties.ScheduleExpression).toBe(expression)
})

test('the image is one of the stack’s own repository, by tag or digest', () => {
  const parameter = template(planOf(VARIANTS['the least']!)).Parameters.MirrorImage as Record<string, string>
  const allowed = new RegExp(parameter.AllowedPattern!)
  expect(parameter.Default).toMatch(allowed)
  expect(`codecommit-relay-mirror-dev@sha256:${'a'.repeat(64)}`).toMatch(allowed)
  expect('somebody-else/mirror:latest').not.toMatch(allowed)
  expect(`codecommit-relay-mirror-dev:${'a'.repeat(129)}`).not.toMatch(allowed)
})
