import { addressText, type RepositoryAddress } from '../../shared/codecommit/address.ts'
import { chooses } from '../../shared/config/glob.ts'
import type { Config } from '../../shared/config/types.ts'
import { decodeBody } from '../../shared/events/decode.ts'
import { createEmitter } from '../../shared/events/emit.ts'
import { scanRequested } from '../../shared/events/request.ts'
import type { Bus, OwnQueue, Queues, Tasks } from '../../shared/runtime/aws-clients.ts'
import { comeBackSooner } from '../../shared/runtime/come-back.ts'
import type { Handle, Run } from '../../shared/runtime/entry.ts'
import { CODES, codeOf, RelayError } from '../../shared/runtime/errors.ts'
import { type Lease, type LeaseParts, openLease } from '../../shared/runtime/lease.ts'
import { describeFailure } from '../../shared/runtime/log.ts'
import { createQueue } from '../../shared/runtime/queue.ts'
import { startTask, type TaskOrder, type TaskPlace, taskInput } from '../../shared/runtime/run-task.ts'
import {
  type BatchResponse,
  createFailures,
  failAloud,
  type QueueRecord,
  recordsOf,
} from '../../shared/runtime/sqs-batch.ts'
import {
  type HandOver,
  type HandOverParts,
  handOver,
  reasonOf,
} from '../../shared/scanning/push/hand-over.ts'
import type { ScanParts, ScanWork } from '../../shared/scanning/push/ports.ts'
import { shownByShipped } from '../../shared/scanning/push/ref-names.ts'
import { type Scanned, scanRepository } from '../../shared/scanning/push/scan.ts'
import { hintsOf } from '../../shared/scanning/push/tips.ts'
import { openFindings } from '../../shared/store/findings.ts'
import { openOnce } from '../../shared/store/idempotency.ts'
import { type Hold, openScanMarks, type ScanMarkStore } from '../../shared/store/scan-marks.ts'
import type { Table } from '../../shared/store/table.ts'
import { type Group, groupsOf, scansOf } from './groups.ts'

export interface ScanHandlerParts extends Omit<ScanParts, 'marks' | 'findings' | 'emit' | 'once' | 'log'> {
  readonly config: Pick<Config, 'scan'>
  /** account and region Relay is deployed in */
  readonly own: { readonly account: string; readonly region: string }
  readonly listRepositories: (region: string) => Promise<readonly string[]>
  readonly bus: string
  /** URL of the scan queue, and its maxReceiveCount */
  readonly scanQueue: string
  readonly maxReceives: number
  readonly table: Table
  readonly events: Bus
  readonly queues: Queues & OwnQueue
  readonly tasks: Pick<Tasks, 'runTask'>
  /** where the task runs that goes on with what is too much here */
  readonly place: TaskPlace
  readonly pause: LeaseParts['pause']
  /** 0 ≤ x < 1 */
  readonly random: () => number
  readonly id: () => string
}

/** A function that dies keeps others from its repository for so long at most, and extends its claim three times as often. */
const CLAIM_MS = 60_000
const BEAT_MS = 15_000
/** Longer than an invocation may take. */
const TELL_SECONDS = 960
/** A gap or a mistake that was told is not told again for so long. */
const KEEP_SECONDS = 30 * 24 * 3600
/** Milliseconds kept back for the start of a task and the answer. */
const ANSWER_MS = 20_000
/** Another scan of the same repository is waited for so long, then the message comes back. */
const WAIT_MS = 30_000
const POLL_MS = 250

/**
 * Scans each repository that a batch of events speaks of. A repository that fails reports exactly the records that spoke of it, and
 * these come back with growing pauses. The schedule's message asks for a look at every repository that is scanned.
 */
