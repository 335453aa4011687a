import { randomUUID } from 'node:crypto'
import { tmpdir } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { createCodeCommit } from '../../shared/codecommit/access.ts'
import { loadConfig } from '../../shared/config/load.ts'
import { createGitClient } from '../../shared/git/client.ts'
import { replayMoves } from '../../shared/replication/relay/fast-path.ts'
import { relay } from '../../shared/replication/relay/relay.ts'
import { lazyBus, lazyQueues, lazyTasks } from '../../shared/runtime/aws-clients.ts'
import { entry } from '../../shared/runtime/entry.ts'
import {
  account,
  count,
  list,
  oneOf,
  optionalText,
  readEnvironment,
  text,
  url,
} from '../../shared/runtime/environment.ts'
import { createMeter } from '../../shared/runtime/metrics.ts'
import { openTable } from '../../shared/store/table.ts'
import { createReplicate } from './handler.ts'
import { outfitWith } from './outfit.ts'

/** Of the 512 MB that a function has below its temporary folder: packs side by side need room, too. */
const SPOOL_BYTES = 200 * 1024 ** 2

const settings = readEnvironment(process.env, {
  table: text('RELAY_TABLE'),
  bus: text('RELAY_BUS'),
  account: account('RELAY_ACCOUNT'),
  region: text('AWS_REGION'),
  memory: count('AWS_LAMBDA_FUNCTION_MEMORY_SIZE'),
  stack: text('RELAY_STACK'),
  cluster: text('RELAY_CLUSTER'),
  taskDefinition: text('RELAY_TASK_DEFINITION'),
  subnets: list('RELAY_SUBNETS'),
  securityGroups: list('RELAY_SECURITY_GROUPS'),
  assignPublicIp: oneOf('RELAY_ASSIGN_PUBLIC_IP', ['ENABLED', 'DISABLED']),
  replicateQueue: url('RELAY_OWN_QUEUE_URL'),
  maxReceives: count('RELAY_MAX_RECEIVES'),
  gitEndpoint: optionalText('RELAY_GIT_ENDPOINT'),
})
const now = Date.now
const config = loadConfig(new URL('./relay.json', import.meta.url))
const codecommit = createCodeCommit({ gitEndpoint: settings.gitEndpoint, region: settings.region, now })
// one for the process: what it learns about servers, and its connections, are kept while the function is warm
const git = createGitClient({ spool: { folder: tmpdir(), bytes: SPOOL_BYTES } })
const table = openTable({ client: new DynamoDBClient(), name: settings.table })

export const handler = entry(
  { service: 'replicate', now },
  createReplicate({
    ...settings,
    config,
    own: settings,
    place: settings,
    reader: codecommit,
    relay,
    fastPath: replayMoves,
    git,
    remote: codecommit.gitRemote,
    pause: (milliseconds, signal) => sleep(milliseconds, undefined, signal ? { signal } : {}),
    outfit: outfitWith({ config, codecommit, git, table, now }),
    table,
    events: lazyBus(),
    queues: lazyQueues(),
    tasks: lazyTasks(),
    meter: createMeter({ stack: settings.stack, now, write: (line) => process.stdout.write(`${line}\n`) }),
    now,
    random: Math.random,
    id: randomUUID,
  }),
)
