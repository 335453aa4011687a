// biome-ignore-all lint/suspicious/noTemplateCurlyInString: policy variables are written so
import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { PolicyDocument } from '../../../local/contracts.ts'
import { decide, type Layers, type Request } from '../../../local/iam/decide.ts'
import { parsePolicy } from '../../../local/iam/policy.ts'

const A = '111111111111'
const B = '222222222222'
const ROOT = `arn:aws:iam::${A}:root`
const USER = `arn:aws:iam::${A}:user/nina`
const ROLE = `arn:aws:iam::${A}:role/dev`
const SESSION = `arn:aws:sts::${A}:assumed-role/dev/nina`
const FEDERATED = `arn:aws:sts::${A}:federated-user/nina`

const policies = (...statements: object[]) => [
  parsePolicy({ Version: '2012-10-17', Statement: statements } as PolicyDocument),
]
const allow = { Effect: 'Allow', Action: '*', Resource: '*' }
const deny = { Effect: 'Deny', Action: '*', Resource: '*' }
const nothing = policies()
const yes = policies(allow)
const letsIn = (...arns: string[]) => policies({ ...allow, Principal: { AWS: arns } })

const CALLERS = {
  user: { kind: 'user', principal: { account: A, user: USER, id: 'AIDANINA' } },
  role: { kind: 'role', principal: { account: A, role: ROLE, session: SESSION, id: 'AROADEV' } },
  root: { kind: 'root', principal: { account: A } },
  federated: { kind: 'federated', principal: { account: A, user: USER, session: FEDERATED } },
} as const

const ask = (
  who: keyof typeof CALLERS,
  layers: Partial<Layers>,
  more: Partial<Request> = {},
): [decision: string, layer: string] => {
  const identity = who === 'root' ? undefined : nothing
  const question = { action: 'sqs:SendMessage', resource: 'arn:q', context: { get: () => undefined } }
  const request: Request = { ...CALLERS[who], question, foreign: false, resourceMustAllow: false, ...more }
  const { decision, layer } = decide(request, { identity, ...layers })
  return [decision, layer]
}

describe('within an account, identity policies alone', () => {
  test.each<[string, keyof typeof CALLERS, Partial<Layers>, string, string]>([
    ['nothing', 'user', {}, 'implicitDeny', 'identity'],
    ['an allow', 'user', { identity: yes }, 'allow', 'identity'],
    ['boundary without allow', 'user', { identity: yes, boundary: nothing }, 'implicitDeny', 'boundary'],
    ['boundary alone', 'user', { boundary: yes }, 'implicitDeny', 'identity'],
    ['both', 'user', { identity: yes, boundary: yes }, 'allow', 'identity'],
    ['session without allow', 'role', { identity: yes, session: nothing }, 'implicitDeny', 'session'],
    ['session alone', 'role', { session: yes }, 'implicitDeny', 'identity'],
    ['all three', 'role', { identity: yes, boundary: yes, session: yes }, 'allow', 'identity'],
    [
      'a deny in the boundary',
      'user',
      { identity: yes, boundary: policies(allow, deny) },
      'explicitDeny',
      'boundary',
    ],
    [
      'a deny in the session',
      'role',
      { identity: yes, session: policies(allow, deny) },
      'explicitDeny',
      'session',
    ],
    ['root', 'root', {}, 'allow', 'identity'],
  ])('%s', (_, who, layers, decision, layer) => {
    expect(ask(who, layers)).toEqual([decision, layer])
  })
})

