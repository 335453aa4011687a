import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { createCodeCommit } from '../../shared/codecommit/access.ts'
import { addressText } from '../../shared/codecommit/address.ts'
import { createGitClient } from '../../shared/git/client.ts'
import { RelayError } from '../../shared/runtime/errors.ts'
import { describeFailure, type Facts, type Log } from '../../shared/runtime/log.ts'
import { EXIT, exitCodeOf } from '../../shared/runtime/task-end.ts'
import { startCredentialServer } from './credential-server.ts'
import { createGit } from './git.ts'
import { mirror } from './mirror.ts'
import { relayFirst } from './relay-first.ts'
import { createRepository } from './repository.ts'
import { readSettings, type Settings } from './settings.ts'
import { watchOf } from './watch.ts'

const CLEAN_UP_MS = 20_000

/** Of packs for servers that take none in chunks: the disk decides. */
const SPOOL_BYTES = Number.MAX_SAFE_INTEGER

const write =
  (level: string, settings?: Settings) =>
  (message: string, facts: Facts = {}): void => {
    const { claim, attempt } = settings ?? {}
    const line = { level, time: new Date().toISOString(), message, claim, attempt, ...facts }
    process.stdout.write(`${JSON.stringify(line)}\n`)
  }

const logOf = (settings?: Settings): Log => ({
  info: write('INFO', settings),
  warn: write('WARN', settings),
  error: write('ERROR', settings),
})

/** Full disks show as system errors outside git, too. */
const asFailure = (error: unknown): unknown =>
  (error as NodeJS.ErrnoException | null)?.code === 'ENOSPC'
    ? new RelayError('DISK_FULL', {}, { cause: error })
    : error

const stopped = Promise.withResolvers<NodeJS.Signals>()
/** A relay that is cut off leaves the replica's refs as they are: its connection is destroyed, never ended. */
const stopping = new AbortController()
for (const name of ['SIGTERM', 'SIGINT'] as const) {
  process.on(name, () => {
    stopped.resolve(name)
    stopping.abort(new Error(name))
  })
}

const run = async (): Promise<number> => {
  await using leftovers = new AsyncDisposableStack()
  const settings = readSettings(process.env)
  const log = logOf(settings)
  const { source, replica, deletes, reason, way } = settings
  log.info('mirror started', {
    source: addressText(source),
    replica: addressText(replica),
    deletes,
    reason,
    way,
  })
  const folder = await mkdtemp(join(tmpdir(), 'mirror-'))
  leftovers.defer(() =>
    rm(folder, { recursive: true, force: true, maxRetries: 5 }).catch((error: unknown) =>
      log.warn('work folder not removed', describeFailure(error)),
    ),
  )
  const access = createCodeCommit({
    gitEndpoint: settings.gitEndpoint,
    region: settings.region,
    now: Date.now,
  })
  const program = import.meta.url.endsWith('.ts') ? './credential.ts' : './credential.mjs'
  const credentials = await startCredentialServer(folder, [
    process.execPath,
    fileURLToPath(new URL(program, import.meta.url)),
  ])
  leftovers.defer(() => credentials.close())
  const { redact, helper } = credentials
  const git = createGit({ path: process.env.PATH, home: folder, credentialHelper: helper, redact })
  leftovers.defer(() => git.stop())
  const repository = createRepository({ git, credentials, access, folder, now: Date.now, log })

  const client = createGitClient({ spool: { folder, bytes: SPOOL_BYTES } })
  const tools = { access, log, now: Date.now, id: randomUUID, git: client, pause, signal: stopping.signal }
  const watch = settings.watch && (await watchOf(settings.watch, settings, tools))
  if (!watch) log.warn('nothing is guarded: the stack names no rules')

  const replicate = async () => {
    if (way === 'relay' && (await relayFirst(settings, { ...tools, watch })) === 'done') return
    await mirror(settings, { ...tools, repository, watch })
  }

  const work = replicate().then(
    () => EXIT.done,
    (error: unknown) => {
      const failure = asFailure(error)
      // what was cut off by a signal has not failed
      if (!stopping.signal.aborted) log.error('mirror failed', describeFailure(failure))
      return exitCodeOf(failure)
    },
  )
  const end = await Promise.race([work, stopped.promise])
  if (typeof end === 'number') return end
  log.warn('mirror stopped', { signal: end })
  setTimeout(() => process.exit(EXIT.again), CLEAN_UP_MS).unref()
  return EXIT.again
}

const code = await run().catch((error: unknown) => {
  const failure = asFailure(error)
  logOf().error('mirror failed', describeFailure(failure))
  return exitCodeOf(failure)
})
process.exit(code)
