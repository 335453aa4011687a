import { randomUUID } from 'node:crypto'
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { chooses } from '../../shared/config/glob.ts'
import { loadConfig } from '../../shared/config/load.ts'
import { decodeBody } from '../../shared/events/decode.ts'
import { createDeliver, lazyTopics } from '../../shared/notices/deliver.ts'
import { entry } from '../../shared/runtime/entry.ts'
import { readEnvironment, text, textMap } from '../../shared/runtime/environment.ts'
import { openOnce } from '../../shared/store/idempotency.ts'
import { openTable } from '../../shared/store/table.ts'
import { destinationsOf } from './destinations.ts'
import { createNotify } from './handler.ts'

/** Longer than an invocation may take, so that a lease never ends while its holder is at work. */
const LEASE_SECONDS = 120
/** Longer than the queue keeps a message that is tried again and again. */
const KEEP_SECONDS = 5 * 24 * 60 * 60

const { tableName, topicArns, functionName } = readEnvironment(process.env, {
  tableName: text('RELAY_TABLE'),
  topicArns: textMap('RELAY_TOPICS'),
  // set by Lambda itself
  functionName: text('AWS_LAMBDA_FUNCTION_NAME'),
})
// the stack names its functions NAME-STAGE-notify and its roles NAME-STAGE-REGION-…
const ownRoles = `:assumed-role/${functionName.replace(/notify$/, '')}`
const config = loadConfig(new URL('./relay.json', import.meta.url))
// a full batch claims many keys at once, which then wait for a connection
const client = new DynamoDBClient({ requestHandler: { connectionTimeout: 10_000 } })
const table = openTable({ client, name: tableName })
const { once } = openOnce({ table, now: Date.now, id: randomUUID })

export const handler = entry(
  { service: 'notify', now: Date.now },
  createNotify({
    notify: config.notify,
    destinations: destinationsOf(config.topics, topicArns),
    decodeBody,
    chooses,
    once: (key, work) => once(key, LEASE_SECONDS, KEEP_SECONDS, work),
    deliver: createDeliver(lazyTopics()),
    isOwn: (actor) => actor.includes(ownRoles),
  }),
)
