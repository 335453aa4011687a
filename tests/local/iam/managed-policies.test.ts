import { beforeEach, describe, expect, test } from '@jest/globals'
import { A, type Fixture, identity, START, startFixture } from './fixture.ts'

let f: Fixture
beforeEach(() => {
  f = startFixture()
})
const call: Fixture['call'] = (...args) => f.call(...args)
const create = async (name: string, more: object = {}) =>
  (await call('CreatePolicy', { PolicyName: name, PolicyDocument: identity('a:b'), ...more })).Policy

test('a policy is created, read, listed and deleted', async () => {
  const made = await create('p', { Path: '/test/path/', Description: 'what it is for' })
  expect(made).toEqual({
    PolicyName: 'p',
    PolicyId: expect.stringMatching(/^ANPA[A-Z2-7]{17}$/),
    Arn: `arn:aws:iam::${A}:policy/test/path/p`,
    Path: '/test/path/',
    DefaultVersionId: 'v1',
    AttachmentCount: 0,
    PermissionsBoundaryUsageCount: 0,
    IsAttachable: true,
    CreateDate: new Date(START),
    UpdateDate: new Date(START),
  })
  expect((await call('GetPolicy', { PolicyArn: made.Arn })).Policy).toEqual({
    ...made,
    Description: 'what it is for',
    Tags: [],
  })
  await expect(create('P')).rejects.toMatchObject({
    code: 'EntityAlreadyExistsException',
    message: 'A policy called P already exists. Duplicate names are not allowed.',
  })
  expect((await call('ListPolicies', { Scope: 'Local' })).Policies).toEqual([made])
  expect((await call('ListPolicies', { PathPrefix: '/test/' })).Policies).toEqual([made])
  await call('DeletePolicy', { PolicyArn: made.Arn })
  await expect(call('GetPolicy', { PolicyArn: made.Arn })).rejects.toMatchObject({
    code: 'NoSuchEntityException',
    message: `Policy ${made.Arn} was not found.`,
  })
})

describe('versions', () => {
  const version = (PolicyArn: string, more: object = {}) =>
    call('CreatePolicyVersion', { PolicyArn, PolicyDocument: identity('c:d'), ...more })
  const list = async (PolicyArn: string) =>
    (await call('ListPolicyVersions', { PolicyArn })).Versions.map(
      (one: { VersionId: string; IsDefaultVersion: boolean }) =>
        one.VersionId + (one.IsDefaultVersion ? '*' : ''),
    )

  test('five at most, newest first; numbers are not given twice', async () => {
    const { Arn } = await create('p')
    expect(await version(Arn)).toEqual({
      PolicyVersion: { VersionId: 'v2', IsDefaultVersion: false, CreateDate: new Date(START) },
    })
    for (let n = 3; n <= 5; n += 1) await version(Arn)
    await expect(version(Arn)).rejects.toMatchObject({
      code: 'LimitExceededException',
      message:
        'A managed policy can have up to 5 versions. Before you create a new version, you must delete an existing version.',
    })
    expect(await list(Arn)).toEqual(['v5', 'v4', 'v3', 'v2', 'v1*'])
    await call('DeletePolicyVersion', { PolicyArn: Arn, VersionId: 'v5' })
    await version(Arn, { SetAsDefault: true })
    expect(await list(Arn)).toEqual(['v6*', 'v4', 'v3', 'v2', 'v1'])
    await expect(call('DeletePolicy', { PolicyArn: Arn })).rejects.toMatchObject({
      code: 'DeleteConflictException',
      message: expect.stringContaining('more than one version'),
    })
  })

  test('the default one counts, at once', async () => {
    const { Arn } = await create('p')
    const nina = await f.user('nina')
    await call('AttachUserPolicy', { UserName: 'nina', PolicyArn: Arn })
    const may = (action: string) => {
      try {
        f.iam.authorize(nina, { action, resource: 'r' })
        return true
      } catch {
        return false
      }
    }
    expect([may('a:b'), may('c:d')]).toEqual([true, false])
    await version(Arn)
    expect([may('a:b'), may('c:d')]).toEqual([true, false])
    await call('SetDefaultPolicyVersion', { PolicyArn: Arn, VersionId: 'v2' })
    expect([may('a:b'), may('c:d')]).toEqual([false, true])
    const read = await call('GetPolicyVersion', { PolicyArn: Arn, VersionId: 'v2' })
    expect(decodeURIComponent(read.PolicyVersion.Document)).toBe(identity('c:d'))
    expect((await call('GetPolicy', { PolicyArn: Arn })).Policy).toMatchObject({
      DefaultVersionId: 'v2',
      AttachmentCount: 1,
    })
  })

  test('what is not there, or not to be done', async () => {
    const { Arn } = await create('p')
    const missing = (VersionId: string) => ({
      code: 'NoSuchEntityException',
      message: `Policy ${Arn} version ${VersionId} does not exist or is not attachable.`,
    })
    for (const operation of ['GetPolicyVersion', 'SetDefaultPolicyVersion', 'DeletePolicyVersion']) {
      await expect(call(operation, { PolicyArn: Arn, VersionId: 'v9' })).rejects.toMatchObject(missing('v9'))
      await expect(call(operation, { PolicyArn: Arn, VersionId: '9' })).rejects.toMatchObject({
        code: 'ValidationException',
        message:
          "1 validation error detected: Value at 'versionId' failed to satisfy constraint: Member must satisfy regular expression pattern: v[1-9][0-9]*(\\.[A-Za-z0-9-]*)?",
      })
    }
    await expect(call('DeletePolicyVersion', { PolicyArn: Arn, VersionId: 'v1' })).rejects.toMatchObject({
      code: 'DeleteConflictException',
      message: 'Cannot delete the default version of a policy.',
    })
  })

  test('6,144 characters, not one more', async () => {
    const sized = (size: number) => identity(`a:${'b'.repeat(size - identity('a:').length)}`)
    await create('p', { PolicyDocument: sized(6_144) })
    await expect(create('q', { PolicyDocument: sized(6_145) })).rejects.toMatchObject({
      code: 'LimitExceededException',
      message: 'Cannot exceed quota for PolicySize: 6144',
    })
  })
})

