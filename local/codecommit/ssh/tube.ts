import { Duplex, PassThrough, type Readable } from 'node:stream'
import type { Connection, ServerChannel } from 'ssh2'

/** A channel whose end is noticed, however it comes. */
export interface Tube {
  /** what the client says; breaks off with an error when the client goes before its end */
  readonly input: Readable
  readonly client: ServerChannel
}

/**
 * ssh2 tells that a channel is gone only once its input has been read to the end, takes further writes in silence, and answers none of them:
 * whoever waited for one would wait forever. So the input is always read, and a channel that is gone is destroyed as a stream.
 */
export const tubeOf = (connection: Connection, channel: ServerChannel): Tube => {
  const input = new PassThrough()
  // whoever reads is told; nobody may be reading any more
  input.on('error', () => {})
  channel.on('error', () => {})
  channel.pipe(input)
  let gone = false
  const go = () => {
    if (gone) return
    gone = true
    if (!input.writableEnded) input.destroy(new Error('the client is gone'))
    // ssh2's own `destroy` sends a close, and destroys nothing
    Duplex.prototype.destroy.call(channel)
    channel.emit('close')
  }
  channel.once('close', go)
  connection.once('close', go)
  return { input, client: channel }
}
