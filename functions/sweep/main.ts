import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { createCodeCommit } from '../../shared/codecommit/access.ts'
import { loadConfig } from '../../shared/config/load.ts'
import { createEmitter } from '../../shared/events/emit.ts'
import { createGitClient } from '../../shared/git/client.ts'
import { lazyBus, lazyQueues, lazyTasks } from '../../shared/runtime/aws-clients.ts'
import { entry } from '../../shared/runtime/entry.ts'
import { account, optionalText, readEnvironment, text, url } from '../../shared/runtime/environment.ts'
import { createMeter } from '../../shared/runtime/metrics.ts'
import { openTable } from '../../shared/store/table.ts'
import { createSweep } from './handler.ts'
import { upkeepWith } from './upkeep.ts'

const settings = readEnvironment(process.env, {
  table: text('RELAY_TABLE'),
  replicateQueue: url('RELAY_REPLICATE_QUEUE_URL'),
  sweepQueue: url('RELAY_SWEEP_QUEUE_URL'),
  bus: text('RELAY_BUS'),
  stack: text('RELAY_STACK'),
  account: account('RELAY_ACCOUNT'),
  region: text('AWS_REGION'),
  gitEndpoint: optionalText('RELAY_GIT_ENDPOINT'),
})
const now = Date.now
/** A server that hangs holds its lane for no longer; whoever is slower is left to replicate. */
const READ_TIMEOUT_MS = 15_000

const own = { account: settings.account, region: settings.region }
const config = loadConfig(new URL('./relay.json', import.meta.url))
const table = openTable({ client: new DynamoDBClient(), name: settings.table })
const events = lazyBus()
const codecommit = createCodeCommit({
  gitEndpoint: settings.gitEndpoint,
  region: settings.region,
  now,
  timeoutMs: READ_TIMEOUT_MS,
})

export const handler = entry(
  { service: 'sweep', now },
  createSweep({
    config,
    own,
    table,
    events,
    bus: settings.bus,
    replicateQueue: settings.replicateQueue,
    sweepQueue: settings.sweepQueue,
    reader: codecommit,
    queues: lazyQueues(),
    tasks: lazyTasks(),
    now,
    pause: sleep,
    id: randomUUID,
    meter: createMeter({ stack: settings.stack, now, write: (line) => process.stdout.write(`${line}\n`) }),
    upkeep: upkeepWith({
      config,
      own,
      codecommit,
      table,
      now,
      git: createGitClient(),
      emit: createEmitter({ client: events, bus: settings.bus }).emit,
    }),
  }),
)
