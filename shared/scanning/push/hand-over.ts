import { addressText, type RepositoryAddress } from '../../codecommit/address.ts'
import type { RepositoryEvent } from '../../events/types.ts'
import { codeOf, RelayError } from '../../runtime/errors.ts'
import { isUnsure, type TaskOrder } from '../../runtime/run-task.ts'
import type { ScanMarkStore } from '../../store/scan-marks.ts'
import type { ScanParts } from './ports.ts'
import { shownByShipped } from './ref-names.ts'
import { hintsOf } from './tips.ts'

/** Why a scan goes on in a task; `died`: whoever was at it came to no end, as a process that takes too much memory. */
export type Reason = 'time' | 'size' | 'died' | 'before'

/** An answer that was cut off by the deadline comes a little before it, or after. */
const CLOSE_MS = 1_000

/**
 * Whether a failed scan is one for more room.
 * @param left milliseconds of its time
 */
export const reasonOf = (error: unknown, left: number): Reason | undefined => {
  const code = codeOf(error)
  if (code === 'GIT_LIMIT') return 'size'
  if (code === 'SCAN_UNFINISHED') return (error as RelayError).data?.reason === 'size' ? 'size' : 'time'
  return left <= CLOSE_MS ? 'time' : undefined
}

/** A task is waited for so long: an image is pulled meanwhile. Afterwards anybody may begin again. */
const START_MS = 600_000

export interface HandOverParts extends Pick<ScanParts, 'shipped' | 'enginesOf' | 'keys'> {
  readonly marks: ScanMarkStore
  /** @throws RelayError SCAN_NOT_STARTED */
  readonly start: (order: TaskOrder) => Promise<string>
  readonly now: () => number
  /** unique text */
  readonly id: () => string
  readonly log: ScanParts['log']
}

/** What is handed over by whom, who holds the claim. */
export interface HandOver {
  readonly repository: RepositoryAddress
  readonly events: readonly RepositoryEvent[]
  readonly owner: string
  readonly reason: Reason
}

/**
 * Starts the task, and gives it the claim before: there is never more than one at it. What only the events know is written down.
 * @throws RelayError SCAN_NOT_STARTED; CLAIM_LOST. Nothing is lost: whoever comes next hands over at once
 */
export const handOver = async (
  parts: HandOverParts,
  { repository, events, owner, reason }: HandOver,
): Promise<void> => {
  const { marks, now, log } = parts
  const failed = await marks.noteTask(repository)
  await marks.hint(repository, hintsOf(await shownByShipped(parts, events)), now())
  const token = parts.id()
  if (!(await marks.pass(repository, owner, token, now() + START_MS)))
    throw new RelayError('CLAIM_LOST', { repository: addressText(repository) })
  try {
    const { account, region, name } = repository
    const environment = {
      RELAY_SCAN: JSON.stringify({ account, region, name }),
      RELAY_SCAN_CLAIM: token,
      RELAY_ATTEMPT: String(failed),
      RELAY_REASON: reason,
    }
    const task = await parts.start({ container: 'scan', environment, token, repository: name })
    log.info('scan handed over', { repository: addressText(repository), reason, failed, task })
  } catch (error) {
    // a task that may have started keeps the claim until it should be there
    if (!isUnsure(error)) await marks.release(repository, token)
    throw error
  }
}
