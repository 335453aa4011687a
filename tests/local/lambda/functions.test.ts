import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, test } from '@jest/globals'
import { ACCOUNT, bench, QUEUE, REGION, ROLE, until, zip } from './bench.ts'

let made: ReturnType<typeof bench>[] = []
const fresh = (...args: Parameters<typeof bench>) => {
  const one = bench(...args)
  made.push(one)
  return one
}
afterEach(async () => {
  await Promise.all(made.map((one) => one.end()))
  made = []
})
const SOURCE = 'export const handler = async () => 1'

test('is created, shown, listed, changed and deleted', async () => {
  const cloud = fresh()
  const created = await cloud.create('work', SOURCE, { Timeout: 900, MemorySize: 10_240 })
  expect(created).toMatchObject({
    FunctionArn: cloud.arn('work'),
    Role: ROLE,
    Timeout: 900,
    MemorySize: 10_240,
    State: 'Pending',
    StateReasonCode: 'Creating',
    CodeSha256: expect.stringMatching(/^[A-Za-z0-9+/]{43}=$/),
  })
  const shown = await cloud.run('GetFunctionConfiguration', { FunctionName: 'work' })
  expect(shown).toMatchObject({ State: 'Active', LastUpdateStatus: 'Successful' })
  expect(shown.RevisionId).not.toBe(created.RevisionId)
  for (const name of [cloud.arn('work'), `${ACCOUNT}:function:work`, 'function:work'])
    expect(await cloud.run('GetFunctionConfiguration', { FunctionName: name })).toEqual(shown)
  expect(await cloud.run('GetFunctionConfiguration', { FunctionName: 'work:$LATEST' })).toEqual({
    ...shown,
    FunctionArn: `${cloud.arn('work')}:$LATEST`,
  })
  const { State: _s, LastUpdateStatus: _l, RuntimeVersionConfig: _r, ...listed } = shown
  expect(await cloud.run('ListFunctions', {})).toEqual({ Functions: [listed] })
  const changed = await cloud.run('UpdateFunctionConfiguration', { FunctionName: 'work', Timeout: 5 })
  expect(changed).toMatchObject({ Timeout: 5, MemorySize: 10_240, LastUpdateStatus: 'InProgress' })
  await cloud.run('DeleteFunction', { FunctionName: 'work' })
  await expect(cloud.run('GetFunction', { FunctionName: 'work' })).rejects.toMatchObject({
    code: 'ResourceNotFoundException',
    message: `Function not found: arn:aws:lambda:${REGION}:${ACCOUNT}:function:work`,
  })
})

const wrong: [what: string, more: object, code: string][] = [
  ['timeout 0', { Timeout: 0 }, 'ValidationException'],
  ['timeout 901', { Timeout: 901 }, 'ValidationException'],
  ['memory 127', { MemorySize: 127 }, 'ValidationException'],
  ['memory 10,241', { MemorySize: 10_241 }, 'InvalidParameterValueException'],
  ['a role that is none', { Role: 'arn:aws:iam::1:user/x' }, 'ValidationException'],
  ['no runtime', { Runtime: undefined }, 'InvalidParameterValueException'],
  ['what is no runtime', { Runtime: 'nodejs99.x' }, 'InvalidParameterValueException'],
  ['an image', { PackageType: 'Image' }, 'InvalidParameterValueException'],
  ['code in S3', { Code: { S3Bucket: 'bucket', S3Key: 'k' } }, 'InvalidParameterValueException'],
  ['two architectures', { Architectures: ['arm64', 'x86_64'] }, 'ValidationException'],
  ['a name too long', { FunctionName: 'x'.repeat(65) }, 'InvalidParameterValueException'],
  ['a name that is none', { FunctionName: 'a b' }, 'ValidationException'],
  ['a variable that is none', { Environment: { Variables: { '1A': 'x' } } }, 'ValidationException'],
  ['a level without JSON', { LoggingConfig: { SystemLogLevel: 'WARN' } }, 'InvalidParameterValueException'],
  ['another runtime', { Runtime: 'java21' }, 'InvalidParameterValueException'],
  ['no zip', { Code: { ZipFile: new Uint8Array([1, 2, 3]) } }, 'InvalidParameterValueException'],
  ['no code', { Code: {} }, 'InvalidParameterValueException'],
  [
    'a path out of the folder',
    { Code: { ZipFile: zip({ '../out.mjs': '' }) } },
    'InvalidParameterValueException',
  ],
  [
    'a reserved variable',
    { Environment: { Variables: { AWS_REGION: 'x' } } },
    'InvalidParameterValueException',
  ],
  [
    'too many variables',
    { Environment: { Variables: { AA: 'x'.repeat(4096 - JSON.stringify({ AA: '' }).length + 1) } } },
    'InvalidParameterValueException',
  ],
  [
    'a topic for dead letters',
    { DeadLetterConfig: { TargetArn: 'arn:aws:sns:x' } },
    'InvalidParameterValueException',
  ],
]
test.each(wrong)('refuses %s', async (_what, more, code) => {
  const cloud = fresh()
  await expect(cloud.create('work', SOURCE, more)).rejects.toMatchObject({ code })
  expect(await cloud.run('ListFunctions', {})).toEqual({ Functions: [] })
})

