import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { constraintTable } from '../../../local/gateway/constraints.ts'
import { loadModel, MODELS, type OperationSchema } from '../../../local/gateway/models.ts'
import { checkInput, loadConstraints } from '../../../local/gateway/validate.ts'
import { findViolations } from '../../../local/gateway/violations.ts'
import { send, startWorld, type World } from './world.ts'

/** What is wrong with an input, in AWS's words; undefined when nothing is. */
const refusal = async (service: string, operation: string, input: Record<string, unknown>) => {
  const model = await loadModel(MODELS.find((candidate) => candidate.service === service)!)
  const schema = model.operation(operation) as OperationSchema
  try {
    checkInput(service, model, schema, input, await loadConstraints(service))
    return undefined
  } catch (error) {
    const { code, message } = error as { code: string; message: string }
    return [code, message]
  }
}

const one = (what: string) => `1 validation error detected: ${what}`
const fails = (value: string, at: string, constraint: string) =>
  `Value ${value} at '${at}' failed to satisfy constraint: Member must ${constraint}`
const long = (count: number) => 'x'.repeat(count)
const entry = { Source: 'a', DetailType: 'b', Detail: '{}' }
const shownEntry =
  'PutEventsRequestEntry(time=null, source=a, resources=null, detailType=b, detail={}, eventBusName=null, traceHeader=null, kmsKeyIdentifier=null, internalMetadata=null)'
const queue = 'arn:aws:sqs:eu-west-1:111111111111:q'

