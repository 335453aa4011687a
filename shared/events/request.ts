import { plainAddress } from '../codecommit/address.ts'
import { RELAY_SOURCE, type ReplicationRequest, type ScanRequest } from './types.ts'

/**
 * A `Replication Requested` in the form of an EventBridge envelope, ready for the replicate queue.
 * @param work what to compare and why; `attempt` counts the mirror runs already tried for it
 * @param stamp id and time (milliseconds since the epoch) of the envelope, and who sends it
 */
export const replicationRequested = (
  work: Pick<ReplicationRequest, 'repository' | 'replica' | 'reason' | 'attempt' | 'by'>,
  stamp: Stamp,
): string =>
  enveloped('Replication Requested', stamp, {
    repository: plainAddress(work.repository),
    ...(work.replica ? { replica: plainAddress(work.replica) } : {}),
    reason: work.reason,
    attempt: work.attempt,
    ...(work.by === undefined ? {} : { by: work.by }),
  })

/** A `Scan Requested`, ready for the scan queue. */
export const scanRequested = (work: Pick<ScanRequest, 'repository' | 'reason'>, stamp: Stamp): string =>
  enveloped('Scan Requested', stamp, { repository: plainAddress(work.repository), reason: work.reason })

/** Of an envelope: its id and time, and who sends it. */
export interface Stamp {
  readonly id: string
  /** milliseconds since the epoch */
  readonly now: number
  readonly account: string
  readonly region: string
}

const enveloped = (detailType: string, stamp: Stamp, detail: object): string =>
  JSON.stringify({
    version: '0',
    id: stamp.id,
    'detail-type': detailType,
    source: RELAY_SOURCE,
    account: stamp.account,
    time: new Date(stamp.now).toISOString(),
    region: stamp.region,
    resources: [],
    detail,
  })

/** Without role and external id, which belong to the configuration. */
