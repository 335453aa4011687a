import type { Item } from './attributes.ts'
import type { Table } from './table.ts'

/** A sweep under way: the ordered list of repositories, cut into slices, and which of them are done. */
export interface SweepMarker {
  readonly id: string
  /** milliseconds since the epoch */
  readonly begunAt: number
  /** milliseconds since the epoch: without a further sign of life it is dead afterwards */
  readonly aliveUntil: number
  /** last repository of each slice, in order: what lies behind the bound before it, up to its own, is a slice */
  readonly bounds: readonly string[]
  /** numbers of the slices that are done, from 0 */
  readonly done: readonly number[]
  /** slices that were done when it was taken up again; absent: it never was */
  readonly resumedWith?: number
  /** somebody asked for a sweep meanwhile: begin anew at its end */
  readonly again: boolean
}

/** The one sweep under way. Every write is conditional, and may be repeated. */
export interface SweepMarkers {
  read(): Promise<SweepMarker | undefined>
  /** false: another began meanwhile. `instead`: the dead one that it takes the place of */
  begin(
    sweep: Pick<SweepMarker, 'id' | 'begunAt' | 'aliveUntil' | 'bounds'>,
    instead: SweepMarker | undefined,
  ): Promise<boolean>
  /** takes a dead sweep up again; false: another did, or it showed signs of life */
  resume(sweep: SweepMarker, aliveUntil: number): Promise<boolean>
  /** a sign of life; never shortens */
  alive(id: string, until: number): Promise<void>
  /** gives up: the next one takes it up at once */
  letGo(id: string): Promise<void>
  done(id: string, slice: number): Promise<void>
  /** false: it has ended */
  askAgain(id: string): Promise<boolean>
  /** false: somebody else ended it */
  end(id: string): Promise<boolean>
}

const KEY = { pk: 'marker', sk: 'sweep' }
const MINE = '#id = :id'

export const openSweepMarkers = (table: Table): SweepMarkers => ({
  read: async () => {
    const item = await table.get(KEY)
    return item?.id === undefined ? undefined : markerOf(item)
  },
  begin: ({ id, begunAt, aliveUntil, bounds }, instead) =>
    table.put(
      KEY,
      { id, begunAt, aliveUntil, bounds, done: {} },
      instead
        ? {
            when: '#id = :old AND #aliveUntil = :seen',
            values: { ':old': instead.id, ':seen': instead.aliveUntil },
          }
        : // what an earlier version left has no id
          { when: 'attribute_not_exists(#id)' },
    ),
  resume: ({ id, aliveUntil: seen, done }, aliveUntil) =>
    table.update(KEY, {
      set: { aliveUntil, resumedWith: done.length },
      when: `${MINE} AND #aliveUntil = :seen`,
      values: { ':id': id, ':seen': seen },
    }),
  alive: async (id, until) => {
    await table.update(KEY, {
      set: { aliveUntil: until },
      when: `${MINE} AND #aliveUntil < :until`,
      values: { ':id': id, ':until': until },
    })
  },
  letGo: async (id) => {
    await table.update(KEY, { set: { aliveUntil: 0 }, when: MINE, values: { ':id': id } })
  },
  done: async (id, slice) => {
    await table.update(KEY, { set: { [`done.s${slice}`]: true }, when: MINE, values: { ':id': id } })
  },
  askAgain: (id) => table.update(KEY, { set: { again: true }, when: MINE, values: { ':id': id } }),
  end: (id) => table.delete(KEY, { when: MINE, values: { ':id': id } }),
})

const markerOf = (item: Item): SweepMarker => {
  const { done, pk: _pk, sk: _sk, ...kept } = item
  const numbers = Object.keys(done ?? {}).map((name) => Number(name.slice(1)))
  return { again: false, ...kept, done: numbers.sort((a, b) => a - b) } as unknown as SweepMarker
}
