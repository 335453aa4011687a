import { setImmediate } from 'node:timers/promises'
import { describe, expect, test } from '@jest/globals'
import { RelayError } from '../../../shared/runtime/errors.ts'
import { LANE_LIMITS, openLanes } from '../../../shared/runtime/lanes.ts'

/** A server that counts what it is asked at a time, and refuses what is beyond what it bears. */
const serverThat = (bears: () => number) => {
  let active = 0
  let peak = 0
  let refused = 0
  const ask = async () => {
    active += 1
    peak = Math.max(peak, active)
    const tooMuch = active > bears()
    await setImmediate()
    active -= 1
    if (!tooMuch) return 'refs'
    refused += 1
    throw new RelayError('REMOTE_THROTTLED')
  }
  return { ask, peak: () => peak, refused: () => refused, forget: () => (peak = 0) }
}
/** A rest that outlasts what is under way, as half a second does. */
const rest = async () => {
  for (let turn = 0; turn < 3; turn += 1) await setImmediate()
}
const resting = () => {
  const rests: number[] = []
  const pause = async (milliseconds: number) => {
    rests.push(milliseconds)
    await rest()
  }
  return { rests, pause }
}
const times = <T>(count: number, work: () => Promise<T>) =>
  Promise.allSettled(Array.from({ length: count }, work))
const failing = (code: 'REMOTE_UNREACHABLE' | 'REMOTE_DENIED') => () => Promise.reject(new RelayError(code))

describe('a lane', () => {
  test('begins narrow, and widens slowly up to its most', async () => {
    const server = serverThat(() => 1_000)
    const lanes = openLanes(rest)
    await times(LANE_LIMITS.first, () => lanes.run('a', server.ask))
    expect(server.peak()).toBe(8)
    await times(100, () => lanes.run('a', server.ask))
    expect(server.peak()).toBeGreaterThan(8)
    expect(server.peak()).toBeLessThan(32)
    await times(3_000, () => lanes.run('a', server.ask))
    expect(server.peak()).toBe(32)
  })

  test('narrows when it is throttled, rests, and everything is answered in the end', async () => {
    const server = serverThat(() => 3)
    const { rests, pause } = resting()
    const lanes = openLanes(pause)
    const answers = await times(300, () => lanes.run('a', server.ask))
    const refused = answers.filter(({ status }) => status === 'rejected')
    expect(refused).toEqual([])
    expect(rests.length).toBeGreaterThan(0)
    // a refusal for every few dozen answers, not for every one
    expect(server.refused()).toBeLessThan(100)
    expect(lanes.throttled()).toBe(server.refused())
  })

  test('rests as long as the server asked for, within its own bounds', async () => {
    const { rests, pause } = resting()
    const lanes = openLanes(pause)
    const asked = [0, 3_000, 60_000]
    await lanes.run('a', async () => {
      const retryAfterMs = asked.shift()
      if (retryAfterMs !== undefined) throw new RelayError('REMOTE_THROTTLED', { retryAfterMs })
    })
    expect(rests).toEqual([500, 3_000, 8_000])
  })

  test('rests longer with each refusal, and stays as narrow as it was for the next sweep', async () => {
    let bears = 0
    const server = serverThat(() => bears)
    const { rests, pause } = resting()
    const lanes = openLanes(pause)
    await times(20, () => lanes.run('a', server.ask))
    expect(rests.slice(0, 4)).toEqual([500, 1_000, 2_000, 4_000])
    bears = 1_000
    server.forget()
    lanes.reopen()
    await times(2, () => lanes.run('a', server.ask))
    expect(server.peak()).toBe(1)
  })

  test('is closed when its server is gone: the rest fails at once, other lanes go on, the next sweep asks again', async () => {
    let asked = 0
    const gone = () => {
      asked += 1
      return failing('REMOTE_UNREACHABLE')()
    }
    const lanes = openLanes(rest)
    const answers = await times(500, () => lanes.run('a', gone))
    expect(asked).toBeLessThanOrEqual(LANE_LIMITS.first + LANE_LIMITS.closeAfter)
    expect(answers.at(-1)).toMatchObject({
      reason: { code: 'REMOTE_UNREACHABLE', data: { lane: 'a', skipped: true } },
    })
    await expect(lanes.run('b', async () => 'refs')).resolves.toBe('refs')
    lanes.reopen()
    await expect(lanes.run('a', async () => 'refs')).resolves.toBe('refs')
  })

  test('is closed when its server throttles whatever it is asked', async () => {
    const server = serverThat(() => 0)
    const lanes = openLanes(rest)
    const answers = await times(500, () => lanes.run('a', server.ask))
    expect(answers.every(({ status }) => status === 'rejected')).toBe(true)
    expect(server.refused()).toBeLessThan(100)
    expect(answers.at(-1)).toMatchObject({ reason: { code: 'REMOTE_THROTTLED', data: { skipped: true } } })
  })

  test('stays open for what is refused one by one', async () => {
    const lanes = openLanes(rest)
    await times(50, () => lanes.run('a', failing('REMOTE_DENIED')))
    await expect(lanes.run('a', async () => 'refs')).resolves.toBe('refs')
  })
})