describe('AWS’s words', () => {
  // first of all recorded answers of AWS: LocalStack's snapshots of EventBridge, STS and Lambda
  const cases: [string, string, string, Record<string, unknown>, string, string][] = [
    [
      'two of one member, then another',
      'events',
      'CreateConnection',
      { Name: `two errors ${long(60)}`, AuthorizationType: 'INVALID', AuthParameters: {} },
      'ValidationException',
      `3 validation errors detected: ${fails(`'two errors ${long(60)}'`, 'name', 'have length less than or equal to 64')}; ${fails(`'two errors ${long(60)}'`, 'name', 'satisfy regular expression pattern: [\\.\\-_A-Za-z0-9]+')}; ${fails("'INVALID'", 'authorizationType', 'satisfy enum value set: [BASIC, OAUTH_CLIENT_CREDENTIALS, API_KEY]')}`,
    ],
    [
      'a list that is too long, printed as Java prints it',
      'events',
      'PutEvents',
      { Entries: Array(11).fill(entry) },
      'ValidationException',
      one(
        fails(
          `'[${Array(11).fill(shownEntry).join(', ')}]'`,
          'entries',
          'have length less than or equal to 10',
        ),
      ),
    ],
    [
      'nothing at all',
      'events',
      'PutRule',
      {},
      'ValidationException',
      one(fails('null', 'name', 'not be null')),
    ],
    [
      'inside a list',
      'events',
      'PutTargets',
      { Rule: 'r', Targets: [{ Id: 'a', Arn: 'b' }, { Id: '' }] },
      'ValidationException',
      `3 validation errors detected: ${fails("''", 'targets.2.member.id', 'have length greater than or equal to 1')}; ${fails("''", 'targets.2.member.id', 'satisfy regular expression pattern: [\\.\\-_A-Za-z0-9]+')}; ${fails('null', 'targets.2.member.arn', 'not be null')}`,
    ],
    [
      'a query service',
      'sts',
      'AssumeRole',
      { RoleArn: `arn:${long(20)}`, RoleSessionName: 'Session1:2' },
      'ValidationError',
      one(fails("'Session1:2'", 'roleSessionName', 'satisfy regular expression pattern: [\\w+=,.@-]*')),
    ],
    [
      'a number out of range',
      'sts',
      'GetSessionToken',
      { DurationSeconds: 899 },
      'ValidationError',
      one(fails("'899'", 'durationSeconds', 'have value greater than or equal to 900')),
    ],
    [
      'values in a list, told of together',
      'lambda',
      'CreateFunction',
      { FunctionName: 'f', Role: 'arn:aws:iam::111111111111:role/r', Code: {}, Architectures: ['x'] },
      'ValidationException',
      one(
        fails(
          "'[x]'",
          'architectures',
          'satisfy constraint: [Member must satisfy enum value set: [x86_64, arm64], Member must not be null]',
        ),
      ),
    ],
    [
      'a role that is no ARN, and numbers',
      'lambda',
      'CreateFunction',
      { FunctionName: 'f', Role: 'r1', Code: {}, MemorySize: 127 },
      'ValidationException',
      `2 validation errors detected: ${fails("'r1'", 'role', 'satisfy regular expression pattern: arn:(aws[a-zA-Z-]*)?:iam::\\d{12}:role/?[a-zA-Z_0-9+=,.@\\-_/]+')}; ${fails("'127'", 'memorySize', 'have value greater than or equal to 128')}`,
    ],
    [
      'CloudWatch Logs by its own name',
      'logs',
      'CreateLogGroup',
      { logGroupName: 'a b' },
      'InvalidParameterException',
      "1 validation error detected: Value 'a b' at 'logGroupName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\.\\-_/#A-Za-z0-9]+",
    ],
    [
      'IAM in its own words',
      'iam',
      'CreateUser',
      { UserName: 'a b' },
      'ValidationError',
      'The specified value for userName is invalid. It must contain only alphanumeric characters and/or the following: +=,.@_-',
    ],
    [
      'IAM’s path',
      'iam',
      'CreateUser',
      { UserName: 'a', Path: 'a' },
      'ValidationError',
      'The specified value for path is invalid. It must begin and end with / and contain only alphanumeric characters and/or / characters.',
    ],
    [
      'IAM’s lengths',
      'iam',
      'CreateUser',
      { UserName: long(65) },
      'ValidationError',
      // IAM does not show what it refuses
      "1 validation error detected: Value at 'userName' failed to satisfy constraint: Member must have length less than or equal to 64",
    ],
    [
      'what is secret is not shown',
      'kms',
      'Encrypt',
      { KeyId: 'k', Plaintext: new Uint8Array(4097) },
      'ValidationException',
      "1 validation error detected: Value at 'plaintext' failed to satisfy constraint: Member must have length less than or equal to 4096",
    ],
    [
      'SQS',
      'sqs',
      'SendMessage',
      { QueueUrl: 'q' },
      'MissingParameter',
      'The request must contain the parameter MessageBody.',
    ],
    ['SNS', 'sns', 'CreateTopic', {}, 'ValidationError', one(fails('null', 'name', 'not be null'))],
    ['ECS', 'ecs', 'RegisterTaskDefinition', {}, 'ClientException', 'Family should not be null or empty.'],
    [
      'CodeCommit',
      'codecommit',
      'CreateBranch',
      { repositoryName: 'x' },
      'BranchNameRequiredException',
      'The required member branchName is missing.',
    ],
    [
      'Scheduler',
      'scheduler',
      'CreateSchedule',
      {
        Name: 's',
        ScheduleExpression: 'rate(1 day)',
        FlexibleTimeWindow: { Mode: 'X' },
        Target: { Arn: queue, RoleArn: 'arn:aws:iam::111111111111:role/r' },
      },
      'ValidationException',
      one(fails("'X'", 'flexibleTimeWindow.mode', 'satisfy enum value set: [OFF, FLEXIBLE]')),
    ],
  ]
  test.each(cases)('%s', async (_, service, operation, input, code, message) => {
    expect(await refusal(service, operation, input)).toEqual([code, message])
  })

  test.each<[string, string, Record<string, unknown>]>([
    ['events', 'PutEvents', { Entries: Array(10).fill(entry) }],
    [
      'events',
      'PutRule',
      { Name: long(64), EventBusName: 'arn:aws:events:eu-west-1:111111111111:event-bus/b' },
    ],
    ['sts', 'AssumeRole', { RoleArn: long(20), RoleSessionName: long(64), DurationSeconds: 43_200 }],
    ['iam', 'CreateUser', { UserName: long(64), Path: '/a/b/', Tags: [{ Key: 'ключ', Value: '' }] }],
    ['logs', 'CreateLogGroup', { logGroupName: `/aws/${long(507)}` }],
    ['lambda', 'Invoke', { FunctionName: 'arn:aws:lambda:eu-west-1:111111111111:function:f:$LATEST' }],
    ['kms', 'Encrypt', { KeyId: 'k', Plaintext: new Uint8Array(4096) }],
    ['codecommit', 'GetRepository', { repositoryName: '' }],
    ['ecs', 'RunTask', { taskDefinition: '' }],
  ])('just allowed: %s %s', async (service, operation, input) => {
    expect(await refusal(service, operation, input)).toBeUndefined()
  })
})

