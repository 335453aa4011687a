// Past 300 lines with its types: slots are taken, guarded and given back by one another's rules, which are easier kept in sight together.
import { randomBytes, randomUUID } from 'node:crypto'
import { setImmediate as turn } from 'node:timers/promises'
import type { Faults, Iam, Parts } from '../contracts.ts'
import { armKill } from '../faults/kill.ts'
import { AwsError } from '../gateway/service.ts'
import type { Logs } from '../logs/logs.ts'
import { residentBytes } from '../processes/inspect.ts'
import { createReaper } from '../processes/reaper.ts'
import { childEnvironment } from './child-environment.ts'
import { tooMany } from './errors.ts'
import { type Programs, programOf } from './launch.ts'
import type { FunctionError } from './protocol.ts'
import { type VersionRecord, versionOf } from './records.ts'
import { endLines, startLine, tailOf, trouble } from './transcript.ts'
import { createWatchdog } from './watchdog.ts'
import { startWorker, type Worker, type WorkerOutcome } from './worker.ts'

export interface InvokeResult {
  /** JSON text: the handler's value, or the error document */
  readonly payload: string
  /** `Unhandled`, as the header X-Amz-Function-Error says it */
  readonly error?: string
  /** base64, where it was asked for */
  readonly logTail?: string
}

export interface Counts {
  readonly invocations: number
  readonly coldStarts: number
  readonly errors: number
}

/** One invocation: which code, as which ARN, with what. */
export interface Invocation {
  readonly version: VersionRecord
  /** as it was asked for, with its qualifier if any */
  readonly invokedArn: string
  readonly reservedConcurrency?: number | undefined
  readonly payload: string
  readonly requestId?: string
  readonly clientContext?: string | undefined
  readonly wantsTail?: boolean
}

/** The processes of all functions: kept warm, one invocation at a time each, ended when idle, old or over a limit. */
export interface Pool {
  /** throws TooManyRequestsException when the function runs as often as it may, ServiceException once closed */
  run(invocation: Invocation): Promise<InvokeResult>
  /** processes of this function take no further invocation */
  retire(arn: string): void
  counts(arn: string): Counts
  /** kills all processes; what runs ends with an error */
  close(): Promise<void>
}

export interface PoolOptions {
  readonly parts: Parts
  readonly iam: Pick<Iam, 'assumeForService' | 'authorize' | 'callerOfRole'>
  readonly logs: Logs
  readonly faults: Pick<Faults, 'process'> | undefined
  /** asked when a process is started: the bootstrap is made when first needed */
  readonly programs: () => Programs
  readonly environment: Readonly<Record<string, string>>
  readonly folderOf: (record: VersionRecord) => string
  readonly idleSeconds: number
  /** processes of a function without reserved concurrency: a laptop is no region */
  readonly maxConcurrency: number
}

interface Slot {
  readonly arn: string
  readonly build: string
  readonly worker: Worker
  readonly stream: string
  /** when its credentials are too old for another invocation */
  readonly staleAt: number
  readonly startedAt: number
  /** into the function's log, if its role may write there */
  readonly keep: (line: string) => void
  /** lines of the invocation under way, where somebody asked for them */
  tail?: string[]
  requestId?: string
  used: boolean
  retired: boolean
  idle?: NodeJS.Timeout
}

/** Loading may take 10 seconds, or as long as the function may run: developer guide, "Init phase". */
const INIT_MS = 10_000
/** API reference, Invoke: a larger answer is an error. */
const MAX_RESPONSE_BYTES = 6_291_556
const MEGABYTE = 1024 * 1024
const KILLED: FunctionError = {
  errorType: 'Runtime.ExitError',
  errorMessage: 'Error: Runtime exited with error: signal: killed',
}

