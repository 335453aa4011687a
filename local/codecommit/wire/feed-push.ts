import { join } from 'node:path'
import type { Writable } from 'node:stream'
import type { Bare } from '../bare.ts'
import type { Context } from '../context.ts'
import type { Conversation } from '../git.ts'
import { pathsProblem } from './check-paths.ts'
import { createdBranches } from './conclude-push.ts'
import { packProblem } from './inspect-pack.ts'
import type { Verdict } from './judge-push.ts'
import { type PacketReader, sideband } from './pkt.ts'
import { type Command, type PushHead, writePushHead, ZERO_OID } from './push-commands.ts'
import { type PushReport, readReport } from './push-report.ts'
import { chunksOf, drain, send } from './streams.ts'
import type { Visit } from './visit.ts'

/** Of a push that git sends with its length: `http.postBuffer` (git-config). */
const SMALL_BYTES = 1024 * 1024

/** What became of the accepted part of a push. */
export interface Taken {
  /** git's; undefined when nothing was accepted, so that git was not asked */
  readonly report: PushReport | undefined
  /** why CodeCommit refused what git would have taken; `whole`: the pack itself */
  readonly problem?: { readonly text: string; readonly whole: boolean }
}

/** Hands the accepted part to git, which asks back before it moves the first ref. Throws when git ends without a report. */
export const takeObjects = async (
  context: Context,
  visit: Visit,
  bare: Bare,
  head: PushHead,
  { accepted }: Verdict,
  reader: PacketReader,
  output: Writable,
): Promise<Taken> => {
  if (accepted.length === 0) {
    await leave(visit, reader)
    return { report: undefined }
  }
  const base = await bare.defaultBranch()
  await prepareHead(bare, accepted, base)
  const { log } = context.parts
  let problem: Taken['problem']
  let asked = false
  const talk = context.git.converse(['receive-pack', '--stateless-rpc', bare.directory], {
    writer: true,
    small: visit.size !== undefined && visit.size <= SMALL_BYTES,
    beforeRefs: async (quarantine) => {
      asked = true
      problem = await problemOf(context, bare, quarantine, accepted, base)
      return problem === undefined
    },
  })
  const progress = head.capabilities.includes('side-band-64k')
    ? (channel: 2 | 3, text: Buffer) => send(output, sideband(channel, text))
    : () => Promise.resolve()
  // a client that is gone does not stop git's report from being read: the refs may have moved
  const reading = readReport(chunksOf(talk.stdout), progress)
  // over SSH git's report is the end: a client may keep its side open until it has it
  const feeding = feed(context, visit, talk, head, accepted, reader)
  const [read] = await Promise.allSettled([reading, visit.via === 'HTTP' ? feeding : undefined])
  if (read.status === 'rejected') talk.abort()
  const { code, stderr } = await talk.done
  const { directory } = bare
  if (code !== 0) {
    log('codecommit', 'git receive-pack ended with an error', { directory, code, stderr: stderr.trim() })
  }
  if (read.status === 'rejected') throw read.reason
  if (read.value === undefined) throw new Error('git receive-pack ended without a report')
  if (!asked && [...read.value.refs.values()].includes(undefined)) {
    log('codecommit', 'git took a push without asking back: its objects were not looked at', { directory })
  }
  return problem === undefined ? { report: read.value } : { report: read.value, problem }
}

/**
 * What is left of a push that nobody wants. Over HTTP a client sends all of its request before it reads the answer. Over SSH it may keep its
 * side open until it has the answer, so that there is no end to wait for.
 */
export const leave = async ({ via }: Visit, reader: PacketReader): Promise<void> => {
  if (via === 'HTTP') await drain(reader.rest())
}

/** The limits that git does not know (codecommit user guide, "Quotas"). */
const problemOf = async (
  { git, limits }: Context,
  bare: Bare,
  quarantine: string,
  accepted: readonly Command[],
  base: string | undefined,
): Promise<Taken['problem']> => {
  const pack = await packProblem(quarantine, limits.blobBytes)
  if (pack !== undefined) return { text: pack, whole: true }
  const behind = join(bare.directory, 'objects')
  const objects = { quarantine: quarantine === '' ? behind : quarantine, behind }
  const tip = base === undefined ? undefined : await bare.tip(`refs/heads/${base}`)
  const paths = await pathsProblem(git, bare.directory, objects, accepted, tip)
  return paths === undefined ? undefined : { text: paths, whole: false }
}

/**
 * Commands, then the pack, then the end; of a broken request git sees a pack that is cut, and refuses it. A client may go when its pack is
 * complete but its request is not: then git has taken the push all the same. Never rejects.
 */
const feed = async (
  { parts }: Context,
  visit: Visit,
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
      await leave(visit, reader).catch((error: unknown) =>
        parts.log('codecommit', 'a client left behind its deletions', { error: String(error) }),
      )
      return
    }
    // git may stop listening early, over a broken pack: the client must still be able to send it all
    for await (const chunk of reader.rest()) await send(talk.stdin, chunk)
    talk.stdin.end()
  } catch (error) {
    talk.hangUp()
    parts.log('codecommit', 'a push was cut', { repository: visit.repository.name, error: String(error) })
  }
}

/**
 * HEAD of an empty repository names the first branch of the push before git runs, so that no moment exists in which branches stand
 * without a default; a branch that then fails is replaced when the push is concluded.
 */
const prepareHead = async (
  bare: Bare,
  accepted: readonly Command[],
  base: string | undefined,
): Promise<void> => {
  const [first] = createdBranches(accepted.map(({ ref = '', new: target }) => ({ ref, target })))
  if (first === undefined || base !== undefined) return
  if ((await bare.head()) !== first) await bare.setHead(first)
}
