import type { Writable } from 'node:stream'
import type { Bare } from '../bare.ts'
import { bareOf, type Context } from '../context.ts'
import { may } from '../permissions.ts'
import { neverOffered, PUSH_CAPABILITIES } from './capabilities.ts'
import { changesOf, conclude, outcome } from './conclude-push.ts'
import { leave, type Taken, takeObjects } from './feed-push.ts'
import { judgePush, TOO_MANY, type Verdict } from './judge-push.ts'
import { type PacketReader, ProtocolError } from './pkt.ts'
import { type Command, type PushHead, readPushHead, ZERO_OID } from './push-commands.ts'
import { writeReport } from './push-report.ts'
import { recordPush } from './record.ts'
import { send } from './streams.ts'
import { requestKeys, type Visit } from './visit.ts'

/** Reads the commands of a push. Throws ProtocolError when the client is to be cut off: CodeCommit hangs up on capabilities it never offered. */
export const readPush = async (reader: PacketReader): Promise<PushHead> => {
  const head = await readPushHead(reader)
  const extra = neverOffered(head.capabilities, PUSH_CAPABILITIES)
  if (extra.length > 0) throw new ProtocolError(`capabilities that were not offered: ${extra.join(' ')}`)
  return head
}

const DENIED = "You don't have permission to push changes to this branch"
const NO_SPACE = 'No space left on device'
/** git's own word for a ref of a push whose objects were refused */
const UNPACKER = 'unpacker error'

/**
 * Judges the commands, lets git take the rest of the push, and reports both in one. Events and triggers go out before the answer ends, for
 * the refs that git itself called ok. A client that breaks off before the end of its pack changes nothing.
 */
export const takePush = async (
  context: Context,
  visit: Visit,
  head: PushHead,
  reader: PacketReader,
  output: Writable,
): Promise<void> => {
  const bare = bareOf(context, visit.repository)
  if (context.faults?.diskFull() === true) {
    context.parts.log('codecommit', 'a push was refused: the disk is full', { directory: bare.directory })
    await leave(visit, reader)
    await send(
      output,
      writeReport(head.commands, NO_SPACE, () => UNPACKER, head.capabilities),
    )
    return
  }
  const refs = await refsBefore(bare, head.commands)
  const verdict = judgePush(head.commands, {
    maxCommands: context.limits.refsPerPush,
    defaultBranch: await bare.defaultBranch(),
    refs,
    denied: (ref) => deniedPush(context, visit, ref),
  })
  const taken = await takeObjects(context, visit, bare, head, verdict, reader, output)
  const moved = changesOf(verdict, taken, refs)
  await conclude(context, bare, visit, moved)
  recordPush(context, visit, head, [...verdict.refused.values()].includes(DENIED))
  const answer = writeReport(
    head.commands,
    unpackOf(head, taken, context),
    reasonOf(verdict, taken),
    head.capabilities,
  )
  await send(output, answer)
}

const unpackOf = (head: PushHead, { report, problem }: Taken, { limits }: Context): string => {
  if (problem?.whole === true) return problem.text
  return report?.unpack ?? (head.commands.length > limits.refsPerPush ? TOO_MANY : 'ok')
}

const reasonOf =
  (verdict: Verdict, taken: Taken) =>
  (command: Command): string | undefined => {
    const refused = verdict.refused.get(command)
    if (refused !== undefined) return refused
    const { problem } = taken
    if (problem !== undefined) return problem.whole ? UNPACKER : problem.text
    return outcome(taken, command)
  }

/** Only deletions need to know the refs: listing them costs a process. */
const refsBefore = (bare: Bare, commands: readonly Command[]): Promise<Map<string, string>> =>
  commands.some((command) => command.new === ZERO_OID) ? bare.refs() : Promise.resolve(new Map())

const deniedPush = (context: Context, visit: Visit, ref: string): string | undefined => {
  const keys = { ...requestKeys(visit), 'codecommit:References': ref }
  return may(context, visit.caller, 'GitPush', visit.repository, keys) ? undefined : DENIED
}
