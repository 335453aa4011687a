import type { RefChange, RepositoryEvent } from '../events/types.ts'
import { ZERO_OID } from '../git/types.ts'
import { EVENT_CLOCK_MS } from '../store/replicas.ts'
import type { Target } from './prove.ts'
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
  const steps = new Map<string, Map<string, string>>()
  for (const change of events.flatMap(({ changes }) => changes)) {
    const step = stepOf(change)
    if (!step) return undefined
    const of = steps.get(change.ref) ?? new Map<string, string>()
    steps.set(change.ref, of)
    // a doubled event says the same again; two ways on from one commit cannot be told apart
    if ((of.get(step.from) ?? step.to) !== step.to) return undefined
    of.set(step.from, step.to)
  }
  const moves: NamedMove[] = []
  for (const [ref, of] of steps) {
    const move = joined(ref, of)
    if (!move) return undefined
    moves.push(move)
  }
  return moves.length > 0 ? moves : undefined
}

const stepOf = ({ kind, refType, oldCommit, commit }: RefChange) => {
  if (refType !== 'branch' || oldCommit === undefined) return undefined
  if (kind === 'deleted') return { from: oldCommit, to: ZERO_OID }
  return kind === 'updated' && commit !== undefined ? { from: oldCommit, to: commit } : undefined
}

/** The way through all the steps; there is one or none, since each value is left once at most. */
const joined = (ref: string, steps: ReadonlyMap<string, string>): NamedMove | undefined => {
  const reached = new Set(steps.values())
  const [from, ...others] = [...steps.keys()].filter((value) => !reached.has(value))
  if (from === undefined || others.length > 0) return undefined
  let to = from
  for (let count = 0; count < steps.size; count += 1) {
    const next = steps.get(to)
    if (next === undefined) return undefined
    to = next
  }
  return to === ZERO_OID ? { kind: 'delete', ref, from } : { kind: 'update', ref, from, to }
}
