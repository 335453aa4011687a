import { addressText } from '../codecommit/address.ts'
import { RelayError } from '../runtime/errors.ts'
import { describeFailure } from '../runtime/log.ts'
import type { ReplicaRecord } from '../store/records.ts'
import type { MirrorRun } from './launch.ts'
import type { Parts } from './ports.ts'
import { addCounts, compare, countsOf, type Target } from './prove.ts'
import { tellUpdated } from './report.ts'

/** How long a mirror may run before its claim can be taken over, should its end never be reported. */
export const MIRROR_LEASE_MS = 2 * 3600_000
/** Looks at one replica while others keep asking for it; what is still unsettled then goes back into the queue. */
const MAX_LOOKS = 5

export interface Work {
  readonly target: Target
  /** events that announced it, and the time (ms) of the oldest; absent for requests */
  readonly hint?: { readonly at: number; readonly count: number }
  readonly reason: string
  readonly attempt: number
  /** milliseconds that this worker has left: its claim holds as long */
  readonly leaseMs: number
  /** ids of the queue messages that asked for it */
  readonly messages: readonly string[]
}

export interface FollowParts extends Parts {
  /** starts a mirror task and returns its ARN */
  readonly start: (target: Target, run: MirrorRun) => Promise<string>
  readonly id: () => string
}

/** `claimed-elsewhere`: its holder will look again. `given-up`: a retry of work that has failed for good meanwhile. */
export type Followed = 'equal' | 'started' | 'claimed-elsewhere' | 'source-missing' | 'given-up' | 'lost'

/**
 * Brings one replica on its way: claims it, compares it with its source, and starts a mirror where they differ.
 * @throws what the comparison or the start threw, after the claim was given back
 */
export const follow = async (parts: FollowParts, work: Work): Promise<Followed> => {
  const { store, now, id } = parts
  const { target, hint } = work
  if (hint) await store.noteHint(target, hint)
  const before = await store.get(target)
  if (before?.status === 'failed' && work.attempt > 0 && !hint) return 'given-up'
  const attempt = Math.max(work.attempt, before?.failures ?? 0)
  const claim = id()
  const at = now()
  const taken = await store.claim(target, {
    id: claim,
    until: at + work.leaseMs,
    now: at,
    attempt,
    reason: work.reason,
    messages: work.messages,
  })
  if (taken === 'dirty-marked') return 'claimed-elsewhere'
  try {
    return await settle(parts, work, { claim, attempt, reason: work.reason }, before)
  } catch (error) {
    await giveBack(parts, target, claim)
    throw error
  }
}

const settle = async (
  parts: FollowParts,
  { target }: Work,
  run: MirrorRun,
  before: ReplicaRecord | undefined,
): Promise<Followed> => {
  const { store, reader, now, log } = parts
  let told = false
  for (let looks = 0; looks < MAX_LOOKS; looks += 1) {
    if (looks > 0 && !(await store.clearDirty(target, run.claim))) return 'lost'
    const found = await compare(reader, target, now)
    if (found.kind === 'source-missing') {
      await store.releaseClaim(target, run.claim)
      return 'source-missing'
    }
    if (found.kind === 'different') {
      const pending = addCounts(countsOf(found.updates), before?.carried)
      // before the start: a short mirror may have ended before the next line is done
      if (!(await store.planClaim(target, run.claim, pending))) return 'lost'
      const task = await parts.start(target, run)
      log.info('mirror started', { replica: addressText(target.replica), claim: run.claim, task, ...pending })
      const kept = await store.keepClaim(target, run.claim, { until: now() + MIRROR_LEASE_MS, task })
      return kept ? 'started' : 'lost'
    }
    // a mirror whose end was never reported is told of here
    if (!told) told = await tellUpdated(parts, await store.get(target), found.proof, run.reason)
    const left = await store.closeClaim(target, run.claim, found.proof)
    if (left === 'done') return 'equal'
    if (left === 'lost') return 'lost'
  }
  throw new RelayError('CLAIM_LOST', { replica: addressText(target.replica), looks: MAX_LOOKS })
}

/** The failure that led here is what the caller must hear; a claim that cannot be given back ends by its time. */
const giveBack = async (parts: FollowParts, target: Target, claim: string): Promise<void> => {
  try {
    await parts.store.releaseClaim(target, claim)
  } catch (error) {
    parts.log.error('claim not given back', {
      replica: addressText(target.replica),
      ...describeFailure(error),
    })
  }
}
