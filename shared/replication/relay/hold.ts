import { PACK_COMMITS_LIMITS, type ParentsByCommit, packCommits } from '../../git/pack/commits.ts'
import type { PackStream } from '../../git/types.ts'

/** Bytes of a pack that are read before anything is pushed, where it has to prove something. */
export const HOLD_BYTES = PACK_COMMITS_LIMITS.bytes - 128 * 1024

/** A pack whose beginning was read already, so that something can be learnt of it before it goes on. */
export interface HeldPack {
  /** what was read ahead */
  readonly start: Uint8Array
  /** that is all of it */
  readonly isWhole: boolean
  /** the whole pack, once */
  stream(): PackStream
  /** ends the connection it comes from, if it is not at its end; harmless otherwise */
  close(): Promise<void>
}

/**
 * Reads a pack until more than so many bytes are in memory or it ends.
 * @throws what the pack throws
 */
export const holdPack = async (pack: PackStream, most: number): Promise<HeldPack> => {
  const pieces: Uint8Array[] = []
  const rest = pack[Symbol.asyncIterator]()
  let size = 0
  let ended = false
  while (!ended && size <= most) {
    const next = await rest.next()
    if (next.done) ended = true
    else {
      pieces.push(next.value)
      size += next.value.length
    }
  }
  const start = Buffer.concat(pieces)
  const isWhole = ended
  const close = async () => {
    if (!ended) await rest.return?.()
    ended = true
    return { done: true, value: undefined } as const
  }
  const next = async (): Promise<IteratorResult<Uint8Array, undefined>> => {
    const piece = pieces.shift()
    if (piece) return { done: false, value: piece }
    if (ended) return { done: true, value: undefined }
    const following = await rest.next()
    if (following.done) ended = true
    return following
  }
  return {
    start,
    isWhole,
    stream: () => ({ [Symbol.asyncIterator]: () => ({ next, return: close }) }),
    close: async () => void (await close()),
  }
}

/** Commits at the beginning of a pack, with their parents: git packs commits first, the newest before the oldest. */
export const commitsAhead = ({ start }: HeldPack): ParentsByCommit =>
  packCommits(start.subarray(0, PACK_COMMITS_LIMITS.bytes))