describe('the tables', () => {
  const folder = join(import.meta.dirname, '../../../local/gateway/constraints')
  const services = readdirSync(folder).map((name) => name.replace(/\.ts$/, ''))

  test.each(services)(
    '%s: every line is understood, every shape is there, every operation is the SDK’s',
    async (service) => {
      const text = readFileSync(join(folder, `${service}.ts`), 'utf8')
      const table = await loadConstraints(service)
      const model = await loadModel(MODELS.find((candidate) => candidate.service === service)!)
      const operations = [...text.matchAll(/^@(\w+)/gm)].map(([, name]) => name as string)
      expect(operations.length).toBeGreaterThan(0)
      const visit = (type: string, seen: Set<string>): void => {
        if (type === '' || seen.has(type)) return
        const rule = table!.rule(type)
        rule.matches('any')
        const inner = [
          rule.item ?? '',
          ...(rule.entry ?? []),
          ...(rule.members ?? []).map((member) => member.type),
        ]
        for (const next of inner) visit(next, seen.add(type))
      }
      for (const name of operations) {
        const schema = model.operation(name)?.input
        expect([name, schema?.isStructSchema()]).toEqual([name, true])
        const known = [...schema!.structIterator()].map(([member]) => member)
        for (const { name: member, type } of table!.operation(name)!) {
          expect(known).toContain(member)
          visit(type, new Set())
        }
      }
    },
  )

  const small = constraintTable(
    `
@Do A!Text B.Count C.Items D.Map E.Choice F.Inner G.Emoji
:Text 2..3 /[a-z]+
:Count #1..5
:Items 1..2 [Text
:Map ..1 {Text,Text
:Choice =ONE|TWO
:Emoji ..1
Inner A!Text
`,
  )
  const found = (input: Record<string, unknown>) =>
    findViolations(small, small.operation('Do')!, input, false).map(
      ({ path, constraint }) => `${path}: ${constraint}`,
    )
  const simple =
    '[Member must have length less than or equal to 3, Member must have length greater than or equal to 2, Member must satisfy regular expression pattern: [a-z]+, Member must not be null]'

  test.each<[Record<string, unknown>, string[]]>([
    [{ A: 'ab' }, []],
    [{}, ['a: Member must not be null']],
    [{ A: 'a' }, ['a: Member must have length greater than or equal to 2']],
    [{ A: 'abC' }, ['a: Member must satisfy regular expression pattern: [a-z]+']],
    [{ A: 'ab', B: 0 }, ['b: Member must have value greater than or equal to 1']],
    [{ A: 'ab', B: 6 }, ['b: Member must have value less than or equal to 5']],
    [{ A: 'ab', C: [] }, ['c: Member must have length greater than or equal to 1']],
    [{ A: 'ab', C: ['ab', 'x'] }, [`c: Member must satisfy constraint: ${simple}`]],
    [{ A: 'ab', D: { x: 'ab' } }, [`d: Map keys must satisfy constraint: ${simple}`]],
    [{ A: 'ab', D: { ab: 'x' } }, [`d: Map value must satisfy constraint: ${simple}`]],
    [{ A: 'ab', D: { ab: 'ab', cd: 'cd' } }, ['d: Member must have length less than or equal to 1']],
    [{ A: 'ab', E: 'THREE' }, ['e: Member must satisfy enum value set: [ONE, TWO]']],
    [{ A: 'ab', F: {} }, ['f.a: Member must not be null']],
    [{ A: 'ab', G: '😀' }, []],
    [{ A: 'ab', G: '😀😀' }, ['g: Member must have length less than or equal to 1']],
  ])('%j', (input, expected) => {
    expect(found(input)).toEqual(expected)
  })

  test('any input of the right shape ends in a list of violations', () => {
    const text = fc.string()
    const input = fc.record(
      {
        A: text,
        B: fc.integer(),
        C: fc.array(text),
        D: fc.dictionary(text, text),
        E: text,
        F: fc.record({ A: text }),
      },
      { requiredKeys: [] },
    )
    fc.assert(fc.property(input, (value) => Array.isArray(found(value))))
  })
})

describe('on the wire', () => {
  let world: World
  beforeAll(async () => {
    world = await startWorld()
  })
  afterAll(() => world.stop())

  test('refused before anybody is asked for permission or for work', async () => {
    const body = JSON.stringify({ logGroupName: 'a b' })
    const answer = await send(world, {
      service: 'logs',
      credentials: world.admin,
      headers: {
        'content-type': 'application/x-amz-json-1.1',
        'x-amz-target': 'Logs_20140328.CreateLogGroup',
      },
      body,
    })
    expect([answer.status, JSON.parse(answer.text)]).toEqual([
      400,
      {
        __type: 'InvalidParameterException',
        message: one(
          fails("'a b'", 'logGroupName', 'satisfy regular expression pattern: [\\.\\-_/#A-Za-z0-9]+'),
        ),
      },
    ])
    expect([world.calls, world.asked]).toEqual([[], []])
  })
})
