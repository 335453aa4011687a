// biome-ignore-all lint/suspicious/noTemplateCurlyInString: policy variables are written so
import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { PolicyDocument } from '../../../local/contracts.ts'
import { arnMatches, globMatches } from '../../../local/iam/glob.ts'
import { examine, parsePolicy } from '../../../local/iam/policy.ts'
import type { Principal } from '../../../local/iam/principals.ts'
import type { Context } from '../../../local/iam/variables.ts'

type Keys = Record<string, string | string[]>

const context = (keys: Keys) =>
  new Map(Object.entries(keys).map(([key, value]) => [key.toLowerCase(), [value].flat()]))

const evaluate = (
  documents: readonly object[],
  question: { action: string; resource?: string; context: Context; principal?: Principal },
) => {
  const { resource } = question
  const policies = documents.map((document) => parsePolicy(document as PolicyDocument))
  const asked = { ...question, resource: resource ?? '', trust: resource === undefined }
  const { allows, denies, unknown } = examine(policies, asked)
  const decision = denies.length > 0 ? 'explicitDeny' : allows.length > 0 ? 'allow' : 'implicitDeny'
  return { decision, unknown }
}

const judge = (
  statements: object | object[],
  action: string,
  resource: string,
  keys: Keys = {},
  principal?: Principal,
) =>
  evaluate([{ Version: '2012-10-17', Statement: statements }], {
    action,
    resource,
    context: context(keys),
    ...(principal && { principal }),
  })

const repo = (name: string) => `arn:aws:codecommit:eu-west-1:111111111111:${name}`
const allow = (more: object = {}) => ({ Effect: 'Allow', Action: '*', Resource: '*', ...more })
const deny = (more: object = {}) => ({ Effect: 'Deny', Action: '*', Resource: '*', ...more })

describe('effects', () => {
  test.each([
    ['nothing', [], 'implicitDeny'],
    ['allow', [allow()], 'allow'],
    ['deny', [deny()], 'explicitDeny'],
    ['deny after allow', [allow(), deny()], 'explicitDeny'],
    ['deny before allow', [deny(), allow()], 'explicitDeny'],
    ['deny of something else', [allow(), deny({ Action: 'sqs:*' })], 'allow'],
    ['an effect that does not exist', [allow({ Effect: 'allow' })], 'implicitDeny'],
  ])('%s', (_, statements, decision) => {
    expect(judge(statements as object[], 'codecommit:GitPush', repo('x')).decision).toBe(decision)
  })

  test('one statement need not stand in a list, and denials reach across documents', () => {
    expect(judge(allow(), 'a:b', '*').decision).toBe('allow')
    const documents = [{ Statement: allow() }, { Statement: [deny({ Resource: repo('x') })] }]
    const ask = (resource: string) =>
      evaluate(documents, { action: 'a:b', resource, context: new Map() }).decision
    expect([ask(repo('x')), ask(repo('y'))]).toEqual(['explicitDeny', 'allow'])
  })
})

describe('actions and resources', () => {
  test.each([
    [{ Action: 'codecommit:GitPush' }, true],
    [{ Action: 'CodeCommit:gitpush' }, true],
    [{ Action: 'codecommit:Git*' }, true],
    [{ Action: 'codecommit:G?tP*' }, true],
    [{ Action: ['sqs:*', 'codecommit:*'] }, true],
    [{ Action: 'codecommit:GitPul*' }, false],
    [{ Action: undefined, NotAction: 'codecommit:GitPull' }, true],
    [{ Action: undefined, NotAction: ['sqs:*', 'codecommit:Git*'] }, false],
    [{ Action: undefined }, false],
    [{ Resource: repo('orchard') }, true],
    [{ Resource: repo('ORCHARD') }, false],
    [{ Resource: repo('orch*') }, true],
    [{ Resource: 'arn:aws:codecommit:*:*:orchard' }, true],
    [{ Resource: [repo('a'), repo('?rchard')] }, true],
    [{ Resource: undefined, NotResource: repo('orchard') }, false],
    [{ Resource: undefined, NotResource: repo('other') }, true],
    [{ Resource: undefined }, false],
    [{ Resource: repo('${aws:username}') }, true],
    [{ Resource: repo('${aws:missing}') }, false],
    [{ Resource: repo("${aws:missing, 'orchard'}") }, true],
    [{ Resource: undefined, NotResource: repo('${aws:missing}') }, true],
  ])('%j', (statement, fits) => {
    const keys = { 'aws:username': 'orchard' }
    expect(judge(allow(statement), 'codecommit:GitPush', repo('orchard'), keys).decision).toBe(
      fits ? 'allow' : 'implicitDeny',
    )
  })

  test('variables are text in the older policy language', () => {
    const document = { Statement: allow({ Resource: repo('${aws:username}') }) }
    const ask = (name: string) =>
      evaluate([document], { action: 'a:b', resource: repo(name), context: context({ 'aws:username': 'x' }) })
    expect(ask('x').decision).toBe('implicitDeny')
    expect(ask('${aws:username}').decision).toBe('allow')
  })
})

