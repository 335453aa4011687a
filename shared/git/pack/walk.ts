import { typeName } from './entry.ts'
import { isDelta, type PackIndex } from './index.ts'
import type { Objects } from './objects.ts'
import type { LargeObject, Pack, PackLimits, PackObject, UnreadObject } from './types.ts'

type Reason = UnreadObject['reason']

/** The reading half of a pack: every object in the order of its families, one by its id, and what could not be read. */
export const packWalk = (
  index: PackIndex,
  objects: Objects,
  limits: PackLimits,
): Pick<Pack, 'walk' | 'read' | 'typeOf' | 'unread'> => {
  const unread = new Map<number, Reason>()
  let isSettled = false

  /**
   * Every entry that is no delta, then what is made from it, depth first: so only the bases of one line are held. What is pushed
   * first comes last: with the last of its deltas a base is let go.
   * @param lends what nothing is made from is overwritten by the next object
   */
  function* walkAs(lends: boolean): Generator<PackObject | LargeObject, void, undefined> {
    const stack: number[] = []
    for (let bottom = 0; bottom < index.count; bottom += 1) {
      if (isDelta(index, bottom)) continue
      stack.push(bottom)
      for (let entry = stack.pop(); entry !== undefined; entry = stack.pop()) {
        const object = visit(entry, lends)
        for (let delta = index.first[entry] as number; delta >= 0; delta = index.next[delta] as number)
          stack.push(delta)
        if (object) yield object
      }
    }
    isSettled = true
  }

  /** undefined: it has been given already, or cannot be read */
  const visit = (entry: number, lends: boolean): PackObject | LargeObject | undefined => {
    const isRoot = !isDelta(index, entry)
    const base = index.base[entry] as number
    if (!isRoot) {
      const reason = reasonAgainst(entry, base)
      if (reason) {
        unread.set(entry, reason)
        return undefined
      }
      index.kind[entry] = index.kind[base] as number
    }
    const size = index.result[entry] as number
    const isLarge = size > limits.object
    // What others are made from is held. Which these are is not known before the id, as long as deltas wait for ids.
    const own = (index.first[entry] as number) >= 0 || (!isRoot && index.waiting.size > 0)
    const data = isLarge && isRoot ? undefined : objects.make(entry, own || isLarge || !lends)
    if (!isRoot && index.first[base] === entry) objects.release(base)
    if (index.first[entry] === -1 && !isLarge) objects.release(entry)
    if (!index.ids.isFirst(entry)) return undefined
    const oid = index.ids.at(entry) as string
    const type = typeName(index.kind[entry] as number)
    return isLarge || !data ? large(entry, oid) : { oid, type, data }
  }

  const reasonAgainst = (entry: number, base: number): Reason | undefined => {
    const before = unread.get(base)
    if (before) return before
    const depth = (index.depth[base] as number) + 1
    index.depth[entry] = Math.min(depth, 0xffff)
    if (depth > limits.depth) return 'too-deep'
    const tooLarge =
      (index.size[entry] as number) > limits.base ||
      (index.result[entry] as number) > limits.base ||
      (index.result[base] as number) > limits.base
    return tooLarge ? 'too-large' : undefined
  }

  const large = (entry: number, oid: string): LargeObject => ({
    oid,
    type: typeName(index.kind[entry] as number),
    size: index.result[entry] as number,
    pieces: () => objects.pieces(entry),
  })

  const settle = (): void => {
    if (!isSettled) for (const _ of walkAs(false));
  }

  return {
    walk: () => walkAs(true),
    read(oid) {
      if (index.ids.find(oid) < 0) settle()
      const entry = index.ids.find(oid)
      if (entry < 0) return undefined
      if ((index.result[entry] as number) > limits.object) return large(entry, oid)
      return { oid, type: typeName(index.kind[entry] as number), data: objects.make(entry, true) }
    },
    typeOf(oid) {
      const entry = index.ids.find(oid)
      return entry < 0 ? undefined : typeName(index.kind[entry] as number)
    },
    unread() {
      settle()
      const found: UnreadObject[] = []
      for (let entry = 0; entry < index.count; entry += 1) {
        if (index.ids.isKnown(entry)) continue
        const reason = unread.get(entry) ?? 'base-missing'
        found.push({ at: index.start[entry] as number, reason, size: index.result[entry] as number })
      }
      return found
    },
  }
}