test('takes variables of exactly four kilobytes, and refuses a name twice', async () => {
  const cloud = fresh()
  const Variables = { AA: 'x'.repeat(4096 - JSON.stringify({ AA: '' }).length) }
  await cloud.create('work', SOURCE, { Environment: { Variables } })
  await expect(cloud.create('work', SOURCE)).rejects.toMatchObject({
    code: 'ResourceConflictException',
    status: 409,
  })
})

test('what is asked of IAM', async () => {
  const { lambda, create, run } = fresh()
  await create('work', SOURCE)
  await run('AddPermission', {
    FunctionName: 'work',
    StatementId: 's',
    Action: 'lambda:InvokeFunction',
    Principal: ACCOUNT,
  })
  const call = { account: ACCOUNT, region: REGION } as never
  const arn = `arn:aws:lambda:${REGION}:${ACCOUNT}:function:work`
  const ask = (operation: string, input: object) => lambda.service.permissions!(operation, input, call)
  expect(ask('Invoke', { FunctionName: 'work' })).toEqual([
    {
      action: 'lambda:InvokeFunction',
      resource: arn,
      resourcePolicy: expect.objectContaining({ Version: '2012-10-17' }),
    },
  ])
  expect(ask('Invoke', { FunctionName: 'work', Qualifier: 'live' })).toEqual([
    { action: 'lambda:InvokeFunction', resource: `${arn}:live` },
  ])
  expect(ask('ListFunctions', {})).toEqual([{ action: 'lambda:ListFunctions', resource: '*' }])
  expect(ask('CreateFunction', { FunctionName: 'new', Role: ROLE })).toEqual([
    { action: 'lambda:CreateFunction', resource: arn.replace('work', 'new') },
    {
      action: 'iam:PassRole',
      resource: ROLE,
      context: { 'iam:PassedToService': 'lambda.amazonaws.com' },
    },
  ])
  expect(ask('CreateEventSourceMapping', { FunctionName: 'work' })).toEqual([
    { action: 'lambda:CreateEventSourceMapping', resource: '*', context: { 'lambda:FunctionArn': arn } },
  ])
  expect(ask('DeleteEventSourceMapping', { UUID: 'u' })).toEqual([
    {
      action: 'lambda:DeleteEventSourceMapping',
      resource: `arn:aws:lambda:${REGION}:${ACCOUNT}:event-source-mapping:u`,
    },
  ])
})

test('a role that Lambda may not assume is refused, and one that may not write dead letters', async () => {
  const cloud = fresh()
  cloud.identity.denied.add(`assume ${ROLE} lambda.amazonaws.com`)
  await expect(cloud.create('work', SOURCE)).rejects.toMatchObject({
    code: 'InvalidParameterValueException',
    message: 'The role defined for the function cannot be assumed by Lambda.',
  })
  cloud.identity.denied.clear()
  cloud.identity.denied.add('sqs:SendMessage')
  await expect(
    cloud.create('work', SOURCE, { DeadLetterConfig: { TargetArn: QUEUE } }),
  ).rejects.toMatchObject({
    message: 'The provided execution role does not have permissions to call SendMessage on SQS',
  })
})

test('texts of the refusals that people search for', async () => {
  const cloud = fresh()
  const refused = async (more: object) =>
    cloud.create('work', SOURCE, more).then(
      () => 'taken',
      (error: Error) => error.message,
    )
  expect(await refused({ Timeout: 901 })).toBe(
    "1 validation error detected: Value '901' at 'timeout' failed to satisfy constraint: Member must have value less than or equal to 900",
  )
  expect(await refused({ Runtime: 'nope' })).toMatch(
    /^Value nope at 'runtime' failed to satisfy constraint: Member must satisfy enum value set: \[.*\] or be a valid ARN$/,
  )
  expect(await refused({ Handler: undefined })).toBe(
    'Runtime and Handler are mandatory parameters for functions created with deployment packages.',
  )
  expect(await refused({ Environment: { Variables: { AWS_REGION: 'x' } } })).toMatch(
    /reserved keys that are currently not supported for modification\. Reserved keys used in this request: AWS_REGION$/,
  )
  expect(await refused({ FunctionName: `arn:aws:lambda:us-east-1:${ACCOUNT}:function:work` })).toBe(
    "Functions from 'us-east-1' are not reachable in this region ('eu-west-1')",
  )
  expect(await refused({ Code: { ZipFile: new Uint8Array([1, 2, 3]) } })).toBe(
    'Could not unzip uploaded file. Please check your file, then try to upload again.',
  )
})

