import { type ChildProcess, fork } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Answer, Call } from './lambda.ts'

export type Ended =
  | { readonly kind: 'result'; readonly result: unknown }
  | { readonly kind: 'error'; readonly error: string }
  | { readonly kind: 'killed' }

/** An invocation that was begun; its times are of the real clock, in milliseconds. */
export interface Invocation {
  readonly requestId: string
  /** AWS_EXECUTION_ENV of its process, which AWS's clients tell the services */
  readonly by: string
  readonly begun: number
  readonly ended: Promise<Ended>
}

/** Processes in which functions run, one invocation at a time each, started anew when they were killed. */
export interface Workers {
  /** undefined: all are busy */
  invoke(name: string, event: unknown, remaining: number): Invocation | undefined
  /** SIGKILL to one that is at work; false: none is */
  kill(choose: (count: number) => number): boolean
  /** SIGSTOP to one that is at work, for so many milliseconds */
  freeze(choose: (count: number) => number, milliseconds: number): boolean
  busy(): number
  frozen(): number
  pids(): readonly number[]
  close(): Promise<void>
}

interface Worker {
  readonly name: string
  readonly child: ChildProcess
  end?: ((ended: Ended) => void) | undefined
  frozen?: boolean
}

export const startWorkers = (
  size: number,
  environment: NodeJS.ProcessEnv,
  onLine: (line: string) => void,
): Workers => {
  const workers = new Set<Worker>()
  let closing = false
  let calls = 0

  let started = 0
  const start = (): void => {
    started += 1
    const name = `chaos-worker-${started}`
    const child = fork(join(import.meta.dirname, 'lambda.ts'), [], {
      env: { ...environment, AWS_EXECUTION_ENV: name },
      execArgv: ['--disable-warning=ExperimentalWarning', '--max-semi-space-size=2'],
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    })
    const worker: Worker = { child, name }
    workers.add(worker)
    for (const stream of [child.stdout, child.stderr]) eachLine(stream!, onLine)
    child.on('message', (answer: Answer) => {
      const { end } = worker
      worker.end = undefined
      end?.(
        'error' in answer
          ? { kind: 'error', error: answer.error }
          : { kind: 'result', result: answer.result },
      )
    })
    child.on('error', () => undefined)
    child.on('exit', () => {
      workers.delete(worker)
      worker.end?.({ kind: 'killed' })
      if (!closing) start()
    })
  }
  for (let count = 0; count < size; count += 1) start()
  const atWork = () => [...workers].filter(({ end, frozen }) => end && !frozen)

  return {
    invoke: (name, event, remaining) => {
      const free = [...workers].find(({ end, child }) => !end && child.connected)
      if (!free) return undefined
      calls += 1
      const requestId = randomUUID()
      const begun = Date.now()
      const ended = new Promise<Ended>((end) => {
        free.end = end
        free.child.send({ id: calls, requestId, name, event, remaining } satisfies Call)
      })
      return { requestId, by: free.name, begun, ended }
    },
    kill: (choose) => {
      const some = atWork()
      some[choose(some.length)]?.child.kill('SIGKILL')
      return some.length > 0
    },
    freeze: (choose, milliseconds) => {
      const some = atWork()
      const one = some[choose(some.length)]
      if (!one) return false
      one.frozen = true
      one.child.kill('SIGSTOP')
      void sleep(milliseconds).then(() => {
        one.frozen = false
        one.child.kill('SIGCONT')
      })
      return true
    },
    busy: () => [...workers].filter(({ end }) => end).length,
    frozen: () => [...workers].filter(({ frozen }) => frozen).length,
    pids: () => [...workers].map(({ child }) => child.pid ?? 0),
    close: async () => {
      closing = true
      const ends = [...workers].map(({ child }) => new Promise((done) => child.once('exit', done)))
      for (const { child } of workers) child.kill('SIGKILL')
      await Promise.all(ends)
    },
  }
}

export const eachLine = (stream: NodeJS.ReadableStream, onLine: (line: string) => void): void => {
  let rest = ''
  stream.setEncoding('utf8')
  stream.on('data', (text: string) => {
    const lines = (rest + text).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) if (line !== '') onLine(line)
  })
}
