import { randomUUID } from 'node:crypto'
import { tmpdir } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { createCodeCommit } from '../../shared/codecommit/access.ts'
import { addressText } from '../../shared/codecommit/address.ts'
import { createEmitter } from '../../shared/events/emit.ts'
import { createGitClient } from '../../shared/git/client.ts'
import { roomyLimitsFor } from '../../shared/git/pack/limits.ts'
import { lazyBus, lazySecrets } from '../../shared/runtime/aws-clients.ts'
import { openLease, whenLost } from '../../shared/runtime/lease.ts'
import { describeFailure, type Facts, type Log } from '../../shared/runtime/log.ts'
import { EXIT, exitCodeOf } from '../../shared/runtime/task-end.ts'
import { scanInPortions } from '../../shared/scanning/push/portions.ts'
import { scanRepository } from '../../shared/scanning/push/scan.ts'
import { scanTools } from '../../shared/scanning/push/tools.ts'
import { openFindings } from '../../shared/store/findings.ts'
import { openOnce } from '../../shared/store/idempotency.ts'
import { openScanMarks } from '../../shared/store/scan-marks.ts'
import { openTable } from '../../shared/store/table.ts'
import { readSettings } from './settings.ts'

/** A task that dies keeps others from its repository for so long at most. */
const LEASE_MS = 180_000
const BEAT_MS = 30_000

/** Nothing takes so long: what does hangs. */
const MOST_MS = 24 * 3_600_000
/** As in the function: what was told is not told again for so long, and who tells it has this long. */
const KEEP_SECONDS = 30 * 24 * 3600
const TELL_SECONDS = 960

const write =
  (level: string) =>
  (message: string, facts: Facts = {}): void => {
    const line = { level, time: new Date().toISOString(), message, ...facts }
    process.stdout.write(`${JSON.stringify(line)}\n`)
  }
const log: Log = { info: write('INFO'), warn: write('WARN'), error: write('ERROR') }

const now = Date.now
const stopped = Promise.withResolvers<number>()
for (const name of ['SIGTERM', 'SIGINT'] as const)
  process.on(name, () => {
    log.warn('scan stopped', { signal: name })
    stopped.resolve(EXIT.again)
  })

const run = async (): Promise<number> => {
  const { repository, claim, reason, attempt, ...settings } = readSettings(process.env)
  log.info('scan started', { repository: addressText(repository), claim, reason, attempt })
  const table = openTable({ client: new DynamoDBClient(), name: settings.table })
  const codecommit = createCodeCommit({ ...settings, now })
  const marks = openScanMarks(table)
  const { once: onceIn } = openOnce({ table, now, id: randomUUID })
  const once = (name: string, work: () => Promise<void>) => onceIn(name, TELL_SECONDS, KEEP_SECONDS, work)
  const { emit } = createEmitter({ client: lazyBus(), bus: settings.bus })
  const scan = scanRepository({
    ...scanTools({
      rules: new URL('./rules.json.br', import.meta.url),
      secrets: lazySecrets(),
      fingerprintKey: settings.fingerprintKey,
      now,
    }),
    contents: codecommit,
    git: createGitClient(),
    remote: codecommit.gitRemote,
    marks,
    findings: openFindings(table),
    emit,
    once,
    folder: tmpdir(),
    limits: roomyLimitsFor(settings.memory),
    way: 'task',
    log,
  })
  const lease = openLease(
    {
      extend: (until) => marks.extend(repository, claim, until),
      now,
      pause: (milliseconds, signal) => sleep(milliseconds, undefined, { ...(signal && { signal }) }),
      log,
    },
    {
      leaseMs: LEASE_MS,
      beatMs: BEAT_MS,
      // whoever started this knows how long it holds: it is extended at once
      until: now(),
      facts: { repository: addressText(repository), claim },
    },
  )
  // the walk lets the beat through; who has lost its claim ends, and leaves the rest to the other
  const portions = scanInPortions({ scan, emit, once, log }, { repository, claim, deadline: now() + MOST_MS })
  await Promise.race([whenLost(lease), portions])
  log.info('scan done', { repository: addressText(repository), claim })
  return EXIT.done
}

const failed = (error: unknown): number => {
  log.error('scan failed', describeFailure(error))
  return exitCodeOf(error)
}

// what is cut off here is done again: the marks move last
process.exit(await Promise.race([run().catch(failed), stopped.promise]))