export const createScan = (parts: ScanHandlerParts): Handle<BatchResponse> => {
  const base = {
    ...parts,
    marks: openScanMarks(parts.table),
    findings: openFindings(parts.table),
    emit: createEmitter({ client: parts.events, bus: parts.bus }).emit,
    once: (name: string, work: () => Promise<void>) =>
      openOnce(parts).once(name, TELL_SECONDS, KEEP_SECONDS, work),
  }
  const start = (order: TaskOrder) =>
    startTask(parts.tasks, taskInput(parts.place, order, 'SCAN_NOT_STARTED'), 'SCAN_NOT_STARTED')
  const scans = scansOf(parts.config.scan, parts.own, chooses)
  return async (event, run) => {
    const failures = createFailures(run.log)
    const { fail } = failures
    const records = recordsOf(event)
    const read = await Promise.all(
      records.map(async (record) => {
        try {
          if (isSchedule(record.body)) {
            await askForAll(base, scans, run)
            return []
          }
          return [{ record, inputs: decodeBody(record.body) }]
        } catch (error) {
          fail(record, error)
          return []
        }
      }),
    )
    const groups = groupsOf(read.flat(), scans, run.log, fail)
    const scan = scanRepository({ ...base, log: run.log })
    const outcomes: string[] = []
    for (const [index, group] of groups.entries()) {
      // an equal share of what is left: whoever needs more comes back alone, and has it
      const share = Math.floor((run.remainingMs() - ANSWER_MS) / (groups.length - index))
      outcomes.push(await scanGroup({ ...base, scan, start, run, fail }, group, parts.now() + share))
    }
    const { queues, scanQueue: url, maxReceives, random } = parts
    await comeBackSooner({ queue: queues, url, maxReceives, random, log: run.log }, failures.records())
    run.note({
      records: records.length,
      repositories: groups.length,
      failed: failures.records().length,
      outcomes,
    })
    return failures.response()
  }
}

interface GroupParts
  extends Pick<ScanParts, 'emit' | 'once' | 'shipped' | 'enginesOf' | 'keys'>,
    Pick<HandOverParts, 'start'> {
  readonly marks: ScanMarkStore
  readonly scan: (work: ScanWork) => Promise<Scanned>
  readonly run: Run
  readonly fail: (record: QueueRecord, error: unknown) => void
  readonly now: () => number
  readonly id: () => string
  readonly pause: LeaseParts['pause']
  readonly maxReceives: number
}

const scanGroup = async (parts: GroupParts, group: Group, deadline: number): Promise<string> => {
  const { repository, events } = group
  const { marks, run, now } = parts
  const owner = parts.id()
  try {
    const held = await hold(parts, repository, owner, deadline)
    if (held.kind === 'busy') {
      await marks.hint(repository, hintsOf(await shownByShipped(parts, events)), now())
      run.log.info('left to the task', { repository: addressText(repository) })
      return 'with the task'
    }
    // the walk lets the beat through
    const lease = openLease(
      { extend: (until) => marks.extend(repository, owner, until), now, pause: parts.pause, log: run.log },
      {
        leaseMs: CLAIM_MS,
        beatMs: BEAT_MS,
        until: now() + CLAIM_MS,
        facts: { repository: addressText(repository), claim: owner },
      },
    )
    try {
      return await scanOrHandOver(parts, { repository, events, owner }, { deadline, lease }, held.after)
    } finally {
      await lease.stop()
      await marks.release(repository, owner)
    }
  } catch (error) {
    const { maxReceives } = parts
    const facts = { repository: addressText(repository) }
    const failed = { records: group.records, error, maxReceives, facts }
    await failAloud({ fail: parts.fail, log: run.log }, failed, (last) =>
      giveUp(parts, repository, last, error),
    )
    return 'failed'
  }
}

