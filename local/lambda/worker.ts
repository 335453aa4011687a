import { eachLine } from '../processes/lines.ts'
import { type Reaper, signalGroup } from '../processes/reaper.ts'
import { spawnWorker } from '../processes/spawn.ts'
import type { FromWorker, FunctionError, ToWorker } from './protocol.ts'

export type WorkerOutcome = { readonly payload: string } | { readonly error: FunctionError }

/** A function's process. Answers one invocation at a time and never leaves one without an outcome. */
export interface Worker {
  readonly pid: number
  /** the handler is loaded, or the reason why it is not */
  readonly ready: Promise<FunctionError | undefined>
  readonly alive: boolean
  invoke(message: ToWorker): Promise<WorkerOutcome>
  /** kills the process and all it started; a running invocation ends with `reason`, or with what the signal says */
  kill(reason?: FunctionError): void
  readonly gone: Promise<void>
}

export interface WorkerSettings {
  /** the program that loads the handler, with its arguments */
  readonly command: string
  readonly args: readonly string[]
  /** folder of the unzipped code */
  readonly taskRoot: string
  readonly env: Readonly<Record<string, string>>
  /** how long loading the handler may take */
  readonly initMs: number
  readonly line: (text: string) => void
}

/** Starts a function's process; the handler loads meanwhile. */
export const startWorker = (reaper: Reaper, settings: WorkerSettings): Worker => {
  const child = spawnWorker(reaper, {
    command: settings.command,
    args: settings.args,
    cwd: settings.taskRoot,
    env: settings.env,
  })
  const ready = Promise.withResolvers<FunctionError | undefined>()
  const gone = Promise.withResolvers<void>()
  let running: { requestId: string; settle: (outcome: WorkerOutcome) => void } | undefined
  let alive = true
  let reason: FunctionError | undefined

  const end = (fallback: FunctionError) => {
    if (alive && child.pid !== undefined) {
      signalGroup(child.pid, 'SIGKILL')
      reaper.forget(child.pid)
    }
    alive = false
    const error = reason ?? fallback
    clearTimeout(initTimer)
    ready.resolve(error)
    running?.settle({ error })
    running = undefined
    gone.resolve()
  }
  const kill = (why?: FunctionError) => {
    reason ??= why
    if (alive && child.pid !== undefined) signalGroup(child.pid, 'SIGKILL')
  }
  const initTimer = setTimeout(
    () =>
      kill(failure('Sandbox.Timedout', `Error: Task timed out after ${seconds(settings.initMs)} seconds`)),
    settings.initMs,
  )

  for (const stream of [child.stdout, child.stderr]) if (stream) eachLine(stream, settings.line)
  child.on('message', (message: FromWorker) => {
    if (message.type === 'ready') {
      clearTimeout(initTimer)
      ready.resolve(undefined)
    } else if (message.type === 'failed' && message.requestId === undefined) {
      reason ??= message.error
    } else if (running && message.requestId === running.requestId) {
      const { settle } = running
      running = undefined
      settle(message.type === 'done' ? { payload: message.payload } : { error: message.error })
    }
  })
  child.once('exit', (code, signal) => end(failure('Runtime.ExitError', exitText(code, signal))))
  child.once('error', (error) => end(failure('Runtime.InvalidEntrypoint', String(error))))

  return {
    pid: child.pid ?? -1,
    ready: ready.promise,
    gone: gone.promise,
    get alive() {
      return alive
    },
    kill,
    invoke: (message) =>
      new Promise((settle) => {
        if (!alive) return settle({ error: failure('Runtime.ExitError', exitText(null, 'SIGKILL')) })
        running = { requestId: message.requestId, settle }
        // A channel that closed under us: the exit event settles the invocation.
        child.send(message, () => {})
      }),
  }
}

const failure = (errorType: string, errorMessage: string): FunctionError => ({ errorType, errorMessage })

const seconds = (ms: number) => (ms / 1000).toFixed(2)

const SIGNALS: Readonly<Record<string, string>> = {
  SIGKILL: 'killed',
  SIGABRT: 'aborted (core dumped)',
  SIGSEGV: 'segmentation fault (core dumped)',
  SIGTERM: 'terminated',
}

/** As Lambda words it: repost.aws, "Runtime exited with error: signal: killed" and "exit status 1". */
const exitText = (code: number | null, signal: string | null): string => {
  if (signal) return `Error: Runtime exited with error: signal: ${SIGNALS[signal] ?? signal}`
  return code === 0
    ? 'Error: Runtime exited without providing a reason'
    : `Error: Runtime exited with error: exit status ${code}`
}
