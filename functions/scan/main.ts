import { randomUUID } from 'node:crypto'
import { tmpdir } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { createCodeCommit } from '../../shared/codecommit/access.ts'
import { loadConfig } from '../../shared/config/load.ts'
import { createGitClient } from '../../shared/git/client.ts'
import { limitsFor } from '../../shared/git/pack/limits.ts'
import { lazyBus, lazyQueues, lazySecrets, lazyTasks } from '../../shared/runtime/aws-clients.ts'
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
import { scanTools } from '../../shared/scanning/push/tools.ts'
import { openTable } from '../../shared/store/table.ts'
import { createScan } from './handler.ts'

const settings = readEnvironment(process.env, {
  table: text('RELAY_TABLE'),
  bus: text('RELAY_BUS'),
  account: account('RELAY_ACCOUNT'),
  region: text('AWS_REGION'),
  scanQueue: url('RELAY_SCAN_QUEUE_URL'),
  maxReceives: count('RELAY_MAX_RECEIVES'),
  fingerprintKey: text('RELAY_FINGERPRINT_SECRET'),
  memory: count('AWS_LAMBDA_FUNCTION_MEMORY_SIZE'),
  cluster: text('RELAY_CLUSTER'),
  taskDefinition: text('RELAY_SCAN_TASK_DEFINITION'),
  subnets: list('RELAY_SUBNETS'),
  securityGroups: list('RELAY_SECURITY_GROUPS'),
  assignPublicIp: oneOf('RELAY_ASSIGN_PUBLIC_IP', ['ENABLED', 'DISABLED']),
  gitEndpoint: optionalText('RELAY_GIT_ENDPOINT'),
})
const now = Date.now
const codecommit = createCodeCommit({ gitEndpoint: settings.gitEndpoint, region: settings.region, now })

export const handler = entry(
  { service: 'scan', now },
  createScan({
    ...settings,
    ...scanTools({
      rules: new URL('./rules.json.br', import.meta.url),
      secrets: lazySecrets(),
      fingerprintKey: settings.fingerprintKey,
      now,
    }),
    config: loadConfig(new URL('./relay.json', import.meta.url)),
    own: { account: settings.account, region: settings.region },
    contents: codecommit,
    listRepositories: codecommit.listRepositories,
    git: createGitClient(),
    remote: codecommit.gitRemote,
    folder: tmpdir(),
    limits: limitsFor(settings.memory),
    table: openTable({ client: new DynamoDBClient(), name: settings.table }),
    events: lazyBus(),
    queues: lazyQueues(),
    tasks: lazyTasks(),
    place: settings,
    pause: (milliseconds, signal) => sleep(milliseconds, undefined, { ...(signal && { signal }) }),
    random: Math.random,
    id: randomUUID,
  }),
)
