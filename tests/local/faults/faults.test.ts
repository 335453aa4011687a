import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { Faults } from '../../../local/contracts.ts'
import { createFaults } from '../../../local/faults/faults.ts'
import { type FaultPlan, FaultPlanError, parseFaultPlan } from '../../../local/faults/plan.ts'
import type { Envelope } from '../../../local/gateway/wires.ts'

const envelope = (id: string, type = 'CodeCommit Repository State Change'): Envelope => ({
  version: '0',
  id,
  'detail-type': type,
  source: 'aws.codecommit',
  account: '111111111111',
  time: '2031-05-17T09:04:33Z',
  region: 'us-east-1',
  resources: [],
  detail: {},
})
const call = (faults: Faults, service = 'codecommit', operation = 'GetBranch') =>
  faults.call({ service, operation, account: '111111111111', region: 'us-east-1' })
const git = (faults: Faults, repository: string, advertise = false) =>
  faults.git({
    account: '111111111111',
    region: 'us-east-1',
    repository,
    service: 'git-receive-pack',
    advertise,
  })
const errors = (faults: Faults, times: number) =>
  Array.from({ length: times }, () => call(faults).error?.code ?? '-').join(' ')

test('without a plan nothing goes wrong', () => {
  const faults = createFaults()
  expect(call(faults)).toEqual({})
  expect(git(faults, 'demo')).toEqual({})
  expect(faults.event(envelope('a'))).toEqual([{ envelope: envelope('a'), delayMs: 0 }])
  expect(faults.process({ kind: 'task', arn: 'x' })).toEqual({})
  expect([faults.skewMs(), faults.diskFull()]).toEqual([0, false])
})

describe('when a rule strikes', () => {
  const rule = { call: 'codecommit:Get*', error: 'T' }
  const cases: readonly [string, object, string][] = [
    ['always', {}, 'T T T T T'],
    ['the second time', { nth: 2 }, '- T - - -'],
    ['every second time', { every: 2 }, '- T - T -'],
    ['at most twice', { times: 2 }, 'T T - - -'],
    ['every second time, once', { every: 2, times: 1 }, '- T - - -'],
    ['never', { rate: 0 }, '- - - - -'],
    ['surely', { rate: 1 }, 'T T T T T'],
  ]
  test.each(cases)('%s', (_, timing, expected) => {
    expect(errors(createFaults({ rules: [{ ...rule, ...timing }] }), 5)).toBe(expected)
  })

  test('only calls that the glob names are counted', () => {
    const faults = createFaults({ rules: [{ ...rule, nth: 2 }] })
    call(faults, 'codecommit', 'CreateBranch')
    call(faults, 'sqs', 'GetQueueUrl')
    expect(errors(faults, 3)).toBe('- T -')
  })

  test('by rate, the same for the same seed and another for another', () => {
    fc.assert(
      fc.property(fc.nat(2 ** 31), (seed) => {
        const run = (from: number) =>
          errors(createFaults({ seed: from, rules: [{ ...rule, rate: 0.5 }] }), 64)
        expect(run(seed)).toBe(run(seed))
        expect(run(seed)).not.toBe(run(seed + 1))
      }),
    )
  })

  test('a rate is about what it says', () => {
    const struck = errors(createFaults({ rules: [{ ...rule, rate: 0.2 }] }), 10_000).match(/T/g)?.length ?? 0
    expect(struck).toBeGreaterThan(1_800)
    expect(struck).toBeLessThan(2_200)
  })
})

test('a call can be held up, fail, or both; the first error counts', () => {
  const faults = createFaults({
    rules: [
      { call: '*', delayMs: 20 },
      { call: 'codecommit:*', delayMs: 5, error: 'ThrottlingException' },
      { call: 'codecommit:*', error: 'InternalFailure' },
    ],
  })
  expect(call(faults)).toMatchObject({
    delayMs: 25,
    error: { code: 'ThrottlingException', message: 'Rate exceeded', status: 400 },
  })
  expect(call(faults, 'sqs', 'SendMessage')).toEqual({ delayMs: 20 })
})

