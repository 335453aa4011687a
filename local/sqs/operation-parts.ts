import type { Parts } from '../contracts.ts'
import type { Call } from '../gateway/service.ts'
import { arnOfUrl, checkOwnAccount } from './address.ts'
import type { LiveQueue, Queues } from './queues.ts'
import type { Waiting } from './waiting.ts'

/** What the operations work on. */
export interface OperationParts {
  readonly parts: Parts
  readonly queues: Queues
  readonly waiting: Waiting
  readonly baseUrl: () => string
}

/** The queue that a call names by its URL. @throws AwsError QueueDoesNotExist, AccessDeniedException */
export const queueOf = (queues: Queues, url: string | undefined, call: Call): LiveQueue => {
  const arn = arnOfUrl(url, call)
  checkOwnAccount(arn, call)
  return queues.find(arn)
}
