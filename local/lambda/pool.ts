import { randomBytes, randomUUID } from 'node:crypto'
import type { Iam, Parts } from '../contracts.ts'
import { AwsError } from '../gateway/service.ts'
import type { Logs } from '../logs/logs.ts'
import { residentBytes } from '../processes/inspect.ts'
import { createReaper } from '../processes/reaper.ts'
import { childEnvironment } from './child-environment.ts'
import type { FunctionError } from './protocol.ts'
import type { FunctionRecord } from './records.ts'
import { createWatchdog } from './watchdog.ts'
import { startWorker, type Worker, type WorkerOutcome } from './worker.ts'

export interface InvokeResult {
  /** JSON text: the handler's value, or the error document */
  readonly payload: string
  /** `Unhandled`, as the header X-Amz-Function-Error says it */
  readonly error?: string
}

export interface Counts {
  readonly invocations: number
  readonly coldStarts: number
  readonly errors: number
}

/** The processes of all functions: kept warm, one invocation at a time each, ended when idle, old or over a limit. */
export interface Pool {
  /** throws TooManyRequestsException when the function runs as often as it may, ServiceException once closed */
  run(record: FunctionRecord, payload: string, requestId?: string): Promise<InvokeResult>
  /** processes of this function take no further invocation */
  retire(arn: string): void
  counts(arn: string): Counts
  /** kills all processes; what runs ends with an error */
  close(): Promise<void>
}

export interface PoolOptions {
  readonly parts: Parts
  readonly iam: Pick<Iam, 'assumeForService'>
  readonly logs: Logs
  readonly nodePath: string
  /** path of the program that loads handlers, made when first asked for */
  readonly bootstrap: () => string
  readonly environment: Readonly<Record<string, string>>
  readonly folderOf: (record: FunctionRecord) => string
  readonly idleSeconds: number
  /** processes of a function without reserved concurrency: a laptop is no region */
  readonly maxConcurrency: number
}

