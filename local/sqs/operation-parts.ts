import type { Parts } from '../contracts.ts'
import type { Call } from '../gateway/service.ts'
import { arnOfUrl, checkOwnAccount } from './address.ts'
import type { Encryption } from './encryption.ts'
import type { LiveQueue, Queues } from './live.ts'
import type { MoveTasks } from './move-tasks.ts'
import type { Waiting } from './waiting.ts'

/** What the operations work on. */
export interface OperationParts {
  readonly parts: Parts
  readonly queues: Queues
  readonly waiting: Waiting
  readonly moves: MoveTasks
  readonly encryption: Encryption
  readonly baseUrl: () => string
  /** how long the name of a deleted queue cannot be taken again */
  readonly nameRestMs: number
}

/**
 * The queue that a call names by its URL; another account's is reached where its policy lets the caller in, which was judged before.
 * @throws AwsError QueueDoesNotExist
 */
export const queueOf = (queues: Queues, url: string | undefined, call: Call): LiveQueue =>
  queues.find(arnOfUrl(url, call))

/** For operations that reach the caller's own queues only. @throws AwsError QueueDoesNotExist, AccessDeniedException */
export const ownQueueOf = (queues: Queues, url: string | undefined, call: Call): LiveQueue => {
  const arn = arnOfUrl(url, call)
  checkOwnAccount(arn, call)
  return queues.find(arn)
}
