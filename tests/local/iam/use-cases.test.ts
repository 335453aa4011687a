// biome-ignore-all lint/suspicious/noTemplateCurlyInString: policy variables are written so
import { beforeEach, describe, expect, test } from '@jest/globals'
import type { Caller } from '../../../local/gateway/service.ts'
import { A, B, type Fixture, identity, roleArn, startFixture, trust } from './fixture.ts'

// CodeCommit user guide, "Limit pushes and merges to branches", "Using identity-based policies", "Configure cross-account access";
// a push is asked about twice: without refs first, then for each ref

const REPO = `arn:aws:codecommit:eu-west-1:${A}:orchard`
const OTHER = `arn:aws:codecommit:eu-west-1:${A}:meadow`

let f: Fixture
beforeEach(() => {
  f = startFixture()
})

const may = (
  caller: Caller,
  action: string,
  resource = REPO,
  context: Record<string, string | string[]> = {},
): boolean => {
  try {
    f.iam.authorize(caller, { action: `codecommit:${action}`, resource, context })
    return true
  } catch (error) {
    expect(error).toMatchObject({ code: 'AccessDeniedException' })
    return false
  }
}
const onRef = (caller: Caller, ref: string, action = 'GitPush') =>
  may(caller, action, REPO, { 'codecommit:References': ref })

const MOVES = [
  'codecommit:GitPush',
  'codecommit:DeleteBranch',
  'codecommit:PutFile',
  'codecommit:CreateCommit',
  'codecommit:MergeBranchesByFastForward',
]
const protect = (condition: object) => identity(MOVES, REPO, 'Deny', condition)
const MAIN = { 'codecommit:References': ['refs/heads/main', 'refs/heads/prod'] }
const THERE = { 'codecommit:References': 'false' }

describe('deny pushes to a branch', () => {
  test('as documented: other branches and fetches pass, the branch does not, by push nor by the API', async () => {
    const dev = await f.user(
      'dev',
      identity('codecommit:*'),
      protect({ StringEqualsIfExists: MAIN, Null: THERE }),
    )
    expect({
      fetch: may(dev, 'GitPull'),
      firstLook: may(dev, 'GitPush'),
      topic: onRef(dev, 'refs/heads/topic'),
      main: onRef(dev, 'refs/heads/main'),
      prod: onRef(dev, 'refs/heads/prod'),
      mainish: onRef(dev, 'refs/heads/main2'),
      put: onRef(dev, 'refs/heads/main', 'PutFile'),
      putElsewhere: onRef(dev, 'refs/heads/topic', 'PutFile'),
      deleteFileIsNotListed: onRef(dev, 'refs/heads/main', 'DeleteFile'),
      read: may(dev, 'GetBranch'),
      otherRepository: may(dev, 'GitPush', OTHER, { 'codecommit:References': 'refs/heads/main' }),
    }).toEqual({
      fetch: true,
      firstLook: true,
      topic: true,
      main: false,
      prod: false,
      mainish: true,
      put: false,
      putElsewhere: true,
      deleteFileIsNotListed: true,
      read: true,
      otherRepository: true,
    })
  })

  test('without Null every push is refused at its first look', async () => {
    const dev = await f.user('dev', identity('codecommit:*'), protect({ StringEqualsIfExists: MAIN }))
    expect([may(dev, 'GitPush'), onRef(dev, 'refs/heads/topic'), onRef(dev, 'refs/heads/main')]).toEqual([
      false,
      true,
      false,
    ])
    expect(may(dev, 'GitPull')).toBe(true)
  })

  test('without IfExists and Null the protection works as well', async () => {
    const dev = await f.user('dev', identity('codecommit:*'), protect({ StringEquals: MAIN }))
    expect([may(dev, 'GitPush'), onRef(dev, 'refs/heads/topic'), onRef(dev, 'refs/heads/main')]).toEqual([
      true,
      true,
      false,
    ])
  })
})

describe('allow pushes to some branches only', () => {
  const topics = { 'codecommit:References': ['refs/heads/feature/*', 'refs/tags/*'] }

  test('with StringLikeIfExists the first look passes', async () => {
    const dev = await f.user(
      'dev',
      identity('codecommit:GitPull', REPO),
      identity('codecommit:GitPush', REPO, 'Allow', { StringLikeIfExists: topics }),
    )
    expect({
      look: may(dev, 'GitPush'),
      feature: onRef(dev, 'refs/heads/feature/pears'),
      tag: onRef(dev, 'refs/tags/v1'),
      main: onRef(dev, 'refs/heads/main'),
    }).toEqual({ look: true, feature: true, tag: true, main: false })
  })

  test('with StringLike nothing can be pushed: the first look fails', async () => {
    const dev = await f.user('dev', identity('codecommit:GitPush', REPO, 'Allow', { StringLike: topics }))
    expect([may(dev, 'GitPush'), onRef(dev, 'refs/heads/feature/pears')]).toEqual([false, true])
  })
})

