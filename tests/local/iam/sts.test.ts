import { beforeEach, describe, expect, test } from '@jest/globals'
import type { Caller } from '../../../local/gateway/service.ts'
import { A, B, type Fixture, identity, roleArn, START, startFixture, trust, userArn } from './fixture.ts'

let f: Fixture
beforeEach(() => {
  f = startFixture()
})
const call: Fixture['call'] = (...args) => f.call(...args)
const sessionOf = ({ Credentials }: { Credentials: { AccessKeyId: string; SessionToken: string } }) =>
  f.callerOf(Credentials.AccessKeyId, Credentials.SessionToken)
const role = (name: string, principal: object, actions: unknown = ['sts:AssumeRole', 'sts:TagSession']) =>
  call('CreateRole', { RoleName: name, AssumeRolePolicyDocument: trust(principal, undefined, actions) })
const assume = (name: string, more: object = {}, caller?: Caller) =>
  call('AssumeRole', { RoleArn: roleArn(name), RoleSessionName: 'sess', ...more }, caller)

describe('AssumeRole', () => {
  test.each([
    ['nothing-valid-in-here'],
    ['arn::b:::something/test-role'],
    ['arn:a::::something/test-role'],
    ['arn:a:::something/test-role'],
    ['arn:a:a::aaaaaaaaaa:'],
  ])('the ARN %s', async (RoleArn) => {
    await expect(call('AssumeRole', { RoleArn, RoleSessionName: 'x1' })).rejects.toMatchObject({
      code: 'ValidationException',
      message: `${RoleArn} is invalid`,
    })
  })

  test.each([
    ['Session1:2', "Value 'Session1:2' at 'roleSessionName'", 'regular expression pattern: [\\w+=,.@-]*'],
    ['s'.repeat(65), `Value '${'s'.repeat(65)}' at 'roleSessionName'`, 'less than or equal to 64'],
    ['s', "Value 's' at 'roleSessionName'", 'greater than or equal to 2'],
  ])('the session name %s', async (RoleSessionName, start, end) => {
    await expect(call('AssumeRole', { RoleArn: roleArn('x'), RoleSessionName })).rejects.toMatchObject({
      code: 'ValidationException',
      message: expect.stringMatching(/^1 validation error detected: /),
    })
    await expect(call('AssumeRole', { RoleArn: roleArn('x'), RoleSessionName })).rejects.toThrow(start)
    await expect(call('AssumeRole', { RoleArn: roleArn('x'), RoleSessionName })).rejects.toThrow(end)
  })

  test('root may assume none', async () => {
    f.iam.seedAccount(A, { rootKey: { id: 'ROOTKEYROOTKEYROOTKEY', secret: 's' } })
    await role('r', { AWS: A })
    await expect(assume('r', {}, f.callerOf('ROOTKEYROOTKEYROOTKEY'))).rejects.toMatchObject({
      code: 'AccessDeniedException',
      status: 403,
      message: 'Roles may not be assumed by root accounts.',
    })
  })

  test('refused, AWS says no more than that', async () => {
    const nina = await f.user('nina')
    await role('r', { AWS: A })
    const words = `User: ${nina.arn} is not authorized to perform: sts:AssumeRole on resource: ${roleArn('r')}`
    await expect(assume('r', {}, nina)).rejects.toMatchObject({ message: words })
    await expect(assume('none', {}, nina)).rejects.toMatchObject({ message: words.replace(/r$/, 'none') })
  })

  test('a role of another path is another role', async () => {
    await call('CreateRole', {
      RoleName: 'r',
      Path: '/ops/',
      AssumeRolePolicyDocument: trust({ AWS: A }),
    })
    await expect(assume('r')).rejects.toMatchObject({ code: 'AccessDeniedException' })
    await expect(assume('ops/r')).resolves.toBeDefined()
  })

  test('somebody deleted and made again is not trusted any more', async () => {
    const nina = await f.user('nina')
    await role('r', { AWS: nina.arn })
    await assume('r', {}, nina)
    await call('DeleteAccessKey', { UserName: 'nina', AccessKeyId: nina.accessKeyId })
    await call('DeleteUser', { UserName: 'nina' })
    const again = await f.user('nina')
    await expect(assume('r', {}, again)).rejects.toMatchObject({ code: 'AccessDeniedException' })
    const shown = decodeURIComponent((await call('GetRole', { RoleName: 'r' })).Role.AssumeRolePolicyDocument)
    expect(JSON.parse(shown).Statement[0].Principal).toEqual({ AWS: nina.userId })
    await call('UpdateAssumeRolePolicy', { RoleName: 'r', PolicyDocument: trust({ AWS: again.arn }) })
    await assume('r', {}, again)
  })

  test('whoever a trust policy names must exist, in accounts that do', async () => {
    await expect(role('r', { AWS: userArn('nobody') })).rejects.toMatchObject({
      code: 'MalformedPolicyDocumentException',
      message: `Invalid principal in policy: "AWS":"${userArn('nobody')}"`,
    })
    await role('r', { AWS: ['arn:aws:iam::999999999999:user/nobody', B, `arn:aws:iam::${A}:root`] })
  })

  test('a trust policy of 2,048 characters, not one more', async () => {
    const sized = (size: number) => {
      const text = (id: string) => trust({ AWS: A }, { StringEquals: { 'sts:ExternalId': id } })
      return text('x'.repeat(size - text('').length))
    }
    await call('CreateRole', { RoleName: 'r', AssumeRolePolicyDocument: sized(2_048) })
    await expect(
      call('UpdateAssumeRolePolicy', { RoleName: 'r', PolicyDocument: sized(2_049) }),
    ).rejects.toMatchObject({
      code: 'LimitExceededException',
      message: 'Cannot exceed quota for ACLSizePerRole: 2048',
    })
  })
})

