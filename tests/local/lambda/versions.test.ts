import { afterEach, describe, expect, test } from '@jest/globals'
import { ACCOUNT, bench, zip } from './bench.ts'

let made: ReturnType<typeof bench>[] = []
const fresh = () => {
  const one = bench()
  made.push(one)
  return one
}
afterEach(async () => {
  await Promise.all(made.map((one) => one.end()))
  made = []
})

const answering = (text: string) =>
  `export const handler = async (event, context) => ({ text: '${text}', version: context.functionVersion, arn: context.invokedFunctionArn })`
const FunctionName = 'work'

/** A function with version 1 (`one`), and newer code (`two`) as its newest. */
const withVersion = async () => {
  const cloud = fresh()
  await cloud.create(FunctionName, answering('one'))
  await cloud.run('PublishVersion', { FunctionName, Description: 'first' })
  await cloud.run('UpdateFunctionCode', { FunctionName, ZipFile: zip({ 'index.mjs': answering('two') }) })
  const invoke = async (more: object = {}) => {
    const answer = await cloud.run('Invoke', { FunctionName, ...more })
    return { ...JSON.parse(new TextDecoder().decode(answer.Payload)), executed: answer.ExecutedVersion }
  }
  return { ...cloud, invoke }
}

describe('versions', () => {
  test('keep code and configuration, are numbered, listed, invoked and deleted', async () => {
    const { run, arn, invoke } = await withVersion()
    expect(await invoke()).toEqual({ text: 'two', version: '$LATEST', arn: arn('work'), executed: '$LATEST' })
    expect(await invoke({ Qualifier: '1' })).toEqual({
      text: 'one',
      version: '1',
      arn: `${arn('work')}:1`,
      executed: '1',
    })
    expect((await invoke({ FunctionName: `${arn('work')}:$LATEST` })).arn).toBe(`${arn('work')}:$LATEST`)
    const second = await run('PublishVersion', { FunctionName })
    expect(second).toMatchObject({ Version: '2', FunctionArn: `${arn('work')}:2`, State: 'Pending' })
    expect(second).not.toHaveProperty('LastUpdateStatus')
    // nothing has changed since
    expect(await run('PublishVersion', { FunctionName })).toMatchObject({ Version: '2', State: 'Active' })
    const { Versions } = await run('ListVersionsByFunction', { FunctionName })
    expect(Versions).toMatchObject([
      { Version: '$LATEST', FunctionArn: `${arn('work')}:$LATEST` },
      { Version: '1', Description: 'first' },
      { Version: '2' },
    ])
    await run('DeleteFunction', { FunctionName, Qualifier: '1' })
    await expect(invoke({ Qualifier: '1' })).rejects.toMatchObject({
      code: 'ResourceNotFoundException',
      message: `Function not found: ${arn('work')}:1`,
    })
    await expect(run('DeleteFunction', { FunctionName, Qualifier: '$LATEST' })).rejects.toMatchObject({
      message: '$LATEST version cannot be deleted without deleting the function.',
    })
    await run('UpdateFunctionConfiguration', { FunctionName, Timeout: 9 })
    expect(await run('PublishVersion', { FunctionName })).toMatchObject({ Version: '3', Timeout: 9 })
  })

  test('are made at once by Publish, and refused for other code than was meant', async () => {
    const { run, create } = fresh()
    expect(await create(FunctionName, answering('one'), { Publish: true })).toMatchObject({ Version: '1' })
    const published = await run('UpdateFunctionCode', {
      FunctionName,
      ZipFile: zip({ 'index.mjs': answering('two') }),
      Publish: true,
    })
    expect(published).toMatchObject({ Version: '2' })
    await expect(run('PublishVersion', { FunctionName, CodeSha256: 'other' })).rejects.toMatchObject({
      code: 'InvalidParameterValueException',
      message: `CodeSHA256 (other) is different from current CodeSHA256 in $LATEST (${published.CodeSha256}). Please try again with the CodeSHA256 in $LATEST.`,
    })
  })

  test('two qualifiers that differ, and one that cannot be one', async () => {
    const { run } = await withVersion()
    await expect(run('GetFunction', { FunctionName: 'work:1', Qualifier: '2' })).rejects.toMatchObject({
      message: 'The derived qualifier from the function name does not match the specified qualifier.',
    })
    await expect(run('GetFunction', { FunctionName, Qualifier: 'a b' })).rejects.toMatchObject({
      code: 'ValidationException',
      message:
        "1 validation error detected: Value 'a b' at 'qualifier' failed to satisfy constraint: Member must satisfy regular expression pattern: (|[a-zA-Z0-9$_-]+)",
    })
  })
})

