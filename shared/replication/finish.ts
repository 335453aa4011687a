import { addressText } from '../codecommit/address.ts'
import type { RefMap } from '../git/refs.ts'
import { type Code, codeOf, RelayError } from '../runtime/errors.ts'
import { describeFailure } from '../runtime/log.ts'
import type { RunEnd } from '../runtime/task-end.ts'
import type { Claim, Proof, ReplicaRecord } from '../store/records.ts'
import { plan } from './plan.ts'
import type { Ask, Parts, Request } from './ports.ts'
import { addCounts, type Comparison, compare, countsOf, NONE, type Target } from './prove.ts'
import { planDigest } from './refused.ts'
import { giveUp, lastWayOf, measureLag, tellPending, tellRefused, tellSourceMissing } from './report.ts'
import { again, type Decision, decide } from './retry.ts'

/** Looks at, or writes for, one replica while others keep asking for it. */
const MAX_ROUNDS = 5
/** Long enough for the claim of a failed mirror to be closed before the request for a new start is seen. */
const ANEW_SECONDS = 15

export interface FinishParts extends Parts {
  /** both sides hold these refs */
  readonly remember?: (target: Target, refs: RefMap, at: number) => Promise<void>
  readonly ask: Ask
  /** puts a request where it rings and can be redriven: the replicate queue's dead-letter queue */
  readonly bury: (request: Request) => Promise<void>
  /** 0 ≤ x < 1 */
  readonly random: () => number
  /** mirror runs in all before Relay gives up */
  readonly limit: number
}

export interface Ended {
  readonly target: Target
  /** token of the launch */
  readonly claim: string
  readonly end: RunEnd
}

export type Finished =
  | 'equal'
  | 'kept'
  | 'again'
  | 'retry'
  | 'failed'
  | 'source-missing'
  | 'refused'
  | 'closed-before'

/**
 * What follows a mirror task's end. May be called any number of times for the same end: once the claim is closed it does
 * nothing. Whatever work is to follow is asked for before the claim is given up, so that a worker killed in between leaves a
 * request too many rather than one too few.
 */
export const finish = async (parts: FinishParts, ended: Ended): Promise<Finished> => {
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const record = await parts.store.get(ended.target)
    const claim = record?.claim
    // records of versions before launches were noted hold a task and no launch: the claim was its token
    if (!record || !claim || (claim.launch?.token ?? claim.id) !== ended.claim) return 'closed-before'
    const decision = decide(ended.end, claim.attempt, parts.limit, parts.random)
    const finished = await conclude(parts, ended.target, record, claim, decision)
    if (finished !== 'closed-before') return finished
    // somebody may have taken over the claim meanwhile, and with it this very run, whose end only we know
  }
  throw busy(ended.target)
}

const conclude = (
  parts: FinishParts,
  target: Target,
  record: ReplicaRecord,
  claim: Claim,
  decision: Decision,
): Promise<Finished> => {
  if (decision.kind === 'ok') return prove(parts, target, record, claim)
  if (decision.code === 'PLAN_REFUSED') return refuse(parts, target, record, claim, decision.reason)
  return goOn(parts, target, claim, decision)
}

/**
 * The container's guard refused the plan and changed nothing. Its exit code does not say what would have been lost: all that the
 * plan changes or deletes is told.
 */
const refuse = async (
  parts: FinishParts,
  target: Target,
  record: ReplicaRecord,
  claim: Claim,
  reason: string,
): Promise<Finished> => {
  const replica = (await parts.reader.readRefs(target.replica, 'replica')) ?? new Map<string, string>()
  const source = await parts.reader.readRefs(target.repository, 'source')
  if (!source) {
    return (await endMissing(parts, target, record, claim)) === 'lost' ? 'closed-before' : 'source-missing'
  }
  const updates = plan(source, replica, target)
  const losing = updates.filter(({ kind }) => kind !== 'create')
  const { deleted, updated } = countsOf(updates)
  const refusal = await tellRefused(parts, target, record.refusal, {
    draft: { updates, source, replica, losing },
    verdict: { kind: 'refuse', reason, deletions: deleted, rewinds: updated },
  })
  const left = await parts.store.settleClaim(target, claim.id, { status: 'refused', refusal })
  // what was pushed meanwhile may have made the plan a good one
  if (left === 'dirty') return runAgain(parts, target, record, claim, true)
  return left === 'done' ? 'refused' : 'closed-before'
}

/** The container pushed all it planned; only the refs themselves prove that both sides are equal, or equal but for what it left. */
const prove = async (
  parts: FinishParts,
  target: Target,
  record: ReplicaRecord,
  claim: Claim,
): Promise<Finished> => {
  let told = false
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const { dirty: pushed = false, kept } = (await parts.store.get(target)) ?? {}
    if (!(await parts.store.clearDirty(target, claim.id))) return 'closed-before'
    const found = await look(parts, target)
    if (found.kind === 'unread') {
      return goOn(parts, target, claim, again(found, claim.attempt, parts.limit, parts.random))
    }
    if (found.kind === 'different') {
      if (kept?.plan !== planDigest(found.updates))
        return runAgain(parts, target, record, claim, pushed || round > 0)
      const left = await parts.store.settleClaim(target, claim.id, { status: 'kept', kept })
      if (left === 'dirty') continue
      return left === 'done' ? 'kept' : 'closed-before'
    }
    if (found.kind === 'equal') await parts.remember?.(target, found.refs, Date.parse(found.proof.at))
    const left = await (found.kind === 'source-missing'
      ? endMissing(parts, target, record, claim)
      : endEqual(parts, target, claim, found.proof, told))
    if (left === 'done') return found.kind
    if (left === 'lost') return 'closed-before'
    told = true
  }
  throw busy(target)
}

