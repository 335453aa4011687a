import { beforeEach, describe, expect, test } from '@jest/globals'
import { A, B, type Fixture, identity, START, startFixture, userArn } from './fixture.ts'

let f: Fixture
beforeEach(() => {
  f = startFixture()
})
const call: Fixture['call'] = (...args) => f.call(...args)

const noUser = (name: string) => ({
  code: 'NoSuchEntityException',
  status: 404,
  message: `The user with name ${name} cannot be found.`,
})

describe('users', () => {
  test('are created, read, listed by path, renamed and deleted', async () => {
    const { User } = await call('CreateUser', {
      UserName: 'Bob',
      Path: '/division_abc/subdivision_xyz/',
      Tags: [
        { Key: 'Team', Value: 'Platform' },
        { Key: 'Environment', Value: 'Test' },
      ],
    })
    expect(User).toEqual({
      UserName: 'Bob',
      Path: '/division_abc/subdivision_xyz/',
      UserId: expect.stringMatching(/^AIDA[A-Z2-7]{17}$/),
      Arn: `arn:aws:iam::${A}:user/division_abc/subdivision_xyz/Bob`,
      CreateDate: new Date(START),
      Tags: [
        { Key: 'Team', Value: 'Platform' },
        { Key: 'Environment', Value: 'Test' },
      ],
    })
    await expect(call('CreateUser', { UserName: 'bob' })).rejects.toMatchObject({
      code: 'EntityAlreadyExistsException',
      status: 409,
      message: 'User with name bob already exists.',
    })
    expect((await call('GetUser', { UserName: 'Bob' })).User).toEqual(User)
    const listed = await call('ListUsers', { PathPrefix: '/division_abc/' })
    expect(listed).toEqual({
      Users: [expect.not.objectContaining({ Tags: expect.anything() })],
      IsTruncated: false,
    })
    expect((await call('ListUsers', { PathPrefix: '/other/' })).Users).toEqual([])
    await call('UpdateUser', { UserName: 'Bob', NewUserName: 'Robert', NewPath: '/' })
    await expect(call('GetUser', { UserName: 'Bob' })).rejects.toMatchObject(noUser('Bob'))
    expect((await call('GetUser', { UserName: 'Robert' })).User).toMatchObject({
      UserId: User.UserId,
      Arn: userArn('Robert'),
    })
    await expect(call('UpdateUser', { UserName: 'Robert', NewUserName: 'admin' })).rejects.toMatchObject({
      message: 'User with name admin already exists.',
    })
    await call('DeleteUser', { UserName: 'Robert' })
    for (const operation of ['DeleteUser', 'UpdateUser', 'GetUser', 'ListUserTags', 'ListGroupsForUser'])
      await expect(call(operation, { UserName: 'Robert' })).rejects.toMatchObject(noUser('Robert'))
  })

  test('renamed, they keep their keys, passwords and sessions; the name that Git sends stays', async () => {
    const bob = await f.user('bob', identity('*'))
    const login = await call('CreateServiceSpecificCredential', {
      UserName: 'bob',
      ServiceName: 'codecommit.amazonaws.com',
    })
    const { Credentials: session } = await call('GetSessionToken', {}, bob)
    await call('UpdateUser', { UserName: 'bob', NewUserName: 'robert' })
    expect(f.callerOf(bob.accessKeyId ?? '')).toMatchObject({ arn: userArn('robert'), userId: bob.userId })
    expect(f.callerOf(session.AccessKeyId, session.SessionToken).arn).toBe(userArn('robert'))
    const listed = await call('ListServiceSpecificCredentials', { UserName: 'robert' })
    expect(listed).toEqual({
      ServiceSpecificCredentials: [
        expect.objectContaining({ UserName: 'robert', ServiceUserName: `bob-at-${A}` }),
      ],
      IsTruncated: false,
    })
    const { ServicePassword } = login.ServiceSpecificCredential
    expect(f.iam.resolveGitCredential(`bob-at-${A}`, ServicePassword)?.arn).toBe(userArn('robert'))
    expect((await call('ListAccessKeys', { UserName: 'robert' })).AccessKeyMetadata).toHaveLength(1)
    expect(() =>
      f.iam.authorize(f.callerOf(bob.accessKeyId ?? ''), { action: 'a:b', resource: 'r' }),
    ).not.toThrow()
  })

  test('go only when nothing hangs on them', async () => {
    const bob = await f.user('bob', identity('*'))
    const PolicyArn = 'arn:aws:iam::aws:policy/ReadOnlyAccess'
    await call('AttachUserPolicy', { UserName: 'bob', PolicyArn })
    await call('CreateGroup', { GroupName: 'g' })
    await call('AddUserToGroup', { GroupName: 'g', UserName: 'bob' })
    const keeps = (what: string) =>
      expect(call('DeleteUser', { UserName: 'bob' })).rejects.toMatchObject({
        code: 'DeleteConflictException',
        status: 409,
        message: `Cannot delete entity, must ${what} first.`,
      })
    await keeps('delete access keys')
    await call('DeleteAccessKey', { UserName: 'bob', AccessKeyId: bob.accessKeyId })
    await keeps('delete policies')
    await call('DeleteUserPolicy', { UserName: 'bob', PolicyName: 'p0' })
    await keeps('detach all policies')
    await call('DetachUserPolicy', { UserName: 'bob', PolicyArn })
    await keeps('remove users from group')
    await expect(call('DeleteGroup', { GroupName: 'g' })).rejects.toMatchObject({
      code: 'DeleteConflictException',
    })
    await call('RemoveUserFromGroup', { GroupName: 'g', UserName: 'bob' })
    await call('DeleteUser', { UserName: 'bob' })
  })

  test('pages of a list', async () => {
    for (const name of ['c', 'a', 'b']) await call('CreateUser', { UserName: name, Path: '/x/' })
    const list = (more: object) => call('ListUsers', { PathPrefix: '/x/', ...more })
    const first = await list({ MaxItems: 2 })
    expect(first).toMatchObject({ IsTruncated: true, Users: [{ UserName: 'a' }, { UserName: 'b' }] })
    expect(await list({ Marker: first.Marker })).toEqual({
      IsTruncated: false,
      Users: [expect.objectContaining({ UserName: 'c' })],
    })
    await expect(list({ Marker: 'x' })).rejects.toThrow('Invalid Marker.')
  })

  test('root: GetUser and access keys of its own', async () => {
    f.iam.seedAccount(A, { rootKey: { id: 'ROOTKEYROOTKEYROOTKEY', secret: 's' } })
    const root = f.callerOf('ROOTKEYROOTKEYROOTKEY')
    expect((await call('GetUser', {}, root)).User).toMatchObject({ UserId: A, Arn: `arn:aws:iam::${A}:root` })
    const { AccessKey } = await call('CreateAccessKey', {}, root)
    expect(f.callerOf(AccessKey.AccessKeyId)).toMatchObject({ kind: 'root' })
    expect((await call('ListAccessKeys', {}, root)).AccessKeyMetadata).toHaveLength(2)
    await expect(call('CreateAccessKey', {}, root)).rejects.toThrow('AccessKeysPerUser: 2')
    await call('DeleteAccessKey', { AccessKeyId: AccessKey.AccessKeyId }, root)
    expect((await call('GetAccountSummary', {}, root)).SummaryMap.AccountAccessKeysPresent).toBe(1)
  })

  test('a session without a user of its own must name one', async () => {
    await f.role('fn')
    await call('AttachRolePolicy', {
      RoleName: 'fn',
      PolicyArn: 'arn:aws:iam::aws:policy/AdministratorAccess',
    })
    const caller = f.iam.callerOfRole(`arn:aws:iam::${A}:role/fn`, 's')
    await expect(call('ListAccessKeys', {}, caller)).rejects.toMatchObject({
      code: 'ValidationException',
      message: 'Must specify userName when calling with non-User credentials',
    })
  })
})

