import { addressText } from '../codecommit/address.ts'
import { RelayError } from '../runtime/errors.ts'
import type { Log } from '../runtime/log.ts'
import type { Meter } from '../runtime/metrics.ts'
import type { Proof, RefCounts } from '../store/records.ts'
import type { Budget } from './budget.ts'
import type { Replay } from './moves.ts'
import type { RefUpdate } from './plan.ts'
import type { Streams, Watch } from './ports.ts'
import { addCounts, compareAtOnce, type RefReader, type Target } from './prove.ts'
import type { Draft, RelayOutcome, RelayParts, RelayWork, Verdict } from './relay/types.ts'

export interface StreamParts extends Streams {
  readonly reader: RefReader
  readonly meter: Meter
  /** milliseconds since the epoch */
  readonly now: () => number
  readonly log: Log
}

export interface Look {
  readonly target: Target
  readonly budget: Budget
  readonly force: boolean
  /** present: events named all that moved, and the sides were equal before */
  readonly replay?: Replay | undefined
  /** notes what is about to move; throws when it must not */
  readonly announce: (updates: readonly RefUpdate[], way: StreamedWay) => Promise<void>
  readonly signal: AbortSignal
}

export interface StreamedWay {
  readonly way: 'fast-path' | 'relay'
  /** for people: why this way */
  readonly wayReason: string
}

/** How one look ended. `moved`: refs that the replica took. */
export type Streamed =
  | (StreamedWay & { readonly kind: 'equal'; readonly proof: Proof; readonly moved: RefCounts })
  | { readonly kind: 'kept'; readonly kept: readonly RefUpdate[]; readonly moved: RefCounts }
  | { readonly kind: 'source-missing' }
  | {
      readonly kind: 'refused'
      readonly draft: Draft
      readonly verdict: Extract<Verdict, { kind: 'refuse' }>
    }
  | { readonly kind: 'hand-over'; readonly reason: string; readonly moved: RefCounts }

/**
 * Brings one replica up to date by streaming: the fast path where events named every move, the full way otherwise and at once
 * when there is any doubt. A replica that is not there is made.
 * @throws what the relay, the guard or `announce` threw; RelayError REPLICA_MISSING when it is made and still not there
 */
export const stream = async (parts: StreamParts, look: Look): Promise<Streamed> => {
  const { target, force, budget, signal } = look
  const watch = parts.guardFor?.(target, { force, ...budget, signal }) ?? {}
  const fast = look.replay ? await takeFastPath(parts, look, watch, look.replay) : undefined
  if (fast && fast.kind !== 'doubt') return fast
  return takeFullWay(parts, look, watch, fast)
}

type Doubt = { readonly kind: 'doubt'; readonly reason: string; readonly moved: RefCounts }

const takeFastPath = async (
  parts: StreamParts,
  look: Look,
  watch: Watch,
  { moves, lookFirst }: Replay,
): Promise<Streamed | Doubt> => {
  const branches = moves.length === 1 ? 'one branch' : `${moves.length} branches`
  const how: StreamedWay = {
    way: 'fast-path',
    wayReason: `${branches} moved, as ${moves.length === 1 ? 'its event' : 'their events'} said`,
  }
  const announce = (updates: readonly RefUpdate[]) => look.announce(updates, how)
  const work = workOf(parts, look, watch, announce)
  const outcome = await parts.fastPath(relayParts(parts), work, moves, { lookFirst })
  if (outcome.kind === 'doubt') return outcome
  const found = await compareAtOnce(parts.reader, look.target, parts.now)
  if (found.kind === 'source-missing') return found
  if (found.kind === 'different') {
    // what is proven needs no such word
    await watch.confirm?.(moves)
    const reason = `${refsText(found.updates.length)} still differed after the fast path`
    return { kind: 'doubt', reason, moved: outcome.moved }
  }
  await watch.remember?.(found.refs, Date.parse(found.proof.at))
  return { kind: 'equal', proof: found.proof, moved: outcome.moved, ...how }
}