// IAM user guide, "Policy evaluation for requests within a single account": the table of resource-based policies
describe('within an account, with the resource’s policy', () => {
  const tight = { boundary: nothing }
  const narrow = { session: nothing }
  test.each<[string, keyof typeof CALLERS, Partial<Layers>, string, string]>([
    ['a user, named', 'user', { resource: letsIn(USER) }, 'allow', 'resource'],
    ['a user, named, past a boundary', 'user', { resource: letsIn(USER), ...tight }, 'allow', 'resource'],
    ['a user by unique id', 'user', { resource: letsIn('AIDANINA') }, 'allow', 'resource'],
    ['everybody', 'user', { resource: letsIn('*') }, 'allow', 'resource'],
    [
      'the account: its own policies must allow',
      'user',
      { resource: letsIn(ROOT) },
      'implicitDeny',
      'identity',
    ],
    ['the account, and they do', 'user', { resource: letsIn(A), identity: yes }, 'allow', 'identity'],
    ['another user', 'user', { resource: letsIn(`${USER}2`) }, 'implicitDeny', 'identity'],
    ['a role, named', 'role', { resource: letsIn(ROLE) }, 'allow', 'resource'],
    [
      'a role, held by its boundary',
      'role',
      { resource: letsIn(ROLE), ...tight },
      'implicitDeny',
      'boundary',
    ],
    ['a role, held by its session', 'role', { resource: letsIn(ROLE), ...narrow }, 'implicitDeny', 'session'],
    [
      'everybody, a role held by its session',
      'role',
      { resource: letsIn('*'), ...narrow },
      'implicitDeny',
      'session',
    ],
    ['a session, named', 'role', { resource: letsIn(SESSION), ...tight, ...narrow }, 'allow', 'resource'],
    ['another session', 'role', { resource: letsIn(`${SESSION}2`) }, 'implicitDeny', 'identity'],
    [
      'a federated session, named',
      'federated',
      { resource: letsIn(FEDERATED), ...narrow },
      'allow',
      'resource',
    ],
    ['its user, named', 'federated', { resource: letsIn(USER), ...narrow }, 'implicitDeny', 'session'],
    [
      'its user, and the session allows',
      'federated',
      { resource: letsIn(USER), session: yes },
      'allow',
      'resource',
    ],
    [
      'a deny for somebody else',
      'user',
      { identity: yes, resource: policies({ ...deny, Principal: { AWS: ROLE } }) },
      'allow',
      'identity',
    ],
    [
      'a deny in the resource’s policy',
      'user',
      { identity: yes, resource: policies({ ...deny, Principal: '*' }) },
      'explicitDeny',
      'resource',
    ],
    [
      'a deny for root',
      'root',
      { resource: policies({ ...deny, Principal: { AWS: ROOT } }) },
      'explicitDeny',
      'resource',
    ],
    [
      'a deny in an identity policy',
      'user',
      { identity: policies(deny), resource: letsIn(USER) },
      'explicitDeny',
      'identity',
    ],
  ])('%s', (_, who, layers, decision, layer) => {
    expect(ask(who, layers)).toEqual([decision, layer])
  })
})

describe('across accounts both sides must allow', () => {
  test.each<[string, keyof typeof CALLERS, Partial<Layers>, string, string]>([
    ['identity alone', 'user', { identity: yes }, 'implicitDeny', 'resource'],
    ['resource alone', 'user', { resource: letsIn(USER) }, 'implicitDeny', 'identity'],
    ['a session alone', 'role', { resource: letsIn(SESSION) }, 'implicitDeny', 'identity'],
    ['both, by name', 'user', { identity: yes, resource: letsIn(USER) }, 'allow', 'identity'],
    ['both, by account', 'role', { identity: yes, resource: letsIn(A) }, 'allow', 'identity'],
    ['both, another account', 'user', { identity: yes, resource: letsIn(B) }, 'implicitDeny', 'resource'],
    [
      'held by a boundary',
      'user',
      { identity: yes, boundary: nothing, resource: letsIn(USER) },
      'implicitDeny',
      'boundary',
    ],
    ['root, not let in', 'root', {}, 'implicitDeny', 'resource'],
    ['root, let in', 'root', { resource: letsIn(ROOT) }, 'allow', 'identity'],
  ])('%s', (_, who, layers, decision, layer) => {
    expect(ask(who, layers, { foreign: true })).toEqual([decision, layer])
  })
})

// KMS developer guide, "Key policies in AWS KMS"
describe('where the resource’s policy must allow', () => {
  test.each<[string, keyof typeof CALLERS, Partial<Layers>, string, string]>([
    ['identity alone', 'user', { identity: yes, resource: nothing }, 'implicitDeny', 'resource'],
    ['without any policy', 'user', { identity: yes }, 'implicitDeny', 'resource'],
    ['left to the account', 'user', { identity: yes, resource: letsIn(ROOT) }, 'allow', 'identity'],
    [
      'left to the account, which says nothing',
      'user',
      { resource: letsIn(ROOT) },
      'implicitDeny',
      'identity',
    ],
    ['by name', 'user', { resource: letsIn(USER) }, 'allow', 'resource'],
    ['root, not named', 'root', { resource: letsIn(USER) }, 'implicitDeny', 'resource'],
    ['root, named', 'root', { resource: letsIn(ROOT) }, 'allow', 'resource'],
  ])('%s', (_, who, layers, decision, layer) => {
    expect(ask(who, layers, { resourceMustAllow: true })).toEqual([decision, layer])
  })
})

