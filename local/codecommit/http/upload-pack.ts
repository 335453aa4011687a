import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Context } from '../context.ts'
import type { Conversation } from '../git.ts'
import type { Repository } from '../repositories.ts'
import { FETCH_CAPABILITIES, neverOffered } from './capabilities.ts'
import { ProtocolError, packetLine, readPackets } from './pkt.ts'
import { chunksOf, requestBody, send } from './streams.ts'

/** Wants and haves of a fetch: 64 MiB hold more than a million of them. */
const MAX_REQUEST_BYTES = 64 * 1024 * 1024

/**
 * Answers `POST git-upload-pack`. Bytes stream both ways at the client's pace; git ends when the client goes. Throws
 * ProtocolError when the client is to be cut off.
 */
export const serveFetch = async (
  { git, repositories, parts }: Context,
  repository: Repository,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> => {
  // CodeCommit hangs up on fetches without a length (isomorphic-git, `commands/fetch.js`)
  if (request.headers['content-length'] === undefined) {
    throw new ProtocolError('a fetch without Content-Length; with git, raise http.postBuffer')
  }
  const reader = readPackets(chunksOf(requestBody(request)))
  const first = await reader.packet()
  response.writeHead(200, {
    'Content-Type': 'application/x-git-upload-pack-result',
    'Cache-Control': 'no-cache',
  })
  if (first.kind !== 'data') {
    response.end()
    return
  }
  checkFirstWant(first.payload)
  const talk = git.converse([
    'upload-pack',
    '--strict',
    '--stateless-rpc',
    repositories.directory(repository),
  ])
  const answered = answer(talk, response)
  try {
    await feed(talk, packetLine(first.payload), reader.rest())
  } catch (error) {
    talk.abort()
    await answered
    throw error
  }
  await answered
  const { code, stderr } = await talk.done
  if (code !== 0) {
    parts.log('codecommit', 'git upload-pack ended with an error', {
      repository: repository.name,
      code,
      stderr: stderr.trim(),
    })
    // without output there is nothing yet that git's client could read as an error
    if (code === null) response.destroy()
  }
  response.end()
}

/** `want <oid> <capabilities>` (gitprotocol-pack, "Packfile Negotiation"). */
const checkFirstWant = (payload: Buffer): void => {
  const [, announced] = /^want [0-9a-f]{40}((?: [^ \n]+)*) ?\n?$/.exec(payload.toString('latin1')) ?? []
  if (announced === undefined) throw new ProtocolError('a fetch that wants nothing known')
  const extra = neverOffered(announced.split(' ').filter(Boolean), FETCH_CAPABILITIES)
  if (extra.length > 0) throw new ProtocolError(`capabilities that were not offered: ${extra.join(' ')}`)
}

const feed = async (talk: Conversation, first: Buffer, rest: AsyncIterable<Buffer>): Promise<void> => {
  await send(talk.stdin, first)
  let size = first.length
  for await (const chunk of rest) {
    size += chunk.length
    if (size > MAX_REQUEST_BYTES) throw new ProtocolError('a fetch request of more than 64 MiB')
    await send(talk.stdin, chunk)
  }
  talk.stdin.end()
}

const answer = async (talk: Conversation, response: ServerResponse): Promise<void> => {
  for await (const chunk of talk.stdout) {
    if (!(await send(response, chunk as Buffer))) {
      talk.abort()
      return
    }
  }
}