const takeFullWay = async (
  parts: StreamParts,
  look: Look,
  watch: Watch,
  doubt: Doubt | undefined,
): Promise<Streamed> => {
  let differing = 0
  const how = (): StreamedWay => ({
    way: 'relay',
    wayReason: doubt ? `not the fast path: ${doubt.reason}` : `${refsText(differing)} differed`,
  })
  const announce = (updates: readonly RefUpdate[]) => {
    differing ||= updates.length
    return look.announce(updates, how())
  }
  let refused: Draft | undefined
  const work = workOf(parts, look, watch, announce, (draft) => {
    refused = draft
  })
  const moved = (counts: RefCounts) => addCounts(counts, doubt?.moved)
  const outcome = await relayOrMake(parts, look.target, work).catch(handOverParking)
  switch (outcome.kind) {
    case 'equal':
      await watch.remember?.(outcome.refs, Date.parse(outcome.proof.at))
      return { kind: 'equal', proof: outcome.proof, moved: moved(outcome.moved), ...how() }
    case 'kept':
      // what is kept would else be all that is remembered, and Relay's own moves a stranger's one day
      await watch.remember?.(outcome.refs)
      return { kind: 'kept', kept: outcome.kept, moved: moved(outcome.moved) }
    case 'refused':
      return { kind: 'refused', verdict: outcome.verdict, draft: refused ?? NO_DRAFT }
    case 'hand-over':
      parts.log.warn('handed over to the mirror', {
        replica: addressText(look.target.replica),
        reason: outcome.reason,
        detail: outcome.detail,
        ...outcome.cost,
      })
      parts.meter.put('HandOvers', 1, 'Count')
      return { kind: 'hand-over', reason: outcome.reason, moved: moved(outcome.moved) }
    case 'source-missing':
      return outcome
  }
}

/** Parking what is about to be lost was cut short by the budget: the mirror, which parks as well, has none. */
const handOverParking = (error: unknown): Extract<RelayOutcome, { kind: 'hand-over' }> => {
  const { code, data, message = '' } = (error ?? {}) as Partial<RelayError>
  if (code !== 'PARKING_FAILED' || data?.limit === undefined) throw error
  const reason = data.limit === 'bytes' ? 'bytes' : 'deadline'
  const cost = { requests: 0, received: 0, sent: 0, milliseconds: 0 }
  return { kind: 'hand-over', reason, detail: message, moved: { created: 0, updated: 0, deleted: 0 }, cost }
}

/** The relay, and once more after a replica was made that was not there. */
const relayOrMake = async (
  parts: StreamParts,
  target: Target,
  work: RelayWork,
): Promise<Exclude<RelayOutcome, { kind: 'replica-missing' }>> => {
  const first = await parts.relay(relayParts(parts), work)
  if (first.kind !== 'replica-missing') return first
  await parts.ensureReplica(target)
  parts.log.info('replica made', { replica: addressText(target.replica) })
  const second = await parts.relay(relayParts(parts), work)
  if (second.kind !== 'replica-missing') return second
  throw new RelayError('REPLICA_MISSING', { repository: addressText(target.replica) })
}

const relayParts = ({ git, remote, now, pause, log }: StreamParts): RelayParts => ({
  git,
  remote,
  now,
  pause,
  log,
})

const workOf = (
  parts: StreamParts,
  { target, budget, signal }: Look,
  watch: Watch,
  announce: (updates: readonly RefUpdate[]) => Promise<void>,
  onRefused: (draft: Draft) => void = () => undefined,
): RelayWork => {
  const { guard } = watch
  return {
    target,
    ...budget,
    signal,
    announce: async (updates) => {
      await announce(updates)
      await watch.announce?.(updates)
    },
    ...(guard
      ? {
          guard: async (draft: Draft) => {
            const verdict = await guard(draft)
            if (verdict.kind === 'refuse') onRefused(draft)
            return verdict
          },
        }
      : {}),
    ...(parts.defaultBranchFor ? { defaultBranch: parts.defaultBranchFor(target) } : {}),
  }
}

const NO_DRAFT: Draft = { updates: [], source: new Map(), replica: new Map(), losing: [] }

const refsText = (count: number): string =>
  count === 1 ? 'one ref' : count === 0 ? 'no ref' : `${count} refs`
