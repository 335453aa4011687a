import { addressText, type RepositoryAddress, readAddress } from '../../codecommit/address.ts'
import { MAX_NAMED_FINDINGS, type ScanIncomplete, type ScanRequest } from '../../events/types.ts'
import { CODES, type Code, RelayError } from '../../runtime/errors.ts'
import { backoff, EXIT, endText, type RunEnd } from '../../runtime/task-end.ts'
import type { ScanMarkStore } from '../../store/scan-marks.ts'
import type { ScanParts } from './ports.ts'

/** A run of the task, as its environment tells it. */
export interface ScanRun {
  readonly repository: RepositoryAddress
  /** under which it worked */
  readonly claim: string
  /** runs that had failed before */
  readonly attempt: number
}

/**
 * What a task was started with, read back from the event of its end.
 * @returns undefined: it is no scan
 * @throws RelayError EVENT_MALFORMED naming the variable
 */
export const scanRunOf = (environment: Readonly<Record<string, string>>): ScanRun | undefined => {
  const { RELAY_SCAN_CLAIM: claim, RELAY_SCAN, RELAY_ATTEMPT: attempt = '' } = environment
  if (claim === undefined) return undefined
  const repository = readAddress(RELAY_SCAN)
  const field = repository ? 'RELAY_ATTEMPT' : 'RELAY_SCAN'
  if (!repository || !/^\d{1,6}$/.test(attempt))
    throw new RelayError('EVENT_MALFORMED', { field, expected: 'what Relay starts scans with' })
  return { repository, claim, attempt: Number(attempt) }
}

type Asked = Pick<ScanRequest, 'repository' | 'reason'>

export interface TaskEndedParts extends Pick<ScanParts, 'emit' | 'once' | 'log' | 'now'> {
  readonly marks: ScanMarkStore
  /** asks for a scan, after so many seconds */
  readonly ask: (request: Asked, afterSeconds?: number) => Promise<void>
  /** puts a request where it rings and can be redriven: the dead letters of the scan */
  readonly bury: (request: Asked) => Promise<void>
  /** 0 ≤ x < 1 */
  readonly random: () => number
  /** runs in all before it is given up */
  readonly limit: number
}

/**
 * What follows the end of a task. May be called any number of times for the same end. Whatever is to follow is asked for before the
 * claim is given up: who is killed in between leaves a request too many.
 */
export const taskEnded = async (
  parts: TaskEndedParts,
  run: ScanRun,
  end: RunEnd,
): Promise<'done' | 'again' | 'failed' | 'closed before'> => {
  const { marks, log } = parts
  const { repository, claim } = run
  const holder = await marks.holder(repository)
  if (end.exitCode === EXIT.done) {
    // what was pushed meanwhile was left to the task, which may have looked before
    await parts.ask({ repository, reason: 'task ended' })
    await marks.release(repository, claim)
    return 'done'
  }
  if (holder !== claim) return 'closed before'
  const failed = run.attempt + 1
  const facts = { repository: addressText(repository), reason: endText(end), failed }
  const isFinal = end.exitCode === EXIT.wrong || failed >= parts.limit
  if (isFinal) {
    log.error('scan failed for good', facts)
    await giveUp(parts, run, end)
  } else {
    const seconds = backoff(run.attempt, parts.random)
    log.warn('scan failed, to be tried again', { ...facts, afterSeconds: seconds })
    await marks.noteTask(repository, failed)
    await parts.ask({ repository, reason: 'task failed' }, seconds)
  }
  await marks.release(repository, claim)
  return isFinal ? 'failed' : 'again'
}

const giveUp = async (parts: TaskEndedParts, { repository, claim }: ScanRun, end: RunEnd): Promise<void> => {
  const { marks, now } = parts
  const code: Code = end.stopCode === 'TaskFailedToStart' ? 'SCAN_NOT_STARTED' : 'SCAN_TASK_FAILED'
  await marks.noteTask(repository, 0)
  await parts.once(`scan-given-up#${addressText(repository)}#${claim}`, async () => {
    await parts.bury({ repository, reason: 'task failed' })
    await marks.giveUp(repository, now())
    const nextStep = `Look for ${code} in docs/operate.md ("A scan fails") and at the log of the task. What was pushed is searched again with growing pauses, or when the dead letters of the scan are redriven.`
    await tellGivenUp(
      parts,
      { repository, claim },
      [{ reason: `${CODES[code].says}: ${endText(end)}` }],
      nextStep,
    )
  })
}

/** Once for a claim: a task that knows better than its exit code says it before. */
export const tellGivenUp = async (
  { emit, once }: Pick<ScanParts, 'emit' | 'once'>,
  { repository, claim }: Pick<ScanRun, 'repository' | 'claim'>,
  all: ScanIncomplete['gaps'],
  nextStep: string,
): Promise<void> => {
  const gaps = all.slice(0, MAX_NAMED_FINDINGS)
  await once(`scan-given-up-told#${addressText(repository)}#${claim}`, () =>
    emit('Scan Incomplete', { repository, gaps, gapsInAll: all.length, nextStep }),
  )
}
