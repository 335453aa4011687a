import { createHash } from 'node:crypto'
import type { Code, ErrorData } from '../../runtime/errors.ts'
import type { HandOverReason } from './types.ts'

export type Next =
  /** `askedMs`: of the pause, what the server asked for and nobody may shorten */
  | { readonly kind: 'again'; readonly pauseMs: number; readonly askedMs?: number }
  | { readonly kind: 'hand-over'; readonly reason: HandOverReason }
  | { readonly kind: 'throw' }

/** Failures of each kind since something last went well. */
export type Failures = ReadonlyMap<Code, number>

const THROTTLED_FIRST_MS = 1_000
const THROTTLED_TRIES = 5
/** A server may ask for more (Retry-After): so long at once is waited at most. */
const ASKED_LONGEST_MS = 60_000
const BROKEN_FIRST_MS = 250
const BROKEN_TRIES = 3
/** Asked for what the source no longer has: it moved between its two answers. */
const STALE_TRIES = 10

/**
 * What follows a failure of the wire. Waits double, with jitter (half to the whole of it), so that relays that were slowed down
 * together do not come back together: they come behind the wait that a server asked for.
 * @param before failures before this one
 * @param random 0 ≤ x < 1
 */
export const afterFailure = (
  { code, data }: { readonly code: Code; readonly data: ErrorData },
  before: Failures,
  random: number,
): Next => {
  const tries = (before.get(code) ?? 0) + 1
  const wait = (first: number, askedMs?: number): Next => ({
    kind: 'again',
    ...(askedMs !== undefined && { askedMs }),
    pauseMs: Math.ceil((0.5 + random / 2) * first * 2 ** (tries - 1)),
  })
  // the pack is spent, but the client has learnt to send the next one with its length
  if (data.again === 'with-length' && tries <= BROKEN_TRIES) return { kind: 'again', pauseMs: 0 }
  if (code === 'GIT_LIMIT') return { kind: 'hand-over', reason: 'limit' }
  if (code === 'GIT_PROTOCOL')
    return tries < 2 ? { kind: 'again', pauseMs: 0 } : { kind: 'hand-over', reason: 'protocol' }
  if (code === 'REMOTE_THROTTLED') {
    if (tries >= THROTTLED_TRIES) return { kind: 'throw' }
    const { retryAfterMs: asked } = data
    return wait(THROTTLED_FIRST_MS, typeof asked === 'number' ? Math.min(ASKED_LONGEST_MS, asked) : undefined)
  }
  if (code === 'REMOTE_UNREACHABLE') return tries < BROKEN_TRIES ? wait(BROKEN_FIRST_MS) : { kind: 'throw' }
  if (code !== 'REMOTE_FAILED') return { kind: 'throw' }
  if (isStale(data) && tries < STALE_TRIES) return { kind: 'again', pauseMs: 0 }
  return tries < BROKEN_TRIES ? wait(BROKEN_FIRST_MS) : { kind: 'hand-over', reason: 'fallbacks' }
}

/** Servers that lack what is wanted name it: `upload-pack: not our ref …` (git), `want … not valid` (JGit). */
const isStale = ({ problem, reason }: ErrorData): boolean =>
  problem === 'ERR line' && /[0-9a-f]{40}/.test(String(reason))

/**
 * A number that looks random, 0 ≤ x < 1, of whatever tells two relays apart: their replica and their time, to the millisecond.
 */
export const spread = (seed: string): number =>
  createHash('sha256').update(seed).digest().readUInt32BE() / 2 ** 32