describe('conditions', () => {
  const now = '2031-05-17T09:04:33Z'
  const cases: [object, Keys, boolean][] = [
    [{ StringEquals: { k: 'a' } }, { k: 'a' }, true],
    [{ StringEquals: { K: 'a' } }, { k: 'a' }, true],
    [{ StringEquals: { k: 'A' } }, { k: 'a' }, false],
    [{ StringEquals: { k: ['b', 'a'] } }, { k: 'a' }, true],
    [{ StringEquals: { k: 'a' } }, {}, false],
    [{ StringEquals: { k: '${other}' } }, { k: 'a', other: 'a' }, true],
    [{ StringEquals: { k: '${other}' } }, { k: 'a' }, false],
    [{ StringNotEquals: { k: 'a' } }, {}, true],
    [{ StringNotEquals: { k: ['a', 'b'] } }, { k: 'b' }, false],
    [{ StringNotEquals: { k: ['a', 'b'] } }, { k: 'c' }, true],
    [{ StringEqualsIgnoreCase: { k: 'A' } }, { k: 'a' }, true],
    [{ StringNotEqualsIgnoreCase: { k: 'A' } }, { k: 'a' }, false],
    [{ StringLike: { k: 'refs/heads/*' } }, { k: 'refs/heads/main' }, true],
    [{ StringLike: { k: 'refs/heads/?' } }, { k: 'refs/heads/main' }, false],
    [{ StringNotLike: { k: 'refs/tags/*' } }, { k: 'refs/heads/main' }, true],
    [{ stringlike: { k: 'x*' } }, { k: 'xy' }, true],
    [{ StringEqualsIfExists: { k: 'a' } }, {}, true],
    [{ StringEqualsIfExists: { k: 'a' } }, { k: 'b' }, false],
    [{ Null: { k: 'true' } }, {}, true],
    [{ Null: { k: 'true' } }, { k: 'a' }, false],
    [{ Null: { k: false } }, { k: 'a' }, true],
    [{ Null: { k: 'false' } }, { k: [] }, false],
    [{ Bool: { k: false } }, { k: 'false' }, true],
    [{ Bool: { k: 'TRUE' } }, { k: 'true' }, true],
    [{ Bool: { k: 'true' } }, {}, false],
    [{ NumericLessThan: { k: '10' } }, { k: '9' }, true],
    [{ NumericLessThanEquals: { k: 9 } }, { k: '9' }, true],
    [{ NumericGreaterThan: { k: '10' } }, { k: '9' }, false],
    [{ NumericEquals: { k: '1.0' } }, { k: '1' }, true],
    [{ NumericEquals: { k: '0' } }, { k: '' }, false],
    [{ NumericLessThan: { k: '10' } }, { k: 'nine' }, false],
    [{ NumericNotEquals: { k: '10' } }, { k: '9' }, true],
    [{ NumericNotEquals: { k: ['9', '10'] } }, { k: '9' }, false],
    [{ IpAddress: { k: '203.0.113.0/24' } }, { k: '203.0.113.7' }, true],
    [{ IpAddress: { k: '203.0.113.0/24' } }, { k: '203.0.114.7' }, false],
    [{ IpAddress: { k: ['10.0.0.0/8', '203.0.113.7'] } }, { k: '203.0.113.7' }, true],
    [{ IpAddress: { k: '203.0.113.0/24' } }, {}, false],
    [{ IpAddress: { k: '203.0.113.0/24' } }, { k: 'localhost' }, false],
    [{ NotIpAddress: { k: '203.0.113.0/24' } }, { k: '203.0.114.7' }, true],
    [{ NotIpAddress: { k: ['203.0.113.0/24', '203.0.114.0/24'] } }, { k: '203.0.114.7' }, false],
    [{ IpAddress: { k: '2001:db8:1234::/48' } }, { k: '2001:DB8:1234:5678::1' }, true],
    [{ IpAddress: { k: '2001:db8:1234::/48' } }, { k: '2001:db8:1235::1' }, false],
    [{ IpAddress: { k: '2001:db8::/32' } }, { k: '203.0.113.7' }, false],
    [{ BinaryEquals: { k: 'QmluYXJ5VmFsdWVJbkJhc2U2NA==' } }, { k: 'QmluYXJ5VmFsdWVJbkJhc2U2NA' }, true],
    [{ BinaryEquals: { k: 'QQ==' } }, { k: 'Qg==' }, false],
    [{ StringLike: { k: 'a${*}' } }, { k: 'a*' }, true],
    [{ StringLike: { k: 'a${*}' } }, { k: 'ab' }, false],
    [{ StringLike: { k: 'a${?}c${$}' } }, { k: 'a?c$' }, true],
    [{ StringLike: { k: '${other}*' } }, { k: 'x*yz', other: 'x*y' }, true],
    [{ StringLike: { k: '${other}*' } }, { k: 'xxyz', other: 'x*y' }, false],
    [{ StringEquals: { k: '${*}' } }, { k: '*' }, true],
    [{ StringNotEquals: { k: '${other}' } }, { k: 'a' }, true],
    [{ DateEquals: { k: '2031-05-17T09:04:33Z' } }, { k: now }, true],
    [{ DateNotEquals: { k: '2031-05-17T09:04:33Z' } }, { k: now }, false],
    [{ DateLessThanEquals: { k: '2031-05-17T11:04:33+02:00' } }, { k: now }, true],
    [{ DateLessThan: { k: '2032-01-01T00:00:00Z' } }, { k: now }, true],
    [{ DateGreaterThan: { k: '1936775073' } }, { k: now }, false],
    [{ DateGreaterThanEquals: { k: '1936775073' } }, { k: now }, true],
    [{ ArnLike: { k: 'arn:aws:events:*:1:rule/*' } }, { k: 'arn:aws:events:eu-west-1:1:rule/a' }, true],
    [{ ArnLike: { k: 'arn:aws:*:1:rule/a' } }, { k: 'arn:aws:events:eu-west-1:1:rule/a' }, false],
    [{ ArnEquals: { k: 'arn:aws:sns:e:1:t' } }, { k: 'arn:aws:sns:e:1:t' }, true],
    [{ ArnNotLike: { k: 'arn:aws:sns:e:1:*' } }, { k: 'arn:aws:sns:e:1:t' }, false],
    [{ ArnNotEquals: { k: 'arn:aws:sns:e:1:t' } }, {}, true],
    [{ 'ForAnyValue:StringEquals': { k: ['a', 'b'] } }, { k: ['x', 'b'] }, true],
    [{ 'ForAnyValue:StringEquals': { k: ['a', 'b'] } }, {}, false],
    [{ 'ForAnyValue:StringNotEquals': { k: 'a' } }, { k: ['a', 'b'] }, true],
    [{ 'ForAnyValue:StringNotEquals': { k: 'a' } }, { k: ['a'] }, false],
    [{ 'ForAllValues:StringEquals': { k: ['a', 'b'] } }, { k: ['a', 'b', 'a'] }, true],
    [{ 'ForAllValues:StringEquals': { k: ['a', 'b'] } }, { k: ['a', 'x'] }, false],
    [{ 'ForAllValues:StringEquals': { k: ['a'] } }, {}, true],
    [{ 'ForAllValues:StringEquals': { k: ['a'] } }, { k: '' }, true],
    [{ 'ForAllValues:StringNotEquals': { k: ['a', 'b'] } }, { k: ['c', 'd'] }, true],
    [{ 'ForAllValues:StringNotEquals': { k: ['a', 'b'] } }, { k: ['c', 'b'] }, false],
    [{ 'ForAnyValue:StringEqualsIfExists': { k: 'a' } }, {}, true],
    [{ StringNotEquals: { k: 'a' } }, { k: ['a', 'b'] }, false],
    [{ StringEquals: { k: ['a', 'c'] } }, { k: ['b', 'c'] }, true],
    [{ 'ForAllValues:StringLikeIfExists': { k: ['a*'] } }, { k: ['ab', 'ac'] }, true],
    [{ StringEquals: { k: 'a', l: 'b' } }, { k: 'a', l: 'c' }, false],
    [{ StringEquals: { k: 'a' }, Null: { l: 'true' } }, { k: 'a' }, true],
    [{ StringEquals: { k: 'a' }, Null: { l: 'true' } }, { k: 'a', l: '' }, false],
  ]
  test.each(cases)('%j of %j: %p', (condition, keys, holds) => {
    expect(judge(allow({ Condition: condition }), 'a:b', '*', keys).decision).toBe(
      holds ? 'allow' : 'implicitDeny',
    )
    expect(judge([allow(), deny({ Condition: condition })], 'a:b', '*', keys).decision).toBe(
      holds ? 'explicitDeny' : 'allow',
    )
  })

  test.each(['StringSortOf', 'ForSomeValues:StringEquals', 'Nullish', 'NullIfExists', 'constructor'])(
    'operator %s is not known: an Allow does not apply, a Deny does, and it is told',
    (operator) => {
      const condition = { Condition: { [operator]: { k: 'a' } } }
      const allowed = judge(allow(condition), 'a:b', '*', { k: 'a' })
      expect(allowed).toEqual({ decision: 'implicitDeny', unknown: [operator] })
      expect(judge([allow(), deny(condition)], 'a:b', '*', {}).decision).toBe('explicitDeny')
      const elsewhere = { ...condition, Resource: repo('other') }
      expect(judge([allow(), deny(elsewhere)], 'a:b', repo('x')).decision).toBe('allow')
    },
  )
})

