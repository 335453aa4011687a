import { expect, test } from '@jest/globals'
import { retryDelay } from '../../../local/sns/deliver.ts'

test('100,015 retries: 3 at once, 2 after a second, 10 growing to 20 seconds, the rest every 20 seconds', () => {
  const first = Array.from({ length: 16 }, (_, n) => retryDelay(n + 1))
  expect(first.slice(0, 6)).toEqual([0, 0, 0, 1_000, 1_000, 1_000])
  expect(first.slice(14)).toEqual([20_000, 20_000])
  expect([...first].sort((a, b) => a! - b!)).toEqual(first)
  expect([retryDelay(100_015), retryDelay(100_016)]).toEqual([20_000, undefined])
})
