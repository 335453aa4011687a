import { randomUUID } from 'node:crypto'
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { createCodeCommit } from '../../shared/codecommit/access.ts'
import { loadConfig } from '../../shared/config/load.ts'
import { lazyBus, lazyQueues } from '../../shared/runtime/aws-clients.ts'
import { entry } from '../../shared/runtime/entry.ts'
import { account, optionalText, readEnvironment, text, url } from '../../shared/runtime/environment.ts'
import { createMeter } from '../../shared/runtime/metrics.ts'
import { openTable } from '../../shared/store/table.ts'
import { createMirrorStopped } from './handler.ts'

const settings = readEnvironment(process.env, {
  table: text('RELAY_TABLE'),
  replicateQueue: url('RELAY_REPLICATE_QUEUE_URL'),
  replicateDeadLetters: url('RELAY_REPLICATE_DLQ_URL'),
  scanQueue: url('RELAY_SCAN_QUEUE_URL'),
  scanDeadLetters: url('RELAY_SCAN_DLQ_URL'),
  bus: text('RELAY_BUS'),
  stack: text('RELAY_STACK'),
  account: account('RELAY_ACCOUNT'),
  region: text('AWS_REGION'),
  gitEndpoint: optionalText('RELAY_GIT_ENDPOINT'),
})
const now = Date.now

export const handler = entry(
  { service: 'mirror-stopped', now },
  createMirrorStopped({
    config: loadConfig(new URL('./relay.json', import.meta.url)),
    own: { account: settings.account, region: settings.region },
    bus: settings.bus,
    replicateQueue: settings.replicateQueue,
    replicateDeadLetters: settings.replicateDeadLetters,
    scanQueue: settings.scanQueue,
    scanDeadLetters: settings.scanDeadLetters,
    reader: createCodeCommit({ gitEndpoint: settings.gitEndpoint, region: settings.region, now }),
    table: openTable({ client: new DynamoDBClient(), name: settings.table }),
    events: lazyBus(),
    queues: lazyQueues(),
    meter: createMeter({ stack: settings.stack, now, write: (line) => process.stdout.write(`${line}\n`) }),
    now,
    random: Math.random,
    id: randomUUID,
  }),
)
