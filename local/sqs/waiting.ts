import { noSuchQueue } from './errors.ts'
import type { LiveQueue, Queues, Reading, Received } from './live.ts'

/** Receiving with long polling: who waits is woken by what happens in this process, never by polling. */
export interface Waiting {
  receive(request: ReceiveRequest): Promise<Received[]>
  /** a queue may have got a receivable message: serve who waits for it */
  wake(arn: string): void
  /** the queue is gone: who waits gets QueueDoesNotExist */
  gone(arn: string): void
  /** everybody gets nothing, and from now on nobody waits */
  stop(): void
}

interface ReceiveRequest {
  readonly queue: LiveQueue
  readonly max: number
  readonly visibilityMs: number
  readonly waitMs: number
  readonly reading?: Reading | undefined
  readonly signal?: AbortSignal | undefined
}

interface Waiter {
  readonly request: ReceiveRequest
  end(result: Received[] | Error): void
}

interface Line {
  readonly waiters: Set<Waiter>
  timer?: NodeJS.Timeout | undefined
}

const LONGEST_TIMER = 2 ** 31 - 1

export const createWaiting = (queues: () => Queues, now: () => number): Waiting => {
  const lines = new Map<string, Line>()
  let stopped = false

  const tryNow = ({ queue, max, visibilityMs, reading }: ReceiveRequest) =>
    queues().receive(queue, max, visibilityMs, reading)

  const wake = (arn: string) => {
    const line = lines.get(arn)
    if (!line) return
    clearTimeout(line.timer)
    for (const waiter of [...line.waiters]) {
      const received = attempt(() => tryNow(waiter.request))
      if (!(received instanceof Error) && received.length === 0) break
      waiter.end(received)
    }
    const due = queues().all.get(arn)?.lane.nextDue()
    if (line.waiters.size === 0) lines.delete(arn)
    else if (due !== undefined)
      line.timer = setTimeout(() => wake(arn), Math.min(Math.max(due - now(), 1), LONGEST_TIMER))
  }

  const wait = (request: ReceiveRequest) =>
    new Promise<Received[]>((resolve, reject) => {
      const arn = request.queue.record.arn
      const line = lines.get(arn) ?? { waiters: new Set<Waiter>() }
      lines.set(arn, line)
      const nothing = () => waiter.end([])
      const deadline = setTimeout(nothing, request.waitMs)
      const waiter: Waiter = {
        request,
        end: (result) => {
          clearTimeout(deadline)
          request.signal?.removeEventListener('abort', nothing)
          line.waiters.delete(waiter)
          if (line.waiters.size === 0) {
            clearTimeout(line.timer)
            if (lines.get(arn) === line) lines.delete(arn)
          }
          if (result instanceof Error) reject(result)
          else resolve(result)
        },
      }
      request.signal?.addEventListener('abort', nothing)
      line.waiters.add(waiter)
      wake(arn)
    })

  const endAll = (arn: string, result: Received[] | Error) => {
    for (const waiter of [...(lines.get(arn)?.waiters ?? [])]) waiter.end(result)
  }

  return {
    receive: async (request) => {
      if (request.signal?.aborted) return []
      const received = tryNow(request)
      return received.length > 0 || request.waitMs <= 0 || stopped ? received : wait(request)
    },
    wake,
    gone: (arn) => endAll(arn, noSuchQueue()),
    stop: () => {
      stopped = true
      for (const arn of [...lines.keys()]) endAll(arn, [])
    },
  }
}

const attempt = <T>(work: () => T): T | Error => {
  try {
    return work()
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error))
  }
}
