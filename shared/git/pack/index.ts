import { ENTRY } from './entry.ts'
import { type IdTable, idTable } from './id-table.ts'

const NONE = -1

/** What is known of the entries of a pack, each by its number: columns, since there may be millions. */
export interface PackIndex {
  /** entries read so far */
  count: number
  /** where each begins in the pack; one more for the end of the last */
  readonly start: Uint32Array
  readonly headBytes: Uint8Array
  /** as the entry has it, and that of the object at the bottom of its deltas (0: not known yet) */
  readonly type: Uint8Array
  readonly kind: Uint8Array
  /** inflated: of a delta, its instructions */
  readonly size: Float64Array
  /** of the object */
  readonly result: Float64Array
  readonly depth: Uint16Array
  /** of a delta the entry it is made from; −1: not known, or none */
  readonly base: Int32Array
  /** of the deltas made from one, the first, and of each the next; −1: no more */
  readonly first: Int32Array
  readonly next: Int32Array
  /** where the inflated entry is kept; 0: nowhere */
  readonly kept: Float64Array
  /** of the entry as it lies in the pack, where that is in a file; else 0 */
  readonly crc: Uint32Array
  readonly ids: IdTable
  /** by the id of a base that was not met yet: the first of its deltas */
  readonly waiting: Map<string, number>
}

export const packIndex = (objects: number): PackIndex => ({
  count: 0,
  start: new Uint32Array(objects + 1),
  headBytes: new Uint8Array(objects),
  type: new Uint8Array(objects),
  kind: new Uint8Array(objects),
  size: new Float64Array(objects),
  result: new Float64Array(objects),
  depth: new Uint16Array(objects),
  base: new Int32Array(objects).fill(NONE),
  first: new Int32Array(objects).fill(NONE),
  next: new Int32Array(objects).fill(NONE),
  kept: new Float64Array(objects),
  crc: new Uint32Array(objects),
  ids: idTable(objects),
  waiting: new Map(),
})

export const isDelta = (index: PackIndex, entry: number): boolean =>
  (index.type[entry] as number) >= ENTRY.offsetDelta

/** The entry that begins at this place; −1: none does. */
export const entryAt = ({ start, count }: PackIndex, at: number): number => {
  let low = 0
  let high = count
  while (low < high) {
    const middle = (low + high) >> 1
    if ((start[middle] as number) < at) low = middle + 1
    else high = middle
  }
  return low < count && start[low] === at ? low : NONE
}

export const linkToBase = ({ base, first, next }: PackIndex, delta: number, on: number): void => {
  base[delta] = on
  next[delta] = first[on] as number
  first[on] = delta
}

export const waitForBase = ({ waiting, next }: PackIndex, delta: number, oid: string): void => {
  next[delta] = waiting.get(oid) ?? NONE
  waiting.set(oid, delta)
}

/** An entry's id is known: the first that has it gets the deltas that waited for it. */
export const settleId = (index: PackIndex, entry: number, oid: string): void => {
  index.ids.set(entry, oid)
  if (index.waiting.size > 0) takeWaiting(index, entry, oid)
}

const takeWaiting = (index: PackIndex, entry: number, oid: string): void => {
  let delta = index.waiting.get(oid) ?? NONE
  if (delta === NONE) return
  index.waiting.delete(oid)
  while (delta !== NONE) {
    const following = index.next[delta] as number
    linkToBase(index, delta, entry)
    delta = following
  }
}