describe('attached', () => {
  test('to users, groups and roles, and as a boundary', async () => {
    const { Arn } = await create('p')
    await call('CreateUser', { UserName: 'u', PermissionsBoundary: Arn })
    await call('CreateGroup', { GroupName: 'g' })
    await f.role('r')
    for (const [kind, name] of [
      ['User', 'u'],
      ['Group', 'g'],
      ['Role', 'r'],
    ] as const) {
      await call(`Attach${kind}Policy`, { [`${kind}Name`]: name, PolicyArn: Arn })
      const attached = await call(`ListAttached${kind}Policies`, { [`${kind}Name`]: name })
      expect(attached).toEqual({
        AttachedPolicies: [{ PolicyName: 'p', PolicyArn: Arn }],
        IsTruncated: false,
      })
    }
    const entities = (more: object = {}) => call('ListEntitiesForPolicy', { PolicyArn: Arn, ...more })
    expect(await entities()).toEqual({
      PolicyUsers: [{ UserName: 'u', UserId: expect.any(String) }],
      PolicyGroups: [{ GroupName: 'g', GroupId: expect.any(String) }],
      PolicyRoles: [{ RoleName: 'r', RoleId: expect.any(String) }],
      IsTruncated: false,
    })
    expect(await entities({ EntityFilter: 'Role' })).toMatchObject({ PolicyUsers: [], PolicyGroups: [] })
    expect(await entities({ PolicyUsageFilter: 'PermissionsBoundary' })).toMatchObject({
      PolicyUsers: [{ UserName: 'u' }],
      PolicyGroups: [],
      PolicyRoles: [],
    })
    expect((await call('GetPolicy', { PolicyArn: Arn })).Policy).toMatchObject({
      AttachmentCount: 3,
      PermissionsBoundaryUsageCount: 1,
    })
    await expect(call('DeletePolicy', { PolicyArn: Arn })).rejects.toThrow(
      'Cannot delete a policy attached to entities.',
    )
    expect((await call('ListPolicies', { OnlyAttached: true })).Policies).toHaveLength(1)
    await call('DetachGroupPolicy', { GroupName: 'g', PolicyArn: Arn })
    await expect(call('DetachGroupPolicy', { GroupName: 'g', PolicyArn: Arn })).rejects.toThrow(
      `Policy ${Arn} was not found.`,
    )
  })

  test('ten, not eleven; and only what is there', async () => {
    await f.role('r')
    const attach = (PolicyArn: string) => call('AttachRolePolicy', { RoleName: 'r', PolicyArn })
    for (let n = 0; n < 10; n += 1) await attach((await create(`p${n}`)).Arn)
    await expect(attach((await create('p10')).Arn)).rejects.toMatchObject({
      code: 'LimitExceededException',
      message: 'Cannot exceed quota for PoliciesPerRole: 10',
    })
    await expect(attach('longpolicynamebutnoarn')).rejects.toMatchObject({
      code: 'ValidationException',
      message: 'ARN longpolicynamebutnoarn is not valid.',
    })
    await expect(attach(`arn:aws:iam::${A}:policy/none`)).rejects.toMatchObject({
      code: 'NoSuchEntityException',
      message: `Policy arn:aws:iam::${A}:policy/none does not exist or is not attachable.`,
    })
  })

  test('a boundary that is none', async () => {
    await f.role('r')
    const put = (PermissionsBoundary: string) =>
      call('PutRolePermissionsBoundary', { RoleName: 'r', PermissionsBoundary })
    await expect(put(`arn:aws:iam::${A}:not_a_policy/x`)).rejects.toMatchObject({
      code: 'InvalidInputException',
      message: `ARN arn:aws:iam::${A}:not_a_policy/x is not valid.`,
    })
    await expect(put(`arn:aws:iam::${A}:policy/none`)).rejects.toMatchObject({
      code: 'NoSuchEntityException',
      message: `Scope ARN: arn:aws:iam::${A}:policy/none does not exist or is not attachable.`,
    })
    const { Arn } = await create('p')
    await put(Arn)
    expect((await call('GetRole', { RoleName: 'r' })).Role.PermissionsBoundary).toEqual({
      PermissionsBoundaryArn: Arn,
      PermissionsBoundaryType: 'Policy',
    })
    await call('DeleteRolePermissionsBoundary', { RoleName: 'r' })
    expect((await call('GetRole', { RoleName: 'r' })).Role.PermissionsBoundary).toBeUndefined()
  })
})

