import { RelayError } from '../runtime/errors.ts'
import type { Caller, Line } from './call.ts'
import { EMPTY_PACK } from './pack/header.ts'
import { encodePush, packIsDue } from './push-request.ts'
import { reportReader } from './report-status.ts'
import { type SpoolOptions, spool } from './spool.ts'
import type { Exchange, GitRemote, PackStream, PushReport, PushRequest, RefResult } from './types.ts'

/** Up to here a pack is gathered in memory and sent with its length, as git does (`http.postBuffer`). */
export const MAX_GATHERED_BYTES = 1024 * 1024

/** A server that hangs up before it could have read this much of a chunked body is taken for one that takes none. */
const SUSPICIOUS_BYTES = 4 * 1024 * 1024

/** By host: chunked bodies were refused for good, or maybe (the next push tries with the length). */
export type LengthKnowledge = Map<string, 'always' | 'once'>

export interface PushOptions {
  readonly spool?: SpoolOptions
  readonly alwaysWithLength?: boolean
}

/**
 * Pushes. The pack is asked for its first bytes before the server is spoken to, and gathered up to {@link MAX_GATHERED_BYTES}:
 * if it ends there, it is sent with its length, else chunked or, where that was refused, from the spool.
 * @throws RelayError as GitClient says, GIT_LIMIT where a pack needs the spool and there is none; what the pack throws goes on as it
 * is, and the request is destroyed
 */
export const push = async (
  caller: Caller,
  known: LengthKnowledge,
  remote: GitRemote,
  request: PushRequest,
  options: PushOptions,
  exchange: Exchange,
): Promise<PushReport | undefined> => {
  const { host } = new URL(remote.url)
  const before = known.get(host)
  const source = iteratorOf(request)
  const send = (pieces: AsyncIterable<Uint8Array>, length?: number) =>
    sendBody(caller, remote, request, exchange, pieces, length)
  try {
    const head = encodePush(request.commands, request.offered)
    const start = await gather(source)
    const gathered = Buffer.concat([head, ...start.pieces])
    if (start.whole) return await send(only([gathered]), gathered.length)
    const rest = restOf(gathered, source)
    const taught = options.alwaysWithLength ? 'always' : before
    if (taught === 'once') known.delete(host)
    // what may have been an accident is tried once more where there is no storage
    if (!taught || (taught === 'once' && !options.spool)) return await send(rest)
    return await sendSpooled(rest, options.spool, send)
  } catch (error) {
    const refused = (error as { chunked?: 'always' | 'once' }).chunked
    const twice = refused === 'once' && before === 'once'
    if (refused) known.set(host, refused)
    if (twice && !options.spool) throw unspooled(error as RelayError)
    throw error
  } finally {
    // Not awaited: a source that is silent would hold us up, and its connection is closed by the call alone.
    void Promise.resolve(source.return?.()).catch(() => undefined)
  }
}

const iteratorOf = ({ commands, pack }: PushRequest): AsyncIterator<Uint8Array> => {
  const due = packIsDue(commands)
  if (pack && !due) void Promise.resolve(pack[Symbol.asyncIterator]().return?.()).catch(() => undefined)
  const stream: PackStream = due ? (pack ?? only([EMPTY_PACK])) : only([])
  return stream[Symbol.asyncIterator]()
}

async function* only(pieces: readonly Uint8Array[]): AsyncGenerator<Uint8Array, void, undefined> {
  yield* pieces
}

async function* restOf(first: Uint8Array, source: AsyncIterator<Uint8Array>) {
  yield first
  for (;;) {
    const { done, value } = await source.next()
    if (done) return
    yield value as Uint8Array
  }
}

const gather = async (source: AsyncIterator<Uint8Array>) => {
  const pieces: Uint8Array[] = []
  for (let length = 0; length <= MAX_GATHERED_BYTES; ) {
    const { done, value } = await source.next()
    if (done) return { pieces, whole: true }
    pieces.push(value as Uint8Array)
    length += (value as Uint8Array).length
  }
  return { pieces, whole: false }
}

