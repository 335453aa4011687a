import type { Connection, Session } from 'ssh2'
import type { Caller } from '../../gateway/service.ts'
import type { Context } from '../context.ts'
import { authenticate, type ParseKey } from './authenticate.ts'
import { type Line, runCommand } from './exchange.ts'
import { tubeOf } from './tube.ts'

/** CodeCommit's own answer to `ssh <key id>@git-codecommit...` (codecommit user guide, "Troubleshooting SSH connections"). */
const GREETING =
  'You have successfully authenticated over SSH. You can use Git to interact with AWS CodeCommit. Interactive shells are not supported.'

/** Receives one client: who it is, then what it wants. Never throws; a connection that fails is logged. */
export const receive = (
  context: Context,
  connection: Connection,
  place: Pick<Line, 'region' | 'sourceIp' | 'userAgent'>,
  parseKey: ParseKey,
  started: (work: Promise<void>) => void,
): void => {
  const { iam, parts } = context
  let caller: Caller | undefined
  connection.on('error', (error) =>
    parts.log('codecommit', 'an SSH connection failed', { error: error.message }),
  )
  connection.on('authentication', (attempt) => {
    const who = authenticate(iam, attempt, parseKey)
    if (typeof who !== 'string') {
      caller = who
      return attempt.accept()
    }
    // every client asks with `none` first, to hear what is taken
    if (attempt.method !== 'none') {
      parts.log('codecommit', 'public key denied', { user: attempt.username, why: who })
    }
    attempt.reject(['publickey'])
  })
  connection.on('session', (accept) => {
    if (caller === undefined) return connection.end()
    const line: Line = { ...place, caller, cut: () => void connection.end() }
    serve(context, connection, accept(), line, started)
  })
}

/** Git's commands and nothing else. What a client sets in the environment, its protocol version too, is let pass and forgotten. */
const serve = (
  context: Context,
  connection: Connection,
  session: Session,
  line: Line,
  started: (work: Promise<void>) => void,
): void => {
  session.on('pty', (accept) => accept?.())
  session.on('shell', (accept) => {
    const channel = accept()
    channel.write(GREETING)
    channel.exit(1)
    channel.end()
    channel.once('close', () => connection.end())
  })
  session.on('exec', (accept, _reject, { command }) => {
    started(runCommand(context, line, command, tubeOf(connection, accept())))
  })
}