test('AWS’s own policies can be read by everybody and changed by nobody', async () => {
  const PolicyArn = 'arn:aws:iam::aws:policy/AWSCodeCommitPowerUser'
  const { Policy } = await call('GetPolicy', { PolicyArn })
  expect(Policy).toMatchObject({ DefaultVersionId: 'v18', Tags: [], IsAttachable: true })
  const { PolicyVersion } = await call('GetPolicyVersion', { PolicyArn, VersionId: 'v18' })
  expect(JSON.parse(decodeURIComponent(PolicyVersion.Document)).Version).toBe('2012-10-17')
  expect((await call('ListPolicyVersions', { PolicyArn })).Versions).toHaveLength(1)
  expect((await call('ListPolicies', { Scope: 'AWS', MaxItems: 5 })).Policies).toHaveLength(5)
  await expect(call('DeletePolicy', { PolicyArn })).rejects.toMatchObject({ code: 'NoSuchEntityException' })
  await expect(
    call('CreatePolicyVersion', { PolicyArn, PolicyDocument: identity('*') }),
  ).rejects.toMatchObject({ code: 'NoSuchEntityException' })
})

test('policies of an older store are read as they were', async () => {
  const statement = { Effect: 'Allow', Action: 'a:b', Resource: '*' }
  const document = { Version: '2012-10-17', Statement: [statement] }
  const arn = `arn:aws:iam::${A}:policy/old`
  const policy = { arn, id: 'ANPAOLD', account: A, name: 'old', path: '/', document, created: START }
  f.store.collection('iam.policies').put(arn, policy)
  const user = { kind: 'user', account: A, name: 'old', path: '/', id: 'AIDAOLD', created: START }
  f.store
    .collection('iam.users')
    .put(`${A}/old`, { ...user, inline: { p: { ...document, Statement: statement } }, attached: [arn] })
  const { openIam } = await import('./fixture.ts')
  const iam = openIam(f.store)
  const caller = { account: A, arn: `arn:aws:iam::${A}:user/old`, userId: 'AIDAOLD', kind: 'user' as const }
  expect(() => iam.authorize(caller, { action: 'a:b', resource: 'r' })).not.toThrow()
  const get = iam.services[0]?.operations.GetPolicyVersion
  expect(get?.({ PolicyArn: arn, VersionId: 'v1' }, { account: A, caller } as never)).toMatchObject({
    PolicyVersion: { Document: encodeURIComponent(JSON.stringify(document)), IsDefaultVersion: true },
  })
})
