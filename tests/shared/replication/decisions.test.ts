import { createHash } from 'node:crypto'
import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { digestOf } from '../../../shared/replication/digest.ts'
import { clusterOf, isGone, launched, launchOf, startMirror } from '../../../shared/replication/launch.ts'
import { compare, type Target } from '../../../shared/replication/prove.ts'
import { decide, nextStepOf } from '../../../shared/replication/retry.ts'
import type { Tasks } from '../../../shared/runtime/aws-clients.ts'
import { RelayError } from '../../../shared/runtime/errors.ts'
import { MAX_OVERRIDES } from '../../../shared/runtime/run-task.ts'
import { backoff } from '../../../shared/runtime/task-end.ts'

const repository = { account: '111111111111', region: 'us-east-1', name: 'orchard.api' }
const target: Target = { repository, replica: { ...repository, region: 'eu-west-1' }, deletes: 'mirror' }
const place = {
  cluster: 'arn:aws:ecs:us-east-1:111111111111:cluster/relay',
  taskDefinition: 'arn:aws:ecs:us-east-1:111111111111:task-definition/mirror:1',
  subnets: ['subnet-1'],
  securityGroups: ['sg-1'],
  assignPublicIp: 'DISABLED' as const,
}
const oid = (letter: string) => letter.repeat(40)

describe('digest', () => {
  test('is what sha256sum says of the sorted lines', () => {
    const text = `refs/heads/a ${oid('a')}\nrefs/heads/b ${oid('b')}\n`
    const refs = new Map([
      ['refs/heads/b', oid('b')],
      ['refs/heads/a', oid('a')],
    ])
    expect(digestOf(refs)).toBe(`sha256:${createHash('sha256').update(text).digest('hex')}`)
  })

  test('does not depend on order, and differs with any name or oid', () => {
    const refs = fc.dictionary(fc.stringMatching(/^[a-z/é]{1,8}$/), fc.constantFrom(oid('a'), oid('b')))
    fc.assert(
      fc.property(refs, refs, (a, b) => {
        const backwards = new Map(Object.entries(a).reverse())
        expect(digestOf(backwards)).toBe(digestOf(new Map(Object.entries(a))))
        const same = JSON.stringify(Object.entries(a).sort()) === JSON.stringify(Object.entries(b).sort())
        expect(digestOf(new Map(Object.entries(a))) === digestOf(new Map(Object.entries(b)))).toBe(same)
      }),
    )
  })
})

describe('retry', () => {
  const random = () => 0.999
  test.each([
    [{ exitCode: 0, stopCode: 'EssentialContainerExited' }, 0, { kind: 'ok' }],
    [{ exitCode: 0 }, 99, { kind: 'ok' }],
    [{ exitCode: 75 }, 0, { kind: 'retry', afterSeconds: 5, code: 'MIRROR_FAILED' }],
    [{ exitCode: 75 }, 1, { kind: 'retry', afterSeconds: 10, code: 'MIRROR_FAILED' }],
    [{ exitCode: 75 }, 2, { kind: 'give-up', code: 'MIRROR_FAILED' }],
    [{ exitCode: 137 }, 0, { kind: 'retry', reason: expect.stringContaining('signal 9') }],
    [{ exitCode: 1 }, 0, { kind: 'retry' }],
    [{ exitCode: 77 }, 0, { kind: 'give-up', code: 'REMOTE_DENIED' }],
    [{ exitCode: 78 }, 0, { kind: 'give-up', code: 'CONFIG_INVALID' }],
    [
      { stopCode: 'TaskFailedToStart', stoppedReason: 'CannotPull' },
      0,
      { kind: 'retry', code: 'MIRROR_NOT_STARTED' },
    ],
    [{ stopCode: 'SpotInterruption' }, 0, { kind: 'retry', code: 'MIRROR_FAILED' }],
    [{}, 2, { kind: 'give-up' }],
  ] as const)('%j after %i tries', (end, attempt, expected) => {
    expect(decide(end, attempt, 3, random)).toMatchObject(expected)
  })

  test('the delay is whole, positive, bounded by the doubled five seconds and by a quarter of an hour', () => {
    const chance = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })
    fc.assert(
      fc.property(fc.nat(60), chance, (attempt, value) => {
        const delay = backoff(attempt, () => value)
        expect(Number.isInteger(delay)).toBe(true)
        expect(delay).toBeGreaterThanOrEqual(1)
        expect(delay).toBeLessThanOrEqual(Math.min(900, 5 * 2 ** attempt))
      }),
    )
  })

  test('every give-up has a next step', () => {
    for (const code of ['REMOTE_DENIED', 'MIRROR_FAILED', 'GIT_LIMIT'] as const)
      expect(nextStepOf(code, 'orders')).toMatch(/\.$/)
  })
})

