import { randomUUID } from 'node:crypto'

export interface Message {
  readonly id: string
  readonly body: string
  receives: number
  /** milliseconds of the real clock */
  visibleAt: number
  /** of the last receive */
  handle: string
  /** how the last receive ended, for what is asked of the dead */
  end: 'answered' | 'threw' | 'killed' | 'open'
  /** who gave the answer */
  reader?: Reader
}

/** An invocation that was handed messages, and when it had them: milliseconds of the real clock. */
export interface Reader {
  readonly requestId: string
  readonly by: string
  readonly begun: number
  readonly ended: number
}

/** SQS as far as a function sees it: at least once, hidden while somebody works on it, buried after so many receives. */
export interface Queue {
  readonly name: string
  readonly dead: Message[]
  send(body: string, delayMs?: number): string
  /** up to so many that are visible; they come back after `hiddenMs` unless they are done */
  receive(most: number, hiddenMs: number): readonly Message[]
  done(id: string): void
  /** shows a message again after so long */
  show(handle: string, milliseconds: number): void
  size(): number
  /** whether one may be received now */
  isDue(): boolean
}

export const createQueue = (name: string, maxReceives: number): Queue => {
  const messages = new Map<string, Message>()
  const dead: Message[] = []
  const due = () => [...messages.values()].filter(({ visibleAt }) => visibleAt <= Date.now())
  return {
    name,
    dead,
    send: (body, delayMs = 0) => {
      const id = randomUUID()
      messages.set(id, { id, body, receives: 0, visibleAt: Date.now() + delayMs, handle: '', end: 'open' })
      return id
    },
    receive: (most, hiddenMs) => {
      const taken: Message[] = []
      for (const message of due()) {
        if (message.receives >= maxReceives) {
          messages.delete(message.id)
          dead.push(message)
          continue
        }
        if (taken.length === most) continue
        message.receives += 1
        message.visibleAt = Date.now() + hiddenMs
        message.handle = randomUUID()
        message.end = 'open'
        taken.push(message)
      }
      return taken
    },
    done: (id) => void messages.delete(id),
    show: (handle, milliseconds) => {
      for (const message of messages.values())
        if (message.handle === handle) message.visibleAt = Date.now() + milliseconds
    },
    size: () => messages.size,
    isDue: () => due().length > 0,
  }
}
