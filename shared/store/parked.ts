import { createHash } from 'node:crypto'
import { addressText, type RepositoryAddress } from '../codecommit/address.ts'
import type { Item } from './attributes.ts'
import type { Pair } from './records.ts'
import { sideBySide } from './side-by-side.ts'
import type { Key, Table } from './table.ts'

/** rewound: overwritten by what does not contain it. diverged: somebody else had put it there. undone: by `relay undo`. */
export type ParkedWhy = 'deleted' | 'rewound' | 'diverged' | 'undone'

/** A tip that a ref of a replica held until it was deleted or overwritten. */
export interface ParkedTip {
  /** full name */
  readonly ref: string
  readonly oid: string
  /** ISO 8601 */
  readonly at: string
  readonly why: ParkedWhy
  /** oid that took its place; absent: the ref was deleted */
  readonly replacedBy?: string
  /** ref of the parking repository that keeps it; absent: it was still part of the source's history, and no copy was made */
  readonly place?: string
  /** ISO 8601: kept until then */
  readonly until: string
}

/** A replica of which something is parked. */
export interface Parking extends Pair {
  /** milliseconds since the epoch: when the next of its tips expires */
  readonly due: number
  /** of the last writing; for {@link ParkedStore.settle} and {@link ParkedStore.forget} */
  readonly version: number
}

/** What is parked, by replica. Every write may be repeated. */
export interface ParkedStore {
  /**
   * Writes down what is about to be parked; call before anything is copied.
   * @returns the tips as they were written: a little later than said where another worker wrote down the same at the same time, so that
   * {@link withdraw} takes back one's own alone. Undefined while the parking repository is being deleted: nothing may be put into
   * it then, and nothing is written down
   */
  add(pair: Pair, tips: readonly ParkedTip[], now: number): Promise<readonly ParkedTip[] | undefined>
  /** takes back what {@link add} wrote of tips that could not be copied */
  withdraw(pair: Pair, tips: readonly ParkedTip[]): Promise<void>
  /** all that is known of a replica, expired tips too for a while, oldest first */
  list(replica: RepositoryAddress): Promise<readonly ParkedTip[]>
  /** replicas of which something is parked */
  parkings(): Promise<readonly Parking[]>
  /** when the next tip expires; nothing if something was parked meanwhile */
  settle(parking: Parking, due: number): Promise<void>
  /** nothing is parked any more; false if something was parked meanwhile */
  forget(parking: Parking): Promise<boolean>
  /**
   * Does `work`, the deletion of a parking repository, unless one of its tips is still to be kept; `add` says no meanwhile.
   * @returns whether it was done
   */
  close(replica: RepositoryAddress, now: number, work: () => Promise<void>): Promise<boolean>
}

const REGISTRY = 'parking'
const TIP = 'tip '
const CLOSING = 'closing'
/** A worker that dies while it deletes a parking repository keeps others from parking for so long. */
const CLOSING_MS = 2 * 60_000
/** Records outlive their tips, so that `relay undo` can say that one has expired. */
const REMEMBERED_SECONDS = 30 * 24 * 3600

/** Whether the tip is still to be kept at this time (milliseconds since the epoch). */
export const isKept = (tip: ParkedTip, now: number): boolean => Date.parse(tip.until) > now

export const openParked = (table: Table): ParkedStore => {
  const list = async (replica: RepositoryAddress) =>
    (await table.query(partitionOf(replica))).filter(({ sk }) => String(sk).startsWith(TIP)).map(tipOf)
  const withdraw: ParkedStore['withdraw'] = async ({ replica }, tips) => {
    await sideBySide(tips, (tip) => table.delete(tipKey(replica, tip)))
  }
  const write = async (replica: RepositoryAddress, tip: ParkedTip): Promise<ParkedTip> => {
    for (let at = Date.parse(tip.at); ; at += 1) {
      const own = { ...tip, at: new Date(at).toISOString() }
      if (await table.put(tipKey(replica, own), itemOf(own), { when: 'attribute_not_exists(#pk)' }))
        return own
    }
  }
  return {
    list,
    add: async (pair, tips, now) => {
      const written = await sideBySide(tips, (tip) => write(pair.replica, tip))
      const due = Math.min(...tips.map(({ until }) => Date.parse(until)))
      const key = registryKey(pair.replica)
      await table.update(key, { set: { ...identity(pair) }, add: { version: 1 } })
      await table.update(key, {
        set: { due },
        when: 'attribute_not_exists(#due) OR #due > :due',
        values: { ':due': due },
      })
      // read after the tips were written; `close` writes its mark before it reads the tips: one of the two sees the other
      const closing = await table.get(closingKey(pair.replica))
      if (closing === undefined || Number(closing.until) < now) return written
      await withdraw(pair, written)
      return undefined
    },
    withdraw,
    parkings: async () => (await table.query(REGISTRY)).map((item) => item as unknown as Parking),
    settle: async ({ replica, version }, due) => {
      const same = { when: '#version = :version', values: { ':version': version } }
      await table.update(registryKey(replica), { ...same, set: { due } })
    },
    forget: ({ replica, version }) =>
      table.delete(registryKey(replica), { when: '#version = :version', values: { ':version': version } }),
    close: async (replica, now, work) => {
      const key = closingKey(replica)
      await table.put(key, { until: now + CLOSING_MS, expiresAt: Math.ceil(now / 1000) + REMEMBERED_SECONDS })
      try {
        const tips = await list(replica)
        if (tips.some((tip) => tip.place !== undefined && isKept(tip, now))) return false
        await work()
        return true
      } finally {
        await table.delete(key)
      }
    },
  }
}

const partitionOf = (replica: RepositoryAddress): string => `parked#${addressText(replica)}`

/** In order of time. A ref's name may be too long for a key. */
const tipKey = (replica: RepositoryAddress, { at, oid, ref }: ParkedTip): Key => ({
  pk: partitionOf(replica),
  sk: `${TIP}${at} ${oid.slice(0, 12)} ${createHash('sha256').update(ref).digest('hex').slice(0, 16)}`,
})

const closingKey = (replica: RepositoryAddress): Key => ({ pk: partitionOf(replica), sk: CLOSING })

const registryKey = (replica: RepositoryAddress): Key => ({ pk: REGISTRY, sk: addressText(replica) })

const identity = ({ repository, replica }: Pair) => ({
  repository: { account: repository.account, region: repository.region, name: repository.name },
  replica: { account: replica.account, region: replica.region, name: replica.name },
})

const itemOf = (tip: ParkedTip): Item => ({
  ...tip,
  expiresAt: Math.ceil(Date.parse(tip.until) / 1000) + REMEMBERED_SECONDS,
})

const tipOf = (item: Item): ParkedTip => {
  const { pk: _pk, sk: _sk, expiresAt: _expiresAt, ...tip } = item
  return tip as unknown as ParkedTip
}
