import { addressText } from '../../codecommit/address.ts'
import { type Code, codeOf, RelayError } from '../../runtime/errors.ts'
import { describeFailure } from '../../runtime/log.ts'
import { afterFailure, spread } from './failures.ts'
import { noteUnsent } from './memory.ts'
import { conclusionOf, type Round, round } from './round.ts'
import { handOver, isHopeless, openSession, type Session, totalOf } from './session.ts'
import type { Relay, RelayOutcome, RelayParts, RelayWork } from './types.ts'

/** Looks at both sides while they keep moving; what is then still unequal is left to the next one who comes. */
const MOST_ROUNDS = 64
const SETTLE_FIRST_MS = 50
const SETTLE_LONGEST_MS = 2_000

/**
 * Makes the replica equal to its source by streaming what it lacks, without a clone: reads both sides, plans, fetches, pushes, and
 * looks again until nothing differs. That last reading is the proof.
 * @throws RelayError PUSH_REJECTED (refs that the replica refuses; all others went through), SOURCE_EMPTIED, REMOTE_DENIED,
 * REMOTE_THROTTLED, REMOTE_UNREACHABLE, REPLICA_MOVED; what guard, announcement and keeper throw; the reason of `signal`
 */
export const relay: Relay = (parts, work) =>
  inSession(parts, work, async (session) => {
    const failures = new Map<Code, number>()
    let rough = 0
    for (let rounds = 0; rounds < MOST_ROUNDS; rounds += 1) {
      const found = await step(session, failures)
      if (found === 'again') continue
      if (found.kind === 'settled') return conclusionOf(session, found)
      if (found.kind !== 'pushed') return found
      if (isHopeless(session)) return handOver(session, 'fallbacks', 'the replica refuses every pack')
      rough = found.smooth ? 0 : rough + 1
      if (rough > 0) await rest(session, Math.min(SETTLE_LONGEST_MS, SETTLE_FIRST_MS * 2 ** rough))
    }
    throw new RelayError('REPLICA_MOVED', {
      replica: addressText(work.target.replica),
      rounds: MOST_ROUNDS,
    })
  })

/**
 * One round of {@link relay}, without another look and without another try: at most four requests where no guard has to be asked.
 * @throws as {@link relay}, and every failure of the wire
 */
export const relayOnce = (
  parts: RelayParts,
  work: RelayWork,
): Promise<
  RelayOutcome | (Pick<Extract<RelayOutcome, { kind: 'kept' }>, 'moved' | 'cost'> & { kind: 'pushed' })
> =>
  inSession(parts, work, async (session) => {
    const found = await round(session)
    if (found.kind === 'settled') return conclusionOf(session, found)
    if (found.kind !== 'pushed') return found
    return { kind: 'pushed', moved: session.moved, cost: session.cost() }
  })

const inSession = async <T>(
  parts: RelayParts,
  work: RelayWork,
  run: (session: Session) => Promise<T>,
): Promise<T> => {
  const session = openSession(parts, work)
  try {
    return await run(session)
  } finally {
    session.budget.close()
  }
}

type Step = Round | 'again' | Extract<RelayOutcome, { kind: 'hand-over' }>

/** One round, or what its failure leads to. Failures count from the last ref that moved. */
const step = async (session: Session, failures: Map<Code, number>): Promise<Step> => {
  const before = totalOf(session.moved)
  const { refsPerPush } = session
  try {
    const spent = handOverSpent(session)
    if (spent) return spent
    const found = await round(session)
    failures.clear()
    return found
  } catch (error) {
    if (session.refusal) throw session.refusal.error
    const spent = handOverSpent(session)
    if (spent) return spent
    // smaller pushes are another way to go, and end where they are small
    if (totalOf(session.moved) > before || session.refsPerPush < refsPerPush) failures.clear()
    return await afterError(session, failures, error)
  }
}

const afterError = async (session: Session, failures: Map<Code, number>, error: unknown): Promise<Step> => {
  const { parts, work } = session
  const code = codeOf(error)
  if (code === undefined) throw error
  const replica = addressText(work.target.replica)
  const { data } = error as RelayError
  noteUnsent(session.memory, data)
  const next = afterFailure({ code, data }, failures, spread(`${replica} ${parts.now()}`))
  if (next.kind === 'throw') throw error
  if (next.kind === 'hand-over') return handOver(session, next.reason, (error as RelayError).message)
  failures.set(code, (failures.get(code) ?? 0) + 1)
  const { pauseMs, askedMs } = next
  parts.log.warn('relay tries again', { replica, pauseMs, askedMs, ...describeFailure(error) })
  if (pauseMs > 0) await rest(session, pauseMs, askedMs)
  return 'again'
}

/** @throws the reason of the caller's signal */
const handOverSpent = (session: Session): Extract<RelayOutcome, { kind: 'hand-over' }> | undefined => {
  const { budget, work } = session
  const spent = budget.spent()
  if (spent === undefined) return undefined
  if (spent === 'cancelled') throw work.signal?.reason
  const detail = spent === 'bytes' ? `more than ${work.bytes} bytes of packs` : 'the time is used up'
  return handOver(session, spent, detail)
}

/** Waits what was asked, and then with jitter, but not past the deadline nor past the end of the signal. */
const rest = async ({ parts, work, budget }: Session, milliseconds: number, askedMs = 0): Promise<void> => {
  const { promise: ended, resolve } = Promise.withResolvers<void>()
  const { signal } = budget
  if (signal.aborted) return
  const onAbort = () => resolve()
  signal.addEventListener('abort', onAbort, { once: true })
  const seed = `${addressText(work.target.replica)} ${parts.now()}`
  const wait = Math.max(0, Math.min(budget.left(), askedMs + milliseconds * (0.5 + spread(seed) / 2)))
  await Promise.race([parts.pause(wait), ended])
  signal.removeEventListener('abort', onAbort)
}
