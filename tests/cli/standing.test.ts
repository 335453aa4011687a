import { expect, test } from '@jest/globals'
import { standingOf } from '../../cli/failover/standing.ts'
import type { Step } from '../../shared/store/procedures.ts'

const at = (region: string) => ({ account: '111111111111', region, name: 'orders' })
const [us, eu, ap] = ['us-east-1', 'eu-west-1', 'ap-south-1'].map(at) as [
  ReturnType<typeof at>,
  ReturnType<typeof at>,
  ReturnType<typeof at>,
]
const notes = { since: '2031-05-17T09:00:00Z', by: 'arn:aws:iam::111111111111:user/nina' }
const asked = (kind: 'failover' | 'failback', active = eu) => ({ kind, origin: us, active, targets: [] })
const begun = (kind: 'failover' | 'failback', done: Step) => ({
  begun: { kind, origin: us, active: eu, done, begunAt: notes.since, by: notes.by },
})
const swapped = { swapped: { origin: us, active: eu, ...notes } }

test.each([
  ['nothing was ever done', asked('failover'), 'new'],
  ['its replica is the source', { ...asked('failback'), ...swapped }, 'new'],
  ['it is so already', { ...asked('failover'), ...swapped }, 'already'],
  ['the same was begun', { ...asked('failover'), ...begun('failover', 'hold') }, 'go-on'],
  ['the way back was begun', { ...asked('failover'), ...swapped, ...begun('failback', 'hold') }, 'take-back'],
  ['the way there was begun', { ...asked('failback'), ...begun('failover', 'verify') }, 'take-back'],
  ['the way back has swapped', { ...asked('failover'), ...begun('failback', 'swap') }, 'finish-first'],
  ['it was killed at its swap', { ...asked('failover'), ...begun('failback', 'verify') }, 'finish-first'],
  ['likewise', { ...asked('failback'), ...swapped, ...begun('failover', 'verify') }, 'finish-first'],
] as const)('%s', (_, chosen, kind) => {
  expect(standingOf(chosen).kind).toBe(kind)
})

test.each([
  ['another took over', swapped, /was failed over to eu-west-1/],
  ['another is about to', begun('failover', 'freeze'), /to eu-west-1 was begun/],
] as const)('%s: refused, by a dry run as well', (_, state, words) => {
  expect(() => standingOf({ ...asked('failover', ap), ...state })).toThrow(words)
})
