import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, describe, expect, test } from '@jest/globals'
import type { Caller } from '../../../local/gateway/service.ts'
import { openStore } from '../../../local/state/store.ts'
import {
  A,
  roleArn as arn,
  B,
  type Fixture,
  identity,
  openIam,
  START,
  startFixture,
  trust,
} from './fixture.ts'

let f: Fixture
let admin: Caller
beforeEach(() => {
  f = startFixture()
  admin = f.admin
})
const call: Fixture['call'] = (...args) => f.call(...args)
const role: Fixture['role'] = (...args) => f.role(...args)
const user: Fixture['user'] = (...args) => f.user(...args)
const callerOf: Fixture['callerOf'] = (...args) => f.callerOf(...args)

describe('bootstrap', () => {
  test('is the same answer every time, also after a restart, and others for other accounts', () => {
    const folder = mkdtempSync(join(tmpdir(), 'iam-'))
    try {
      const file = join(folder, 'store.db')
      const store = openStore(file)
      const first = openIam(store).bootstrapAccount(A, 'admin')
      store.close()
      const again = openStore(file)
      const later = openIam(again)
      expect(later.bootstrapAccount(A, 'admin')).toEqual(first)
      expect(later.bootstrapAccount(B, 'admin').credentials).not.toEqual(first.credentials)
      expect(later.resolveKey(first.credentials.accessKeyId).caller.arn).toBe(`arn:aws:iam::${A}:user/admin`)
      again.close()
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  test('after everything was forgotten the same credentials are made again', () => {
    const first = f.iam.bootstrapAccount(A, 'admin')
    const empty = openIam(openStore(':memory:'))
    expect(empty.bootstrapAccount(A, 'admin', first)).toEqual(first)
    expect(empty.bootstrapAccount(A, 'admin')).toEqual(first)
    expect(empty.resolveKey(first.credentials.accessKeyId).caller.arn).toBe(`arn:aws:iam::${A}:user/admin`)
    expect(empty.resolveGitCredential(first.gitUserName, first.gitPassword)).toBeDefined()
    const { credentials } = first
    const partly = openIam(openStore(':memory:')).bootstrapAccount(A, 'admin', { credentials })
    expect(partly.credentials).toEqual(credentials)
    expect(partly.gitPassword).not.toBe(first.gitPassword)
  })

  test('forms: key id, secret, Git user name and password', () => {
    const made = f.iam.bootstrapAccount(A, 'admin')
    expect(made.credentials.accessKeyId).toMatch(/^AKIA[A-Z2-7]{16}$/)
    expect(made.credentials.secretAccessKey).toHaveLength(40)
    expect(made.gitUserName).toBe(`admin-at-${A}`)
    expect(made.gitPassword).toMatch(/^.{59}=$/)
  })

  test('an account that does not exist', () => {
    expect(() => f.iam.bootstrapAccount('333333333333', 'admin')).toThrow('no account 333333333333')
  })

  test('a key that was deleted is made anew', async () => {
    await call('DeleteAccessKey', { AccessKeyId: f.iam.bootstrapAccount(A, 'admin').credentials.accessKeyId })
    const { accessKeyId } = f.iam.bootstrapAccount(A, 'admin').credentials
    expect(callerOf(accessKeyId)).toEqual({ ...admin, accessKeyId })
  })
})

describe('keys and Git credentials', () => {
  test('a deleted or switched-off key is as unknown as any', async () => {
    await call('CreateUser', { UserName: 'nina' })
    const { AccessKey: one } = await call('CreateAccessKey', { UserName: 'nina' })
    const { AccessKey: two } = await call('CreateAccessKey', { UserName: 'nina' })
    await expect(call('CreateAccessKey', { UserName: 'nina' })).rejects.toMatchObject({
      code: 'LimitExceededException',
    })
    expect(callerOf(one.AccessKeyId)).toMatchObject({ kind: 'user', arn: `arn:aws:iam::${A}:user/nina` })
    await call('DeleteAccessKey', { UserName: 'nina', AccessKeyId: one.AccessKeyId })
    await call('UpdateAccessKey', { UserName: 'nina', AccessKeyId: two.AccessKeyId, Status: 'Inactive' })
    for (const id of [one.AccessKeyId, two.AccessKeyId, 'AKIA', '', '__proto__'])
      expect(() => f.iam.resolveKey(id)).toThrow(
        expect.objectContaining({ code: 'UnrecognizedClientException' }),
      )
    const { AccessKeyMetadata: left } = await call('ListAccessKeys', { UserName: 'nina' })
    expect(left).toEqual([expect.objectContaining({ AccessKeyId: two.AccessKeyId, Status: 'Inactive' })])
    expect(JSON.stringify(left)).not.toContain(two.SecretAccessKey)
  })

  test('nobody deletes another user’s key', async () => {
    await call('CreateUser', { UserName: 'a' })
    const { AccessKey } = await call('CreateAccessKey', { UserName: 'a' })
    await expect(
      call('DeleteAccessKey', { UserName: 'admin', AccessKeyId: AccessKey.AccessKeyId }),
    ).rejects.toMatchObject({ code: 'NoSuchEntityException', status: 404 })
  })

  test('Git credentials: created, listed without password, reset, switched off, deleted', async () => {
    await call('CreateUser', { UserName: 'nina' })
    const input = { UserName: 'nina', ServiceName: 'codecommit.amazonaws.com' }
    const { ServiceSpecificCredential: first } = await call('CreateServiceSpecificCredential', input)
    expect(first).toMatchObject({
      ServiceUserName: `nina-at-${A}`,
      ServiceSpecificCredentialId: expect.stringMatching(/^ACCA[A-Z2-7]{17}$/),
      Status: 'Active',
    })
    const { ServiceSpecificCredential: second } = await call('CreateServiceSpecificCredential', input)
    expect(second.ServiceUserName).toBe(`nina+1-at-${A}`)
    await expect(call('CreateServiceSpecificCredential', input)).rejects.toMatchObject({
      code: 'LimitExceededException',
    })
    const listed = await call('ListServiceSpecificCredentials', { UserName: 'nina' })
    expect(listed.ServiceSpecificCredentials).toHaveLength(2)
    expect(JSON.stringify(listed)).not.toContain(first.ServicePassword)

    const login = (password: string) => f.iam.resolveGitCredential(first.ServiceUserName, password)?.arn
    expect(login(first.ServicePassword)).toBe(`arn:aws:iam::${A}:user/nina`)
    expect([login(''), login('x'), login(second.ServicePassword)]).toEqual([undefined, undefined, undefined])
    expect(f.iam.resolveGitCredential(`nobody-at-${A}`, '')).toBeUndefined()

    const id = { UserName: 'nina', ServiceSpecificCredentialId: first.ServiceSpecificCredentialId }
    const { ServiceSpecificCredential: reset } = await call('ResetServiceSpecificCredential', id)
    expect(reset.ServiceSpecificCredentialId).toBe(first.ServiceSpecificCredentialId)
    expect([login(first.ServicePassword), login(reset.ServicePassword)]).toEqual([
      undefined,
      `arn:aws:iam::${A}:user/nina`,
    ])
    await call('UpdateServiceSpecificCredential', { ...id, Status: 'Inactive' })
    expect(login(reset.ServicePassword)).toBeUndefined()
    await call('DeleteServiceSpecificCredential', id)
    await expect(call('DeleteServiceSpecificCredential', id)).rejects.toMatchObject({
      message: `No such credential ${first.ServiceSpecificCredentialId} exists`,
    })
    await expect(
      call('CreateServiceSpecificCredential', { ...input, ServiceName: 'x' }),
    ).rejects.toMatchObject({ message: 'No such service x is supported for Service Specific Credentials' })
    await expect(call('DeleteUser', { UserName: 'nina' })).rejects.toMatchObject({
      code: 'DeleteConflictException',
    })
  })
})

describe('roles', () => {
  test('created, read, changed, listed by pages, deleted', async () => {
    const { Role } = await role('relay', undefined, {
      Path: '/ops/',
      Description: 'd',
      MaxSessionDuration: 7200,
    })
    expect(Role).toMatchObject({
      Arn: `arn:aws:iam::${A}:role/ops/relay`,
      RoleId: expect.stringMatching(/^AROA[A-Z2-7]{17}$/),
      CreateDate: new Date(START),
    })
    const { Role: read1 } = await call('GetRole', { RoleName: 'relay' })
    expect(read1).toMatchObject({ MaxSessionDuration: 7200, Description: 'd', RoleLastUsed: {} })
    expect(JSON.parse(decodeURIComponent(Role.AssumeRolePolicyDocument))).toEqual(
      JSON.parse(trust({ Service: 'lambda.amazonaws.com' })),
    )
    await expect(role('relay')).rejects.toMatchObject({ code: 'EntityAlreadyExistsException', status: 409 })
    await role('second')
    const first = await call('ListRoles', { MaxItems: 1 })
    expect(first).toMatchObject({ IsTruncated: true, Roles: [{ RoleName: 'relay' }] })
    const rest = await call('ListRoles', { Marker: first.Marker })
    expect(rest).toMatchObject({ IsTruncated: false, Roles: [{ RoleName: 'second' }] })

    const named = { RoleName: 'relay', PolicyName: 'p' }
    await call('PutRolePolicy', { ...named, PolicyDocument: identity('sqs:*') })
    const read = await call('GetRolePolicy', named)
    expect(decodeURIComponent(read.PolicyDocument)).toBe(identity('sqs:*'))
    await expect(call('DeleteRole', named)).rejects.toMatchObject({ code: 'DeleteConflictException' })
    await call('DeleteRolePolicy', named)
    await expect(call('GetRolePolicy', named)).rejects.toMatchObject({ code: 'NoSuchEntityException' })
    const admins = { RoleName: 'relay', PolicyArn: 'arn:aws:iam::aws:policy/AdministratorAccess' }
    await call('AttachRolePolicy', admins)
    await call('AttachRolePolicy', admins)
    expect((await call('ListAttachedRolePolicies', named)).AttachedPolicies).toHaveLength(1)
    await expect(call('DeleteRole', named)).rejects.toMatchObject({ code: 'DeleteConflictException' })
    await call('DetachRolePolicy', admins)
    await call('DeleteRole', named)
    await expect(call('GetRole', named)).rejects.toMatchObject({
      message: 'The role with name relay cannot be found.',
    })
  })

  test.each([
    ['a name with a slash', { RoleName: 'a/b' }, 'ValidationException'],
    ['a name of 65', { RoleName: 'a'.repeat(65) }, 'ValidationException'],
    ['too long a session', { MaxSessionDuration: 43_201 }, 'ValidationException'],
    ['a boundary', { PermissionsBoundary: 'arn:x' }, 'InvalidInputException'],
    ['no JSON', { AssumeRolePolicyDocument: '{' }, 'MalformedPolicyDocumentException'],
    ['an identity policy', { AssumeRolePolicyDocument: identity('a:b') }, 'MalformedPolicyDocumentException'],
    ['a path without end', { Path: '/x' }, 'ValidationException'],
  ])('%s is refused', async (_, change, code) => {
    await expect(role('x', undefined, change)).rejects.toMatchObject({ code })
  })

  test.each([
    '[]',
    'null',
    '"x"',
    '{}',
    '{"Statement":[]}',
    '{"Statement":[null]}',
    '{"Version":"2020-01-01","Statement":[]}',
    '{"Statement":{"Effect":"Maybe","Action":"*","Resource":"*"}}',
    '{"Statement":{"Effect":"Allow","Resource":"*"}}',
    '{"Statement":{"Effect":"Allow","Action":"*"}}',
    '{"Statement":{"Effect":"Allow","Action":"*","NotAction":"*","Resource":"*"}}',
    '{"Statement":{"Effect":"Allow","Action":"*","Resource":"*","Principal":"*"}}',
    '{"Statement":{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"StringEquals":"x"}}}',
    '{"Statement":{"Effect":"Allow","Action":"*","Resource":"*","Conditions":{}}}',
  ])('the identity policy %s is malformed', async (PolicyDocument) => {
    await role('x')
    await expect(
      call('PutRolePolicy', { RoleName: 'x', PolicyName: 'p', PolicyDocument }),
    ).rejects.toMatchObject({
      code: 'MalformedPolicyDocumentException',
    })
  })

  test('a policy of one character more than allowed', async () => {
    await role('x')
    const sized = (size: number) => identity(`a:${'b'.repeat(size - identity('a:').length)}`)
    const put = (text: string) =>
      call('PutRolePolicy', { RoleName: 'x', PolicyName: 'p', PolicyDocument: text })
    await put(sized(10_240))
    await expect(put(sized(10_241))).rejects.toMatchObject({ code: 'LimitExceededException' })
  })

  test('own managed policies count like inline ones', async () => {
    const nina = await user('nina')
    const { Policy } = await call('CreatePolicy', {
      PolicyName: 'pull',
      PolicyDocument: identity('codecommit:GitPull'),
    })
    await call('AttachUserPolicy', { UserName: 'nina', PolicyArn: Policy.Arn })
    expect(() => f.iam.authorize(nina, { action: 'codecommit:GitPull', resource: 'r' })).not.toThrow()
    await expect(call('DeletePolicy', { PolicyArn: Policy.Arn })).rejects.toMatchObject({
      code: 'DeleteConflictException',
    })
    await call('DetachUserPolicy', { UserName: 'nina', PolicyArn: Policy.Arn })
    expect(() => f.iam.authorize(nina, { action: 'codecommit:GitPull', resource: 'r' })).toThrow(
      'not authorized',
    )
    await call('DeletePolicy', { PolicyArn: Policy.Arn })
    await expect(call('AttachUserPolicy', { UserName: 'nina', PolicyArn: Policy.Arn })).rejects.toMatchObject(
      { code: 'NoSuchEntityException' },
    )
  })
})

describe('authorize', () => {
  test('AWS’s words for both kinds of denial, and a line in the log', async () => {
    const nina = await user(
      'nina',
      identity('sqs:*', 'arn:aws:sqs:eu-west-1:111111111111:q'),
      identity('sqs:DeleteQueue', '*', 'Deny'),
    )
    f.iam.authorize(nina, { action: 'sqs:SendMessage', resource: 'arn:aws:sqs:eu-west-1:111111111111:q' })
    expect(() =>
      f.iam.authorize(nina, {
        action: 'sqs:SendMessage',
        resource: 'arn:aws:sqs:eu-west-1:111111111111:other',
      }),
    ).toThrow(
      `User: ${nina.arn} is not authorized to perform: sqs:SendMessage on resource: arn:aws:sqs:eu-west-1:111111111111:other because no identity-based policy allows the sqs:SendMessage action`,
    )
    expect(() =>
      f.iam.authorize(nina, { action: 'sqs:DeleteQueue', resource: 'arn:aws:sqs:eu-west-1:111111111111:q' }),
    ).toThrow(
      `User: ${nina.arn} is not authorized to perform: sqs:DeleteQueue on resource: arn:aws:sqs:eu-west-1:111111111111:q with an explicit deny in an identity-based policy`,
    )
    expect(f.logged.at(-1)).toContain(
      `"action":"sqs:DeleteQueue","resource":"arn:aws:sqs:eu-west-1:111111111111:q"`,
    )
  })

  test('global condition keys are there', async () => {
    const when = (Condition: object) =>
      JSON.stringify({
        Version: '2012-10-17',
        Statement: [{ Effect: 'Allow', Action: '*', Resource: '*', Condition }],
      })
    const conditions = [
      { StringEquals: { 'aws:username': 'u', 'aws:PrincipalAccount': A, 'aws:PrincipalType': 'User' } },
      { ArnEquals: { 'aws:PrincipalArn': `arn:aws:iam::${A}:user/u` } },
      { Bool: { 'aws:SecureTransport': 'false' } },
      { DateGreaterThan: { 'aws:CurrentTime': '2031-05-17T09:04:32Z' } },
      { StringEquals: { 'codecommit:References': 'refs/heads/main' } },
    ]
    const u = await user('u')
    for (const condition of conditions) {
      await call('PutUserPolicy', { UserName: 'u', PolicyName: 'p', PolicyDocument: when(condition) })
      const context = { 'codecommit:References': ['refs/heads/main'] }
      expect(() => f.iam.authorize(u, { action: 'a:b', resource: 'r', context })).not.toThrow()
    }
    f.now -= 2_000
    await call('PutUserPolicy', { UserName: 'u', PolicyName: 'p', PolicyDocument: when(conditions[3] ?? {}) })
    expect(() => f.iam.authorize(u, { action: 'a:b', resource: 'r' })).toThrow('not authorized')
  })

  test('an operator that is not known is told', () => {
    const policy = {
      Statement: {
        Effect: 'Deny',
        Principal: '*',
        Action: '*',
        Resource: '*',
        Condition: { MoonPhase: { 'aws:SourceIp': 'full' } },
      },
    }
    expect(() => f.iam.authorize(admin, { action: 'a:b', resource: 'r', resourcePolicy: policy })).toThrow(
      'with an explicit deny in a resource-based policy',
    )
    expect(f.logged.at(-1)).toContain('MoonPhase')
  })

  test('a user who is gone may do nothing', async () => {
    const nina = await user('nina', identity('*'))
    const ghost = { ...nina, arn: `arn:aws:iam::${A}:user/ghost` }
    expect(() => f.iam.authorize(ghost, { action: 'a:b', resource: 'r' })).toThrow('not authorized')
  })

  test('IAM itself is guarded, by the user or role that a call names', async () => {
    const nina = await user('nina', identity('iam:*AccessKey*', `arn:aws:iam::${A}:user/nina`))
    await expect(call('ListAccessKeys', {}, nina)).resolves.toMatchObject({ IsTruncated: false })
    await expect(call('ListAccessKeys', { UserName: 'admin' }, nina)).rejects.toThrow('user/admin')
    await expect(call('ListRoles', {}, nina)).rejects.toThrow(`on resource: arn:aws:iam::${A}:role/`)
    await expect(call('ListPolicies', {}, nina)).rejects.toThrow('on resource: policy path /')
    await expect(call('GetAccountSummary', {}, nina)).rejects.toThrow('on resource: * ')
  })
})

describe('services', () => {
  const policy = (principal: object | string, condition?: object) => ({
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Principal: principal,
        Action: 'sqs:SendMessage',
        Resource: `arn:aws:sqs:eu-west-1:${A}:q`,
        ...(condition && { Condition: condition }),
      },
    ],
  })
  const rule = `arn:aws:events:eu-west-1:${A}:rule/push`
  const sender = { service: 'events.amazonaws.com', sourceArn: rule, sourceAccount: A }
  const permission = { action: 'sqs:SendMessage', resource: `arn:aws:sqs:eu-west-1:${A}:q` }
  const events = { Service: 'events.amazonaws.com' }

  test.each([
    ['the right service', policy(events), true],
    ['the right rule', policy(events, { ArnEquals: { 'aws:SourceArn': rule } }), true],
    [
      'a pattern of rules',
      policy(events, { ArnLike: { 'aws:SourceArn': 'arn:aws:events:*:*:rule/*' } }),
      true,
    ],
    ['another rule', policy(events, { ArnEquals: { 'aws:SourceArn': `${rule}2` } }), false],
    ['the account', policy(events, { StringEquals: { 'aws:SourceAccount': A } }), true],
    ['another account', policy(events, { StringEquals: { 'aws:SourceAccount': B } }), false],
    ['another service', policy({ Service: 'sns.amazonaws.com' }), false],
    ['an account principal', policy({ AWS: A }), false],
    ['everybody', policy('*'), true],
    ['no policy', undefined, false],
  ])('%s', (_, document, admitted) => {
    const ask = () => f.iam.authorizeSender(document, sender, permission)
    if (admitted) expect(ask).not.toThrow()
    else
      expect(ask).toThrow(
        'User: events.amazonaws.com is not authorized to perform: sqs:SendMessage on resource',
      )
  })

  test('with a role of its own the role is judged; in another account its policy too', async () => {
    await role('scheduler', { Service: 'scheduler.amazonaws.com' })
    const own = { ...sender, service: 'scheduler.amazonaws.com', roleArn: arn('scheduler') }
    expect(() => f.iam.authorizeSender(undefined, own, permission)).toThrow('identity-based')
    await call('PutRolePolicy', {
      RoleName: 'scheduler',
      PolicyName: 'p',
      PolicyDocument: identity('sqs:SendMessage'),
    })
    expect(() => f.iam.authorizeSender(undefined, own, permission)).not.toThrow()
    const foreign = { ...permission, resource: `arn:aws:sqs:eu-west-1:${B}:q` }
    expect(() => f.iam.authorizeSender(undefined, own, foreign)).toThrow('resource-based')
    const letIn = { Statement: { Effect: 'Allow', Principal: { AWS: A }, Action: '*', Resource: '*' } }
    expect(() => f.iam.authorizeSender(letIn, own, foreign)).not.toThrow()
    for (const refused of [
      { ...own, service: 'events.amazonaws.com' },
      { ...own, roleArn: arn('nobody') },
    ]) {
      expect(() => f.iam.authorizeSender(letIn, refused, permission)).toThrow()
      expect(() => f.iam.requireTrust(refused)).toThrow()
    }
    f.iam.requireTrust(own)
  })

  test('a service gets a role’s credentials only if the role trusts it', async () => {
    await role('fn')
    await call('PutRolePolicy', {
      RoleName: 'fn',
      PolicyName: 'p',
      PolicyDocument: identity('sns:Publish', 'arn:aws:sns:eu-west-1:111111111111:t'),
    })
    const credentials = f.iam.assumeForService(arn('fn'), 'lambda.amazonaws.com', 'replicate')
    expect(credentials).toMatchObject({
      accessKeyId: expect.stringMatching(/^ASIA[A-Z2-7]{16}$/),
      expiration: START + 3_600_000,
    })
    const caller = callerOf(credentials.accessKeyId, credentials.sessionToken)
    expect(caller).toEqual({
      ...f.iam.callerOfRole(arn('fn'), 'replicate'),
      accessKeyId: credentials.accessKeyId,
      issued: START,
    })
    expect(caller.arn).toBe(`arn:aws:sts::${A}:assumed-role/fn/replicate`)
    f.iam.authorize(caller, { action: 'sns:Publish', resource: 'arn:aws:sns:eu-west-1:111111111111:t' })
    expect(() =>
      f.iam.authorize(caller, { action: 'sns:Publish', resource: 'arn:aws:sns:eu-west-1:111111111111:u' }),
    ).toThrow(caller.arn)
    expect(() => f.iam.assumeForService(arn('fn'), 'ecs-tasks.amazonaws.com', 's')).toThrow(
      'ecs-tasks.amazonaws.com',
    )
    expect(() => f.iam.assumeForService(arn('nobody'), 'lambda.amazonaws.com', 's')).toThrow('does not exist')
    expect(() => f.iam.callerOfRole(arn('nobody'), 's')).toThrow('does not exist')
  })
})

describe('temporary credentials', () => {
  test('need their own token, expire, and end with their role', async () => {
    await role('fn')
    const session = f.iam.assumeForService(arn('fn'), 'lambda.amazonaws.com', 's', 900)
    const key = session.accessKeyId
    for (const token of [undefined, '', 'x', `${session.sessionToken}x`])
      expect(() => f.iam.resolveKey(key, token)).toThrow(
        expect.objectContaining({ code: 'UnrecognizedClientException' }),
      )
    f.now += 899_999
    expect(callerOf(key, session.sessionToken).kind).toBe('role')
    f.now += 1
    expect(() => f.iam.resolveKey(key, session.sessionToken)).toThrow(
      expect.objectContaining({ code: 'ExpiredTokenException' }),
    )
    const second = f.iam.assumeForService(arn('fn'), 'lambda.amazonaws.com', 's')
    await call('DeleteRole', { RoleName: 'fn' })
    await role('fn')
    expect(() => f.iam.resolveKey(second.accessKeyId, second.sessionToken)).toThrow(
      expect.objectContaining({ code: 'UnrecognizedClientException' }),
    )
  })

  test('long expired ones are forgotten', async () => {
    await role('fn')
    for (let hour = 0; hour < 60; hour += 1) {
      f.iam.assumeForService(arn('fn'), 'lambda.amazonaws.com', 's')
      f.now += 3_600_000
    }
    expect(f.store.collection('iam.sessions').entries().length).toBeLessThan(30)
  })

  test('GetSessionToken: a user’s own, not for sessions', async () => {
    const { Credentials } = await call('GetSessionToken', {})
    const caller = callerOf(Credentials.AccessKeyId, Credentials.SessionToken)
    expect(caller).toMatchObject({ arn: admin.arn, kind: 'user', issued: START })
    await role('fn')
    const session = f.iam.callerOfRole(arn('fn'), 's')
    await expect(call('GetSessionToken', {}, session)).rejects.toMatchObject({ status: 403 })
  })
})

describe('AssumeRole', () => {
  const assume = (caller: Caller, more: object = {}) =>
    call('AssumeRole', { RoleArn: arn('target'), RoleSessionName: 'sess', ...more }, caller)
  const denied = {
    code: 'AccessDeniedException',
    status: 403,
    message: expect.stringContaining('sts:AssumeRole'),
  }

  test('named itself within the account: the trust policy is enough', async () => {
    const nina = await user('nina')
    await role('target', { AWS: nina.arn })
    const { AssumedRoleUser, Credentials } = await assume(nina)
    expect(AssumedRoleUser.Arn).toBe(`arn:aws:sts::${A}:assumed-role/target/sess`)
    expect(Credentials.Expiration).toEqual(new Date(START + 3_600_000))
    expect(callerOf(Credentials.AccessKeyId, Credentials.SessionToken).arn).toBe(AssumedRoleUser.Arn)
    await call('PutUserPolicy', {
      UserName: 'nina',
      PolicyName: 'd',
      PolicyDocument: identity('sts:*', '*', 'Deny'),
    })
    await expect(assume(nina)).rejects.toThrow('explicit deny')
  })

  test('the account named: the caller’s policies must allow it too', async () => {
    const nina = await user('nina')
    await role('target', { AWS: `arn:aws:iam::${A}:root` })
    await expect(assume(nina)).rejects.toMatchObject(denied)
    await call('PutUserPolicy', {
      UserName: 'nina',
      PolicyName: 'p',
      PolicyDocument: identity('sts:AssumeRole', arn('target')),
    })
    await expect(assume(nina)).resolves.toBeDefined()
  })

  test('across accounts both sides must agree, and the external id must fit', async () => {
    const other = f.iam.bootstrapAccount(B, 'admin')
    const foreigner = callerOf(other.credentials.accessKeyId)
    await call('CreateRole', {
      RoleName: 'target',
      AssumeRolePolicyDocument: trust({ AWS: B }, { StringEquals: { 'sts:ExternalId': 'right' } }),
    })
    await expect(assume(foreigner)).rejects.toMatchObject(denied)
    await expect(assume(foreigner, { ExternalId: 'wrong' })).rejects.toMatchObject(denied)
    const { AssumedRoleUser } = await assume(foreigner, { ExternalId: 'right' })
    expect(AssumedRoleUser.Arn).toContain(A)
    await call('UpdateAssumeRolePolicy', { RoleName: 'target', PolicyDocument: trust({ AWS: A }) })
    await expect(assume(foreigner, { ExternalId: 'right' })).rejects.toMatchObject(denied)
    await call('CreateUser', { UserName: 'poor' }, foreigner)
    const { AccessKey } = await call('CreateAccessKey', { UserName: 'poor' }, foreigner)
    await call('UpdateAssumeRolePolicy', {
      RoleName: 'target',
      PolicyDocument: trust({ AWS: `arn:aws:iam::${B}:user/poor` }),
    })
    await expect(assume(callerOf(AccessKey.AccessKeyId))).rejects.toMatchObject(denied)
  })

  test('a role that does not exist is refused in the same words', async () => {
    await expect(assume(admin)).rejects.toMatchObject(denied)
  })

  test('a role may assume another, for an hour at most', async () => {
    await role('first')
    await call('PutRolePolicy', {
      RoleName: 'first',
      PolicyName: 'p',
      PolicyDocument: identity('sts:AssumeRole'),
    })
    await role('target', { AWS: arn('first') }, { MaxSessionDuration: 43_200 })
    const first = f.iam.callerOfRole(arn('first'), 's')
    await expect(assume(first)).resolves.toBeDefined()
    await expect(assume(first, { DurationSeconds: 3_601 })).rejects.toThrow('role chaining')
    await expect(assume(admin, { DurationSeconds: 43_200 })).rejects.toMatchObject(denied)
  })

  test.each([
    ['899 seconds', { DurationSeconds: 899 }],
    ['more than the role allows', { DurationSeconds: 3_601 }],
    ['a session name of one', { RoleSessionName: 'x' }],
    ['a session name with a slash', { RoleSessionName: 'a/b' }],
    ['no ARN', { RoleArn: 'target' }],
  ])('%s is refused', async (_, more) => {
    await role('target', { AWS: A })
    await expect(assume(admin, more)).rejects.toMatchObject({ code: 'ValidationException' })
  })

  test('everybody may ask who they are', async () => {
    const nina = await user('nina', identity('*', '*', 'Deny'))
    expect(await call('GetCallerIdentity', {}, nina)).toEqual({
      UserId: nina.userId,
      Account: A,
      Arn: nina.arn,
    })
  })
})