describe('access keys', () => {
  test('say when they were last used', async () => {
    const bob = await f.user('bob')
    const last = (AccessKeyId = bob.accessKeyId) => call('GetAccessKeyLastUsed', { AccessKeyId })
    expect(await last()).toEqual({
      UserName: 'bob',
      AccessKeyLastUsed: { ServiceName: 'N/A', Region: 'N/A' },
    })
    await call('GetCallerIdentity', {}, bob)
    expect((await last()).AccessKeyLastUsed).toEqual({
      LastUsedDate: new Date(START),
      ServiceName: 'sts',
      Region: 'us-east-1',
    })
    f.now += 5_000
    const context = { 'aws:RequestedRegion': 'eu-west-1' }
    expect(() => f.iam.authorize(bob, { action: 'sqs:SendMessage', resource: 'r', context })).toThrow()
    expect((await last()).AccessKeyLastUsed).toEqual({
      LastUsedDate: new Date(START + 5_000),
      ServiceName: 'sqs',
      Region: 'eu-west-1',
    })
    await expect(last(`AKIA${'X'.repeat(16)}`)).rejects.toMatchObject({
      code: 'AccessDeniedException',
      status: 403,
      message: `User: ${f.admin.arn} is not authorized to perform iam:GetAccessKeyLastUsed on resource: access key AKIA${'X'.repeat(16)}`,
    })
  })

  test('hold their account, as GetAccessKeyInfo reads it', async () => {
    const bob = await f.user('bob')
    expect(await call('GetAccessKeyInfo', { AccessKeyId: bob.accessKeyId })).toEqual({ Account: A })
    const foreign = f.iam.bootstrapAccount(B, 'x').credentials.accessKeyId
    expect(await call('GetAccessKeyInfo', { AccessKeyId: foreign })).toEqual({ Account: B })
    await call('DeleteAccessKey', { UserName: 'bob', AccessKeyId: bob.accessKeyId })
    expect(await call('GetAccessKeyInfo', { AccessKeyId: bob.accessKeyId })).toEqual({ Account: A })
    await expect(call('GetAccessKeyInfo', { AccessKeyId: 'nothing of the kind' })).rejects.toMatchObject({
      code: 'ValidationException',
    })
  })
})

