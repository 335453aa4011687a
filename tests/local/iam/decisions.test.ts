import { beforeEach, describe, expect, test } from '@jest/globals'
import type { Decision } from '../../../local/contracts.ts'
import {
  A,
  B,
  type Fixture,
  identity,
  openIam,
  roleArn,
  START,
  startFixture,
  trust,
  userArn,
} from './fixture.ts'

let f: Fixture
let decisions: Decision[]
beforeEach(() => {
  f = startFixture()
  decisions = []
  f.iam.watch((decision) => decisions.push(decision))
})
const QUEUE = `arn:aws:sqs:eu-west-1:${A}:q`
const named = (Sid: string, Action: string, Effect = 'Allow') =>
  JSON.stringify({ Version: '2012-10-17', Statement: [{ Sid, Effect, Action, Resource: '*' }] })
const send = { action: 'sqs:SendMessage', resource: QUEUE }

describe('each decision is told, with the statement that made it', () => {
  test('allowed by identity policies: all that allow', async () => {
    const nina = await f.user('nina', named('Sending', 'sqs:Send*'), identity('sqs:*'))
    decisions.length = 0
    f.iam.authorize(nina, send)
    expect(decisions).toEqual([
      {
        at: START,
        principal: nina.arn,
        account: A,
        ...send,
        allowed: true,
        policyType: 'identity',
        policy: 'p0',
        statement: 'Sending',
        statements: [
          { policy: 'p0', statement: 'Sending' },
          { policy: 'p1', statement: '1' },
        ],
      },
    ])
    expect(f.logged.filter((line) => line.startsWith('iam denied'))).toEqual([])
  })

  test('denied: one line in the log too', async () => {
    const nina = await f.user('nina', identity('*'), named('NoSending', 'sqs:Send*', 'Deny'))
    decisions.length = 0
    expect(() => f.iam.authorize(nina, send)).toThrow('with an explicit deny in an identity-based policy')
    expect(decisions).toMatchObject([
      { allowed: false, policyType: 'identity', policy: 'p1', statement: 'NoSending', principal: nina.arn },
    ])
    expect(f.logged.at(-1)).toBe(
      `iam denied ${JSON.stringify({
        principal: nina.arn,
        ...send,
        because: 'explicitDeny, identity policy',
        policyType: 'identity',
        policy: 'p1',
        statement: 'NoSending',
      })}`,
    )
  })

  test('nobody said anything', async () => {
    const nina = await f.user('nina')
    decisions.length = 0
    expect(() => f.iam.authorize(nina, send)).toThrow()
    expect(decisions).toEqual([{ at: START, principal: nina.arn, account: A, ...send, allowed: false }])
  })

  test('a role’s session, by a managed policy', async () => {
    await f.role('fn')
    const PolicyArn = 'arn:aws:iam::aws:policy/AmazonSQSFullAccess'
    await f.call('AttachRolePolicy', { RoleName: 'fn', PolicyArn })
    decisions.length = 0
    f.iam.authorize(f.iam.callerOfRole(roleArn('fn'), 's'), send)
    expect(decisions).toMatchObject([
      { roleArn: roleArn('fn'), policy: PolicyArn, statement: '1', allowed: true },
    ])
  })

  test('trust, and a service before a resource’s policy', async () => {
    await f.role('fn')
    decisions.length = 0
    f.iam.assumeForService(roleArn('fn'), 'lambda.amazonaws.com', 's')
    const sender = { service: 'events.amazonaws.com', sourceArn: 'arn:r', sourceAccount: A }
    const policy = {
      Statement: [{ Effect: 'Allow', Principal: '*', Action: 'sqs:*', Resource: '*' }],
    }
    f.iam.authorizeSender(policy, sender, send)
    expect(() => f.iam.authorizeSender(undefined, sender, send)).toThrow('no resource-based policy allows')
    expect(decisions).toMatchObject([
      { principal: 'lambda.amazonaws.com', action: 'sts:AssumeRole', policyType: 'trust', allowed: true },
      { principal: 'events.amazonaws.com', policyType: 'resource', allowed: true },
      { principal: 'events.amazonaws.com', allowed: false },
    ])
  })

  test('until one stops listening', async () => {
    const heard: Decision[] = []
    const end = f.iam.watch((decision) => heard.push(decision))
    f.iam.authorize(f.admin, send)
    end()
    f.iam.authorize(f.admin, send)
    expect(heard).toHaveLength(1)
  })
})

