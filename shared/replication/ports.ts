import type { DetailOf, RelayDetailType, ReplicationRequest } from '../events/types.ts'
import type { Log } from '../runtime/log.ts'
import type { Once } from '../store/idempotency.ts'
import type { ReplicaStore } from '../store/replicas.ts'
import type { RefReader } from './prove.ts'

/** Puts one of Relay's own events on the bus. */
export type Emit = <T extends RelayDetailType>(detailType: T, detail: DetailOf<T>) => Promise<void>

export type Request = Pick<ReplicationRequest, 'repository' | 'replica' | 'reason' | 'attempt'>

/** Puts a request for work into the replicate queue, to be seen after so many seconds (0 to 900). */
export type Ask = (request: Request, delaySeconds: number) => Promise<void>

/** What every step of replication works with. */
export interface Parts {
  readonly reader: RefReader
  readonly store: ReplicaStore
  readonly once: Once['once']
  readonly emit: Emit
  /** milliseconds since the epoch */
  readonly now: () => number
  readonly log: Log
}