describe('groups', () => {
  test('are created, filled, listed, renamed, emptied and deleted', async () => {
    const { Group } = await call('CreateGroup', { GroupName: 'Admins', Path: '/some/location/' })
    expect(Group).toEqual({
      GroupName: 'Admins',
      Path: '/some/location/',
      GroupId: expect.stringMatching(/^AGPA[A-Z2-7]{17}$/),
      Arn: `arn:aws:iam::${A}:group/some/location/Admins`,
      CreateDate: new Date(START),
    })
    await expect(call('CreateGroup', { GroupName: 'Admins' })).rejects.toMatchObject({
      code: 'EntityAlreadyExistsException',
      message: 'Group with name Admins already exists.',
    })
    await call('CreateUser', { UserName: 'bob' })
    await call('AddUserToGroup', { GroupName: 'Admins', UserName: 'bob' })
    await call('AddUserToGroup', { GroupName: 'Admins', UserName: 'bob' })
    expect(await call('GetGroup', { GroupName: 'Admins' })).toEqual({
      Group,
      Users: [expect.objectContaining({ UserName: 'bob' })],
      IsTruncated: false,
    })
    expect((await call('ListGroupsForUser', { UserName: 'bob' })).Groups).toEqual([Group])
    await call('UpdateGroup', { GroupName: 'Admins', NewGroupName: 'Rulers', NewPath: '/' })
    expect((await call('ListGroupsForUser', { UserName: 'bob' })).Groups).toEqual([
      { ...Group, GroupName: 'Rulers', Path: '/', Arn: `arn:aws:iam::${A}:group/Rulers` },
    ])
    await call('RemoveUserFromGroup', { GroupName: 'Rulers', UserName: 'bob' })
    await call('RemoveUserFromGroup', { GroupName: 'Rulers', UserName: 'bob' })
    await call('DeleteGroup', { GroupName: 'Rulers' })
    const missing = { code: 'NoSuchEntityException', message: 'The group with name Rulers cannot be found.' }
    for (const operation of ['GetGroup', 'DeleteGroup', 'UpdateGroup', 'ListGroupPolicies'])
      await expect(call(operation, { GroupName: 'Rulers' })).rejects.toMatchObject(missing)
    await expect(call('AddUserToGroup', { GroupName: 'Rulers', UserName: 'bob' })).rejects.toMatchObject(
      missing,
    )
    await call('CreateGroup', { GroupName: 'g' })
    await expect(call('AddUserToGroup', { GroupName: 'g', UserName: 'x' })).rejects.toMatchObject(noUser('x'))
    await expect(call('RemoveUserFromGroup', { GroupName: 'h', UserName: 'x' })).rejects.toMatchObject(
      noUser('x'),
    )
  })

  test('ten for a user, not eleven', async () => {
    await call('CreateUser', { UserName: 'bob' })
    for (let n = 0; n < 11; n += 1) await call('CreateGroup', { GroupName: `g${n}` })
    for (let n = 0; n < 10; n += 1) await call('AddUserToGroup', { GroupName: `g${n}`, UserName: 'bob' })
    await expect(call('AddUserToGroup', { GroupName: 'g10', UserName: 'bob' })).rejects.toMatchObject({
      code: 'LimitExceededException',
      message: 'Cannot exceed quota for GroupsPerUser: 10',
    })
  })
})

