import { setTimeout as sleep } from 'node:timers/promises'
import type { Step } from './recorder.ts'
import type { World } from './world.ts'

/** Longer than any of it takes on a busy machine; nothing goes wrong when it is over. */
const PATIENCE_MS = 20_000
const FEWEST_PUSHES = 2
const MOST_PUSHES = 6

/** Who works where: with the claim, or beside whoever has it. */
export interface Roles {
  /** begins a relay of the full way */
  readonly slow: () => void
  /** carries these moves meanwhile */
  readonly fast: (moves: readonly Step[]) => void
}

/**
 * One relay is held up between its two looks, while the source moves on and another relay carries that to the replica. Whoever
 * reads the source before the replica then holds the replica against what the source is no more, and takes it back. Begins in a
 * quiet world and on a good network.
 * @returns whether the held one was overtaken
 */
export const overtaken = async (
  { network, writer, source, replica }: World,
  { slow, fast }: Roles,
): Promise<boolean> => {
  const reached = Promise.withResolvers<void>()
  const released = Promise.withResolvers<void>()
  let looks = 0
  network.gate = async (text) => {
    if (!/^GET \S*\/info\/refs\?/.test(text)) return
    looks += 1
    if (looks !== 2) return
    reached.resolve()
    await released.promise
  }
  try {
    const until = performance.now() + PATIENCE_MS
    slow()
    if ((await Promise.race([reached.promise, sleep(PATIENCE_MS, 'late')])) === 'late') return false
    for (let pushes = 0, moved = 0; moved < FEWEST_PUSHES && pushes < MOST_PUSHES; pushes += 1) {
      const moves = await writer.push()
      if (moves.length === 0) continue
      moved += 1
      fast(moves)
    }
    for (; performance.now() < until; await sleep(20)) {
      const [there, here] = [await replica.refs(), await source.refs()]
      if (here.size === there.size && [...here].every(([ref, oid]) => there.get(ref) === oid)) return true
    }
    return false
  } finally {
    network.gate = undefined
    released.resolve()
  }
}