test('while a change is under way the function refuses what AWS refuses then', async () => {
  const cloud = fresh({ settleMs: 200 })
  await cloud.create('work', SOURCE)
  const state = async () => (await cloud.run('GetFunctionConfiguration', { FunctionName: 'work' })).State
  expect(await state()).toBe('Pending')
  await expect(cloud.run('Invoke', { FunctionName: 'work' })).rejects.toMatchObject({
    code: 'ResourceConflictException',
    status: 409,
    message:
      'The operation cannot be performed at this time. The function is currently in the following state: Pending',
  })
  await until(async () => (await state()) === 'Active')
  await cloud.run('UpdateFunctionConfiguration', { FunctionName: 'work', Timeout: 4 })
  await expect(
    cloud.run('UpdateFunctionConfiguration', { FunctionName: 'work', Timeout: 5 }),
  ).rejects.toMatchObject({
    message: `The operation cannot be performed at this time. An update is in progress for resource: ${cloud.arn('work')}`,
  })
})

test('a revision that is no longer the newest is refused', async () => {
  const cloud = fresh()
  const { RevisionId } = await cloud.create('work', SOURCE)
  for (const [operation, more] of [
    ['UpdateFunctionConfiguration', { Timeout: 4 }],
    ['UpdateFunctionCode', { ZipFile: zip({ 'index.mjs': SOURCE }) }],
    ['PublishVersion', {}],
  ] as const)
    await expect(cloud.run(operation, { FunctionName: 'work', RevisionId, ...more })).rejects.toMatchObject({
      code: 'PreconditionFailedException',
      status: 412,
    })
})

test('tags, reserved concurrency and the account', async () => {
  const cloud = fresh()
  await cloud.create('work', SOURCE, { Tags: { a: '1' } })
  const Resource = cloud.arn('work')
  await cloud.run('TagResource', { Resource, Tags: { b: '2' } })
  await cloud.run('UntagResource', { Resource, TagKeys: ['a'] })
  expect(await cloud.run('ListTags', { Resource })).toEqual({ Tags: { b: '2' } })
  await expect(
    cloud.run('TagResource', { Resource: `${Resource}:1`, Tags: { a: '' } }),
  ).rejects.toMatchObject({
    message: 'Tags on function aliases and versions are not supported. Please specify a function ARN.',
  })
  await expect(
    cloud.run('TagResource', {
      Resource,
      Tags: Object.fromEntries(Array.from({ length: 50 }, (_, n) => [n, ''])),
    }),
  ).rejects.toMatchObject({ message: 'Number of tags exceeds resource tag limit.' })
  await expect(
    cloud.run('PutFunctionConcurrency', { FunctionName: 'work', ReservedConcurrentExecutions: 901 }),
  ).rejects.toMatchObject({
    message:
      "Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below its minimum value of [100].",
  })
  await cloud.run('PutFunctionConcurrency', { FunctionName: 'work', ReservedConcurrentExecutions: 900 })
  expect(await cloud.run('GetFunction', { FunctionName: 'work' })).toMatchObject({
    Tags: { b: '2' },
    Concurrency: { ReservedConcurrentExecutions: 900 },
  })
  expect(await cloud.run('GetAccountSettings', {})).toMatchObject({
    AccountLimit: { ConcurrentExecutions: 1000, UnreservedConcurrentExecutions: 100 },
    AccountUsage: { FunctionCount: 1 },
  })
})

test('old code goes at the next start', async () => {
  const cloud = fresh()
  await cloud.create('work', SOURCE)
  await cloud.run('UpdateFunctionCode', {
    FunctionName: 'work',
    ZipFile: zip({ 'index.mjs': `${SOURCE} // 2` }),
  })
  const folder = join(cloud.folder, 'lambda', 'code')
  expect(readdirSync(folder)).toHaveLength(2)
  cloud.lambda.start()
  await until(() => readdirSync(folder).length === 1)
  expect(existsSync(join(folder, readdirSync(folder)[0]!, 'index.mjs'))).toBe(true)
})