describe('session policies', () => {
  test('must be policies, and small', async () => {
    await role('r', { AWS: A })
    await expect(assume('r', { Policy: '{' })).rejects.toMatchObject({
      code: 'MalformedPolicyDocumentException',
      message: 'This policy contains invalid Json',
    })
    await expect(assume('r', { Policy: '{}' })).rejects.toMatchObject({
      code: 'MalformedPolicyDocumentException',
    })
    const sized = (size: number) => identity(`a:${'b'.repeat(size - identity('a:').length)}`)
    expect(await assume('r', { Policy: sized(2_048) })).toMatchObject({ PackedPolicySize: 100 })
    await expect(assume('r', { Policy: sized(2_049) })).rejects.toMatchObject({
      code: 'PackedPolicyTooLargeException',
    })
    await expect(
      assume('r', { PolicyArns: [{ arn: `arn:aws:iam::${A}:policy/none` }] }),
    ).rejects.toMatchObject({ code: 'ValidationException' })
    const eleven = Array.from({ length: 11 }, () => ({ arn: 'arn:aws:iam::aws:policy/ReadOnlyAccess' }))
    await expect(assume('r', { PolicyArns: eleven })).rejects.toThrow("'policyArns'")
  })

  test('name the layer that denied', async () => {
    await role('r', { AWS: A })
    const PolicyArn = 'arn:aws:iam::aws:policy/AdministratorAccess'
    await call('AttachRolePolicy', { RoleName: 'r', PolicyArn })
    const narrowed = sessionOf(await assume('r', { Policy: identity('sqs:*') }))
    f.iam.authorize(narrowed, { action: 'sqs:SendMessage', resource: 'q' })
    expect(() => f.iam.authorize(narrowed, { action: 'sns:Publish', resource: 't' })).toThrow(
      'because no session policy allows the sns:Publish action',
    )
    const denied = sessionOf(await assume('r', { Policy: identity('sqs:*', '*', 'Deny') }))
    expect(() => f.iam.authorize(denied, { action: 'sqs:SendMessage', resource: 'q' })).toThrow(
      'with an explicit deny in a session policy',
    )
  })
})

