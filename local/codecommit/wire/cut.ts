import { Writable } from 'node:stream'
import type { GitFault } from '../../contracts.ts'
import { ProtocolError } from './pkt.ts'

/** The two directions of one exchange. */
export interface Ends {
  readonly input: AsyncIterable<Buffer>
  readonly client: Writable
}

/** The ends as a fault leaves them: the connection is cut after so many bytes, as the network does it: without a word. */
export const cutEnds = ({ input, client }: Ends, fault: GitFault, cut: () => void): Ends => ({
  input: fault.cutRequestAfter === undefined ? input : cutInput(input, fault.cutRequestAfter, cut),
  client: fault.cutAnswerAfter === undefined ? client : cutOutput(client, fault.cutAnswerAfter, cut),
})

/** Waits until what was said through the cut end has gone on to the client, who is not ended by it. */
export const passed = async (whole: Ends, { client }: Ends): Promise<void> => {
  if (client === whole.client || client.destroyed) return
  await new Promise((done) => {
    client.once('close', done)
    client.end()
  })
}

async function* cutInput(
  input: AsyncIterable<Buffer>,
  after: number,
  cut: () => void,
): AsyncGenerator<Buffer> {
  let left = after
  for await (const chunk of input) {
    if (chunk.length >= left) {
      if (left > 0) yield chunk.subarray(0, left)
      cut()
      throw new ProtocolError(`the request was cut on purpose after ${after} bytes`)
    }
    left -= chunk.length
    yield chunk
  }
}

const cutOutput = (client: Writable, after: number, cut: () => void): Writable => {
  let left = after
  const before = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      const part = chunk.subarray(0, left)
      left -= part.length
      client.write(part, () => {
        if (left === 0) cut()
        done()
      })
    },
  })
  client.once('close', () => before.destroy())
  return before
}
