import type { RefUpdate } from '../plan.ts'
import type { NamedMove } from './types.ts'

/** `undefined`: the moves of some ref do not make one chain, so they say nothing certain. */
export type JoinedMoves = readonly NamedMove[] | undefined

/**
 * Joins the moves of each ref: `a → b`, `b → c` is `a → c`, in whatever order they came and however often. Moves that fork, that
 * leave a gap or that end where they began cannot be joined.
 * @returns one move for each ref, in order of first mention
 */
export const joinMoves = (moves: readonly NamedMove[]): JoinedMoves => {
  const byRef = new Map<string, NamedMove[]>()
  for (const move of moves) byRef.set(move.ref, [...(byRef.get(move.ref) ?? []), move])
  const joined = [...byRef.values()].map(joinRef)
  return joined.every((move) => move !== undefined) ? joined : undefined
}

const joinRef = (moves: readonly NamedMove[]): NamedMove | undefined => {
  const next = new Map<string, NamedMove>()
  for (const move of moves) {
    const known = next.get(move.from)
    if (known && endOf(known) !== endOf(move)) return undefined
    next.set(move.from, move)
  }
  const ends = new Set([...next.values()].map(endOf))
  const starts = [...next.keys()].filter((from) => !ends.has(from))
  const [from] = starts
  if (from === undefined || starts.length > 1) return undefined
  let last = next.get(from)
  for (let steps = 1; last !== undefined && steps < next.size; steps += 1) last = next.get(endOf(last) ?? '')
  // where the way goes on from its end there is a circle, and no telling where it stopped
  if (last === undefined || next.has(endOf(last) ?? '')) return undefined
  return last.kind === 'delete' ? { kind: 'delete', ref: last.ref, from } : { ...last, from }
}

const endOf = (move: RefUpdate): string | undefined => (move.kind === 'delete' ? undefined : move.to)
