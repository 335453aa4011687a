import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { readCall, sliceBody } from '../../../functions/sweep/calls.ts'
import { type Listed, SWEEP_BUDGET, type SweepPlan, sweepPlan } from '../../../functions/sweep/plan.ts'
import { turnOf } from '../../../functions/sweep/upkeep.ts'
import { MAX_MESSAGE_BYTES } from '../../../shared/runtime/queue.ts'

const ACCOUNT = '111111111111'
const budget = { ...SWEEP_BUDGET, spreadSeconds: 180 }
const listed = (name: string, replicas = 1, region = 'us-east-1'): Listed => ({
  key: `${ACCOUNT}/${region}/${name}`,
  region,
  name,
  replicas,
})
const many = (count: number, replicas: number, length = 12) =>
  Array.from({ length: count }, (_, index) => listed(`r${index}`.padEnd(length, '-x'), replicas))
const keysOf = (plan: SweepPlan) =>
  plan.slices.flatMap(({ repositories }) => repositories.map(({ key }) => key))
const markerOf = (plan: SweepPlan, done: readonly number[], resumedWith?: number) => ({
  id: 'a',
  begunAt: 0,
  aliveUntil: 0,
  bounds: plan.bounds,
  done,
  again: false,
  ...(resumedWith === undefined ? {} : { resumedWith }),
})

describe('how a sweep is cut', () => {
  test.each([
    ['nothing: still one, for replicas that lost their sources', many(0, 0), 1],
    ['one replica', many(1, 1), 1],
    ['250 replicas: one invocation, no message', many(25, 10), 1],
    ['10,000 replicas of 1,000 repositories', many(1_000, 10), 40],
    ['10,000 repositories with one replica', many(10_000, 1), 40],
    ['100,000 replicas', many(10_000, 10), 100],
    ['100,000 repositories with names of 100 characters', many(100_000, 1, 100), 100],
    ['one repository with more replicas than a slice', [listed('fat', 600), listed('thin', 1)], 2],
  ])('%s', (_name, repositories, slices) => {
    const plan = sweepPlan(repositories, undefined, budget)
    expect(plan.slices).toHaveLength(slices)
    expect(keysOf(plan)).toEqual(repositories.map(({ key }) => key).sort())
    // spread over the interval, and never all at once
    const delays = plan.slices.map(({ delaySeconds }) => delaySeconds)
    expect(delays[0] ?? 0).toBe(0)
    expect(delays).toEqual([...delays].sort((a, b) => a - b))
    expect(Math.max(0, ...delays)).toBeLessThanOrEqual(180)
    if (slices > 2) expect(new Set(delays).size).toBeGreaterThan(slices / 2)
    for (const { repositories: part, number } of plan.slices) {
      expect(Buffer.byteLength(sliceBody('a', number, part))).toBeLessThan(MAX_MESSAGE_BYTES)
    }
    // the marker is one item of DynamoDB
    expect(JSON.stringify(plan.bounds).length).toBeLessThan(100_000)
  })

  test('a sweep of a million replicas makes more slices, never larger ones', () => {
    const plan = sweepPlan(many(100_000, 10), undefined, budget)
    expect(Math.max(...plan.slices.map(({ replicas }) => replicas))).toBeLessThanOrEqual(SWEEP_BUDGET.most)
    expect(plan.slices).toHaveLength(200)
  })
})