describe('events', () => {
  const arrivals = (rules: FaultPlan['rules']) =>
    createFaults({ rules })
      .event(envelope('a'))
      .map(({ delayMs }) => delayMs)
  test.each<[string, FaultPlan['rules'], number[]]>([
    ['dropped', [{ event: 'CodeCommit*', do: 'drop' }], []],
    ['doubled', [{ event: '*', do: 'duplicate', delayMs: 7 }], [0, 7]],
    ['late', [{ event: '*', do: 'delay', delayMs: 9 }], [9]],
    ['overtaken', [{ event: '*', do: 'reorder', delayMs: 50 }], [50]],
    [
      'doubled, and both late',
      [
        { event: '*', do: 'duplicate', delayMs: 7 },
        { event: '*', do: 'delay', delayMs: 1 },
      ],
      [1, 8],
    ],
    ['not meant', [{ event: 'ECS*', do: 'drop' }], [0]],
  ])('%s', (_, rules, expected) => expect(arrivals(rules)).toEqual(expected))
})

test('Git requests by repository, service and phase', () => {
  const faults = createFaults({
    rules: [
      { git: 'demo*', phase: 'exchange', cutAnswerAfter: 10 },
      { git: 'demo', service: 'git-upload-pack', status: 429 },
      { git: '*', phase: 'advertise', status: 503 },
    ],
  })
  expect(git(faults, 'demo-2')).toEqual({ cutAnswerAfter: 10 })
  expect(git(faults, 'other')).toEqual({})
  expect(git(faults, 'other', true)).toEqual({ status: 503 })
})

test('kills, clock and disk', () => {
  const faults = createFaults({
    rules: [
      { kill: 'function', arn: '*:replicate', afterMs: 30, times: 1 },
      { clockSkewMs: 600_000 },
      { clockSkewMs: -1_000 },
      { diskFull: true },
    ],
  })
  expect(faults.process({ kind: 'task', arn: 'a:replicate' })).toEqual({})
  expect(faults.process({ kind: 'function', arn: 'a:replicate' })).toEqual({ killAfterMs: 30 })
  expect(faults.process({ kind: 'function', arn: 'a:replicate' })).toEqual({})
  expect([faults.skewMs(), faults.diskFull()]).toEqual([599_000, true])
})

test('a new plan begins anew, and the report tells what has struck', () => {
  const faults = createFaults({ seed: 7, rules: [{ call: '*', error: 'A', every: 2 }] })
  errors(faults, 5)
  expect(faults.report()).toEqual({
    seed: 7,
    rules: [{ call: '*', error: 'A', every: 2, asked: 5, struck: 2 }],
  })
  faults.plan({ rules: [] })
  expect(errors(faults, 2)).toBe('- -')
  expect(faults.report()).toEqual({ seed: 1, rules: [] })
})

describe('a plan', () => {
  test('is taken as it is', () => {
    const plan: FaultPlan = { seed: 3, rules: [{ git: '*', status: 429, rate: 0.5 }, { diskFull: true }] }
    expect(parseFaultPlan(JSON.parse(JSON.stringify(plan)))).toEqual(plan)
  })

  test.each<[string, unknown, readonly RegExp[]]>([
    ['that is no object', 'drop', [/object/]],
    ['without rules', {}, [/^rules: /]],
    ['with an unknown key', { rules: [], sead: 1 }, [/sead/]],
    ['with a seed that is no number', { seed: 'x', rules: [] }, [/^seed: /]],
    [
      'with a rule of no kind',
      { rules: [{ rate: 1 }] },
      [/^rules\[0\] has none of the keys event, call, git/],
    ],
    [
      'with several mistakes: all are told',
      { rules: [{ event: '*', do: 'burn' }, { call: '*', rate: 2 }, { git: '*', status: 404 }, 5] },
      [/^rules\[0\]\.do: /, /^rules\[1\]\.rate: /, /^rules\[2\]\.status: /, /^rules\[3\] has none/],
    ],
    ['with a misspelt key', { rules: [{ call: '*', eror: 'X' }] }, [/^rules\[0\]: .*eror/]],
  ])('%s is refused', (_, value, patterns) => {
    const problems = (() => {
      try {
        parseFaultPlan(value)
      } catch (error) {
        if (error instanceof FaultPlanError) return error.problems
        throw error
      }
      return []
    })()
    expect(problems).toHaveLength(patterns.length)
    for (const [index, pattern] of patterns.entries()) expect(problems[index]).toMatch(pattern)
  })

  test('of any shape ends in a plan or in its mistakes', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        try {
          createFaults(parseFaultPlan(value))
        } catch (error) {
          expect(error).toBeInstanceOf(FaultPlanError)
        }
      }),
    )
  })
})
