import { addressText } from '../codecommit/address.ts'
import type { Code } from '../runtime/errors.ts'
import type { Pair, Proof, ReplicaRecord } from '../store/records.ts'
import type { Left } from '../store/replicas.ts'
import type { Parts } from './ports.ts'
import { nextStepOf } from './retry.ts'

/** How long a failure that was told is remembered by its key: as long as SQS may keep the message it came from. */
const TOLD_SECONDS = 14 * 24 * 3600
const TELL_LEASE_SECONDS = 60

/**
 * Tells the bus that a mirror's work was proven. Call before the claim is closed: killed in between, it is told twice rather
 * than never. Nothing is told when no mirror ran since the last proof.
 */
export const tellUpdated = async (
  { emit }: Pick<Parts, 'emit'>,
  record: ReplicaRecord | undefined,
  proof: Proof,
  reason: string,
): Promise<boolean> => {
  if (!record?.pending) return false
  const { repository, replica, pending, waitingSince } = record
  await emit('Replica Updated', {
    repository,
    replica,
    refs: proof.refs,
    ...pending,
    digest: proof.digest,
    ...(waitingSince === undefined ? {} : { replicaLagMs: Math.max(0, Date.parse(proof.at) - waitingSince) }),
    way: 'mirror',
    wayReason: reason,
    reason,
    provenAt: proof.at,
  })
  return true
}

export interface GivingUp {
  /** names this failure: it is told once */
  readonly key: string
  readonly code: Code
  readonly reason: string
  /** mirror runs, or tries of the message, in all */
  readonly attempts: number
  /** why the work was begun */
  readonly cause: string
  /** closed with it; `evenDirty`: whoever marked it is served by a request that will be seen after this */
  readonly claim?: { readonly id: string; readonly evenDirty: boolean }
}

/** Reason of the work that the sweep asks for; it comes again with every sweep. */
export const SWEEP_REASON = 'sweep'

/**
 * Tells the bus, once, that Relay gave up, and notes it. The sweep tries a failed replica again and again: as long as it fails
 * for the same reason, people are not told again.
 */
export const giveUp = async (parts: Parts, pair: Pair, failure: GivingUp): Promise<Left> => {
  const { key, code, reason, attempts, cause, claim } = failure
  const known = (await parts.store.get(pair))?.failure
  if (cause.startsWith(SWEEP_REASON) && known?.code === code) {
    parts.log.warn('still failing', { replica: addressText(pair.replica), code, reason, attempts })
  } else {
    await parts.once(`mirror-failed/${key}`, TELL_LEASE_SECONDS, TOLD_SECONDS, () =>
      parts.emit('Mirror Failed', {
        repository: plain(pair.repository),
        replica: plain(pair.replica),
        attempts,
        code,
        reason,
        nextStep: nextStepOf(code),
      }),
    )
  }
  const at = new Date(parts.now()).toISOString()
  return parts.store.markFailed(pair, { code, reason, attempts, at }, claim)
}

const plain = ({ account, region, name }: Pair['repository']) => ({ account, region, name })