describe('aliases', () => {
  test('name a version, are moved, shown and deleted', async () => {
    const { run, arn, invoke } = await withVersion()
    const created = await run('CreateAlias', { FunctionName, Name: 'live', FunctionVersion: '1' })
    expect(created).toEqual({
      AliasArn: `${arn('work')}:live`,
      Name: 'live',
      FunctionVersion: '1',
      Description: '',
      RevisionId: expect.any(String),
    })
    expect(await invoke({ Qualifier: 'live' })).toEqual({
      text: 'one',
      version: '1',
      arn: `${arn('work')}:live`,
      executed: '1',
    })
    await run('PublishVersion', { FunctionName })
    const moved = await run('UpdateAlias', { FunctionName, Name: 'live', FunctionVersion: '2' })
    expect(moved.RevisionId).not.toBe(created.RevisionId)
    expect((await invoke({ Qualifier: 'live' })).text).toBe('two')
    expect(await run('GetAlias', { FunctionName, Name: 'live' })).toEqual(moved)
    expect((await run('ListAliases', { FunctionName, FunctionVersion: '1' })).Aliases).toEqual([])
    expect(await run('GetFunction', { FunctionName, Qualifier: 'live' })).toMatchObject({
      Configuration: { FunctionArn: `${arn('work')}:live`, Version: '2' },
    })
    await expect(run('DeleteFunction', { FunctionName, Qualifier: '2' })).rejects.toMatchObject({
      code: 'ResourceConflictException',
    })
    for (let times = 0; times < 2; times += 1) await run('DeleteAlias', { FunctionName, Name: 'live' })
    await expect(run('GetAlias', { FunctionName, Name: 'live' })).rejects.toMatchObject({
      message: `Cannot find alias arn: ${arn('work')}:live`,
    })
    await expect(run('UpdateAlias', { FunctionName, Name: 'live' })).rejects.toMatchObject({
      code: 'ResourceNotFoundException',
      message: `Alias not found: ${arn('work')}:live`,
    })
  })

  test('share invocations between two versions', async () => {
    const { run, invoke } = await withVersion()
    await run('PublishVersion', { FunctionName })
    await run('CreateAlias', {
      FunctionName,
      Name: 'live',
      FunctionVersion: '1',
      RoutingConfig: { AdditionalVersionWeights: { 2: 0.5 } },
    })
    const seen = new Set<string>()
    while (seen.size < 2) seen.add((await invoke({ Qualifier: 'live' })).executed)
    expect([...seen].sort()).toEqual(['1', '2'])
  })

  const refused: [more: object, code: string, message: string | RegExp][] = [
    [{ Name: '12' }, 'ValidationException', /'name' failed .*\(\?!\^\[0-9\]\+\$\)/],
    [{ FunctionVersion: '7' }, 'ResourceNotFoundException', /^Function not found: .*:work:7$/],
    [{ Name: 'there' }, 'ResourceConflictException', /^Alias already exists: .*:work:there$/],
    [
      { RoutingConfig: { AdditionalVersionWeights: { 1: 0.1 } } },
      'InvalidParameterValueException',
      'Invalid function version 1. Function version 1 is already included in routing configuration.',
    ],
    [
      { FunctionVersion: '$LATEST', RoutingConfig: { AdditionalVersionWeights: { 1: 0.1 } } },
      'InvalidParameterValueException',
      '$LATEST is not supported for an alias pointing to more than 1 version',
    ],
    [
      { RoutingConfig: { AdditionalVersionWeights: { 2: 0.1, 3: 0.1 } } },
      'InvalidParameterValueException',
      'Number of items in AdditionalVersionWeights cannot be greater than 1',
    ],
    [{ RoutingConfig: { AdditionalVersionWeights: { 2: 1.5 } } }, 'ValidationException', /'\{2=1\.5\}'/],
  ]
  test.each(refused)('refuse %j', async (more, code, message) => {
    const { run } = await withVersion()
    await run('CreateAlias', { FunctionName, Name: 'there', FunctionVersion: '1' })
    await expect(
      run('CreateAlias', { FunctionName, Name: 'live', FunctionVersion: '1', ...more }),
    ).rejects.toMatchObject({
      code,
      message: typeof message === 'string' ? message : expect.stringMatching(message),
    })
  })
})

