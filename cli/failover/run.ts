import { addressText, type RepositoryAddress } from '../../shared/codecommit/address.ts'
import { RelayError } from '../../shared/runtime/errors.ts'
import { openLease } from '../../shared/runtime/lease.ts'
import type { Run, Runs } from '../../shared/store/procedures.ts'
import { UserError } from '../errors.ts'
import { underLease } from '../lease.ts'

/** A run that is killed keeps others off for so long. */
const LEASE_MS = 10_000
const BEAT_MS = 2_500
/** Waits so long for another run: it is over then, or somebody is at it who can be asked. */
const PATIENCE_MS = 60_000
const LOOK_AGAIN_MS = 1_000

export interface RunParts {
  readonly runs: Runs
  /** ARN of whoever runs it */
  readonly by: string
  readonly id: () => string
  readonly now: () => number
  readonly pause: (milliseconds: number) => Promise<unknown>
  readonly signal: AbortSignal
}

/** One's own run, while it lasts. */
export interface OwnRun {
  /** ends when the caller is told to stop, or another has taken over */
  readonly signal: AbortSignal
  /** asked before what another run must not find done behind its back. @throws RelayError CLAIM_LOST */
  readonly check: () => Promise<void>
}

/**
 * Does the work while no other run is at the same repository: of two operators the second one waits, and then finds what the first has
 * done. Two at once would relay the old way after the swap, over what was pushed to the new source.
 * @param onWait told of the other one, once
 * @throws UserError when that one goes on and on; RelayError CLAIM_LOST; the reason of `signal`; what `work` throws
 */
export const alone = async <T>(
  parts: RunParts,
  origin: RepositoryAddress,
  onWait: (run: Run | undefined) => void,
  work: (run: OwnRun) => Promise<T>,
): Promise<T> => {
  const { runs, now } = parts
  const id = await take(parts, origin, onWait)
  const facts = { repository: addressText(origin), run: id }
  const extend = (until: number) => runs.extend(origin, id, until)
  const check = async () => {
    if (!(await extend(now() + LEASE_MS))) throw new RelayError('CLAIM_LOST', facts)
  }
  const terms = { leaseMs: LEASE_MS, beatMs: BEAT_MS, until: now() + LEASE_MS, facts }
  return underLease(
    parts.signal,
    (keeping) => openLease({ extend, now, ...keeping }, terms),
    (signal) => work({ signal, check }),
    () => runs.giveBack(origin, id),
  )
}

const take = async (
  { runs, by, id, now, pause, signal }: RunParts,
  origin: RepositoryAddress,
  onWait: (run: Run | undefined) => void,
): Promise<string> => {
  const run = id()
  const begun = now()
  for (let looks = 0; ; looks += 1) {
    signal.throwIfAborted()
    const at = now()
    if (await runs.take(origin, { id: run, by, until: at + LEASE_MS }, at)) return run
    const holder = await runs.holder(origin)
    if (looks === 0) onWait(holder)
    if (now() - begun > PATIENCE_MS)
      throw new UserError(
        `${holder?.by ?? 'Somebody'} is at a failover or failback of ${origin.name} right now.`,
        'Nothing was done. Ask them, or run this again when it is over.',
      )
    await pause(LOOK_AGAIN_MS)
  }
}
