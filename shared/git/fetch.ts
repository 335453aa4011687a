import type { Caller, Line } from './call.ts'
import { encodeFetch } from './fetch-request.ts'
import { type FetchReader, fetchReader } from './fetch-response.ts'
import type { Exchange, FetchAnswer, FetchRequest, GitRemote, PackStream } from './types.ts'

/**
 * Asks for a pack and reads the answer up to where the pack begins. The rest stays with the server until it is iterated; who
 * does not want it ends the exchange by its signal, or the loop at its start.
 * @throws RelayError as GitClient says, here and while the pack is iterated
 */
export const fetchPack = async (
  caller: Caller,
  remote: GitRemote,
  request: FetchRequest,
  exchange: Exchange,
): Promise<FetchAnswer> => {
  const body = encodeFetch(request)
  const line = await caller.call({ remote, service: 'git-upload-pack', step: 'exchange', exchange, body })
  const reader = fetchReader(request.offered, request.verify)
  const pieces: Uint8Array[] = []
  try {
    await line.accepted()
    const bytes = line.body()
    while (!reader.negotiated()) {
      const { done, value } = await bytes.next()
      if (done) break
      pieces.push(...reader.push(value))
    }
    if (!reader.negotiated()) reader.end()
    return { common: reader.common(), pack: packOf(line, reader, bytes, pieces) }
  } catch (error) {
    line.destroy()
    throw line.failure(error)
  }
}

/** A generator that was never begun cannot clean up after itself; this can, and it does so at once. */
const packOf = (
  line: Line,
  reader: FetchReader,
  bytes: AsyncGenerator<Buffer, void, undefined>,
  pieces: Uint8Array[],
): PackStream => {
  let whole = false
  const next = async (): Promise<IteratorResult<Uint8Array, undefined>> => {
    try {
      for (;;) {
        const piece = pieces.shift()
        if (piece) return { done: false, value: piece }
        if (whole) return { done: true, value: undefined }
        const { done, value } = await bytes.next()
        if (!done) pieces.push(...reader.push(value))
        else {
          reader.end()
          whole = true
        }
      }
    } catch (error) {
      line.destroy()
      throw line.failure(error)
    }
  }
  const close = async (): Promise<IteratorResult<Uint8Array, undefined>> => {
    if (!whole) line.destroy()
    pieces.length = 0
    whole = true
    return { done: true, value: undefined }
  }
  return { [Symbol.asyncIterator]: () => ({ next, return: close }) }
}