describe('inline policies', () => {
  const sized = (size: number) => identity(`a:${'b'.repeat(size - identity('a:').length)}`)
  test.each([
    ['User', 2_048],
    ['Group', 5_120],
    ['Role', 10_240],
  ])('of a %s: %d characters together, white space not counted', async (kind, most) => {
    if (kind === 'Role') await f.role('x')
    else await call(`Create${kind}`, { [`${kind}Name`]: 'x' })
    const put = (PolicyName: string, PolicyDocument: string) =>
      call(`Put${kind}Policy`, { [`${kind}Name`]: 'x', PolicyName, PolicyDocument })
    const spaced = JSON.stringify(JSON.parse(sized(500)), undefined, 8)
    await put('a', sized(500))
    await put('a', spaced)
    await put('b', sized(most - 500))
    await expect(put('b', sized(most - 499))).rejects.toMatchObject({
      code: 'LimitExceededException',
      status: 409,
      message: `Maximum policy size of ${most} bytes exceeded for ${kind.toLowerCase()} x`,
    })
    const read = await call(`Get${kind}Policy`, { [`${kind}Name`]: 'x', PolicyName: 'a' })
    expect(decodeURIComponent(read.PolicyDocument)).toBe(spaced)
    expect(await call(`List${kind}Policies`, { [`${kind}Name`]: 'x' })).toEqual({
      PolicyNames: ['a', 'b'],
      IsTruncated: false,
    })
    await expect(
      call(`Get${kind}Policy`, { [`${kind}Name`]: 'x', PolicyName: '__proto__' }),
    ).rejects.toMatchObject({
      message: `The ${kind.toLowerCase()} policy with name __proto__ cannot be found.`,
    })
  })
})

describe('tags', () => {
  test('of a user: listed in order, replaced whatever their case, taken away', async () => {
    await call('CreateUser', { UserName: 'bob' })
    const list = async () => (await call('ListUserTags', { UserName: 'bob' })).Tags
    expect(await list()).toEqual([])
    const tag = (...tags: [string, string][]) =>
      call('TagUser', { UserName: 'bob', Tags: tags.map(([Key, Value]) => ({ Key, Value })) })
    await tag(['b', '1'], ['A', '2'])
    await tag(['B', '3'])
    expect(await list()).toEqual([
      { Key: 'A', Value: '2' },
      { Key: 'B', Value: '3' },
    ])
    await call('UntagUser', { UserName: 'bob', TagKeys: ['a', 'none'] })
    expect(await list()).toEqual([{ Key: 'B', Value: '3' }])
    await expect(tag(['x', '1'], ['X', '2'])).rejects.toMatchObject({
      code: 'InvalidInputException',
      message: 'Duplicate tag keys found. Please note that Tag keys are case insensitive.',
    })
    await expect(tag(['k'.repeat(129), ''])).rejects.toMatchObject({
      code: 'ValidationException',
      message:
        "1 validation error detected: Value at 'tags.1.member.key' failed to satisfy constraint: Member must have length less than or equal to 128",
    })
    await expect(tag(['k', 'v'.repeat(257)])).rejects.toThrow("'tags.1.member.value'")
    await expect(tag(['k!', 'v'])).rejects.toThrow(
      'Member must satisfy regular expression pattern: [\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]+',
    )
    const many = Array.from({ length: 51 }, (_, n): [string, string] => [`k${n}`, ''])
    await expect(tag(...many)).rejects.toThrow(
      "1 validation error detected: Value at 'tags' failed to satisfy constraint: Member must have length less than or equal to 50",
    )
    await tag(...many.slice(0, 49))
    await expect(tag(['one more', ''])).rejects.toMatchObject({ code: 'LimitExceededException' })
  })

  test('of a policy keep their case', async () => {
    const { Policy } = await call('CreatePolicy', { PolicyName: 'p', PolicyDocument: identity('a:b') })
    const Tags = [
      { Key: 'a', Value: 'lower' },
      { Key: 'A', Value: 'upper' },
    ]
    await call('TagPolicy', { PolicyArn: Policy.Arn, Tags })
    expect((await call('ListPolicyTags', { PolicyArn: Policy.Arn })).Tags).toEqual([Tags[1], Tags[0]])
    await call('UntagPolicy', { PolicyArn: Policy.Arn, TagKeys: ['a'] })
    expect((await call('GetPolicy', { PolicyArn: Policy.Arn })).Policy.Tags).toEqual([Tags[1]])
    await expect(
      call('TagPolicy', { PolicyArn: Policy.Arn, Tags: [Tags[0], Tags[0]] }),
    ).rejects.toMatchObject({ message: 'Duplicate tag keys found.' })
    await expect(call('TagPolicy', { PolicyArn: `${Policy.Arn}x`, Tags })).rejects.toThrow(
      `Policy ${Policy.Arn}x was not found.`,
    )
  })
})

