import type { Readable, Writable } from 'node:stream'

/** Writes and waits until the reader at the other end keeps up. @returns false once nobody reads any more */
export const send = (target: Writable, bytes: Buffer): Promise<boolean> => {
  if (target.destroyed || target.writableEnded || target.closed) return Promise.resolve(false)
  if (target.write(bytes)) return Promise.resolve(true)
  return new Promise((resolve) => {
    const settle = (open: boolean) => () => {
      target.off('drain', drained)
      target.off('close', gone)
      target.off('error', gone)
      resolve(open)
    }
    const drained = settle(true)
    const gone = settle(false)
    target.once('drain', drained)
    target.once('close', gone)
    target.once('error', gone)
  })
}

/** The chunks of a body; unlike `for await` on the stream itself, leaving early does not destroy the connection. */
export const chunksOf = (body: Readable): AsyncIterable<Buffer> =>
  body.iterator({ destroyOnReturn: false }) as unknown as AsyncIterable<Buffer>

/** Reads to the end and forgets: a client must be able to send all of its request before it reads the answer. */
export const drain = async (chunks: AsyncIterable<unknown>): Promise<void> => {
  for await (const _ of chunks);
}