describe('values that make no sense for their operator', () => {
  test.each([
    [{ DateLessThan: { k: 'soon' } }],
    [{ NumericNotEquals: { k: 'ten' } }],
    [{ NotIpAddress: { k: '203.0.113.0/33' } }],
    [{ NotIpAddress: { k: '300.0.113.0/8' } }],
    [{ IpAddress: { k: '203.0.113.0/24/8' } }],
    [{ Bool: { k: 'yes' } }],
    [{ Null: { k: 'maybe' } }],
    [{ StringEquals: 'x' }],
    ['StringEquals'],
  ])('%j: an Allow does not apply, a Deny does', (condition) => {
    for (const keys of [{}, { k: '1' }] as Keys[]) {
      expect(judge(allow({ Condition: condition }), 'a:b', '*', keys).decision).toBe('implicitDeny')
      expect(judge([allow(), deny({ Condition: condition })], 'a:b', '*', keys).decision).toBe('explicitDeny')
    }
  })
})

test('the documented branch protection lets the first look and other branches pass', () => {
  const protect = deny({
    Action: ['codecommit:GitPush'],
    Resource: repo('x'),
    Condition: {
      StringEqualsIfExists: { 'codecommit:References': ['refs/heads/main'] },
      Null: { 'codecommit:References': 'false' },
    },
  })
  const push = (keys: Keys) => judge([allow(), protect], 'codecommit:GitPush', repo('x'), keys).decision
  expect(push({})).toBe('allow')
  expect(push({ 'codecommit:References': 'refs/heads/topic' })).toBe('allow')
  expect(push({ 'codecommit:References': 'refs/heads/main' })).toBe('explicitDeny')
  expect(push({ 'codecommit:References': ['refs/heads/topic', 'refs/heads/main'] })).toBe('explicitDeny')
})

