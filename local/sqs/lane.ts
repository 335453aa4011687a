import { createHeap } from './heap.ts'

/** Where one message stands; its text stays in the store. Times are milliseconds since the epoch. */
export interface Slot {
  /** of the stored message */
  readonly key: string
  /** rises with each message sent */
  readonly order: number
  /** retention counts from here */
  readonly sentAt: number
  /** times handed out */
  receives: number
  state: 'ready' | 'held' | 'delayed'
  /** grows with each change of state, so that entries left in the heaps are known as outdated */
  turn: number
}

interface Entry {
  readonly slot: Slot
  readonly turn: number
  readonly due: number
}

/** The order in which one queue's messages come out: an index in memory, rebuilt from the store at each start. */
export interface Lane {
  readonly counts: { readonly ready: number; readonly held: number; readonly delayed: number }
  get(key: string): Slot | undefined
  /** a new message, receivable from `due` on */
  add(message: Pick<Slot, 'key' | 'order' | 'sentAt' | 'receives'>, due: number, now: number): void
  /** the oldest message that is receivable now; it stays ready until `hold` or `remove` */
  next(now: number): Slot | undefined
  /** out of sight until `until` */
  hold(slot: Slot, until: number): void
  remove(key: string): boolean
  /** keys of messages sent before `moment`, oldest first; looks no further than the first younger one */
  sentBefore(moment: number): string[]
  /** when the next hidden message appears; undefined when none is hidden */
  nextDue(): number | undefined
  keys(): string[]
}

export const createLane = (): Lane => {
  const slots = new Map<string, Slot>()
  const ready = createHeap<Entry>((a, b) => a.slot.order < b.slot.order)
  const hidden = createHeap<Entry>((a, b) => a.due < b.due)
  const counts = { ready: 0, held: 0, delayed: 0 }

  const current = (entry: Entry) => slots.get(entry.slot.key) === entry.slot && entry.turn === entry.slot.turn
  const enter = (slot: Slot, state: Slot['state'], due: number) => {
    slot.state = state
    slot.turn += 1
    counts[state] += 1
    const heap = state === 'ready' ? ready : hidden
    heap.push({ slot, turn: slot.turn, due })
    // outdated entries cost memory only: sweep them out when they outnumber the live ones
    if (heap.size > 2 * slots.size + 64) heap.sift(current)
  }
  const peek = (heap: typeof ready): Entry | undefined => {
    for (let entry = heap.peek(); entry; entry = heap.peek()) {
      if (current(entry)) return entry
      heap.pop()
    }
    return undefined
  }
  const appear = (now: number) => {
    for (let entry = peek(hidden); entry && entry.due <= now; entry = peek(hidden)) {
      hidden.pop()
      counts[entry.slot.state] -= 1
      enter(entry.slot, 'ready', entry.due)
    }
  }

  return {
    counts,
    get: (key) => slots.get(key),
    add: (message, due, now) => {
      const slot: Slot = { ...message, state: 'ready', turn: 0 }
      slots.set(slot.key, slot)
      enter(slot, due > now ? 'delayed' : 'ready', due)
    },
    next: (now) => {
      appear(now)
      return peek(ready)?.slot
    },
    hold: (slot, until) => {
      counts[slot.state] -= 1
      enter(slot, 'held', until)
    },
    remove: (key) => {
      const slot = slots.get(key)
      if (!slot) return false
      counts[slot.state] -= 1
      return slots.delete(key)
    },
    sentBefore: (moment) => {
      const keys: string[] = []
      for (const slot of slots.values()) {
        if (slot.sentAt >= moment) break
        keys.push(slot.key)
      }
      return keys
    },
    nextDue: () => peek(hidden)?.due,
    keys: () => [...slots.keys()],
  }
}