export const createPool = (options: PoolOptions): Pool => {
  const { parts, iam, logs, idleSeconds } = options
  const reaper = createReaper()
  const watchdog = createWatchdog((error) =>
    parts.log('lambda', 'memory could not be read', { error: String(error) }),
  )
  const slots = new Set<Slot>()
  const counted = new Map<string, Counts>()
  const mute = new Set<string>()
  let closed = false

  const count = (arn: string, key: keyof Counts) => {
    const counts = counted.get(arn) ?? { invocations: 0, coldStarts: 0, errors: 0 }
    counted.set(arn, { ...counts, [key]: counts[key] + 1 })
  }
  const end = (slot: Slot, reason?: FunctionError) => {
    slot.retired = true
    slot.worker.kill(reason)
  }

  /** Lines are kept only where the function's role may write them, as on AWS: without a word to the function. */
  const writerOf = (record: VersionRecord, stream: string): ((line: string) => void) => {
    const { account, region, logGroup: group, role } = record
    const target = { account, region, group, stream }
    const why = logs.whyNotWritten(iam, { roleArn: role, session: record.name }, target)
    if (why === undefined) return (line) => logs.write(account, region, group, stream, line)
    if (!mute.has(record.arn))
      parts.log('lambda', 'what a function says is not kept: its role may not write logs', {
        function: record.arn,
        why,
      })
    mute.add(record.arn)
    return () => undefined
  }

  const credentialsOf = (record: VersionRecord) => {
    try {
      return iam.assumeForService(record.role, 'lambda.amazonaws.com', record.name)
    } catch (cause) {
      const text = 'The role defined for the function cannot be assumed by Lambda.'
      throw Object.assign(new AwsError('AccessDeniedException', text, 403), { cause })
    }
  }

  const start = (record: VersionRecord): Slot => {
    const stream = `${new Date(parts.now()).toISOString().slice(0, 10).replaceAll('-', '/')}/[${versionOf(record)}]${randomBytes(16).toString('hex')}`
    const credentials = credentialsOf(record)
    const taskRoot = options.folderOf(record)
    const keep = writerOf(record, stream)
    const worker = startWorker(reaper, {
      ...programOf(record, options.programs()),
      taskRoot,
      env: childEnvironment(record, taskRoot, stream, credentials, options.environment),
      initMs: Math.max(INIT_MS, record.timeout * 1000),
      line: (line) => {
        keep(line)
        slot.tail?.push(line)
      },
    })
    const slot: Slot = {
      arn: record.arn,
      build: buildOf(record),
      worker,
      stream,
      keep,
      // An invocation that starts now may run for the whole timeout.
      staleAt: (credentials.expiration ?? Number.POSITIVE_INFINITY) - record.timeout * 1000,
      startedAt: performance.now(),
      used: false,
      retired: false,
    }
    slots.add(slot)
    void worker.gone.then(() => {
      clearTimeout(slot.idle)
      slots.delete(slot)
    })
    count(record.arn, 'coldStarts')
    return slot
  }

  const acquire = ({ version: record, reservedConcurrency }: Invocation): Slot => {
    if (closed) throw new AwsError('ServiceException', 'The local cloud is stopping.', 500)
    const own = [...slots].filter((slot) => slot.arn === record.arn)
    for (const slot of own) if (slot.requestId === undefined && slot.staleAt <= parts.now()) end(slot)
    const busy = own.filter((slot) => slot.requestId !== undefined).length
    if (busy >= (reservedConcurrency ?? options.maxConcurrency))
      throw tooMany(reservedConcurrency !== undefined)
    const warm = own.find(
      (slot) =>
        slot.requestId === undefined && !slot.retired && slot.worker.alive && slot.build === buildOf(record),
    )
    const slot = warm ?? start(record)
    clearTimeout(slot.idle)
    return slot
  }

  const release = (slot: Slot) => {
    delete slot.requestId
    delete slot.tail
    if (slot.retired) return end(slot)
    slot.idle = setTimeout(() => end(slot), idleSeconds * 1000)
    slot.idle.unref()
  }

  /** What may end an invocation from outside: its memory, its time, and what goes wrong on purpose. */
  const guard = (record: VersionRecord, slot: Slot): (() => void) => {
    const unwatch = watchdog.watch(slot.worker.pid, record.memorySize * MEGABYTE, () => end(slot, KILLED))
    const fault = options.faults?.process({ kind: 'function', arn: record.arn }) ?? {}
    const disarm = armKill(fault, () => end(slot, KILLED))
    return () => {
      unwatch()
      disarm()
    }
  }

  const run = async (invocation: Invocation): Promise<InvokeResult> => {
    const { version: record, requestId = randomUUID() } = invocation
    const slot = acquire(invocation)
    slot.requestId = requestId
    if (invocation.wantsTail) slot.tail = []
    count(record.arn, 'invocations')
    const unguard = guard(record, slot)
    try {
      const failed = await slot.worker.ready
      const initMs = slot.used ? undefined : performance.now() - slot.startedAt
      slot.used = true
      const { tail } = slot
      const say = (line: string) => {
        slot.keep(line)
        tail?.push(line)
      }
      say(startLine(requestId, versionOf(record)))
      const began = performance.now()
      const outcome = failed ? { error: failed } : await within(invocation, slot, requestId)
      const durationMs = performance.now() - began
      const result = resultOf(outcome, requestId)
      if (result.error) count(record.arn, 'errors')
      const told = report(record, slot.worker, say, { outcome, requestId, durationMs, initMs })
      if (!tail) return result
      await told
      return { ...result, logTail: tailOf(tail) }
    } finally {
      unguard()
      release(slot)
    }
  }

  const within = async (
    { version: record, invokedArn, payload, clientContext }: Invocation,
    slot: Slot,
    requestId: string,
  ) => {
    const timeoutMs = record.timeout * 1000
    const timer = setTimeout(
      () =>
        end(slot, {
          errorType: 'Sandbox.Timedout',
          errorMessage: `Error: Task timed out after ${record.timeout.toFixed(2)} seconds`,
        }),
      timeoutMs,
    )
    try {
      return await slot.worker.invoke({
        requestId,
        payload,
        timeoutMs,
        context: {
          functionName: record.name,
          functionVersion: versionOf(record),
          invokedFunctionArn: invokedArn,
          memoryLimitInMB: String(record.memorySize),
          logGroupName: record.logGroup,
          logStreamName: slot.stream,
        },
        ...(clientContext === undefined ? {} : { clientContext }),
      })
    } finally {
      clearTimeout(timer)
    }
  }

  /** Written a moment later than the answer is given: reading the memory may take a program, and the function's last lines a turn. */
  const report = async (
    record: VersionRecord,
    worker: Worker,
    say: (line: string) => void,
    told: { outcome: WorkerOutcome; requestId: string; durationMs: number; initMs: number | undefined },
  ): Promise<void> => {
    const { pid } = worker
    const error = 'error' in told.outcome ? told.outcome.error : undefined
    const at = parts.now()
    const sizes = worker.alive
      ? await residentBytes([pid]).catch(() => new Map<number, number>())
      : new Map<number, number>()
    await turn()
    const bytes = sizes.get(pid)
    const lines = [
      ...(error ? trouble(told.requestId, at, error) : []),
      ...endLines({
        ...told,
        memorySize: record.memorySize,
        usedMb: bytes === undefined ? undefined : Math.ceil(bytes / MEGABYTE),
        ...(error === undefined
          ? {}
          : { status: error.errorType === 'Sandbox.Timedout' ? ('timeout' as const) : ('error' as const) }),
      }),
    ]
    for (const line of lines) say(line)
  }

  return {
    run,
    retire: (arn) => {
      for (const slot of slots)
        if (slot.arn === arn) {
          slot.retired = true
          if (slot.requestId === undefined) slot.worker.kill()
        }
    },
    counts: (arn) => counted.get(arn) ?? { invocations: 0, coldStarts: 0, errors: 0 },
    close: async () => {
      closed = true
      watchdog.close()
      const all = [...slots]
      for (const slot of all) end(slot)
      await Promise.all(all.map((slot) => slot.worker.gone))
      await reaper.close()
    },
  }
}

const buildOf = (record: VersionRecord): string =>
  `${versionOf(record)} ${record.buildId ?? record.revisionId}`

const resultOf = (outcome: WorkerOutcome, requestId: string): InvokeResult => {
  if ('error' in outcome) {
    const { errorType, errorMessage, ...more } = outcome.error
    // What the handler threw has a trace; what befell its process is told with the request's id.
    const own = more.trace !== undefined || more.stackTrace !== undefined
    const text = own ? errorMessage : `RequestId: ${requestId} ${errorMessage}`
    return { payload: JSON.stringify({ errorType, errorMessage: text, ...more }), error: 'Unhandled' }
  }
  if (Buffer.byteLength(outcome.payload) <= MAX_RESPONSE_BYTES) return { payload: outcome.payload }
  return {
    payload: JSON.stringify({
      errorType: 'Function.ResponseSizeTooLarge',
      errorMessage: `Response payload size exceeded maximum allowed payload size (${MAX_RESPONSE_BYTES} bytes).`,
    }),
    error: 'Unhandled',
  }
}
