import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Log } from '../../contracts.ts'
import type { Caller } from '../../gateway/service.ts'
import type { Bare } from '../bare.ts'
import { bareOf, type Context } from '../context.ts'
import type { Change } from '../events.ts'
import type { Conversation } from '../git.ts'
import { may } from '../permissions.ts'
import { parseRef } from '../refs.ts'
import type { Repository } from '../repositories.ts'
import { neverOffered, PUSH_CAPABILITIES } from './capabilities.ts'
import { judgePush, TOO_MANY, type Verdict } from './judge-push.ts'
import { type PacketReader, ProtocolError, readPackets, sideband } from './pkt.ts'
import { type Command, type PushHead, readPushHead, writePushHead, ZERO_OID } from './push-commands.ts'
import { type PushReport, readReport, writeReport } from './push-report.ts'
import { chunksOf, drain, requestBody, send } from './streams.ts'

/**
 * Answers `POST git-receive-pack`: judges the commands, lets git take the rest of the push, and reports both in one. Events and
 * triggers go out before the answer ends, for the refs that git itself called ok. A client that breaks off before the end of its pack
 * changes nothing. Throws ProtocolError when the client is to be cut off.
 */
export const servePush = async (
  context: Context,
  repository: Repository,
  caller: Caller,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> => {
  const reader = readPackets(chunksOf(requestBody(request)))
  const head = await readPushHead(reader)
  const extra = neverOffered(head.capabilities, PUSH_CAPABILITIES)
  if (extra.length > 0) throw new ProtocolError(`capabilities that were not offered: ${extra.join(' ')}`)
  response.writeHead(200, {
    'Content-Type': 'application/x-git-receive-pack-result',
    'Cache-Control': 'no-cache',
  })
  if (head.commands.length === 0) {
    // git asks so before it sends a large push (git's `remote-curl.c`, `probe_rpc`)
    await drain(reader.rest())
    response.end()
    return
  }
  const bare = bareOf(context, repository)
  const refs = await refsBefore(bare, head.commands)
  const verdict = judgePush(head.commands, {
    maxCommands: context.limits.refsPerPush,
    defaultBranch: await bare.defaultBranch(),
    refs,
    denied: (ref) => deniedPush(context, repository, caller, ref),
  })
  const report = await take(context, bare, head, verdict, reader, response)
  const moved = changesOf(verdict, report, refs)
  await conclude(context, bare, repository, caller, moved)
  const unpack = report?.unpack ?? (head.commands.length > context.limits.refsPerPush ? TOO_MANY : 'ok')
  const reasonOf = (command: Command) => verdict.refused.get(command) ?? outcome(report, command)
  await send(response, writeReport(head.commands, unpack, reasonOf, head.capabilities))
  response.end()
}

/** Only deletions need to know the refs: listing them costs a process. */
const refsBefore = (bare: Bare, commands: readonly Command[]): Promise<Map<string, string>> =>
  commands.some((command) => command.new === ZERO_OID) ? bare.refs() : Promise.resolve(new Map())

const deniedPush = (
  context: Context,
  repository: Repository,
  caller: Caller,
  ref: string,
): string | undefined =>
  may(context, caller, 'GitPush', repository, { 'codecommit:References': ref })
    ? undefined
    : "You don't have permission to push changes to this branch"

/** Hands the accepted part to git. @returns its report; undefined when nothing was accepted */
const take = async (
  context: Context,
  bare: Bare,
  head: PushHead,
  { accepted }: Verdict,
  reader: PacketReader,
  response: ServerResponse,
): Promise<PushReport | undefined> => {
  if (accepted.length === 0) {
    await drain(reader.rest())
    return undefined
  }
  await prepareHead(bare, accepted)
  const { log } = context.parts
  const talk = context.git.converse(['receive-pack', '--stateless-rpc', bare.directory], { writer: true })
  const progress = head.capabilities.includes('side-band-64k')
    ? (channel: 2 | 3, text: Buffer) => send(response, sideband(channel, text))
    : () => Promise.resolve()
  // a client that is gone does not stop git's report from being read: the refs may have moved
  const reading = readReport(chunksOf(talk.stdout), progress)
  const [fed, read] = await Promise.allSettled([feed(log, talk, head, accepted, reader), reading])
  const { code, stderr } = await talk.done
  if (code !== 0) {
    log('codecommit', 'git receive-pack ended with an error', {
      directory: bare.directory,
      code,
      stderr: stderr.trim(),
    })
  }
  if (read.status === 'rejected') throw read.reason
  if (read.value === undefined) throw new Error('git receive-pack ended without a report')
  // a client may go when its pack is complete but its request is not: then git has taken the push all the same
  if (fed.status === 'rejected') {
    log('codecommit', 'a push was cut', { directory: bare.directory, error: String(fed.reason) })
  }
  return read.value
}

/** Commands, then the pack, then the end; of a broken request git sees a pack that is cut, and refuses it. */
const feed = async (
  log: Log,
  talk: Conversation,
  head: PushHead,
  accepted: readonly Command[],
  reader: PacketReader,
): Promise<void> => {
  try {
    const capabilities = ['report-status', 'side-band-64k']
    await send(talk.stdin, writePushHead({ ...head, commands: accepted, capabilities }))
    if (accepted.every((command) => command.new === ZERO_OID)) {
      // git reads no pack then, though one may follow for refs that were refused
      talk.stdin.end()
      // the commands are complete: a client that goes now has still made its push
      await drain(reader.rest()).catch((error: unknown) =>
        log('codecommit', 'a client left behind its deletions', { error: String(error) }),
      )
      return
    }
    // git may stop listening early, over a broken pack: the client must still be able to send it all
    for await (const chunk of reader.rest()) await send(talk.stdin, chunk)
    talk.stdin.end()
  } catch (error) {
    talk.hangUp()
    throw error
  }
}

/**
 * HEAD of an empty repository names the first branch of the push before git runs, so that no moment exists in which branches stand
 * without a default; a branch that then fails is replaced in {@link conclude}.
 */
const prepareHead = async (bare: Bare, accepted: readonly Command[]): Promise<void> => {
  const [first] = createdBranches(accepted.map(({ ref = '', new: target }) => ({ ref, target })))
  if (first === undefined || (await bare.defaultBranch()) !== undefined) return
  if ((await bare.head()) !== first) await bare.setHead(first)
}

const createdBranches = (updates: readonly { ref: string; target: string | undefined }[]): string[] =>
  updates.flatMap(({ ref, target }) => {
    const name = parseRef(ref)
    return name?.type === 'branch' && target !== undefined && target !== ZERO_OID ? [name.short] : []
  })

const outcome = (report: PushReport | undefined, command: Command): string | undefined => {
  if (report === undefined || !report.refs.has(command.bytes)) return 'git did not report on this ref'
  return report.refs.get(command.bytes)
}

/** What really moved: reported ok, different from before, and for a deletion: it was there. */
const changesOf = (
  { accepted }: Verdict,
  report: PushReport | undefined,
  refs: ReadonlyMap<string, string>,
): Change[] =>
  accepted.flatMap((command) => {
    const { ref } = command
    if (ref === undefined || outcome(report, command) !== undefined) return []
    if (command.old === command.new || (command.new === ZERO_OID && !refs.has(ref))) return []
    return [
      {
        ref,
        ...(command.old !== ZERO_OID && { old: command.old }),
        ...(command.new !== ZERO_OID && { new: command.new }),
      },
    ]
  })

/** Default branch of a first push, date of change, events, triggers, housekeeping. */
const conclude = async (
  context: Context,
  bare: Bare,
  repository: Repository,
  caller: Caller,
  changes: readonly Change[],
): Promise<void> => {
  if (changes.length === 0) return
  const [branch] = createdBranches(changes.map(({ ref, new: target }) => ({ ref, target })))
  if (branch !== undefined && (await bare.defaultBranch()) === undefined) await bare.setHead(branch)
  const now = context.repositories.update(repository, { modifiedAt: context.parts.now() })
  if (now !== undefined) await context.announce(now, caller, changes)
  context.maintenance.pushed(bare.directory, changes.length)
}
