import { createGroups } from './groups.ts'
import { createHeap } from './heap.ts'

/** Where one message stands; its text stays in the store. Times are milliseconds since the epoch. */
export interface Slot {
  /** of the stored message */
  readonly key: string
  /** rises with each message sent */
  readonly order: number
  /** retention counts from here */
  readonly sentAt: number
  /** message group; orders the messages of a FIFO queue only */
  readonly group: string
  /** times handed out, in this queue and in those that dead-lettered it */
  receives: number
  /** times handed out before it came here */
  readonly receivesBefore: number
  state: 'ready' | 'held' | 'delayed'
  /** when it was last handed out */
  heldSince: number
  /** became receivable again because its visibility timeout ran out, not because somebody gave it back */
  expired: boolean
  /** grows with each change of state, so that entries left in the heaps are known as outdated */
  turn: number
}

export type NewSlot = Pick<Slot, 'key' | 'order' | 'sentAt' | 'group' | 'receives' | 'receivesBefore'>

interface Entry {
  readonly slot: Slot
  readonly turn: number
  readonly due: number
}

/** Which of the receivable messages comes next. */
export interface ReadyOrder {
  /** a message became receivable or ceased to be */
  changed(slot: Slot): void
  removed(slot: Slot): void
  /** @param taken what the call under way has got already */
  next(taken: ReadonlySet<Slot>): Slot | undefined
}

/** The order in which one queue's messages come out: an index in memory, rebuilt from the store at each start. */
export interface Lane {
  readonly counts: { readonly ready: number; readonly held: number; readonly delayed: number }
  get(key: string): Slot | undefined
  /** a new message, receivable from `due` on */
  add(message: NewSlot, due: number, now: number): void
  /** the message to hand out now; it stays ready until `hold` or `remove` */
  next(now: number, taken?: ReadonlySet<Slot>): Slot | undefined
  /** out of sight until `until` */
  hold(slot: Slot, until: number, now: number): void
  /** receivable at once */
  release(slot: Slot, now: number): void
  /** sets anew when each delayed message appears */
  redelay(due: (slot: Slot) => number): void
  remove(key: string): boolean
  /** keys of messages sent before `moment`, oldest first; looks no further than the first younger one */
  sentBefore(moment: number): string[]
  /** when the next hidden message appears; undefined when none is hidden */
  nextDue(): number | undefined
  keys(): string[]
}

const NOTHING: ReadonlySet<Slot> = new Set()

export const createLane = (fifo = false): Lane => {
  const slots = new Map<string, Slot>()
  const hidden = createHeap<Entry>(
    (a, b) => a.due < b.due || (a.due === b.due && a.slot.order < b.slot.order),
  )
  const counts = { ready: 0, held: 0, delayed: 0 }

  const current = (entry: Entry) => slots.get(entry.slot.key) === entry.slot && entry.turn === entry.slot.turn
  const ready: ReadyOrder = fifo ? createGroups() : createAges(slots)
  const enter = (slot: Slot, state: Slot['state'], due: number) => {
    slot.state = state
    slot.turn += 1
    counts[state] += 1
    ready.changed(slot)
    if (state === 'ready') return
    hidden.push({ slot, turn: slot.turn, due })
    // outdated entries cost memory only: sweep them out when they outnumber the live ones
    if (hidden.size > 2 * slots.size + 64) hidden.sift(current)
  }
  const move = (slot: Slot, state: Slot['state'], due: number) => {
    counts[slot.state] -= 1
    enter(slot, state, due)
  }
  const peekHidden = (): Entry | undefined => {
    for (let entry = hidden.peek(); entry; entry = hidden.peek()) {
      if (current(entry)) return entry
      hidden.pop()
    }
    return undefined
  }
  const appear = (now: number) => {
    for (let entry = peekHidden(); entry && entry.due <= now; entry = peekHidden()) {
      hidden.pop()
      entry.slot.expired = entry.slot.state === 'held'
      move(entry.slot, 'ready', entry.due)
    }
  }

  return {
    counts,
    get: (key) => slots.get(key),
    add: (message, due, now) => {
      const slot: Slot = { ...message, state: 'ready', heldSince: 0, expired: false, turn: 0 }
      slots.set(slot.key, slot)
      enter(slot, due > now ? 'delayed' : 'ready', due)
    },
    next: (now, taken = NOTHING) => {
      appear(now)
      return ready.next(taken)
    },
    hold: (slot, until, now) => {
      slot.heldSince = now
      slot.expired = false
      move(slot, 'held', until)
    },
    release: (slot, now) => {
      slot.expired = false
      move(slot, 'ready', now)
    },
    redelay: (due) => {
      for (const slot of slots.values()) if (slot.state === 'delayed') move(slot, 'delayed', due(slot))
    },
    remove: (key) => {
      const slot = slots.get(key)
      if (!slot) return false
      counts[slot.state] -= 1
      slots.delete(key)
      ready.removed(slot)
      return true
    },
    sentBefore: (moment) => {
      const keys: string[] = []
      for (const slot of slots.values()) {
        if (slot.sentAt >= moment) break
        keys.push(slot.key)
      }
      return keys
    },
    nextDue: () => peekHidden()?.due,
    keys: () => [...slots.keys()],
  }
}

/** Standard queues: the oldest first. */
const createAges = (slots: ReadonlyMap<string, Slot>): ReadyOrder => {
  const heap = createHeap<Pick<Entry, 'slot' | 'turn'>>((a, b) => a.slot.order < b.slot.order)
  const current = (entry: Pick<Entry, 'slot' | 'turn'>) =>
    slots.get(entry.slot.key) === entry.slot && entry.turn === entry.slot.turn
  return {
    changed: (slot) => {
      if (slot.state !== 'ready') return
      heap.push({ slot, turn: slot.turn })
      if (heap.size > 2 * slots.size + 64) heap.sift(current)
    },
    removed: () => {},
    next: () => {
      for (let entry = heap.peek(); entry; entry = heap.peek()) {
        if (current(entry)) return entry.slot
        heap.pop()
      }
      return undefined
    },
  }
}
