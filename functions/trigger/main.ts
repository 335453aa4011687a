import { lazyQueues } from '../../shared/runtime/aws-clients.ts'
import { entry } from '../../shared/runtime/entry.ts'
import { readEnvironment, url } from '../../shared/runtime/environment.ts'
import { createTrigger } from './handler.ts'

const settings = readEnvironment(process.env, {
  replicateQueue: url('RELAY_REPLICATE_QUEUE_URL'),
  notifyQueue: url('RELAY_NOTIFY_QUEUE_URL'),
  scanQueue: url('RELAY_SCAN_QUEUE_URL'),
})

export const handler = entry(
  { service: 'trigger', now: Date.now },
  createTrigger({ ...settings, queues: lazyQueues() }),
)
