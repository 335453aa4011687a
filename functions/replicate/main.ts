import { randomUUID } from 'node:crypto'
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { createCodeCommit } from '../../shared/codecommit/access.ts'
import { loadConfig } from '../../shared/config/load.ts'
import { lazyBus, lazyTasks } from '../../shared/runtime/aws-clients.ts'
import { entry } from '../../shared/runtime/entry.ts'
import {
  account,
  count,
  list,
  oneOf,
  optionalText,
  readEnvironment,
  text,
} from '../../shared/runtime/environment.ts'
import { openTable } from '../../shared/store/table.ts'
import { createReplicate } from './handler.ts'

const settings = readEnvironment(process.env, {
  table: text('RELAY_TABLE'),
  bus: text('RELAY_BUS'),
  account: account('RELAY_ACCOUNT'),
  region: text('AWS_REGION'),
  cluster: text('RELAY_CLUSTER'),
  taskDefinition: text('RELAY_TASK_DEFINITION'),
  subnets: list('RELAY_SUBNETS'),
  securityGroups: list('RELAY_SECURITY_GROUPS'),
  assignPublicIp: oneOf('RELAY_ASSIGN_PUBLIC_IP', ['ENABLED', 'DISABLED']),
  maxReceives: count('RELAY_MAX_RECEIVES'),
  gitEndpoint: optionalText('RELAY_GIT_ENDPOINT'),
})
const now = Date.now

export const handler = entry(
  { service: 'replicate', now },
  createReplicate({
    config: loadConfig(new URL('./relay.json', import.meta.url)),
    own: settings,
    place: settings,
    bus: settings.bus,
    maxReceives: settings.maxReceives,
    reader: createCodeCommit({ gitEndpoint: settings.gitEndpoint, region: settings.region, now }),
    table: openTable({ client: new DynamoDBClient(), name: settings.table }),
    events: lazyBus(),
    tasks: lazyTasks(),
    now,
    id: randomUUID,
  }),
)
