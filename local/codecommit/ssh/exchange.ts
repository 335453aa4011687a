import { randomUUID } from 'node:crypto'
import type { Caller } from '../../gateway/service.ts'
import type { Context } from '../context.ts'
import { admit, type Refused } from '../wire/admit.ts'
import { advertisement } from '../wire/advertise.ts'
import { FETCH_CAPABILITIES } from '../wire/capabilities.ts'
import { cutEnds, type Ends, passed } from '../wire/cut.ts'
import { converseFetch } from '../wire/fetch.ts'
import { ProtocolError, readPackets } from '../wire/pkt.ts'
import { readPush, takePush } from '../wire/push.ts'
import { type Attempt, recordRefs } from '../wire/record.ts'
import { tellRefs } from '../wire/refs.ts'
import { chunksOf } from '../wire/streams.ts'
import type { Visit } from '../wire/visit.ts'
import { readWants } from '../wire/wants.ts'
import { parseCommand } from './command.ts'
import type { Tube } from './tube.ts'

/** Where a connection comes from and goes to. */
export interface Line {
  readonly caller: Caller
  readonly region: string
  readonly sourceIp: string
  /** how the client names itself: `SSH-2.0-OpenSSH_9.2` */
  readonly userAgent: string
  /** cuts the connection */
  readonly cut: () => void
}

/** Runs one command of a client over its channel, and ends the channel. Never rejects: what goes wrong is told and logged. */
export const runCommand = async (
  context: Context,
  line: Line,
  command: string,
  { input, client: channel }: Tube,
): Promise<void> => {
  const end = (code: number, text?: string) => {
    if (text !== undefined) channel.stderr.write(`${text}\n`)
    channel.exit(code)
    channel.end()
  }
  const asked = parseCommand(command)
  if (asked === undefined) {
    return end(1, `Only git-upload-pack and git-receive-pack of '/v1/repos/<name>' are served over SSH.`)
  }
  const { service, name } = asked
  const { caller, region } = line
  const key = { account: caller.account, region, name }
  try {
    const fault = context.faults?.git({ ...key, repository: name, service, advertise: true }) ?? {}
    if (fault.status !== undefined)
      return end(1, fault.status === 429 ? 'Rate Exceeded' : 'Failed on purpose.')
    const found = context.repositories.find(key)
    const attempt: Attempt = {
      ...line,
      service,
      key,
      via: 'SSH',
      secure: true,
      requestId: randomUUID(),
      ...(found !== undefined && { repositoryId: found.id }),
    }
    const entrance = admit(context, attempt)
    if ('refused' in entrance) return end(1, sentence(entrance))
    const whole = { input: chunksOf(input), client: channel }
    const ends = cutEnds(whole, fault, line.cut)
    const exchange = service === 'git-upload-pack' ? fetch : push
    await exchange(context, { ...attempt, repository: entrance }, ends)
    await passed(whole, ends)
    end(0)
  } catch (error) {
    const what = error instanceof ProtocolError ? 'a Git client was cut off' : 'a Git request failed'
    context.parts.log('codecommit', what, { ...key, service, error: String(error) })
    // CodeCommit hangs up on clients that leave the protocol
    if (error instanceof ProtocolError) channel.destroy()
    else end(1, 'CodeCommit failed; see the log.')
  }
}

const sentence = ({ refused, text }: Refused): string =>
  refused === 'missing' ? `Repository not found: ${text}.` : text

const refsTold = (context: Context, visit: Visit, service: Attempt['service']): void =>
  recordRefs(context, { ...visit, service, key: visit.repository, repositoryId: visit.repository.id })

/** Refs and pack in one talk with one git, which waits for the client in between. */
const fetch = async (context: Context, visit: Visit, { input, client }: Ends): Promise<void> => {
  const directory = context.repositories.directory(visit.repository)
  const talk = context.git.converse(['upload-pack', '--strict', directory])
  refsTold(context, visit, 'git-upload-pack')
  const reader = readPackets(input)
  await converseFetch(context, visit, talk, {
    wants: readWants(reader),
    reader,
    output: advertisement(undefined, chunksOf(talk.stdout), FETCH_CAPABILITIES),
    client,
  })
  const { code, stderr } = await talk.done
  if (code !== 0 && code !== null) throw new Error(`git upload-pack ended with ${code}: ${stderr.trim()}`)
}

const push = async (context: Context, visit: Visit, { input, client }: Ends): Promise<void> => {
  await tellRefs(context, visit, 'git-receive-pack', client, { http: false })
  refsTold(context, visit, 'git-receive-pack')
  const reader = readPackets(input)
  const head = await readPush(reader)
  if (head.commands.length > 0) await takePush(context, visit, head, reader, client)
}
