import { createReadStream, statSync } from 'node:fs'
import { Agent, type ClientRequest, request } from 'node:http'
import { pipeline } from 'node:stream/promises'
import { setTimeout as pause } from 'node:timers/promises'
import { createGitClient } from '../../../shared/git/client.ts'
import { compareAtOnce, type RefReader } from '../../../shared/replication/prove.ts'
import { fastPath, replayMoves } from '../../../shared/replication/relay/fast-path.ts'
import { relay, relayOnce } from '../../../shared/replication/relay/relay.ts'
import type { RelayParts, RelayWork } from '../../../shared/replication/relay/types.ts'
import type { ClientAnswer, ClientOrder, Ends, Recorded } from './messages.ts'

// The relay as a warm function has it: one Git client, whose connections stay open. Answers each order with what it cost.
const client = createGitClient()
const agent = new Agent({ keepAlive: true, maxSockets: 8 })

const silent = { info: () => undefined, warn: () => undefined, error: () => undefined }

const partsOf = ({ source, replica }: Ends): RelayParts => ({
  git: client,
  remote: ({ region }) => ({
    url: region === 'us-east-1' ? source : replica,
    authorization: async () => 'Basic YmVuY2g6YmVuY2g=',
  }),
  now: Date.now,
  pause,
  log: silent,
})

const repository = { account: '111111111111', region: 'us-east-1', name: 'bench' }
const workOf = (): RelayWork => ({
  target: { repository, replica: { ...repository, region: 'eu-west-1' }, deletes: 'mirror' },
  until: Date.now() + 900_000,
  bytes: Number.MAX_SAFE_INTEGER,
})

/** @throws Error when it ended otherwise than it was to */
export const carryOut = async (order: ClientOrder): Promise<void> => {
  if (order.kind === 'relay') {
    const outcome = await (order.proof ? relay : relayOnce)(partsOf(order), workOf())
    if (outcome.kind !== 'equal' && outcome.kind !== 'pushed') throw new Error(JSON.stringify(outcome))
  } else if (order.kind === 'fast-path') {
    const moves = order.moves.map((move) => ({ kind: 'update' as const, ...move }))
    const [parts, work] = [partsOf(order), workOf()]
    const outcome = await (order.proof ? replayMoves : fastPath)(parts, work, moves)
    if (outcome.kind !== 'moved') throw new Error(JSON.stringify(outcome))
    if (!order.proof) return
    const found = await compareAtOnce(readerOf(parts), work.target, Date.now)
    if (found.kind !== 'equal') throw new Error(JSON.stringify(found))
  } else await replay(order.requests)
}

const readerOf = ({ git, remote }: RelayParts): RefReader => ({
  readRefs: async (repository, side) =>
    (await git.advertise(remote(repository), side === 'source' ? 'git-upload-pack' : 'git-receive-pack'))
      ?.refs,
})

/** In the same order, and side by side what was side by side. */
const replay = async (requests: readonly (Recorded & { base: string })[]): Promise<void> => {
  const sent: { readonly end: number; readonly answered: Promise<void> }[] = []
  for (const each of requests) {
    const before = sent.filter(({ end }) => end <= each.at).map(({ answered }) => answered)
    sent.push({ end: each.end, answered: Promise.all(before).then(() => send(each)) })
  }
  await Promise.all(sent.map(({ answered }) => answered))
}

/** The least that a client can do: the bytes as they were recorded, and the answer read to its end. */
const send = async ({ base, path, method, headers, body }: Recorded & { base: string }): Promise<void> => {
  const { 'content-type': type, 'git-protocol': protocol, 'content-length': length } = headers
  const bytes = statSync(body).size
  const sent: ClientRequest = request(new URL(path, base), {
    method,
    agent,
    headers: {
      ...(type && { 'content-type': type }),
      ...(protocol && { 'git-protocol': protocol }),
      // framed as it was recorded: git http-backend copies a body of known length once more
      ...(length && { 'content-length': length }),
    },
  })
  const answered = new Promise<void>((done, failed) => {
    sent.once('error', failed)
    sent.once('response', (answer) => {
      answer.resume().once('end', () => {
        if (answer.statusCode === 200) done()
        else failed(new Error(`${method} ${path}: ${answer.statusCode}`))
      })
    })
  })
  if (bytes > 0) await pipeline(createReadStream(body, { highWaterMark: 2 ** 18 }), sent)
  else sent.end()
  await answered
}

process.on('message', async (order: ClientOrder) => {
  const [cpu, usage, began] = [process.cpuUsage(), process.resourceUsage(), performance.now()]
  const answer = await carryOut(order).then(
    (): ClientAnswer => {
      const milliseconds = performance.now() - began
      const { user, system } = process.cpuUsage(cpu)
      const { fsWrite, maxRSS } = process.resourceUsage()
      return {
        kind: 'done',
        milliseconds,
        cpuMs: (user + system) / 1000,
        written: (fsWrite - usage.fsWrite) * 512,
        peakMB: (maxRSS * 1024) / 1e6,
      }
    },
    (error: Error): ClientAnswer => ({ kind: 'failed', reason: error.stack ?? error.message }),
  )
  process.send?.(answer)
})
process.on('disconnect', () => process.exit())