describe('permissions', () => {
  const add = { FunctionName, StatementId: 's', Action: 'lambda:InvokeFunction', Principal: ACCOUNT }
  const shapes: [more: object, statement: object][] = [
    [{}, { Principal: { AWS: `arn:aws:iam::${ACCOUNT}:root` } }],
    [{ Principal: '*' }, { Principal: '*' }],
    [
      { Principal: 's3.amazonaws.com', SourceArn: 'arn:aws:s3:::b', SourceAccount: ACCOUNT },
      {
        Principal: { Service: 's3.amazonaws.com' },
        Condition: {
          StringEquals: { 'AWS:SourceAccount': ACCOUNT },
          ArnLike: { 'AWS:SourceArn': 'arn:aws:s3:::b' },
        },
      },
    ],
    [
      {
        Principal: 'alexa-appkit.amazon.com'.replace('amazon.com', 'amazonaws.com'),
        EventSourceToken: 'token',
      },
      { Condition: { StringEquals: { 'lambda:EventSourceToken': 'token' } } },
    ],
    [
      { Principal: '*', PrincipalOrgID: 'o-1234567890' },
      { Condition: { StringEquals: { 'aws:PrincipalOrgID': 'o-1234567890' } } },
    ],
  ]
  test.each(shapes)('as Lambda writes them: %j', async (more, statement) => {
    const { run, arn } = await withVersion()
    const { Statement } = await run('AddPermission', { ...add, ...more })
    expect(JSON.parse(Statement as unknown as string)).toEqual(
      expect.objectContaining({
        Sid: 's',
        Effect: 'Allow',
        Action: 'lambda:InvokeFunction',
        Resource: arn('work'),
        ...statement,
      }),
    )
  })

  test('belong to the function, the version or the alias that was named', async () => {
    const cloud = await withVersion()
    const { run, arn } = cloud
    await run('CreateAlias', { FunctionName, Name: 'live', FunctionVersion: '1' })
    const before = await run('GetAlias', { FunctionName, Name: 'live' })
    for (const Qualifier of [undefined, '1', 'live']) await run('AddPermission', { ...add, Qualifier })
    expect((await run('GetAlias', { FunctionName, Name: 'live' })).RevisionId).not.toBe(before.RevisionId)
    for (const [Qualifier, resource] of [
      [undefined, arn('work')],
      ['1', `${arn('work')}:1`],
      ['live', `${arn('work')}:live`],
    ])
      expect(
        JSON.parse((await run('GetPolicy', { FunctionName, Qualifier })).Policy as unknown as string),
      ).toMatchObject({ Id: 'default', Statement: [{ Resource: resource }] })
    await run('RemovePermission', { FunctionName, StatementId: 's', Qualifier: 'live' })
    await expect(run('GetPolicy', { FunctionName, Qualifier: 'live' })).rejects.toMatchObject({
      message: 'The resource you requested does not exist.',
    })
    // what runs goes on running: only the policy has changed
    await cloud.invoke()
    await run('AddPermission', { ...add, StatementId: 't' })
    await cloud.invoke()
    expect(cloud.lambda.counts(arn('work')).coldStarts).toBe(1)
  })

  const refused: [operation: string, input: object, code: string, message: string | RegExp][] = [
    ['AddPermission', { ...add, StatementId: 'a b' }, 'ValidationException', /'statementId'/],
    ['AddPermission', { ...add, Action: 'x' }, 'ValidationException', /'action' .*\(lambda:\[\*\]/],
    [
      'AddPermission',
      { ...add, Principal: 'invalid' },
      'InvalidParameterValueException',
      'The provided principal was invalid. Please check the principal and try again.',
    ],
    [
      'AddPermission',
      { ...add, Qualifier: '$LATEST' },
      'InvalidParameterValueException',
      'We currently do not support adding policies for $LATEST.',
    ],
    [
      'AddPermission',
      { ...add, Qualifier: 'none' },
      'ResourceNotFoundException',
      /^Cannot find alias arn: .*:work:none$/,
    ],
    [
      'AddPermission',
      { ...add, Qualifier: '9' },
      'ResourceNotFoundException',
      /^Function not found: .*:work:9$/,
    ],
    [
      'AddPermission',
      { ...add, RevisionId: 'old' },
      'PreconditionFailedException',
      'The Revision Id provided does not match the latest Revision Id. Call the GetPolicy API to retrieve the latest Revision Id',
    ],
    [
      'AddPermission',
      { ...add, SourceArn: `arn:aws:s3:::${'x'.repeat(20_480)}` },
      'PolicyLengthExceededException',
      /limit \(20480\)/,
    ],
    [
      'RemovePermission',
      { FunctionName, StatementId: 's' },
      'ResourceNotFoundException',
      'No policy is associated with the given resource.',
    ],
    [
      'RemovePermission',
      { FunctionName: 'none', StatementId: 's' },
      'ResourceNotFoundException',
      /^No policy found for: .*:none$/,
    ],
    ['GetPolicy', { FunctionName: 'none' }, 'ResourceNotFoundException', /^Function not found: .*:none$/],
  ]
  test.each(refused)('%s refuses %j', async (operation, input, code, message) => {
    const { run } = await withVersion()
    await expect(run(operation, input)).rejects.toMatchObject({
      code,
      message: typeof message === 'string' ? message : expect.stringMatching(message),
    })
  })
})