const endEqual = async (parts: FinishParts, target: Target, claim: Claim, proof: Proof, told: boolean) => {
  const record = await parts.store.get(target)
  if (!told) await tellPending(parts, record, proof, claim.reason)
  const left = await parts.store.closeClaim(target, claim.id, proof, lastWayOf(record, claim.reason))
  if (!told) measureLag(parts, target, proof, record?.waitingSince)
  return left
}

const endMissing = async (parts: FinishParts, target: Target, record: ReplicaRecord, claim: Claim) => {
  const missingSince = await tellSourceMissing(parts, target, record.missingSince)
  return parts.store.settleClaim(target, claim.id, { status: 'source-missing', missingSince })
}

type Look =
  | Comparison
  | {
      readonly kind: 'unread'
      readonly code: Code
      readonly reason: string
    }

/** A side that cannot be read now is a failed run like any other: tried again with a delay, up to the limit. */
const look = async (parts: FinishParts, target: Target): Promise<Look> => {
  try {
    return await compare(parts.reader, target, parts.now)
  } catch (error) {
    const code = codeOf(error) ?? 'MIRROR_FAILED'
    parts.log.error('proof failed', { replica: addressText(target.replica), ...describeFailure(error) })
    return { kind: 'unread', code, reason: error instanceof Error ? error.message : code }
  }
}

/**
 * The source moved on while the mirror ran: once more. When nobody announced that, the run counts as a try, so that a mirror
 * which says "done" and is not cannot go on for ever.
 */
const runAgain = async (
  parts: FinishParts,
  target: Target,
  record: ReplicaRecord,
  claim: Claim,
  announced: boolean,
): Promise<Finished> => {
  const attempt = announced ? 0 : claim.attempt + 1
  if (attempt >= parts.limit) {
    const reason = 'mirror runs end well and the refs still differ'
    return goOn(parts, target, claim, { kind: 'give-up', code: 'MIRROR_FAILED', reason })
  }
  const more = { failures: 0, carried: record.pending && addCounts(record.pending, NONE) }
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    await parts.ask(requestOf(target, claim, attempt), 0)
    const left = await parts.store.releaseForMore(target, claim.id, more)
    if (left !== 'dirty') return left === 'done' ? 'again' : 'closed-before'
    // the request was seen before the claim was given up, or somebody pushed: either way nobody else will look
    await parts.store.clearDirty(target, claim.id)
  }
  throw busy(target)
}

const goOn = async (
  parts: FinishParts,
  target: Target,
  claim: Claim,
  decision: Exclude<Decision, { kind: 'ok' }>,
): Promise<Finished> => {
  const facts = {
    replica: addressText(target.replica),
    code: decision.code,
    reason: decision.reason,
    attempt: claim.attempt + 1,
  }
  if (decision.kind === 'give-up') {
    parts.log.error('mirror failed for good', facts)
    return fail(parts, target, claim, decision)
  }
  parts.log.warn('mirror failed, to be tried again', { ...facts, afterSeconds: decision.afterSeconds })
  const attempt = claim.attempt + 1
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    if (!(await parts.store.clearDirty(target, claim.id))) return 'closed-before'
    // what a mirror began, a mirror ends: the relay has handed it over, or was not wanted
    await parts.store.noteWish(target, 'mirror')
    await parts.ask(requestOf(target, claim, attempt), decision.afterSeconds)
    const left = await parts.store.releaseForMore(target, claim.id, { failures: attempt })
    if (left !== 'dirty') return left === 'done' ? 'retry' : 'closed-before'
  }
  throw busy(target)
}

const fail = async (
  parts: FinishParts,
  target: Target,
  claim: Claim,
  { code, reason }: { readonly code: Code; readonly reason: string },
): Promise<Finished> => {
  // the record forgets what was meant when the work has failed for good; what is redriven must still say it
  const request = requestOf(target, claim, 0)
  await parts.bury(claim.launch?.force ? { ...request, by: 'force' } : request)
  const failure = { code, reason, attempts: claim.attempt + 1 }
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const pushed = (await parts.store.get(target))?.dirty ?? false
    // what was pushed while it failed starts anew, with all its tries, once the claim is closed
    if (pushed) await parts.ask({ ...target, reason: 'push', attempt: 0 }, ANEW_SECONDS)
    const left = await giveUp(parts, target, { ...failure, claim: { id: claim.id, evenDirty: pushed } })
    if (left !== 'dirty') return left === 'done' ? 'failed' : 'closed-before'
  }
  throw busy(target)
}

const requestOf = ({ repository, replica }: Target, { reason }: Claim, attempt: number): Request => ({
  repository,
  replica,
  reason,
  attempt,
})

const busy = (target: Target): RelayError =>
  new RelayError('CLAIM_LOST', { replica: addressText(target.replica), rounds: MAX_ROUNDS })
