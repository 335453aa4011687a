import type { RefChange, RepositoryEvent } from '../events/types.ts'
import { EVENT_CLOCK_MS } from '../store/replicas.ts'
import type { Target } from './prove.ts'
import { joinMoves } from './relay/moves.ts'
import type { NamedMove } from './relay/types.ts'

/** Moves that may be replayed on a replica. */
export interface Replay {
  readonly moves: readonly NamedMove[]
  /** some may have been made before the last proof: the source is looked at before they are pushed */
  readonly lookFirst: boolean
}

/**
 * What events tell of a source since a replica was last proven equal to it. An event comes late, or again: what it tells may be over,
 * and replayed it would move the replica back in time (a → b → a makes `a → b` fit again). So those of before the proof are
 * left out, and those of about its time are not relied upon: an event's time is rounded down, and two machines' clocks differ.
 * @param provenAt milliseconds since the epoch
 * @returns undefined when they leave anything open, or tell nothing new
 */
export const replayOf = (
  events: readonly RepositoryEvent[],
  provenAt: number,
  { deletes }: Pick<Target, 'deletes'>,
): Replay | undefined => {
  const since = events.filter(({ at }) => Date.parse(at) + EVENT_CLOCK_MS >= provenAt)
  const moves = namedMoves(since)
  // where deleted refs are kept, events have no say over them
  if (!moves || (deletes === 'keep' && moves.some(({ kind }) => kind === 'delete'))) return undefined
  return { moves, lookFirst: since.some(({ at }) => Date.parse(at) <= provenAt + EVENT_CLOCK_MS) }
}

/**
 * What events say of branches, put together: a branch that moved twice has moved once, from its first value to its last.
 * @returns undefined when they leave anything open: a created ref, a tag, a commit that is not named, steps that do not join
 */
export const namedMoves = (events: readonly RepositoryEvent[]): readonly NamedMove[] | undefined => {
  const moves = events.flatMap(({ changes }) => changes.map(moveOf))
  return moves.length > 0 && moves.every((move) => move !== undefined) ? joinMoves(moves) : undefined
}

const moveOf = ({ ref, kind, refType, oldCommit: from, commit: to }: RefChange): NamedMove | undefined => {
  if (refType !== 'branch' || from === undefined) return undefined
  if (kind === 'deleted') return { kind: 'delete', ref, from }
  return kind === 'updated' && to !== undefined ? { kind: 'update', ref, from, to } : undefined
}