describe('a sweep that died', () => {
  const repositories = many(1_000, 10)
  const first = sweepPlan(repositories, undefined, budget)

  test('is taken up where it stopped, by the same bounds', () => {
    const done = [0, 1, 2, 17, 39]
    const plan = sweepPlan(repositories, markerOf(first, done), budget)
    expect(plan).toMatchObject({ resumes: true, bounds: first.bounds })
    const numbers = plan.slices.map(({ number }) => number)
    expect([...numbers, ...done].sort((a, b) => a - b)).toEqual([...Array(40).keys()])
    for (const slice of plan.slices)
      expect(slice.repositories).toEqual(first.slices[slice.number]?.repositories)
  })

  test('with what was listed since: new ones belong to the slice in whose place they are', () => {
    const plan = sweepPlan([...repositories, listed('a'), listed('zzz')], markerOf(first, [1]), budget)
    expect(plan.resumes).toBe(true)
    expect(plan.slices.at(0)?.repositories[0]?.name).toBe('a')
    expect(plan.slices.at(-1)?.repositories.at(-1)?.name).toBe('zzz')
  })

  test.each([
    ['nothing was done since it was last taken up', markerOf(first, [3], 1)],
    ['all of it is done', markerOf(first, [...Array(40).keys()])],
  ])('is given up for a new one when %s', (_name, marker) => {
    const plan = sweepPlan(repositories, marker, budget)
    if (_name.startsWith('all')) expect(plan.resumes).toBe(false)
    else expect(plan.resumes).toBe(false)
    expect(keysOf(plan)).toHaveLength(1_000)
  })

  test('whose slice has grown beyond one message is cut anew', () => {
    const grown = [
      ...repositories,
      ...Array.from({ length: 3_000 }, (_, i) => listed(`r1-${i}`.padEnd(90, 'y'))),
    ]
    expect(sweepPlan(grown, markerOf(first, [39]), budget).resumes).toBe(false)
  })

  test('every repository is in exactly one slice, whatever was done and whatever has come and gone since', () => {
    const name = fc.stringMatching(/^[a-z.-]{1,6}$/)
    fc.assert(
      fc.property(
        fc.uniqueArray(name, { maxLength: 60 }),
        fc.uniqueArray(name, { maxLength: 60 }),
        fc.array(fc.nat(12)),
        (before, after, done) => {
          const small = { replicas: 5, slices: 100, most: 100, characters: 1_000, spreadSeconds: 60 }
          const old = sweepPlan(
            before.map((one) => listed(one)),
            undefined,
            small,
          )
          const numbers = [...new Set(done)].filter((number) => number < old.bounds.length)
          const plan = sweepPlan(
            after.map((one) => listed(one)),
            markerOf(old, numbers),
            small,
          )
          const all = after.map((one) => listed(one).key).sort()
          const keys = keysOf(plan)
          expect(new Set(keys).size).toBe(keys.length)
          if (!plan.resumes) expect([...keys].sort()).toEqual(all)
          for (const { number } of plan.slices) expect(plan.resumes && numbers.includes(number)).toBe(false)
          // what is left out lies between the bounds of a slice that is done
          const left = all.filter((key) => !keys.includes(key))
          for (const key of left) {
            const index = old.bounds.findIndex((bound) => key <= bound)
            expect(numbers).toContain(index < 0 ? old.bounds.length - 1 : index)
          }
        },
      ),
      { numRuns: 200 },
    )
  })
})

describe('messages', () => {
  test('a slice survives the queue', () => {
    const body = sliceBody('id', 3, [listed('a'), listed('b', 1, 'eu-west-1'), listed('c')])
    expect(readCall(body)).toEqual({
      kind: 'slice',
      work: { sweep: 'id', slice: 3, repositories: { 'us-east-1': ['a', 'c'], 'eu-west-1': ['b'] } },
    })
  })

  test.each([
    ['the schedule', '{"reason":"schedule"}', true],
    ['a person', '{"reason":"by hand"}', false],
    ['no JSON', 'wake up', false],
    ['null', 'null', false],
    ['a slice that is none', '{"sweep":"a","slice":1,"repositories":{"us-east-1":"a"}}', false],
  ])('%s begins a sweep', (_name, body, scheduled) => {
    expect(readCall(body)).toEqual({ kind: 'begin', scheduled })
  })
})

describe('settings take turns', () => {
  const repositories = many(300, 1).map(({ region, name }) => {
    const repository = { account: ACCOUNT, region, name }
    const replica = { ...repository, region: 'eu-west-1' }
    return { repository, targets: [{ repository, replica, deletes: 'mirror' as const }] }
  })

  test('each has its turn once in a round, and few at a time', () => {
    const turns = Array.from({ length: 30 }, (_, index) => turnOf(repositories, 1_000 + index))
    expect(turns.flat()).toHaveLength(300)
    expect(new Set(turns.flat()).size).toBe(300)
    expect(Math.max(...turns.map((turn) => turn.length))).toBeLessThanOrEqual(25)
  })

  test('where there are few, each sweep', () => {
    expect(turnOf(repositories.slice(0, 10), 7)).toHaveLength(10)
  })
})