interface Slot {
  readonly arn: string
  readonly revisionId: string
  readonly worker: Worker
  readonly stream: string
  /** when its credentials are too old for another invocation */
  readonly staleAt: number
  readonly startedAt: number
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

export const createPool = (options: PoolOptions): Pool => {
  const { parts, iam, logs, idleSeconds } = options
  const reaper = createReaper()
  const watchdog = createWatchdog((error) =>
    parts.log('lambda', 'memory could not be read', { error: String(error) }),
  )
  const slots = new Set<Slot>()
  const counted = new Map<string, Counts>()
  let closed = false

  const count = (arn: string, key: keyof Counts) => {
    const counts = counted.get(arn) ?? { invocations: 0, coldStarts: 0, errors: 0 }
    counted.set(arn, { ...counts, [key]: counts[key] + 1 })
  }
  const write = (record: FunctionRecord, stream: string, line: string) =>
    logs.write(record.account, record.region, record.logGroup, stream, line)
  const end = (slot: Slot, reason?: FunctionError) => {
    slot.retired = true
    slot.worker.kill(reason)
  }

  const start = (record: FunctionRecord): Slot => {
    const stream = `${new Date(parts.now()).toISOString().slice(0, 10).replaceAll('-', '/')}/[$LATEST]${randomBytes(16).toString('hex')}`
    const credentials = iam.assumeForService(record.role, 'lambda.amazonaws.com', record.name)
    const taskRoot = options.folderOf(record)
    const worker = startWorker(reaper, {
      nodePath: options.nodePath,
      bootstrap: options.bootstrap(),
      taskRoot,
      env: childEnvironment(record, taskRoot, stream, credentials, options.environment),
      memoryMb: record.memorySize,
      initMs: Math.max(INIT_MS, record.timeout * 1000),
      line: (text) => write(record, stream, text),
    })
    const slot: Slot = {
      arn: record.arn,
      revisionId: record.revisionId,
      worker,
      stream,
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

  const acquire = (record: FunctionRecord): Slot => {
    if (closed) throw new AwsError('ServiceException', 'The local cloud is stopping.', 500)
    const own = [...slots].filter((slot) => slot.arn === record.arn)
    for (const slot of own) if (slot.requestId === undefined && slot.staleAt <= parts.now()) end(slot)
    const warm = own.find(
      (slot) =>
        slot.requestId === undefined &&
        !slot.retired &&
        slot.worker.alive &&
        slot.revisionId === record.revisionId,
    )
    const busy = own.filter((slot) => slot.requestId !== undefined).length
    if (!warm && busy >= (record.reservedConcurrency ?? options.maxConcurrency))
      throw new AwsError('TooManyRequestsException', 'Rate Exceeded.', 429)
    const slot = warm ?? start(record)
    clearTimeout(slot.idle)
    return slot
  }

  const release = (slot: Slot) => {
    delete slot.requestId
    if (slot.retired) return end(slot)
    slot.idle = setTimeout(() => end(slot), idleSeconds * 1000)
    slot.idle.unref()
  }

  const run = async (record: FunctionRecord, payload: string, requestId: string = randomUUID()) => {
    const slot = acquire(record)
    slot.requestId = requestId
    count(record.arn, 'invocations')
    const unwatch = watchdog.watch(slot.worker.pid, record.memorySize * MEGABYTE, () =>
      end(slot, {
        errorType: 'Runtime.ExitError',
        errorMessage: 'Error: Runtime exited with error: signal: killed',
      }),
    )
    try {
      const failed = await slot.worker.ready
      const initMs = slot.used ? undefined : performance.now() - slot.startedAt
      slot.used = true
      write(record, slot.stream, `START RequestId: ${requestId} Version: $LATEST`)
      const began = performance.now()
      const outcome = failed ? { error: failed } : await within(record, slot, payload, requestId)
      const result = resultOf(outcome, requestId)
      report(record, slot, requestId, { result, durationMs: performance.now() - began, initMs })
      if (result.error) count(record.arn, 'errors')
      return result
    } finally {
      unwatch()
      release(slot)
    }
  }

  const within = async (record: FunctionRecord, slot: Slot, payload: string, requestId: string) => {
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
          functionVersion: '$LATEST',
          invokedFunctionArn: record.arn,
          memoryLimitInMB: String(record.memorySize),
          logGroupName: record.logGroup,
          logStreamName: slot.stream,
        },
      })
    } finally {
      clearTimeout(timer)
    }
  }

  /** Written a moment later than the answer is given: reading the memory may take a program. */
  const report = (
    record: FunctionRecord,
    slot: Slot,
    requestId: string,
    { result, durationMs, initMs }: { result: InvokeResult; durationMs: number; initMs: number | undefined },
  ) => {
    const lines = (used: string) => {
      if (result.error) write(record, slot.stream, `${requestId} ERROR Invoke Error ${result.payload}`)
      write(record, slot.stream, `END RequestId: ${requestId}`)
      write(
        record,
        slot.stream,
        `REPORT RequestId: ${requestId}\tDuration: ${durationMs.toFixed(2)} ms\tBilled Duration: ${Math.ceil(durationMs)} ms\tMemory Size: ${record.memorySize} MB\tMax Memory Used: ${used} MB${initMs === undefined ? '' : `\tInit Duration: ${initMs.toFixed(2)} ms`}`,
      )
    }
    const { pid, alive } = slot.worker
    if (!alive) return lines('-')
    residentBytes([pid]).then(
      (sizes) => lines(sizes.has(pid) ? String(Math.ceil((sizes.get(pid) ?? 0) / MEGABYTE)) : '-'),
      () => lines('-'),
    )
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

const resultOf = (outcome: WorkerOutcome, requestId: string): InvokeResult => {
  if ('error' in outcome) {
    const { errorType, errorMessage, trace } = outcome.error
    // What the handler threw has a trace; what befell its process is told with the request's id.
    const text = trace ? errorMessage : `RequestId: ${requestId} ${errorMessage}`
    return {
      payload: JSON.stringify({ errorType, errorMessage: text, ...(trace ? { trace } : {}) }),
      error: 'Unhandled',
    }
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
