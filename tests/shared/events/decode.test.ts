import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { decode, decodeBody } from '../../../shared/events/decode.ts'
import { codeOf } from '../../../shared/runtime/errors.ts'

const folder = join(import.meta.dirname, '../../fixtures/events')
const names = readdirSync(folder).map((name) => name.replace('.json', ''))
const fixture = (name: string) => JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8'))

const repository = { account: '210987654321', region: 'eu-west-1', name: 'orchard-api' }
const replica = { ...repository, region: 'us-east-1' }
const actor = 'arn:aws:sts::210987654321:assumed-role/Builder/nina'
const [a, b, c] = ['c0', 'a7', '14'].map((pair) => pair.repeat(20)) as [string, string, string]
const at = '2031-05-17T09:04:33Z'
const event = { type: 'repository', via: 'eventbridge', test: false, repository, at, actor }
const main = { ref: 'refs/heads/main', refType: 'branch' }
const trigger = {
  ...event,
  via: 'trigger',
  at: '2031-05-17T09:04:33.512Z',
  id: '6d2f4c1a-0c55-4f7b-9d0e-5b1d8a9f0c33',
}
const pushed = [
  { kind: 'updated', ...main, commit: b },
  { kind: 'created', ref: 'refs/tags/v1.4', refType: 'tag', commit: a },
]
const task = { type: 'task-stopped', at, taskArn: 'arn:aws:ecs:eu-west-1:210987654321:task/orchard/9c1d' }
const exited = { stopCode: 'EssentialContainerExited', stoppedReason: 'Essential container in task exited' }

const table: Record<string, unknown[]> = {
  'codecommit.created-branch': [
    {
      ...event,
      changes: [{ kind: 'created', ref: 'refs/heads/feature/ripen', refType: 'branch', commit: b }],
    },
  ],
  'codecommit.created-tag': [
    { ...event, changes: [{ kind: 'created', ref: 'refs/tags/v1.4', refType: 'tag', commit: b }] },
  ],
  'codecommit.updated-push': [{ ...event, changes: [{ kind: 'updated', ...main, commit: b, oldCommit: a }] }],
  'codecommit.updated-merge': [
    { ...event, changes: [{ kind: 'updated', ...main, commit: c, oldCommit: b }] },
  ],
  'codecommit.updated-merge-other-spelling': [
    { ...event, changes: [{ kind: 'updated', ...main, commit: c, oldCommit: b }] },
  ],
  'codecommit.deleted-tag': [
    { ...event, changes: [{ kind: 'deleted', ref: 'refs/tags/v0.9-rc1', refType: 'tag', oldCommit: a }] },
  ],
  'codecommit.deleted-branch-without-caller': [
    {
      ...event,
      actor: undefined,
      changes: [{ kind: 'deleted', ref: 'refs/heads/old', refType: 'branch', oldCommit: a }],
    },
  ],
  'codecommit.updated-with-session-tags': [
    { ...event, actorName: 'Petra P', changes: [{ kind: 'updated', ...main, commit: b, oldCommit: a }] },
  ],
  'codecommit.unreferenced-merge': [],
  'codecommit.pull-request': [],
  'codecommit.template': [],
  'trigger.push': [{ ...trigger, changes: pushed }],
  'trigger.deleted-null-custom-data': [
    { ...trigger, changes: [{ kind: 'deleted', ref: 'refs/heads/old', refType: 'branch' }] },
  ],
  'trigger.test-empty-repository': [
    { ...trigger, test: true, changes: [{ kind: 'updated', ...main, commit: '0'.repeat(40) }] },
  ],
  'trigger.second-part': [{ ...trigger, id: `${trigger.id}/2`, changes: pushed }],
  'sns.lambda-trigger': [{ ...trigger, changes: pushed }],
  'sns.sqs-trigger': [{ ...trigger, changes: pushed }],
  'relay.replica-updated': [
    { type: 'relay', detailType: 'Replica Updated', detail: fixture('relay.replica-updated').detail },
  ],
  'relay.replica-behind': [
    { type: 'relay', detailType: 'Replica Behind', detail: fixture('relay.replica-behind').detail },
  ],
  ...Object.fromEntries(
    [
      ['replica-updated-fast', 'Replica Updated'],
      ['replica-diverged', 'Replica Diverged'],
      ['replica-incomplete', 'Replica Incomplete'],
      ['plan-refused', 'Plan Refused'],
      ['source-missing', 'Source Missing'],
    ].map(([name, detailType]) => [
      `relay.${name}`,
      [{ type: 'relay', detailType, detail: fixture(`relay.${name}`).detail }],
    ]),
  ),
  'relay.mirror-failed': [
    { type: 'relay', detailType: 'Mirror Failed', detail: fixture('relay.mirror-failed').detail },
  ],
  'relay.replication-requested': [{ type: 'request', at, repository, replica, reason: 'sweep', attempt: 0 }],
  'relay.replication-requested-all': [{ type: 'request', at, repository, reason: 'seed', attempt: 1 }],
  'ecs.stopped': [{ ...task, ...exited, exitCode: 0, environment: { RELAY_CLAIM: 'c-1' } }],
  'ecs.running': [],
  'ecs.stopped-never-ran': [
    {
      ...task,
      stopCode: 'TaskFailedToStart',
      stoppedReason: 'CannotPullContainerError: no route',
      environment: { RELAY_CLAIM: 'c-1' },
    },
  ],
  'ecs.stopped-of-others': [{ ...task, ...exited, environment: {} }],
}

