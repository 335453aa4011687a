import { addressText, type RepositoryAddress } from '../../shared/codecommit/address.ts'
import { RelayError } from '../../shared/runtime/errors.ts'
import { describeFailure, type Log } from '../../shared/runtime/log.ts'
import type { ScanMarkStore } from '../../shared/store/scan-marks.ts'

/** A task that dies keeps others from its repository for so long at most. */
const LEASE_MS = 180_000
const BEAT_MS = 30_000

export interface ClaimParts {
  readonly marks: Pick<ScanMarkStore, 'extend'>
  readonly now: () => number
  readonly pause: (milliseconds: number) => Promise<unknown>
  readonly log: Log
}

/**
 * Extends the claim under which the task was started, for as long as it is the task's.
 * @returns only by throwing
 * @throws RelayError CLAIM_LOST when another has it, or it could not be extended until it ran out
 */
export const keepClaim = async (
  { marks, now, pause, log }: ClaimParts,
  repository: RepositoryAddress,
  claim: string,
): Promise<never> => {
  for (let until = now() + BEAT_MS; ; await pause(BEAT_MS)) {
    const next = now() + LEASE_MS
    try {
      if (!(await marks.extend(repository, claim, next))) break
      until = next
    } catch (error) {
      log.warn('claim not extended', { claim, ...describeFailure(error) })
      if (now() >= until - BEAT_MS) break
    }
  }
  throw new RelayError('CLAIM_LOST', { repository: addressText(repository), claim })
}