describe('principals', () => {
  const user = 'arn:aws:iam::111111111111:user/x'
  const root = 'arn:aws:iam::111111111111:root'
  const cases: [unknown, Principal, boolean][] = [
    ['*', { user }, true],
    [{ AWS: '*' }, { user }, true],
    [{ AWS: user }, { user }, true],
    [{ AWS: [root] }, { user }, false],
    [{ AWS: [root] }, { user, account: '111111111111' }, true],
    [{ AWS: '111111111111' }, { user, account: '111111111111' }, true],
    [{ AWS: '222222222222' }, { user, account: '111111111111' }, false],
    [{ AWS: 'arn:aws:iam::111111111111:user/*' }, { user }, false],
    [{ Service: 'events.amazonaws.com' }, { user }, false],
    [{ Service: ['a', 'events.amazonaws.com'] }, { service: 'events.amazonaws.com' }, true],
    [{ Service: 'sns.amazonaws.com' }, { service: 'events.amazonaws.com' }, false],
    [{ AWS: '*' }, { service: 'events.amazonaws.com' }, true],
    ['*', { service: 'events.amazonaws.com' }, true],
    [undefined, { user }, false],
  ]
  test.each(cases)('%j, asked for %j', (element, principal, named) => {
    const statement = allow({ Principal: element })
    expect(judge(statement, 'a:b', '*', {}, principal).decision).toBe(named ? 'allow' : 'implicitDeny')
  })

  test('in a trust policy "everybody" takes in no service', () => {
    const statement = { Effect: 'Allow', Principal: '*', Action: 'sts:AssumeRole' }
    const question = { action: 'sts:AssumeRole', context: new Map() }
    const ask = (principal: Principal) =>
      evaluate([{ Statement: statement }], { ...question, principal }).decision
    expect(ask({ service: 'lambda.amazonaws.com' })).toBe('implicitDeny')
    expect(ask({ user })).toBe('allow')
  })

  const except = (names: string[], effect = 'Deny') => ({
    Effect: effect,
    Action: '*',
    Resource: '*',
    NotPrincipal: { AWS: names },
  })
  const caller: Principal = { user, account: '111111111111' }
  const session = 'arn:aws:sts::111111111111:assumed-role/r/s'
  const role = 'arn:aws:iam::111111111111:role/r'
  test.each([
    ['the user and the account', caller, [user, root], 'allow'],
    ['the account by its number', caller, [user, '111111111111'], 'allow'],
    ['the user alone: the account is denied', caller, [user], 'explicitDeny'],
    ['the account alone', caller, [root], 'explicitDeny'],
    ['session, role and account', { session, role, account: '111111111111' }, [session, role, root], 'allow'],
    ['session and account', { session, role, account: '111111111111' }, [session, root], 'explicitDeny'],
    ['everybody', caller, ['*'], 'allow'],
    ['another service', { service: 'events.amazonaws.com' }, [root], 'explicitDeny'],
  ])('NotPrincipal leaves out %s', (_, principal, names, decision) => {
    const statements = [allow({ Principal: { AWS: '*' } }), except(names)]
    expect(judge(statements, 'a:b', '*', {}, principal).decision).toBe(decision)
  })

  test('an Allow with NotPrincipal allows nobody', () => {
    expect(judge(except([user], 'Allow'), 'a:b', '*', {}, { user: `${user}2` }).decision).toBe('implicitDeny')
  })
})

describe('patterns', () => {
  test('agree with regular expressions', () => {
    const letters = fc.string({ unit: fc.constantFrom('a', 'b', '*', '?', ':'), maxLength: 12 })
    fc.assert(
      fc.property(letters, letters, (pattern, text) => {
        const source = [...pattern].map((c) => (c === '*' ? '.*' : c === '?' ? '.' : c)).join('')
        expect(globMatches(pattern, text)).toBe(new RegExp(`^${source}$`).test(text))
      }),
      { numRuns: 2_000 },
    )
  })

  test('a hostile pattern ends soon', () => {
    expect(globMatches(`${'*a'.repeat(2_000)}b`, 'a'.repeat(8_000))).toBe(false)
  })

  test('an ARN’s parts match one by one; its last keeps its colons', () => {
    expect(arnMatches('arn:aws:lambda:*:*:function:x', 'arn:aws:lambda:e:1:function:x')).toBe(true)
    expect(arnMatches('arn:aws:lambda:*', 'arn:aws:lambda:e:1:function:x')).toBe(false)
    expect(arnMatches('*', 'arn:aws:lambda:e:1:function:x')).toBe(false)
  })
})