const codeFor = (input: unknown) => {
  try {
    decode(input)
    return 'decoded'
  } catch (error) {
    return codeOf(error)
  }
}
const messageFor = (input: unknown) => {
  try {
    decode(input)
  } catch (error) {
    return (error as Error).message
  }
  throw new Error('it decoded')
}

describe('what is sent, and what it means', () => {
  test('every fixture has its meaning in the table', () =>
    expect(names.sort()).toEqual(Object.keys(table).sort()))
  test.each(Object.keys(table))('%s', (name) => {
    const expected = table[name]!
    const decoded = decode(fixture(name))
    expect(decoded).toHaveLength(expected.length)
    for (const [index, one] of expected.entries()) {
      const { actor: expectedActor, ...rest } = one as { actor?: string }
      expect(decoded[index]).toMatchObject(rest)
      expect((decoded[index] as { actor?: string }).actor).toBe(expectedActor)
    }
  })
  test('a body is parsed first', () => expect(decodeBody(JSON.stringify(fixture('ecs.running')))).toEqual([]))
  test('a ref that is neither branch nor tag is not ours', () => {
    const other = fixture('codecommit.created-branch')
    other.detail.referenceFullName = 'refs/notes/commits'
    expect(decode(other)).toEqual([])
  })
})

describe('what is refused', () => {
  const push = fixture('codecommit.updated-push')
  const record = fixture('trigger.push')
  const cases: readonly [string, unknown, string][] = [
    ['no object', 'text', 'field=event expected=a JSON object'],
    ['a list', [], 'field=event'],
    ['another source', { ...push, source: 'aws.s3' }, 'field=source'],
    ['another detail type', { ...push, 'detail-type': 'CodeCommit Moon Phase' }, 'field=detail-type'],
    [
      'another event',
      { ...push, detail: { ...push.detail, event: 'referenceRenamed' } },
      'field=detail.event expected=one of',
    ],
    [
      'no repository',
      { ...push, detail: { ...push.detail, repositoryName: undefined } },
      'field=detail.repositoryName expected=string',
    ],
    [
      'no ref',
      { ...push, detail: { ...push.detail, referenceFullName: undefined } },
      'field=detail.referenceFullName',
    ],
    [
      'a path as name',
      { ...push, detail: { ...push.detail, repositoryName: '../x' } },
      'field=detail.repositoryName',
    ],
    ['a short commit', { ...push, detail: { ...push.detail, commitId: 'abc' } }, 'field=detail.commitId'],
    [
      'a line break in a ref',
      { ...push, detail: { ...push.detail, referenceFullName: 'refs/heads/a\nb' } },
      'field=detail.referenceFullName',
    ],
    [
      'a ref past the limit',
      { ...push, detail: { ...push.detail, referenceFullName: `refs/heads/${'a'.repeat(1014)}` } },
      'field=detail.referenceFullName expected=at most 1024',
    ],
    ['an account of 13 digits', { ...push, account: '2109876543210' }, 'field=account'],
    ['no time', { ...push, time: '2031-13-17T09:04:33Z' }, 'field=time'],
    [
      'records of another service',
      { Records: [{ ...record.Records[0], eventSource: 'aws:s3' }] },
      'field=Records.0.eventSource',
    ],
    ['records that are none', { Records: 'x' }, 'field=Records expected=a list'],
    ['a message that is no JSON', { Message: 'hello' }, 'field=Message expected=JSON'],
    [
      'another ECS event',
      { ...fixture('ecs.stopped'), 'detail-type': 'ECS Service Action' },
      'field=detail-type',
    ],
    [
      'another event of ours',
      { ...fixture('relay.mirror-failed'), 'detail-type': 'Moon Risen' },
      'field=detail-type',
    ],
    [
      'a negative attempt',
      { ...fixture('relay.replication-requested'), detail: { repository, reason: 'x', attempt: -1 } },
      'field=detail.attempt',
    ],
    [
      'half an attempt',
      { ...fixture('relay.replication-requested'), detail: { repository, reason: 'x', attempt: 0.5 } },
      'field=detail.attempt',
    ],
  ]
  test.each(cases)('%s', (_name, input, says) => {
    expect(codeFor(input)).toBe('EVENT_MALFORMED')
    expect(messageFor(input)).toContain(says)
  })

  test('notifications inside one another end', () => {
    const wrap = (message: unknown) => ({ Message: JSON.stringify(message) })
    expect(codeFor(wrap(wrap(record)))).toBe('decoded')
    expect(codeFor(wrap(wrap(wrap(record))))).toBe('EVENT_MALFORMED')
  })

  test('what was found is not told', () => {
    const marker = 'do-not-tell'
    const spoilt = { ...push, detail: { ...push.detail, commitId: marker, repositoryName: `${marker} ` } }
    expect(messageFor(spoilt)).not.toContain(marker)
    expect(messageFor({ ...push, source: marker })).not.toContain(marker)
    expect(() => decodeBody(`{"x": "${marker}`)).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining(marker) }),
    )
  })
})

