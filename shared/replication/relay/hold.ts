import type { PackStream } from '../../git/types.ts'

/** A pack whose beginning was read already, so that something can be learnt of it before it goes on. */
export interface HeldPack {
  /** all of it, where it is small enough */
  readonly whole: Uint8Array | undefined
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
  const whole = ended ? Buffer.concat(pieces) : undefined
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
    whole,
    stream: () => ({ [Symbol.asyncIterator]: () => ({ next, return: close }) }),
    close: async () => void (await close()),
  }
}
