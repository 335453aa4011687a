import { randomUUID } from 'node:crypto'
import { tmpdir } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { createCodeCommit } from '../../shared/codecommit/access.ts'
import { addressText } from '../../shared/codecommit/address.ts'
import { loadConfig } from '../../shared/config/load.ts'
import { createGitClient } from '../../shared/git/client.ts'
import { openPack } from '../../shared/git/pack/open.ts'
import { lazyBus, lazyQueues, lazySecrets } from '../../shared/runtime/aws-clients.ts'
import { entry } from '../../shared/runtime/entry.ts'
import { account, count, optionalText, readEnvironment, text, url } from '../../shared/runtime/environment.ts'
import { readKeys } from '../../shared/scanning/push/keys.ts'
import { loadRules } from '../../shared/scanning/push/shipped.ts'
import { enginesOf } from '../../shared/scanning/walk/engines.ts'
import { createJudged } from '../../shared/scanning/walk/judged.ts'
import { walk } from '../../shared/scanning/walk/walk.ts'
import { openTable } from '../../shared/store/table.ts'
import { createScan } from './handler.ts'

const settings = readEnvironment(process.env, {
  table: text('RELAY_TABLE'),
  bus: text('RELAY_BUS'),
  account: account('RELAY_ACCOUNT'),
  region: text('AWS_REGION'),
  scanQueue: url('RELAY_SCAN_QUEUE_URL'),
  maxReceives: count('RELAY_MAX_RECEIVES'),
  fingerprintKey: text('RELAY_FINGERPRINT_KEY'),
  gitEndpoint: optionalText('RELAY_GIT_ENDPOINT'),
})
const now = Date.now
const codecommit = createCodeCommit({ gitEndpoint: settings.gitEndpoint, region: settings.region, now })
/** Of the repositories scanned lately: some megabytes each. */
const MOST_JUDGED = 20
const judged = new Map<string, ReturnType<typeof createJudged>>()

export const handler = entry(
  { service: 'scan', now },
  createScan({
    ...settings,
    config: loadConfig(new URL('./relay.json', import.meta.url)),
    own: { account: settings.account, region: settings.region },
    contents: codecommit,
    listRepositories: codecommit.listRepositories,
    git: createGitClient(),
    remote: codecommit.gitRemote,
    openPack,
    walk,
    shipped: loadRules(new URL('./rules.json', import.meta.url)),
    enginesOf: (compiled) => enginesOf(compiled),
    keys: readKeys(lazySecrets(), settings.fingerprintKey, now),
    judgedOf: (repository) => {
      const name = addressText(repository)
      const known = judged.get(name) ?? createJudged()
      judged.delete(name)
      judged.set(name, known)
      if (judged.size > MOST_JUDGED) judged.delete(judged.keys().next().value ?? '')
      return known
    },
    folder: tmpdir(),
    table: openTable({ client: new DynamoDBClient(), name: settings.table }),
    events: lazyBus(),
    queues: lazyQueues(),
    pause: (milliseconds) => sleep(milliseconds),
    now,
    random: Math.random,
    id: randomUUID,
  }),
)