describe('anything', () => {
  const ends = (input: unknown) => expect(['decoded', 'EVENT_MALFORMED']).toContain(codeFor(input))

  test('any JSON ends in a value or the one code', () => {
    fc.assert(fc.property(fc.jsonValue(), ends), { numRuns: 500 })
    fc.assert(fc.property(fc.string(), (Message) => ends({ Message })))
    fc.assert(fc.property(fc.array(fc.jsonValue()), (Records) => ends({ Records })))
  })

  test('any fixture with any part replaced or taken away does too', () => {
    const paths = (value: unknown, path: (string | number)[] = []): (string | number)[][] =>
      typeof value === 'object' && value !== null
        ? [path, ...Object.entries(value).flatMap(([key, inner]) => paths(inner, [...path, key]))]
        : [path]
    const replaced = (value: unknown, path: (string | number)[], by: unknown): unknown => {
      const [step, ...rest] = path
      if (step === undefined) return by
      const copy = (Array.isArray(value) ? [...value] : { ...(value as object) }) as Record<
        string | number,
        unknown
      >
      copy[step] = replaced(copy[step], rest, by)
      return copy
    }
    const places = names.flatMap((name) => paths(fixture(name)).map((path) => [fixture(name), path] as const))
    fc.assert(
      fc.property(
        fc.constantFrom(...places),
        fc.option(fc.jsonValue(), { nil: undefined }),
        ([value, path], by) => ends(replaced(value, path, by)),
      ),
      { numRuns: 1500 },
    )
  })
})
