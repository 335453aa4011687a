import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import {
  checkDeliveryPolicy,
  describeEffectiveSubscriptionPolicy,
  describeEffectiveTopicPolicy,
  describeSubscriptionPolicy,
  describeTopicPolicy,
  effectivePolicy,
  retryDelayOf,
} from '../../../local/sns/delivery-policy.ts'

const { retry: DEFAULT } = effectivePolicy(undefined)
const delays = (policy: object) => {
  const retry = { ...DEFAULT, ...policy }
  return Array.from({ length: retry.numRetries + 1 }, (_, n) => retryDelayOf(retry, n + 1))
}

test.each([
  [{}, [20_000, 20_000, 20_000, undefined]],
  [{ numRetries: 0 }, [undefined]],
  [
    {
      numRetries: 8,
      numNoDelayRetries: 2,
      numMinDelayRetries: 1,
      numMaxDelayRetries: 2,
      minDelayTarget: 1,
      maxDelayTarget: 21,
    },
    [0, 0, 1_000, 1_000, 11_000, 21_000, 21_000, 21_000, undefined],
  ],
])('tries again by %j after %j', (policy, expected) => {
  expect(delays(policy)).toEqual(expected)
})

test('delays never shrink, and stay between the least and the most', () => {
  const policy = fc
    .record({
      numNoDelayRetries: fc.nat(5),
      numMinDelayRetries: fc.nat(5),
      numMaxDelayRetries: fc.nat(5),
      growing: fc.nat(20),
      minDelayTarget: fc.integer({ min: 1, max: 100 }),
      more: fc.nat(1_000),
      backoffFunction: fc.constantFrom('arithmetic', 'exponential', 'geometric', 'linear'),
    })
    .map(({ growing, more, ...rest }) => ({
      ...rest,
      numRetries: rest.numNoDelayRetries + rest.numMinDelayRetries + rest.numMaxDelayRetries + growing,
      maxDelayTarget: rest.minDelayTarget + more,
    }))
  fc.assert(
    fc.property(policy, (given) => {
      const all = delays(given)
      expect(all.pop()).toBeUndefined()
      const numbers = all as number[]
      expect(numbers).toEqual([...numbers].sort((a, b) => a - b))
      expect(numbers.filter((ms) => ms > given.maxDelayTarget * 1_000)).toEqual([])
      expect(
        numbers.slice(given.numNoDelayRetries).filter((ms) => ms < given.minDelayTarget * 1_000),
      ).toEqual([])
    }),
  )
})

test.each([
  ['topic', { http: { defaultHealthyRetryPolicy: { numRetries: 101 } } }, 'numRetries'],
  ['topic', { http: { defaultHealthyRetryPolicy: { minDelayTarget: 21 } } }, 'minDelayTarget'],
  ['topic', { healthyRetryPolicy: {} }, 'unexpected JSON member'],
  ['subscription', { healthyRetryPolicy: { maxDelayTarget: 3_601 } }, 'maxDelayTarget'],
  [
    'subscription',
    { healthyRetryPolicy: { numRetries: 2, numNoDelayRetries: 2, numMinDelayRetries: 1 } },
    'sum',
  ],
  ['subscription', { healthyRetryPolicy: { backoffFunction: 'slow' } }, 'backoffFunction'],
  ['subscription', { http: {} }, 'unexpected JSON member'],
] as const)('a %s’s %j is refused', (of, policy, why) => {
  expect(() => checkDeliveryPolicy(JSON.stringify(policy), of)).toThrow(why)
})

// recorded
const TOPIC = '{"http":{"defaultRequestPolicy":{"headerContentType":"application/json"}}}'
const OWN =
  '{"healthyRetryPolicy":{"minDelayTarget":1,"maxDelayTarget":1,"numRetries":0,"numMaxDelayRetries":0,"numNoDelayRetries":0,"numMinDelayRetries":0,"backoffFunction":"linear"},"throttlePolicy":{"maxReceivesPerSecond":1000}}'

test('policies are shown as AWS shows them', () => {
  expect(JSON.parse(describeTopicPolicy(TOPIC))).toEqual({
    http: {
      disableSubscriptionOverrides: false,
      defaultRequestPolicy: { headerContentType: 'application/json' },
    },
  })
  expect(JSON.parse(describeEffectiveTopicPolicy(TOPIC)).http).toEqual({
    defaultHealthyRetryPolicy: DEFAULT,
    disableSubscriptionOverrides: false,
    defaultRequestPolicy: { headerContentType: 'application/json' },
  })
  const { healthyRetryPolicy, throttlePolicy } = JSON.parse(OWN)
  const shown = { healthyRetryPolicy, sicklyRetryPolicy: null, throttlePolicy, guaranteed: false }
  expect(JSON.parse(describeSubscriptionPolicy(OWN))).toEqual({ ...shown, requestPolicy: null })
  expect(JSON.parse(describeEffectiveSubscriptionPolicy(TOPIC, OWN))).toEqual({
    ...shown,
    requestPolicy: { headerContentType: 'application/json' },
  })
})

test('a topic may forbid what its subscriptions want', () => {
  const strict = '{"http":{"disableSubscriptionOverrides":true}}'
  expect(effectivePolicy(strict, OWN)).toEqual(effectivePolicy(undefined))
})