describe('whatever the policies', () => {
  const operators = [
    'StringEquals',
    'StringNotLike',
    'StringEqualsIfExists',
    'ForAllValues:StringLike',
    'ForAnyValue:StringNotEquals',
    'Null',
    'MoonPhase',
  ]
  const condition = fc.dictionary(
    fc.constantFrom(...operators),
    fc.dictionary(
      fc.constantFrom('k', 'l'),
      fc.array(fc.constantFrom('a', 'b*', 'true', '${l}'), { minLength: 1, maxLength: 3 }),
      { maxKeys: 2 },
    ),
    { maxKeys: 2 },
  )
  const principal = fc.constantFrom(
    '*',
    { AWS: USER },
    { AWS: [ROLE, SESSION] },
    { AWS: A },
    { Service: 'x.amazonaws.com' },
  )
  const part = (name: string, values: string[]) =>
    fc
      .tuple(fc.boolean(), fc.array(fc.constantFrom(...values), { minLength: 1, maxLength: 2 }))
      .map(([not, list]) => ({ [not ? `Not${name}` : name]: list }))
  const statement = (effects: string[]) =>
    fc
      .record({
        Effect: fc.constantFrom(...effects),
        Principal: principal,
        action: part('Action', ['sqs:*', 'sqs:SendMessage', 'sns:*', '*']),
        resource: part('Resource', ['*', 'arn:q', 'arn:r', 'arn:${k}']),
        Condition: fc.option(condition, { nil: undefined }),
      })
      .map(({ action, resource, ...rest }): { Condition?: object | undefined } => ({
        ...rest,
        ...action,
        ...resource,
      }))
  const some = fc.array(statement(['Allow', 'Deny']), { maxLength: 4 })
  const keys = fc.dictionary(
    fc.constantFrom('k', 'l'),
    fc.array(fc.constantFrom('a', 'b', 'bc', 'q'), { maxLength: 2 }),
  )
  const who = fc.constantFrom<keyof typeof CALLERS>('user', 'role', 'federated', 'root')
  const world = fc.record({
    who,
    keys,
    foreign: fc.boolean(),
    resourceMustAllow: fc.boolean(),
    identity: some,
    boundary: fc.option(some, { nil: undefined }),
    session: fc.option(some, { nil: undefined }),
    resource: fc.option(some, { nil: undefined }),
  })
  type World = typeof world extends fc.Arbitrary<infer T> ? T : never
  const decisionOf = (given: World): string => {
    const context = { get: (key: string) => given.keys[key] }
    const question = { action: 'sqs:SendMessage', resource: 'arn:q', context }
    const { foreign, resourceMustAllow } = given
    const read = (list: object[] | undefined) => list && policies(...list)
    const layers = {
      identity: given.who === 'root' ? undefined : policies(...given.identity),
      boundary: read(given.boundary),
      session: read(given.session),
      resource: read(given.resource),
    }
    const request = { ...CALLERS[given.who], question, foreign, resourceMustAllow }
    return decide(request, layers as unknown as Layers).decision
  }
  const LAYERS = ['identity', 'boundary', 'session', 'resource'] as const
  const plus = (given: World, layer: (typeof LAYERS)[number], one: object): World => ({
    ...given,
    // a layer that is not there says nothing: an empty one would already narrow
    [layer]: given[layer] && [...given[layer], one],
  })
  const RUNS = { numRuns: 2_000 }

  test('one more Deny never allows more', () => {
    fc.assert(
      fc.property(world, fc.constantFrom(...LAYERS), statement(['Deny']), (given, layer, one) => {
        if (decisionOf(given) !== 'allow') expect(decisionOf(plus(given, layer, one))).not.toBe('allow')
      }),
      RUNS,
    )
  })

  test('one more Allow never denies more', () => {
    fc.assert(
      fc.property(world, fc.constantFrom(...LAYERS), statement(['Allow']), (given, layer, one) => {
        if (decisionOf(given) === 'allow') expect(decisionOf(plus(given, layer, one))).toBe('allow')
      }),
      RUNS,
    )
  })

  test('the order of statements does not matter', () => {
    fc.assert(
      fc.property(world, (given) => {
        const turned = { ...given, identity: [...given.identity].reverse() }
        const resource = given.resource && [...given.resource].reverse()
        expect(decisionOf({ ...turned, resource })).toBe(decisionOf(given))
      }),
      RUNS,
    )
  })

  test('an operator that nobody knows never widens', () => {
    fc.assert(
      fc.property(world, fc.nat(), (given, place) => {
        const index = given.identity.length === 0 ? 0 : place % given.identity.length
        const identity = given.identity.map((one, at) => {
          if (at !== index) return one
          return { ...one, Condition: { ...one.Condition, StringSoundsLike: { k: ['a'] } } }
        })
        if (decisionOf(given) !== 'allow') expect(decisionOf({ ...given, identity })).not.toBe('allow')
      }),
      RUNS,
    )
  })
})