describe('session tags', () => {
  const Tags = [
    { Key: 'team', Value: 'fruit' },
    { Key: 'Project', Value: 'orchard' },
  ]

  test('come before the role’s own, and go on when they are transitive', async () => {
    await role('one', { AWS: A })
    await call('TagRole', {
      RoleName: 'one',
      Tags: [
        { Key: 'Team', Value: 'wood' },
        { Key: 'floor', Value: '2' },
      ],
    })
    await call('PutRolePolicy', {
      RoleName: 'one',
      PolicyName: 'p',
      PolicyDocument: identity(['sts:AssumeRole', 'sts:TagSession']),
    })
    await role('two', { AWS: A })
    const first = sessionOf(await assume('one', { Tags, TransitiveTagKeys: ['Project'] }))
    expect(first.tags).toEqual({ floor: '2', team: 'fruit', Project: 'orchard' })
    const second = sessionOf(await assume('two', {}, first))
    expect(second.tags).toEqual({ Project: 'orchard' })
    for (const Key of ['Project', 'project'])
      await expect(assume('two', { Tags: [{ Key, Value: 'other' }] }, first)).rejects.toMatchObject({
        code: 'InvalidParameterValue',
        message:
          "One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key from the calling session.",
      })
    const third = sessionOf(await assume('two', { Tags: [{ Key: 'team', Value: 'x' }] }, first))
    expect(third.tags).toEqual({ Project: 'orchard', team: 'x' })
  })

  test('are refused in AWS’s words', async () => {
    await role('r', { AWS: A })
    await expect(assume('r', { Tags, TransitiveTagKeys: ['other'] })).rejects.toMatchObject({
      code: 'InvalidParameterValue',
      message: 'The specified transitive tag key must be included in the requested tags.',
    })
    await expect(assume('r', { Tags: [...Tags, { Key: 'TEAM', Value: '' }] })).rejects.toMatchObject({
      code: 'InvalidParameterValue',
      message: 'Duplicate tag keys found. Please note that Tag keys are case insensitive.',
    })
  })

  test('need sts:TagSession on both sides', async () => {
    await role('r', { AWS: A }, 'sts:AssumeRole')
    await assume('r')
    await expect(assume('r', { Tags })).rejects.toThrow('sts:TagSession')
    await role('s', { AWS: A })
    const nina = await f.user('nina', identity('sts:AssumeRole'))
    await assume('s', {}, nina)
    await expect(assume('s', { Tags }, nina)).rejects.toThrow('sts:TagSession')
  })

  test('can be asked for by the trust policy', async () => {
    await call('CreateRole', {
      RoleName: 'r',
      AssumeRolePolicyDocument: trust(
        { AWS: A },
        {
          StringLike: { 'aws:RequestTag/team': '*' },
          'ForAllValues:StringEquals': { 'aws:TagKeys': ['team'] },
        },
        ['sts:AssumeRole', 'sts:TagSession'],
      ),
    })
    await expect(assume('r')).rejects.toMatchObject({ code: 'AccessDeniedException' })
    await expect(assume('r', { Tags })).rejects.toMatchObject({ code: 'AccessDeniedException' })
    await assume('r', { Tags: Tags.slice(0, 1) })
  })
})

test('a source identity goes on through a chain and cannot become another', async () => {
  const actions = ['sts:AssumeRole', 'sts:SetSourceIdentity']
  await role('one', { AWS: A }, actions)
  await call('PutRolePolicy', { RoleName: 'one', PolicyName: 'p', PolicyDocument: identity('sts:*') })
  await role('two', { AWS: A }, actions)
  const answer = await assume('one', { SourceIdentity: 'nina' })
  expect(answer).toMatchObject({ SourceIdentity: 'nina' })
  const first = sessionOf(answer)
  expect(first.sourceIdentity).toBe('nina')
  expect(await assume('two', {}, first)).toMatchObject({ SourceIdentity: 'nina' })
  await expect(assume('two', { SourceIdentity: 'other' }, first)).rejects.toThrow('sts:SetSourceIdentity')
})

