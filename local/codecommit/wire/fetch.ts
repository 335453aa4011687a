import type { Writable } from 'node:stream'
import type { Context } from '../context.ts'
import type { Conversation } from '../git.ts'
import { FLUSH, type PacketReader, ProtocolError } from './pkt.ts'
import { recordFetch } from './record.ts'
import { send } from './streams.ts'
import type { Visit } from './visit.ts'
import { MAX_REQUEST_BYTES, type Wants } from './wants.ts'

/** The last word of a client that now wants its pack. */
const DONE = '0009done\n'

/** The two ends of a fetch. */
export interface FetchEnds {
  /** the client's first part; resolves with undefined when it wants nothing, and rejects when it is to be cut off */
  readonly wants: Promise<Wants | undefined>
  /** what else it says */
  readonly reader: PacketReader
  /** what git says, as the client shall hear it */
  readonly output: AsyncIterable<Buffer>
  readonly client: Writable
}

/**
 * Both sides at once, each at the other's pace, until git has said everything. Git ends when the client goes. Throws what `wants` rejects
 * with, and ProtocolError when the client is to be cut off.
 */
export const converseFetch = async (
  context: Context,
  visit: Visit,
  talk: Conversation,
  ends: FetchEnds,
): Promise<void> => {
  const heard: { wants?: Wants | undefined; tail: string; problem?: { error: unknown } } = { tail: '' }
  const listen = async () => {
    heard.wants = await ends.wants
    // git takes an end without a flush for a client that broke off, and fails
    if (heard.wants === undefined) return void (await send(talk.stdin, FLUSH))
    await send(talk.stdin, heard.wants.bytes)
    let size = heard.wants.bytes.length
    heard.tail = heard.wants.bytes.subarray(-DONE.length).toString('latin1')
    for await (const chunk of ends.reader.rest()) {
      size += chunk.length
      if (size > MAX_REQUEST_BYTES) throw new ProtocolError('a fetch request of more than 64 MiB')
      heard.tail = (heard.tail + chunk.toString('latin1')).slice(-DONE.length)
      await send(talk.stdin, chunk)
    }
  }
  // not waited for: a client over SSH goes on listening until git has ended
  listen().then(
    () => talk.stdin.end(),
    (error: unknown) => {
      heard.problem = { error }
      talk.abort()
    },
  )
  // of a talk that was ended the output breaks off too; what came first is the reason
  await answer(talk, ends).catch((error: unknown) => {
    heard.problem ??= { error }
  })
  if (heard.problem !== undefined) {
    talk.abort()
    throw heard.problem.error
  }
  if (heard.wants !== undefined && heard.tail === DONE) recordFetch(context, visit, heard.wants)
}

const answer = async (talk: Conversation, { output, client }: FetchEnds): Promise<void> => {
  for await (const chunk of output) {
    if (!(await send(client, chunk))) {
      talk.abort()
      return
    }
  }
}
