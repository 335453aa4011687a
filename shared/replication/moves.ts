import type { RefChange, RepositoryEvent } from '../events/types.ts'
import { ZERO_OID } from '../git/types.ts'
import type { NamedMove } from './relay/types.ts'

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
