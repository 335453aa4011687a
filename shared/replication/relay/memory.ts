import type { ErrorData } from '../../runtime/errors.ts'
import type { RefUpdate } from '../plan.ts'
import { isBlocked, keyOf } from './pushes.ts'

/** What became of one move of one ref so far. */
interface Tried {
  /** times the server said `ok` */
  ok: number
  /** times the server refused it */
  refused: number
  /** times nothing was said of it */
  unspoken: number
  /** the server's last words */
  words: string
}

/** What one relay learns from round to round. */
export interface Memory {
  readonly tried: Map<string, Tried>
  /** moves that the guard left as they are */
  readonly kept: Set<string>
  /** times the source said of an object that it names that it has none such */
  readonly unsent: Map<string, number>
}

export interface Sorted {
  /** to be pushed now */
  readonly open: readonly RefUpdate[]
  /** refused once: pushed behind the others, in a push of their own */
  readonly suspect: readonly RefUpdate[]
  /** left by the guard */
  readonly kept: readonly RefUpdate[]
  /** refused again and again with the same values: the server's policy, not a race; or never to be had from the source */
  readonly rejected: readonly { readonly update: RefUpdate; readonly words: string }[]
  /** said to be done more than once, and still not done */
  readonly denied: readonly RefUpdate[]
}

export const newMemory = (): Memory => ({ tried: new Map(), kept: new Set(), unsent: new Map() })

/** A ref that another push has just locked, or moved, may well be free the next time. */
const CONTENTION =
  /lock|stale|fetch first|old value|expected|has moved|failed to update ref|reference already/i
const REFUSALS = 2
const REFUSALS_IN_CONTENTION = 6
const EMPTY_PROMISES = 3

/** A ref that moved between the source's two answers has another value the next time; one without its object has not. */
const MOST_UNSENT = 3
/** git's upload-pack.c, of a want that it cannot serve */
const NOT_OUR_REF = /not our ref ([0-9a-f]{40})/

/** Remembers the object that a source did not hand out. */
export const noteUnsent = ({ unsent }: Memory, { reason }: ErrorData): void => {
  const [, oid] = NOT_OUR_REF.exec(String(reason)) ?? []
  if (oid !== undefined) unsent.set(oid, (unsent.get(oid) ?? 0) + 1)
}

const isUnsent = ({ unsent }: Memory, update: RefUpdate): boolean =>
  update.kind !== 'delete' && (unsent.get(update.to) ?? 0) >= MOST_UNSENT

export const note = (
  memory: Memory,
  update: RefUpdate,
  became: 'ok' | 'refused' | 'unspoken',
  words = '',
): void => {
  const key = keyOf(update)
  const tried = memory.tried.get(key) ?? { ok: 0, refused: 0, unspoken: 0, words: '' }
  tried[became] += 1
  if (words !== '') tried.words = words
  memory.tried.set(key, tried)
}

/**
 * Sorts a new plan by what is known of its moves. Refs that moved meanwhile have other values and are open again.
 * @param updates a plan
 */
export const sortOut = (memory: Memory, updates: readonly RefUpdate[]): Sorted => {
  const sorted = { open: [], suspect: [], kept: [], rejected: [], denied: [] } as {
    -readonly [K in keyof Sorted]: Sorted[K][number][]
  }
  const stays = new Set<string>()
  for (const update of updates)
    if (update.kind === 'delete' && memory.kept.has(keyOf(update))) stays.add(update.ref)
  for (const update of updates) {
    const tried = memory.tried.get(keyOf(update))
    if (memory.kept.has(keyOf(update)) || isBlocked(update, stays)) sorted.kept.push(update)
    else if (isUnsent(memory, update))
      sorted.rejected.push({ update, words: 'the source names its object and does not have it' })
    else if (tried === undefined) sorted.open.push(update)
    else if (isPolicy(tried))
      sorted.rejected.push({ update, words: tried.words || 'the server says nothing of it' })
    else if (tried.ok >= EMPTY_PROMISES) sorted.denied.push(update)
    else if (tried.refused > 0 || tried.unspoken > 0) sorted.suspect.push(update)
    else sorted.open.push(update)
  }
  return sorted
}

const isPolicy = ({ refused, unspoken, words }: Tried): boolean =>
  refused + unspoken >= (CONTENTION.test(words) ? REFUSALS_IN_CONTENTION : REFUSALS)