/** A server that hangs up on chunked bodies time and again, and no storage in which a pack's length could be learnt. */
const unspooled = (cause: RelayError): RelayError => {
  const { again: _again, ...facts } = cause.data
  const problem = 'the server hangs up on a body without its length'
  return new RelayError('GIT_LIMIT', { ...facts, problem, limit: 'spool', most: 0 }, { cause })
}

const sendSpooled = async (
  pieces: AsyncIterable<Uint8Array>,
  options: SpoolOptions | undefined,
  send: (pieces: AsyncIterable<Uint8Array>, length: number) => Promise<PushReport | undefined>,
): Promise<PushReport | undefined> => {
  if (!options) throw new RelayError('GIT_LIMIT', { limit: 'spool', most: 0 })
  const spooled = await spool(pieces, options)
  try {
    return await send(spooled.pieces(), spooled.length)
  } finally {
    await spooled.close()
  }
}

const sendBody = async (
  caller: Caller,
  remote: GitRemote,
  { offered }: PushRequest,
  exchange: Exchange,
  pieces: AsyncIterable<Uint8Array>,
  length: number | undefined,
): Promise<PushReport | undefined> => {
  const call = { remote, service: 'git-receive-pack', step: 'exchange', exchange } as const
  const line = await caller.call({ ...call, ...(length !== undefined && { length }) })
  const body = { sent: 0, broken: undefined as { cause: unknown } | undefined, stopped: false }
  const written = writeAll(line, pieces, body)
  const answered = readReport(line, offered)
  // One of them decides; what becomes of the other is of no interest.
  for (const promise of [written, answered]) promise.catch(() => undefined)
  try {
    // A server may answer before it has the body (JGit sends its head then, others a refusal), so both go on at once.
    const first = await Promise.race([answered.then(() => 'answered'), written])
    if (first === 'written') return await answered
    line.destroy()
    return await answered
  } catch (error) {
    line.destroy()
    if (body.broken) throw body.broken.cause
    throw length === undefined ? chunkedRefusal(line.failure(error), body.sent) : line.failure(error)
  } finally {
    body.stopped = true
  }
}

/** Resolves when all is written or the connection is gone (the answer then says why); rejects when the source fails. */
const writeAll = async (
  line: Line,
  pieces: AsyncIterable<Uint8Array>,
  body: { sent: number; broken: { cause: unknown } | undefined; stopped: boolean },
): Promise<'written'> => {
  const iterator = pieces[Symbol.asyncIterator]()
  for (;;) {
    const next = await iterator.next().catch((cause: unknown) => {
      body.broken = body.stopped ? undefined : { cause }
      line.destroy()
      throw cause
    })
    if (body.stopped) return 'written'
    if (next.done) {
      line.finish()
      return 'written'
    }
    try {
      await line.write(next.value)
    } catch {
      return 'written'
    }
    body.sent += next.value.length
  }
}

const readReport = async (line: Line, offered: readonly string[]): Promise<PushReport | undefined> => {
  const reader = reportReader(offered)
  await line.accepted()
  for await (const bytes of line.body()) reader.push(bytes)
  const report = reader.end()
  if (!report) return undefined
  const refs = [...report.refs].map(([ref, result]): [string, RefResult] => [
    ref,
    result.kind === 'ok' ? result : { ...result, reason: line.reason(result.reason) },
  ])
  return { unpack: line.reason(report.unpack), refs: new Map(refs) }
}

/** Whether this is how a server says that it takes no chunked bodies. */
const chunkedRefusal = (failure: RelayError, sent: number): RelayError => {
  const { status, error } = failure.data
  const chunked =
    status === 411 || status === 501
      ? 'always'
      : /^(?:EPIPE|ECONNRESET)$/.test(String(error)) && sent < SUSPICIOUS_BYTES
        ? 'once'
        : undefined
  if (!chunked) return failure
  const refusal = new RelayError(
    failure.code,
    { ...failure.data, again: 'with-length' },
    { cause: failure.cause },
  )
  return Object.assign(refusal, { chunked })
}