test('account alias, summary, and everything at once', async () => {
  await call('CreateAccountAlias', { AccountAlias: 'orchard' })
  expect((await call('ListAccountAliases')).AccountAliases).toEqual(['orchard'])
  await expect(call('DeleteAccountAlias', { AccountAlias: 'meadow' })).rejects.toThrow(
    'The account alias meadow cannot be found.',
  )
  await call('DeleteAccountAlias', { AccountAlias: 'orchard' })
  expect((await call('ListAccountAliases')).AccountAliases).toEqual([])
  await f.role('r')
  await call('CreateGroup', { GroupName: 'g' })
  await call('AddUserToGroup', { GroupName: 'g', UserName: 'admin' })
  await call('CreatePolicy', { PolicyName: 'p', PolicyDocument: identity('a:b') })
  expect((await call('GetAccountSummary')).SummaryMap).toMatchObject({
    Users: 1,
    Groups: 1,
    Roles: 1,
    Policies: 1,
    PolicyVersionsInUse: 1,
  })
  const all = await call('GetAccountAuthorizationDetails')
  expect(all).toMatchObject({
    UserDetailList: [
      { UserName: 'admin', GroupList: ['g'], UserPolicyList: [{ PolicyName: 'Administrator' }] },
    ],
    GroupDetailList: [{ GroupName: 'g' }],
    RoleDetailList: [{ RoleName: 'r' }],
    Policies: [{ PolicyName: 'p', PolicyVersionList: [{ VersionId: 'v1', IsDefaultVersion: true }] }],
    IsTruncated: false,
  })
  const some = await call('GetAccountAuthorizationDetails', { Filter: ['Role'] })
  expect([some.UserDetailList, some.RoleDetailList.length]).toEqual([[], 1])
})

test('IAM’s own permissions name what a call is about', async () => {
  const asked: string[] = []
  const end = f.iam.watch(({ action, resource }) => asked.push(`${action} ${resource}`))
  await call('CreateUser', { UserName: 'bob', Path: '/x/' })
  await call('UpdateUser', { UserName: 'bob', NewUserName: 'rob' })
  await call('CreateGroup', { GroupName: 'g' })
  await call('AddUserToGroup', { GroupName: 'g', UserName: 'rob' })
  await call('ListUsers', { PathPrefix: '/x/' })
  end()
  await call('ListGroups')
  expect(asked).toEqual([
    `iam:CreateUser arn:aws:iam::${A}:user/x/bob`,
    `iam:UpdateUser arn:aws:iam::${A}:user/x/bob`,
    `iam:UpdateUser arn:aws:iam::${A}:user/rob`,
    `iam:CreateGroup arn:aws:iam::${A}:group/g`,
    `iam:AddUserToGroup arn:aws:iam::${A}:group/g`,
    `iam:ListUsers arn:aws:iam::${A}:user/x/`,
  ])
})

test('who may create roles only within a boundary', async () => {
  const boundary = 'arn:aws:iam::aws:policy/ReadOnlyAccess'
  const dev = await f.user(
    'dev',
    identity('iam:CreateRole', '*', 'Allow', { StringEquals: { 'iam:PermissionsBoundary': boundary } }),
    identity('iam:AttachRolePolicy', '*', 'Allow', {
      ArnLike: { 'iam:PolicyARN': 'arn:aws:iam::aws:policy/service-role/*' },
    }),
  )
  const trusting = JSON.stringify({
    Version: '2012-10-17',
    Statement: {
      Effect: 'Allow',
      Principal: { Service: 'lambda.amazonaws.com' },
      Action: 'sts:AssumeRole',
    },
  })
  const create = (more: object) =>
    call('CreateRole', { RoleName: 'r', AssumeRolePolicyDocument: trusting, ...more }, dev)
  await expect(create({})).rejects.toThrow('iam:CreateRole')
  const { Role } = await create({ PermissionsBoundary: boundary })
  expect(Role.PermissionsBoundary).toEqual({
    PermissionsBoundaryType: 'Policy',
    PermissionsBoundaryArn: boundary,
  })
  const attach = (name: string) =>
    call('AttachRolePolicy', { RoleName: 'r', PolicyArn: `arn:aws:iam::aws:policy/${name}` }, dev)
  await attach('service-role/AWSLambdaBasicExecutionRole')
  await expect(attach('AdministratorAccess')).rejects.toThrow('iam:AttachRolePolicy')
})
