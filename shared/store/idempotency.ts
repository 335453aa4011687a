import { RelayError } from '../runtime/errors.ts'
import type { Key, Table } from './table.ts'

export interface Once {
  /**
   * Does work once per key. A worker that dies holds the key for `leaseSeconds`; work that throws gives it back at once. A
   * worker killed between the end of its work and the note of it leaves the work to be done again: at least once, mostly once.
   * @param keepSeconds how long the key is remembered after success
   * @throws RelayError CLAIM_LOST while another worker is at it, so that the queue tries again; and whatever `work` throws
   */
  once(
    key: string,
    leaseSeconds: number,
    keepSeconds: number,
    work: () => Promise<void>,
  ): Promise<'done' | 'already'>
}

/** Another worker's lease may end, or its item vanish, between the failed write and the look. */
const TRIES = 3

/**
 * @param now milliseconds since the epoch
 * @param id unique text; tells this worker's lease from one that took over after it ended
 */
export const openOnce = ({
  table,
  now,
  id,
}: {
  table: Table
  now: () => number
  id: () => string
}): Once => ({
  once: async (key, leaseSeconds, keepSeconds, work) => {
    const at: Key = { pk: `once#${key}`, sk: 'once' }
    const owner = id()
    const begun = await begin(table, at, owner, now, leaseSeconds, keepSeconds)
    if (begun === 'already') return 'already'
    const mine = { when: '#owner = :owner', values: { ':owner': owner } }
    try {
      await work()
    } catch (error) {
      try {
        await table.delete(at, mine)
      } catch {
        // the lease ends by itself; why the work failed is what the caller must hear
      }
      throw error
    }
    await table.update(at, {
      ...mine,
      set: { state: 'done', expiresAt: Math.ceil(now() / 1000) + keepSeconds },
    })
    return 'done'
  },
})

const begin = async (
  table: Table,
  at: Key,
  owner: string,
  now: () => number,
  leaseSeconds: number,
  keepSeconds: number,
): Promise<'begun' | 'already'> => {
  for (let tries = 0; tries < TRIES; tries += 1) {
    const time = now()
    const seconds = Math.ceil(time / 1000)
    const begun = await table.put(
      at,
      {
        state: 'running',
        owner,
        leaseUntil: time + leaseSeconds * 1000,
        expiresAt: seconds + leaseSeconds + keepSeconds,
      },
      {
        // DynamoDB deletes expired items days later at worst (DynamoDB Developer Guide, "Time to Live"): look at the time ourselves
        when: 'attribute_not_exists(#pk) OR (#state = :running AND #leaseUntil < :now) OR #expiresAt < :seconds',
        values: { ':running': 'running', ':now': time, ':seconds': seconds },
      },
    )
    if (begun) return 'begun'
    const item = await table.get(at)
    if (item?.state === 'done') return 'already'
    if (item && Number(item.leaseUntil) >= time) break
  }
  throw new RelayError('CLAIM_LOST', { key: at.pk })
}