test.each([
  [
    'AWSCodeCommitFullAccess',
    { DeleteRepository: true, GitPush: true, GitPull: true, UpdateDefaultBranch: true },
  ],
  [
    'AWSCodeCommitPowerUser',
    {
      DeleteRepository: false,
      DeleteApprovalRuleTemplate: false,
      DeletePullRequestApprovalRule: false,
      DeleteCommentContent: false,
      DeleteBranch: true,
      DeleteFile: true,
      OverridePullRequestApprovalRules: true,
      PutRepositoryTriggers: true,
      MergePullRequestBySquash: true,
      GitPush: true,
      GitPull: true,
      CreateRepository: true,
    },
  ],
  [
    'AWSCodeCommitReadOnly',
    {
      GitPull: true,
      GetFile: true,
      ListRepositories: true,
      BatchGetRepositories: true,
      EvaluatePullRequestApprovalRules: true,
      GitPush: false,
      CreateBranch: false,
      PostCommentForPullRequest: false,
      PutFile: false,
    },
  ],
  ['ReadOnlyAccess', { GitPull: true, GetFile: true, GitPush: false, CreateRepository: false }],
  ['PowerUserAccess', { GitPull: true, GitPush: true, DeleteRepository: true }],
  ['IAMReadOnlyAccess', { GitPull: false }],
])('%s', async (name, expected) => {
  const dev = await f.user('dev')
  await f.call('AttachUserPolicy', { UserName: 'dev', PolicyArn: `arn:aws:iam::aws:policy/${name}` })
  const found = Object.keys(expected).map((action) => [action, may(dev, action)])
  expect(Object.fromEntries(found)).toEqual(expected)
})

test('a power user manages their own credentials and nobody else’s', async () => {
  const dev = await f.user('dev')
  await f.user('other')
  const PolicyArn = 'arn:aws:iam::aws:policy/AWSCodeCommitPowerUser'
  await f.call('AttachUserPolicy', { UserName: 'dev', PolicyArn })
  const service = { ServiceName: 'codecommit.amazonaws.com' }
  const make = (UserName: string) => f.call('CreateServiceSpecificCredential', { UserName, ...service }, dev)
  await expect(make('dev')).resolves.toBeDefined()
  await expect(make('other')).rejects.toThrow('user/other')
  await expect(f.call('ListUsers', {}, dev)).resolves.toBeDefined()
  await expect(f.call('CreateAccessKey', {}, dev)).rejects.toThrow('iam:CreateAccessKey')
})

describe('by tags', () => {
  test('of the repository', async () => {
    const dev = await f.user(
      'dev',
      identity('codecommit:*', '*', 'Allow', { StringEquals: { 'aws:ResourceTag/team': 'fruit' } }),
      identity('codecommit:DeleteRepository', '*', 'Deny', {
        StringEquals: { 'aws:ResourceTag/Stage': 'live' },
      }),
    )
    const tagged = (tags: Record<string, string>, action = 'GitPush') =>
      may(
        dev,
        action,
        REPO,
        Object.fromEntries(Object.entries(tags).map(([key, value]) => [`aws:ResourceTag/${key}`, value])),
      )
    expect([
      tagged({ team: 'fruit' }),
      tagged({ team: 'Fruit' }),
      tagged({}),
      tagged({ team: 'fruit', stage: 'live' }, 'DeleteRepository'),
      tagged({ team: 'fruit', stage: 'test' }, 'DeleteRepository'),
    ]).toEqual([true, false, false, false, true])
  })

  test('of the principal, and of the request', async () => {
    const own = { StringEquals: { 'aws:ResourceTag/team': '${aws:PrincipalTag/team}' } }
    const dev = await f.user(
      'dev',
      identity('codecommit:GitPush', '*', 'Allow', own),
      identity('codecommit:CreateRepository', '*', 'Allow', {
        StringEquals: { 'aws:RequestTag/team': '${aws:PrincipalTag/team}' },
        'ForAllValues:StringEquals': { 'aws:TagKeys': ['team', 'cost'] },
      }),
    )
    await f.call('TagUser', { UserName: 'dev', Tags: [{ Key: 'Team', Value: 'fruit' }] })
    const { caller } = f.iam.resolveKey(dev.accessKeyId ?? '')
    const push = (team: string) => may(caller, 'GitPush', REPO, { 'aws:ResourceTag/team': team })
    expect([
      push('fruit'),
      push('wood'),
      may(dev, 'GitPush', REPO, { 'aws:ResourceTag/team': 'fruit' }),
    ]).toEqual([true, false, false])
    const create = (team: string, keys: string[]) =>
      may(caller, 'CreateRepository', REPO, { 'aws:RequestTag/team': team, 'aws:TagKeys': keys })
    expect([
      create('fruit', ['team']),
      create('fruit', ['team', 'cost']),
      create('fruit', ['team', 'other']),
      create('wood', ['team']),
    ]).toEqual([true, true, false, false])
  })
})