describe('GetFederationToken', () => {
  const federate = (caller: Caller, more: object = {}) =>
    call('GetFederationToken', { Name: 'Bob', ...more }, caller)

  test('gives a federated user’s credentials', async () => {
    const nina = await f.user(
      'nina',
      identity('sts:GetFederationToken', `arn:aws:sts::${A}:federated-user/B*`),
    )
    const answer = await federate(nina)
    expect(answer).toMatchObject({
      Credentials: { Expiration: new Date(START + 43_200_000) },
      FederatedUser: {
        Arn: `arn:aws:sts::${A}:federated-user/Bob`,
        FederatedUserId: `${A}:Bob`,
      },
      PackedPolicySize: 0,
    })
    const bob = sessionOf(answer)
    expect(bob).toMatchObject({ kind: 'federated', userArn: nina.arn, sessionPolicies: [] })
    expect(await call('GetCallerIdentity', {}, bob)).toEqual({
      UserId: `${A}:Bob`,
      Account: A,
      Arn: `arn:aws:sts::${A}:federated-user/Bob`,
    })
    await expect(federate(nina, { Name: 'Eve' })).rejects.toThrow('sts:GetFederationToken')
    await expect(federate(nina, { DurationSeconds: 129_601 })).rejects.toThrow(
      "Value '129601' at 'durationSeconds'",
    )
  })

  test('its sessions call neither IAM nor any more of STS', async () => {
    const bob = sessionOf(await federate(f.admin, { Policy: identity('*') }))
    f.iam.authorize(bob, { action: 'sqs:SendMessage', resource: 'q' })
    await expect(call('ListUsers', {}, bob)).rejects.toMatchObject({ code: 'UnrecognizedClientException' })
    await role('r', { AWS: A })
    await expect(assume('r', {}, bob)).rejects.toMatchObject({ code: 'AccessDeniedException' })
    for (const operation of ['GetFederationToken', 'GetSessionToken'])
      await expect(call(operation, { Name: 'Eve' }, bob)).rejects.toMatchObject({
        code: 'AccessDeniedException',
      })
  })

  test('ends with its user', async () => {
    const nina = await f.user('nina', identity('sts:*'))
    const { Credentials } = await federate(nina)
    await call('DeleteAccessKey', { UserName: 'nina', AccessKeyId: nina.accessKeyId })
    await call('DeleteUserPolicy', { UserName: 'nina', PolicyName: 'p0' })
    await call('DeleteUser', { UserName: 'nina' })
    expect(() => f.callerOf(Credentials.AccessKeyId, Credentials.SessionToken)).toThrow(
      expect.objectContaining({ code: 'UnrecognizedClientException' }),
    )
  })

  test('of root lasts an hour', async () => {
    f.iam.seedAccount(A, { rootKey: { id: 'ROOTKEYROOTKEYROOTKEY', secret: 's' } })
    const root = f.callerOf('ROOTKEYROOTKEYROOTKEY')
    const answer = await federate(root, { Policy: identity('sqs:*'), DurationSeconds: 7_200 })
    expect(answer.Credentials.Expiration).toEqual(new Date(START + 3_600_000))
    const bob = sessionOf(answer)
    f.iam.authorize(bob, { action: 'sqs:SendMessage', resource: 'q' })
    expect(() => f.iam.authorize(bob, { action: 'sns:Publish', resource: 't' })).toThrow('session policy')
  })
})

describe('GetSessionToken', () => {
  test('without MFA its credentials call no IAM, and of STS only AssumeRole and GetCallerIdentity', async () => {
    const session = sessionOf(await call('GetSessionToken', { DurationSeconds: 900 }))
    f.iam.authorize(session, { action: 'sqs:SendMessage', resource: 'q' })
    await expect(call('ListUsers', {}, session)).rejects.toMatchObject({
      code: 'UnrecognizedClientException',
    })
    await expect(call('GetSessionToken', {}, session)).rejects.toMatchObject({
      code: 'AccessDeniedException',
      message: 'Cannot call GetSessionToken with session credentials',
    })
    await role('r', { AWS: A })
    await assume('r', {}, session)
    expect((await call('GetCallerIdentity', {}, session)).Arn).toBe(userArn('admin'))
  })

  test.each([[899], [129_601]])('%d seconds', async (DurationSeconds) => {
    await expect(call('GetSessionToken', { DurationSeconds })).rejects.toMatchObject({
      code: 'ValidationException',
      message: expect.stringContaining(`Value '${DurationSeconds}' at 'durationSeconds'`),
    })
  })

  test('with a device that does not exist', async () => {
    await expect(call('GetSessionToken', { SerialNumber: `arn:aws:iam::${A}:mfa/x` })).rejects.toMatchObject({
      code: 'AccessDeniedException',
      message: expect.stringContaining('MultiFactorAuthentication failed'),
    })
  })
})

test('a role shows when it was last used', async () => {
  await role('r', { AWS: A })
  const used = async () => (await call('GetRole', { RoleName: 'r' })).Role.RoleLastUsed
  expect(await used()).toEqual({})
  await call('GetCallerIdentity', {}, sessionOf(await assume('r')))
  expect(await used()).toEqual({ LastUsedDate: new Date(START), Region: 'us-east-1' })
})