/** What is more than this function can do goes on in a task, under the same claim. */
const scanOrHandOver = async (
  parts: GroupParts,
  work: Omit<HandOver, 'reason'>,
  { deadline, lease }: { readonly deadline: number; readonly lease: Lease },
  after: 'function' | 'task' | undefined,
): Promise<string> => {
  const { run, now } = parts
  const { repository, events } = work
  const names = { repository: addressText(repository) }
  const attempt = async (): Promise<string> => {
    try {
      const { outcome, ...counts } = await parts.scan({
        ...{ repository, events, deadline, signal: lease.signal },
        handsOver: true,
      })
      run.log.info('repository scanned', { ...names, outcome, ...counts })
      return outcome
    } catch (error) {
      // nothing to hand over: another is at it
      lease.signal.throwIfAborted()
      const reason = reasonOf(error, deadline - now())
      if (reason === undefined) throw error
      run.log.warn('scan is too much for the function', { ...names, reason, ...describeFailure(error) })
      await handOver({ ...parts, log: run.log }, { ...work, reason })
      return 'handed over'
    }
  }
  const outcome = after === undefined ? await attempt() : 'too much'
  if (outcome !== 'too much') return outcome
  const reason = after === undefined ? 'before' : 'died'
  await handOver({ ...parts, log: run.log }, { ...work, reason })
  return 'handed over'
}

/** People hear of it, and the schedule asks with growing pauses. */
const giveUp = async (
  { marks, emit, once, run, now }: GroupParts,
  repository: RepositoryAddress,
  { messageId }: QueueRecord,
  error: unknown,
): Promise<void> => {
  const code = codeOf(error) ?? 'REMOTE_FAILED'
  const name = addressText(repository)
  run.log.error('scan given up', { repository: name, code })
  await marks.giveUp(repository, now())
  await once(`scan-given-up#${name}#${messageId}`, () =>
    emit('Scan Incomplete', {
      repository,
      gaps: [{ reason: CODES[code].says }],
      gapsInAll: 1,
      nextStep: `Look for ${code} in docs/operate.md ("A scan fails"). What was pushed is in the dead letters of the scan, and is searched again with growing pauses.`,
    }),
  )
}

/**
 * One scan of a repository at a time, so that nothing is told twice. Whoever dies with it holds the others up for a minute.
 * @returns `busy` where a task is at it: for that nobody waits
 * @throws RelayError CLAIM_LOST when another has it for long
 */
const hold = async (
  { marks, now, pause }: GroupParts,
  repository: RepositoryAddress,
  owner: string,
  deadline: number,
): Promise<Hold> => {
  const until = Math.min(now() + WAIT_MS, deadline - WAIT_MS)
  for (;;) {
    const held = await marks.hold(repository, owner, now() + CLAIM_MS, now())
    if (held.kind === 'held' || held.by === 'task') return held
    if (now() >= until) throw new RelayError('CLAIM_LOST', { repository: addressText(repository) })
    await pause(POLL_MS)
  }
}

interface AskParts
  extends Pick<ScanHandlerParts, 'own' | 'listRepositories' | 'queues' | 'scanQueue' | 'now' | 'id'> {
  readonly marks: Pick<ScanMarkStore, 'known'>
}

/** The schedule's message is no event: `{"reason":"schedule"}`. */
const isSchedule = (body: string): boolean => {
  try {
    return (JSON.parse(body) as { reason?: unknown } | null)?.reason === 'schedule'
  } catch {
    return false
  }
}

/** What no event announced is found by a look at the refs: cheap where nothing is new. So is a repository that was deleted. */
const askForAll = async (
  { own, listRepositories, marks, queues, scanQueue, now, id }: AskParts,
  scans: (repository: RepositoryAddress) => boolean,
  run: Run,
): Promise<void> => {
  const there = await listRepositories(own.region)
  const names = new Set([...there, ...(await marks.known(own))])
  const repositories = [...names].map((name) => ({ ...own, name })).filter(scans)
  const stamp = () => ({ id: id(), now: now(), account: own.account, region: own.region })
  const bodies = repositories.map(({ account, region, name }) =>
    scanRequested({ repository: { account, region, name }, reason: 'schedule' }, stamp()),
  )
  await createQueue({ queues, url: scanQueue }).sendAll(bodies)
  run.log.info('asked for a look at each repository', { repositories: repositories.length })
}