test('a role of another account: both sides must agree, then the role’s policies count', async () => {
  const foreign = f.iam.bootstrapAccount(B, 'admin').credentials
  const stranger = f.callerOf(foreign.accessKeyId)
  expect(may(stranger, 'GitPull')).toBe(false)
  await f.role('reader', { AWS: B })
  await f.call('PutRolePolicy', {
    RoleName: 'reader',
    PolicyName: 'p',
    PolicyDocument: identity('codecommit:GitPull', REPO),
  })
  const ask = { RoleArn: roleArn('reader'), RoleSessionName: 'visit' }
  const { Credentials } = await f.call('AssumeRole', ask, stranger)
  const visitor = f.callerOf(Credentials.AccessKeyId, Credentials.SessionToken)
  expect([may(visitor, 'GitPull'), may(visitor, 'GitPush'), may(visitor, 'GitPull', OTHER)]).toEqual([
    true,
    false,
    false,
  ])
})

test('root may do everything in its account, and nothing in another', () => {
  f.iam.seedAccount(A, { rootKey: { id: 'ROOTKEYOFTHEACCOUNT', secret: 's'.repeat(40) } })
  const root = f.callerOf('ROOTKEYOFTHEACCOUNT')
  expect(root).toMatchObject({ kind: 'root', arn: `arn:aws:iam::${A}:root`, userId: A })
  expect([
    may(root, 'GitPush'),
    onRef(root, 'refs/heads/main'),
    may(root, 'DeleteRepository'),
    may(root, 'GitPull', `arn:aws:codecommit:eu-west-1:${B}:orchard`),
  ]).toEqual([true, true, true, false])
})

test('a federated session has what its user and its policy both allow', async () => {
  const dev = await f.user(
    'dev',
    identity(['codecommit:GitPull', 'codecommit:GitPush', 'sts:GetFederationToken']),
    identity('codecommit:GitPush', '*', 'Deny', {
      StringEquals: { 'codecommit:References': 'refs/heads/main' },
    }),
  )
  const session = async (Policy?: string) => {
    const { Credentials } = await f.call('GetFederationToken', { Name: 'visitor', Policy }, dev)
    return f.callerOf(Credentials.AccessKeyId, Credentials.SessionToken)
  }
  const wide = await session(identity('codecommit:*'))
  expect([
    may(wide, 'GitPull'),
    may(wide, 'DeleteRepository'),
    onRef(wide, 'refs/heads/topic'),
    onRef(wide, 'refs/heads/main'),
  ]).toEqual([true, false, true, false])
  const narrow = await session(identity('codecommit:GitPull', REPO))
  expect([may(narrow, 'GitPull'), may(narrow, 'GitPush'), may(narrow, 'GitPull', OTHER)]).toEqual([
    true,
    false,
    false,
  ])
  expect(may(await session(), 'GitPull')).toBe(false)
})

test('a role that a session policy narrows', async () => {
  await f.role('dev', { AWS: A })
  await f.call('PutRolePolicy', {
    RoleName: 'dev',
    PolicyName: 'p',
    PolicyDocument: identity('codecommit:*'),
  })
  const ask = { RoleArn: roleArn('dev'), RoleSessionName: 'sess' }
  const { Credentials } = await f.call('AssumeRole', { ...ask, Policy: identity('codecommit:Git*') })
  const narrowed = f.callerOf(Credentials.AccessKeyId, Credentials.SessionToken)
  expect([may(narrowed, 'GitPush'), may(narrowed, 'DeleteRepository')]).toEqual([true, false])
  const arns = await f.call('AssumeRole', {
    ...ask,
    PolicyArns: [{ arn: 'arn:aws:iam::aws:policy/AWSCodeCommitReadOnly' }],
  })
  const reader = f.callerOf(arns.Credentials.AccessKeyId, arns.Credentials.SessionToken)
  expect([may(reader, 'GitPull'), may(reader, 'GitPush')]).toEqual([true, false])
})