describe('resource policies that a service brings along', () => {
  const letIn = (AWS: string) => ({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Principal: { AWS }, Action: 'sqs:SendMessage', Resource: '*' }],
  })

  test('in the same account one side is enough, across accounts both are needed', async () => {
    const nina = await f.user('nina')
    const stranger = f.callerOf(f.iam.bootstrapAccount(B, 'admin').credentials.accessKeyId)
    f.iam.authorize(nina, { ...send, resourcePolicy: letIn(nina.arn) })
    expect(() => f.iam.authorize(nina, { ...send, resourcePolicy: letIn(A) })).toThrow('identity-based')
    expect(() => f.iam.authorize(stranger, send)).toThrow('because no resource-based policy allows')
    f.iam.authorize(stranger, { ...send, resourcePolicy: letIn(B) })
    f.iam.authorize(stranger, { ...send, resourcePolicy: letIn(stranger.arn) })
  })

  test('a key’s policy decides, or leaves it to the account', () => {
    const use = { action: 'kms:Decrypt', resource: `arn:aws:kms:eu-west-1:${A}:key/k`, policyMustAllow: true }
    const key = (AWS: string) => ({
      Statement: [{ Effect: 'Allow', Principal: { AWS }, Action: 'kms:*', Resource: '*' }],
    })
    expect(() => f.iam.authorize(f.admin, { ...use, resourcePolicy: key(userArn('other')) })).toThrow(
      'because no resource-based policy allows the kms:Decrypt action',
    )
    f.iam.authorize(f.admin, { ...use, resourcePolicy: key(`arn:aws:iam::${A}:root`) })
  })

  test('a policy that changes is read anew', async () => {
    const nina = await f.user('nina')
    const ask = (resourcePolicy: object) => () =>
      f.iam.authorize(nina, { ...send, resourcePolicy: resourcePolicy as never })
    expect(ask(letIn(nina.arn))).not.toThrow()
    expect(ask(letIn(`${nina.arn}2`))).toThrow()
  })
})

/** As services ask for it that take a role: Lambda, ECS, Scheduler, EventBridge. */
const passRole = (resource: string, service: string) => ({
  action: 'iam:PassRole',
  resource,
  context: { 'iam:PassedToService': service },
})

test('who passes a role must be allowed to, for the service that gets it', async () => {
  const nina = await f.user(
    'nina',
    identity('iam:PassRole', roleArn('relay-*'), 'Allow', {
      StringEquals: { 'iam:PassedToService': 'lambda.amazonaws.com' },
    }),
  )
  f.iam.authorize(nina, passRole(roleArn('relay-fn'), 'lambda.amazonaws.com'))
  for (const permission of [
    passRole(roleArn('relay-fn'), 'ecs-tasks.amazonaws.com'),
    passRole(roleArn('admin'), 'lambda.amazonaws.com'),
  ])
    expect(() => f.iam.authorize(nina, permission)).toThrow('iam:PassRole')
  expect(() => f.iam.authorize(f.admin, passRole(roleArn('x', B), 'lambda.amazonaws.com'))).toThrow(
    'iam:PassRole',
  )
})

describe('seedAccount', () => {
  const KEY = { id: 'EXAMPLEROOTKEYID', secret: 'a secret of somebody’s own' }
  const login = (iam = f.iam, name = `nina-at-${A}`, password = 'pears') =>
    iam.resolveGitCredential(name, password)

  test('gives exactly these credentials, again and again, also after a restart', () => {
    const seed = { rootKey: KEY, gitUser: { name: `nina-at-${A}`, password: 'pears' } }
    f.iam.seedAccount(A, seed)
    const first = login()
    f.iam.seedAccount(A, seed)
    const later = openIam(f.store)
    later.seedAccount(A, seed)
    expect(login(later)).toEqual(first)
    expect(first).toMatchObject({ kind: 'user', arn: userArn('nina') })
    expect(login(later, `nina-at-${A}`, 'plums')).toBeUndefined()
    const { secretAccessKey, caller } = later.resolveKey(KEY.id)
    expect([secretAccessKey, caller.arn, caller.kind]).toEqual([KEY.secret, `arn:aws:iam::${A}:root`, 'root'])
    later.authorize(first ?? caller, { action: 'codecommit:GitPush', resource: '*' })
    expect(() => later.authorize(first ?? caller, { action: 'sqs:SendMessage', resource: '*' })).toThrow()
  })

  test.each([
    [`nina-at-${A}`, 'nina'],
    [`nina+1-at-${A}`, 'nina'],
    ['nina-at-123456789012', 'nina'],
    ['plain', 'plain'],
    ['who-at-home', 'who-at-home'],
  ])('%s is the user %s', (name, user) => {
    f.iam.seedAccount(A, { gitUser: { name, password: 'pears' } })
    expect(login(f.iam, name)?.arn).toBe(userArn(user))
  })

  test('what an earlier start gave and this one does not is gone', () => {
    f.iam.seedAccount(A, { rootKey: KEY, gitUser: { name: 'one', password: 'pears' } })
    f.iam.seedAccount(A, {
      rootKey: { ...KEY, id: 'ANOTHERKEY' },
      gitUser: { name: 'two', password: 'pears' },
    })
    expect(() => f.iam.resolveKey(KEY.id)).toThrow()
    expect([login(f.iam, 'one'), login(f.iam, 'two')?.arn]).toEqual([undefined, userArn('two')])
  })

  test('an account that does not exist', () => {
    expect(() => f.iam.seedAccount('333333333333', {})).toThrow('no account 333333333333')
  })
})

test('what fails half way leaves nothing behind, in memory neither', async () => {
  expect(() =>
    f.iam.seedAccount(A, { rootKey: { id: 'K', secret: 's' }, gitUser: { name: 'no name', password: 'p' } }),
  ).toThrow('userName')
  expect(() => f.iam.resolveKey('K')).toThrow()
  await f.call('CreateRole', { RoleName: 'r', AssumeRolePolicyDocument: trust({ AWS: A }) })
})
