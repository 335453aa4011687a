import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createCodeCommit } from '../../shared/codecommit/access.ts'
import { addressText } from '../../shared/codecommit/address.ts'
import { RelayError } from '../../shared/runtime/errors.ts'
import { describeFailure, type Facts, type Log } from '../../shared/runtime/log.ts'
import { startCredentialServer } from './credential-server.ts'
import { createGit } from './git.ts'
import { EXIT, exitCodeOf, mirror } from './mirror.ts'
import { createRepository } from './repository.ts'
import { readSettings, type Settings } from './settings.ts'
import { watchOf } from './watch.ts'

const CLEAN_UP_MS = 20_000

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
process.on('SIGTERM', stopped.resolve)
process.on('SIGINT', stopped.resolve)

const run = async (): Promise<number> => {
  await using leftovers = new AsyncDisposableStack()
  const settings = readSettings(process.env)
  const log = logOf(settings)
  const { source, replica, deletes, reason } = settings
  log.info('mirror started', {
    source: addressText(source),
    replica: addressText(replica),
    deletes,
    reason,
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

  const tools = { access, log, now: Date.now, id: randomUUID, folder }
  const watch = settings.watch && (await watchOf(settings.watch, settings, tools))
  if (!watch) log.warn('nothing is guarded: the stack names no rules')

  const work = mirror(settings, { ...tools, repository, watch }).then(
    () => EXIT.done,
    (error: unknown) => {
      const failure = asFailure(error)
      log.error('mirror failed', describeFailure(failure))
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