test('a boundary narrows a user, whatever their policies', async () => {
  const dev = await f.user('dev', identity('*'))
  await f.call('PutUserPermissionsBoundary', {
    UserName: 'dev',
    PermissionsBoundary: 'arn:aws:iam::aws:policy/AWSCodeCommitPowerUser',
  })
  expect([may(dev, 'GitPush'), may(dev, 'DeleteRepository')]).toEqual([true, false])
  expect(() => f.iam.authorize(dev, { action: 'codecommit:DeleteRepository', resource: REPO })).toThrow(
    'because no permissions boundary allows the codecommit:DeleteRepository action',
  )
  await f.call('DeleteUserPermissionsBoundary', { UserName: 'dev' })
  expect(may(dev, 'DeleteRepository')).toBe(true)
})

test('a group’s policies are its members’, a denial too', async () => {
  const dev = await f.user('dev', identity('codecommit:*'))
  await f.call('CreateGroup', { GroupName: 'readers' })
  await f.call('PutGroupPolicy', {
    GroupName: 'readers',
    PolicyName: 'p',
    PolicyDocument: identity('codecommit:GitPush', '*', 'Deny'),
  })
  expect(may(dev, 'GitPush')).toBe(true)
  await f.call('AddUserToGroup', { GroupName: 'readers', UserName: 'dev' })
  expect(may(dev, 'GitPush')).toBe(false)
  await f.call('RemoveUserFromGroup', { GroupName: 'readers', UserName: 'dev' })
  expect(may(dev, 'GitPush')).toBe(true)
})

test('by MFA, age of the session and address, as policies in the documents ask', async () => {
  const dev = await f.user(
    'dev',
    identity('codecommit:*'),
    identity('codecommit:DeleteRepository', '*', 'Deny', {
      BoolIfExists: { 'aws:MultiFactorAuthPresent': 'false' },
    }),
    identity('codecommit:*', '*', 'Deny', { NotIpAddress: { 'aws:SourceIp': ['127.0.0.0/8', '::1/128'] } }),
  )
  const from = (address: string, action = 'GitPull') => may(dev, action, REPO, { 'aws:SourceIp': address })
  // a key of the user's own says nothing about MFA: with IfExists that counts as false
  expect([from('127.0.0.1'), from('::1'), from('192.0.2.1'), from('127.0.0.1', 'DeleteRepository')]).toEqual([
    true,
    true,
    false,
    false,
  ])
  await f.role('timed', { AWS: A })
  await f.call('PutRolePolicy', {
    RoleName: 'timed',
    PolicyName: 'p',
    PolicyDocument: identity('codecommit:GitPull', '*', 'Allow', {
      DateGreaterThan: { 'aws:TokenIssueTime': '2031-05-17T09:04:00Z' },
    }),
  })
  const ask = { RoleArn: roleArn('timed'), RoleSessionName: 'sess' }
  const { Credentials } = await f.call('AssumeRole', ask)
  expect(may(f.callerOf(Credentials.AccessKeyId, Credentials.SessionToken), 'GitPull')).toBe(true)
  f.now -= 60_000
  const early = (await f.call('AssumeRole', ask)).Credentials
  expect(may(f.callerOf(early.AccessKeyId, early.SessionToken), 'GitPull')).toBe(false)
})

test('a trust policy that asks for an external id and a session name', async () => {
  const dev = await f.user('dev', identity('sts:AssumeRole'))
  const condition = {
    StringEquals: { 'sts:ExternalId': 'orchard' },
    StringLike: { 'sts:RoleSessionName': 'relay-*' },
  }
  await f.call('CreateRole', { RoleName: 'r', AssumeRolePolicyDocument: trust({ AWS: A }, condition) })
  const ask = (RoleSessionName: string, ExternalId?: string) =>
    f.call('AssumeRole', { RoleArn: roleArn('r'), RoleSessionName, ExternalId }, dev)
  await expect(ask('relay-1', 'orchard')).resolves.toBeDefined()
  await expect(ask('relay-1')).rejects.toMatchObject({ code: 'AccessDeniedException' })
  await expect(ask('other', 'orchard')).rejects.toMatchObject({ code: 'AccessDeniedException' })
})
