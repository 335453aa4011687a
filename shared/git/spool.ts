import { mkdtemp, open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { RelayError } from '../runtime/errors.ts'

/** Temporary storage for packs that must be sent with their length. */
export interface SpoolOptions {
  /** exists */
  readonly folder: string
  /** most bytes of one pack */
  readonly bytes: number
}

export interface Spooled {
  readonly length: number
  /** once */
  pieces(): AsyncGenerator<Uint8Array, void, undefined>
  close(): Promise<void>
}

const PIECE_BYTES = 256 * 1024

/**
 * Writes a stream into a file that has no name any more, so that nothing is left behind whatever happens.
 * @throws RelayError GIT_LIMIT past the limit; what the stream or the disk throws
 */
export const spool = async (
  stream: AsyncIterable<Uint8Array>,
  { folder, bytes: most }: SpoolOptions,
): Promise<Spooled> => {
  const own = await mkdtemp(join(folder, 'relay-pack-'))
  const file = await open(join(own, 'pack'), 'wx+', 0o600).finally(() =>
    rm(own, { recursive: true, force: true }),
  )
  let length = 0
  try {
    for await (const piece of stream) {
      if (length + piece.length > most) throw new RelayError('GIT_LIMIT', { limit: 'spool', most })
      await file.writeFile(piece)
      length += piece.length
    }
  } catch (error) {
    await file.close()
    throw error
  }
  return {
    length,
    async *pieces() {
      for (let at = 0; at < length; ) {
        const { bytesRead, buffer } = await file.read(Buffer.alloc(PIECE_BYTES), 0, PIECE_BYTES, at)
        if (bytesRead === 0) throw new RelayError('GIT_LIMIT', { limit: 'spool', problem: 'cut' })
        yield buffer.subarray(0, bytesRead)
        at += bytesRead
      }
    },
    close: () => file.close(),
  }
}