describe('launch', () => {
  const run = { token: 'c-1', force: false, attempt: 2, reason: 'push' }

  test('what is launched is read back, role and external id too', () => {
    const away: Target = {
      ...target,
      replica: { ...target.replica, role: 'arn:aws:iam::222222222222:role/r', externalId: 'e' },
    }
    const input = launchOf(place, away, run)
    expect(input).toMatchObject({
      clientToken: 'c-1',
      startedBy: 'mirror/orchard-api',
      launchType: 'FARGATE',
      count: 1,
    })
    const environment = input.overrides?.containerOverrides?.[0]?.environment ?? []
    const read = Object.fromEntries(environment.map(({ name, value }) => [name!, value!]))
    expect(read).toMatchObject({ RELAY_ATTEMPT: '2', RELAY_REASON: 'push' })
    expect(launched(read)).toEqual({ claim: 'c-1', target: away })
    expect(launched({})).toBeUndefined()
    expect(() => launched({ ...read, RELAY_DELETES: 'all' })).toThrow('RELAY_DELETES')
    expect(() => launched({ ...read, RELAY_REPLICA: '{"account":"1"}' })).toThrow('RELAY_REPLICA')
  })

  test('the longest names fit, a reason is cut, and what is too long is refused', () => {
    const name = 'n'.repeat(100)
    const long: Target = {
      ...target,
      repository: { ...repository, name },
      replica: { ...target.replica, name },
    }
    const input = launchOf(place, long, { ...run, reason: 'r'.repeat(9_000) })
    expect(JSON.stringify(input.overrides).length).toBeLessThanOrEqual(MAX_OVERRIDES)
    expect(input.startedBy).toMatch(/^[\w/-]{1,128}$/)
    const role = 'x'.repeat(MAX_OVERRIDES)
    expect(() => launchOf(place, { ...long, replica: { ...long.replica, role } }, run)).toThrow(RelayError)
  })

  const tasksOf = (parts: Partial<Tasks>) => parts as Tasks
  const input = launchOf(place, target, run)

  test.each([
    [{ tasks: [], failures: [{ reason: 'RESOURCE:MEMORY' }] }, 'RESOURCE:MEMORY'],
    [{ tasks: [], failures: [] }, 'no reason'],
    [{}, 'no reason'],
  ])('an answer without a task is a failure: %j', async (answer, says) => {
    const tasks = tasksOf({ runTask: async () => answer })
    await expect(startMirror(tasks, input)).rejects.toMatchObject({
      code: 'MIRROR_NOT_STARTED',
      message: expect.stringContaining(says),
    })
  })

  test('a call that throws is the same failure, with its cause', async () => {
    const cause = Object.assign(new Error('no'), { name: 'ClusterNotFoundException' })
    const tasks = tasksOf({ runTask: () => Promise.reject(cause) })
    await expect(startMirror(tasks, input)).rejects.toMatchObject({
      code: 'MIRROR_NOT_STARTED',
      cause,
      data: { aws: 'ClusterNotFoundException' },
    })
  })

  test('a task is gone when ECS forgot it, or a minute after it stopped', async () => {
    const arn = 'arn:aws:ecs:us-east-1:111111111111:task/relay/1'
    const gone = (answer: Awaited<ReturnType<Tasks['describeTasks']>>) =>
      isGone(tasksOf({ describeTasks: async () => answer }), arn, 100_000)
    expect(await gone({ tasks: [{ taskArn: arn, lastStatus: 'RUNNING' }] })).toBe(false)
    expect(
      await gone({ tasks: [{ taskArn: arn, lastStatus: 'STOPPED', stoppedAt: new Date(40_000) }] }),
    ).toBe(false)
    expect(
      await gone({ tasks: [{ taskArn: arn, lastStatus: 'STOPPED', stoppedAt: new Date(39_999) }] }),
    ).toBe(true)
    expect(await gone({ tasks: [], failures: [{ arn, reason: 'MISSING' }] })).toBe(true)
    expect(await gone({ tasks: [], failures: [{ arn, reason: 'OTHER' }] })).toBe(false)
    expect([clusterOf(arn), clusterOf('arn:aws:ecs:us-east-1:111111111111:task/1')]).toEqual([
      'relay',
      undefined,
    ])
  })
})

describe('compare', () => {
  const read = (source: object | undefined, replica: object | undefined) => {
    const order: string[] = []
    const reader = {
      readRefs: async (_: unknown, side: 'source' | 'replica') => {
        order.push(side)
        const refs = side === 'source' ? source : replica
        return refs && new Map(Object.entries(refs) as [string, string][])
      },
    }
    return { order, reader }
  }
  const main = { 'refs/heads/main': oid('a') }
  const now = () => 0

  test('reads the replica first', async () => {
    const { order, reader } = read(main, main)
    const digest = digestOf(new Map(Object.entries(main)))
    expect(await compare(reader, target, now)).toEqual({
      kind: 'equal',
      proof: { digest, refs: 1, at: '1970-01-01T00:00:00.000Z' },
      refs: new Map(Object.entries(main)),
    })
    expect(order).toEqual(['replica', 'source'])
  })

  test('a missing replica holds nothing, a missing source is no reason to delete', async () => {
    expect(await compare(read(main, undefined).reader, target, now)).toMatchObject({ kind: 'different' })
    expect(await compare(read(undefined, main).reader, target, now)).toEqual({ kind: 'source-missing' })
    expect(await compare(read({}, undefined).reader, target, now)).toMatchObject({
      kind: 'equal',
      proof: { refs: 0 },
    })
    await expect(compare(read({}, main).reader, target, now)).rejects.toMatchObject({
      code: 'SOURCE_EMPTIED',
    })
  })

  test('with deletes kept, more refs in the replica are no difference', async () => {
    const more = { ...main, 'refs/heads/old': oid('b') }
    const keep: Target = { ...target, deletes: 'keep' }
    expect(await compare(read(main, more).reader, keep, now)).toMatchObject({
      kind: 'equal',
      proof: { refs: 1 },
    })
    expect(await compare(read(main, more).reader, target, now)).toMatchObject({
      kind: 'different',
      updates: [{ kind: 'delete', ref: 'refs/heads/old' }],
    })
  })
})
