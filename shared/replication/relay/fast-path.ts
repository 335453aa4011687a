import { type Code, codeOf, type RelayError } from '../../runtime/errors.ts'
import { commitsAhead, type HeldPack, HOLD_BYTES, holdPack } from './hold.ts'
import { reachedIn } from './losing.ts'
import { joinMoves } from './moves.ts'
import { commandOf, deletesHead, isHead, REFS_PER_PUSH } from './pushes.ts'
import { askCaller, countMoved, openSession, type Session } from './session.ts'
import type { FastPath, NamedMove, RelayParts, RelayWork } from './types.ts'

/**
 * What CodeCommit's Git server offers and this way needs (dulwich issue 671, isomorphic-git issue 199). No advertisement is read
 * here, so nothing is asked for beyond it: no offset deltas, no agent.
 */
const FETCH_OFFERS = ['multi_ack_detailed', 'side-band-64k', 'thin-pack']
const PUSH_OFFERS = ['side-band-64k', 'report-status', 'delete-refs']

/**
 * Replays moves of which both values are known, by two requests: fetches what lies between them, and pushes. The replica's
 * compare-and-swap proves that it held the old values, and thereby the bases of a thin pack. Only branches, and only what the pack
 * itself shows to be fast-forward; all else is for the full way, which asks and proves.
 *
 * That the source holds the new values still is for the caller to see, by reading it afterwards. That the moves are not over since
 * long (an event comes late, or again) is for the caller to guarantee, or to have looked at: see {@link FastPath}.
 * @returns `doubt` also for every failure of the wire: the full way meets it again, or it has passed
 * @throws the reason of `signal`; what the announcement throws
 */
export const replayMoves: FastPath = (parts, work, moves, terms = {}) =>
  attempt(parts, work, moves, (session, joined) => replay(session, joined, terms))

/**
 * {@link replayMoves}, and a look at the source: `moved` says that it held the new values after the push. For callers that do not read
 * both sides themselves.
 */
export const fastPath: FastPath = (parts, work, moves, terms = {}) =>
  attempt(
    parts,
    work,
    moves,
    async (session, joined) => (await replay(session, joined, terms)) ?? (await movedOn(session, joined)),
  )

/** @param run says why there is doubt; undefined when all went well */
const attempt = async (
  parts: RelayParts,
  work: RelayWork,
  moves: readonly NamedMove[],
  run: (session: Session, joined: readonly NamedMove[]) => Promise<string | undefined>,
): ReturnType<FastPath> => {
  const session = openSession(parts, work)
  const doubt = (reason: string) =>
    ({ kind: 'doubt', reason, moved: session.moved, cost: session.cost() }) as const
  try {
    const joined = joinMoves(moves)
    const unfit = joined === undefined ? 'the moves of a ref do not join' : unfitness(joined, work)
    if (joined === undefined || unfit !== undefined) return doubt(unfit ?? '')
    const problem = await run(session, joined)
    if (problem !== undefined) return doubt(problem)
    return { kind: 'moved', moved: session.moved, cost: session.cost() }
  } catch (error) {
    const spent = session.budget.spent()
    // of two requests at once the other may still be under way
    session.budget.close(true)
    if (session.refusal) throw session.refusal.error
    if (work.signal?.aborted) throw work.signal.reason
    if (spent !== undefined) return doubt(`budget: ${spent}`)
    const code = codeOf(error)
    if (code === undefined || !WIRE.includes(code)) throw error
    return doubt((error as RelayError).message)
  } finally {
    session.budget.close()
  }
}

const WIRE: readonly Code[] = [
  'REMOTE_UNREACHABLE',
  'REMOTE_DENIED',
  'REMOTE_THROTTLED',
  'REMOTE_FAILED',
  'GIT_PROTOCOL',
  'GIT_LIMIT',
]

/** Why moves are not for this way; undefined when they are. */
const unfitness = (moves: readonly NamedMove[], { guard, defaultBranch }: RelayWork): string | undefined => {
  if (moves.length === 0) return 'no move'
  if (moves.length > REFS_PER_PUSH) return 'too many moves for one push'
  if (!moves.every(isHead)) return 'a tag'
  if (!moves.some(deletesHead)) return undefined
  if (guard) return 'a deletion, and the guard must be asked'
  if (defaultBranch) return 'a deletion, and the default branch may be meant'
  return undefined
}

/** @returns why there is doubt; undefined when all went well */
const replay = async (
  session: Session,
  moves: readonly NamedMove[],
  { lookFirst = false }: { readonly lookFirst?: boolean },
): Promise<string | undefined> => {
  const { parts, work, budget } = session
  const { signal } = budget
  const to = parts.remote(work.target.replica)
  const [stale, pack] = await Promise.all([
    lookFirst ? movedOn(session, moves) : undefined,
    fetchProven(session, moves),
  ])
  if (stale ?? pack.problem) {
    await pack.held?.close()
    return stale ?? pack.problem
  }
  await askCaller(session, () => work.announce?.(moves))
  const report = await parts.git.push(
    to,
    { commands: moves.map(commandOf), offered: PUSH_OFFERS, ...(pack.held && { pack: pack.held.stream() }) },
    { signal },
  )
  if (report === undefined) return 'the replica gave no report'
  const done = moves.filter(({ ref }) => report.refs.get(ref)?.kind === 'ok')
  countMoved(session, done)
  const left = moves.find((move) => !done.includes(move))
  if (left === undefined) return undefined
  const result = report.refs.get(left.ref)
  return `${left.ref}: ${result?.kind === 'refused' ? result.reason : 'not spoken of'} (${report.unpack})`
}

/** Says so when the source does not hold what the moves lead to. */
const movedOn = async (
  { parts, work, budget }: Session,
  moves: readonly NamedMove[],
): Promise<string | undefined> => {
  const names = moves.map(({ ref }) => ref)
  const { signal } = budget
  const now = await parts.git.lookRefs(parts.remote(work.target.repository), names, { signal })
  const other = moves.find((move) => now?.get(move.ref) !== (move.kind === 'delete' ? undefined : move.to))
  return other && `${other.ref} has moved on at the source`
}

/** The pack with what the moves need, if it shows each of them to be a fast-forward. */
const fetchProven = async (
  { parts, work, budget }: Session,
  moves: readonly NamedMove[],
): Promise<{ readonly problem?: string; readonly held?: HeldPack }> => {
  const updates = moves.filter((move) => move.kind === 'update')
  if (updates.length === 0) return {}
  const { pack } = await parts.git.fetch(
    parts.remote(work.target.repository),
    {
      wants: [...new Set(updates.map(({ to }) => to))],
      haves: [...new Set(updates.map(({ from }) => from))],
      offered: FETCH_OFFERS,
      thin: true,
      offsetDeltas: false,
    },
    { signal: budget.signal },
  )
  const held = await holdPack(budget.meter(pack), HOLD_BYTES)
  const parents = commitsAhead(held)
  const open = updates.find(({ from, to }) => !reachedIn(parents, [to]).has(from))
  return open ? { held, problem: `${open.ref}: not seen to be a fast-forward` } : { held }
}
