import { setTimeout as sleep } from 'node:timers/promises'
import { CloudWatchLogsClient, FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs'
import { CodeCommitClient, CreateCommitCommand, CreateRepositoryCommand } from '@aws-sdk/client-codecommit'
import { DynamoDBClient, UpdateItemCommand } from '@aws-sdk/client-dynamodb'
import { GetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs'
import type { Faults } from '../../local/contracts.ts'
import { advertised } from '../support/advertised.ts'
import { type LiveCloud, raiseCloud } from '../support/live-cloud.ts'
import { type GitGate, openGitGate } from './git-gate.ts'

/** Regions of the two replicas. */
const REPLICAS = ['eu-west-1', 'eu-central-1'] as const
const UNREACHABLE = { region: 'eu-west-1', name: 'r-3' }

export interface SweepTrial {
  readonly repositories: number
  /** advertisements that the sweep gets before it is killed */
  readonly killAfter: number
  /** sweeps after the one in which all became equal */
  readonly more: number
  /** false: the silence of the killed sweep is waited for; true: it is taken for over */
  readonly hurry: boolean
  readonly minutes: number
  readonly say?: (line: string) => void
}

export interface SweepFound {
  /** `region/name` of replicas that differ from their source at the end, the unreachable one among them */
  readonly different: readonly string[]
  /** `sweep taken up again` in the function's log */
  readonly resumed: readonly { readonly slices: number }[]
  readonly killed: number
  /** `region/name` by `Mirror Failed` */
  readonly failed: readonly string[]
  readonly deadLetters: number
  readonly seconds: number
}

export const unreachableReplica = `${UNREACHABLE.region}/${UNREACHABLE.name}`

const CONFIG = `version: 1
sweep: { everyMinutes: 2 }
replicate:
  - repositories: ['r-*']
    to: [{ region: ${REPLICAS[0]} }, { region: ${REPLICAS[1]} }]
`

/**
 * The sweep alone makes the replicas of a cloud in which no event is heard of: its function is killed in the middle of its work, and
 * one replica never answers.
 */
export const tryTheSweep = async (trial: SweepTrial): Promise<SweepFound> => {
  const begun = performance.now()
  const { say = () => undefined } = trial
  const gate = await openGitGate((request) =>
    request.region === UNREACHABLE.region && request.name === UNREACHABLE.name ? 'cut' : 'pass',
  )
  const names = Array.from({ length: trial.repositories }, (_, index) => `r-${index}`)
  let doomed = true
  const faults: Partial<Faults> = {
    event: (envelope) => (envelope.source === 'aws.codecommit' ? [] : [{ envelope, delayMs: 0 }]),
    // nobody who begins after that one: the silence of a second would be waited for
    process: ({ arn }) => (doomed && arn.includes('-sweep') ? { killOn: gate.untilHeld() } : {}),
  }
  const live = await raiseCloud({
    config: CONFIG,
    faults,
    regions: ['us-east-1', ...REPLICAS],
    gitPort: () => gate.port,
    // the schedule begins its first sweep at once: it finds all of them, and is the first that asks, and the one that is killed
    prepare: async (cloud, aws) => {
      gate.forwardTo(cloud.port)
      await makeSources(aws, names)
      say(`${names.length} sources made`)
      gate.holdAfter(trial.killAfter)
      void gate.untilHeld().then(() => {
        doomed = false
      })
    },
  })
  try {
    await until(() => !gate.holding)
    say('killed in the middle')
    if (trial.hurry) await silenceIsOver(live)
    const end = performance.now() + trial.minutes * 60_000
    let different = await differing(live, names, advertised)
    while (different.some((one) => one !== unreachableReplica) && performance.now() < end) {
      // again and again: one that comes while another is under way does nothing
      await live.sweep()
      await sleep(trial.hurry ? 500 : 5_000)
      const left = new Set(different.map((one) => one.split('/')[1] ?? ''))
      different = await differing(live, [...left], advertised)
      say(`${different.length} of ${2 * names.length} replicas differ`)
    }
    await live.untilEvent('Mirror Failed')
    say('the unreachable one was given up')
    for (let count = 0; count < trial.more; count += 1) {
      await oneMoreSweep(live, gate, names.length)
      say('swept once more')
    }
    return {
      different: await differing(live, names, seenByGit(live)),
      killed: (await logged(live, '"signal: killed"')).length,
      resumed: (await logged(live, '"sweep taken up again"'))
        .map((line) => JSON.parse(line.slice(line.indexOf('{'))) as { slices: number })
        .map(({ slices }) => ({ slices })),
      failed: live.events
        .filter((event) => event['detail-type'] === 'Mirror Failed')
        .map(({ detail }) => (detail as { replica: { region: string; name: string } }).replica)
        .map(({ region, name }) => `${region}/${name}`),
      deadLetters: await lettersIn(live),
      seconds: Math.round((performance.now() - begun) / 1000),
    }
  } finally {
    await live.stop()
    gate.close()
  }
}

const makeSources = async (aws: LiveCloud['aws'], names: readonly string[]): Promise<void> => {
  const codecommit = new CodeCommitClient(aws)
  for (const repositoryName of names) {
    await codecommit.send(new CreateRepositoryCommand({ repositoryName }))
    const putFiles = [{ filePath: 'name.txt', fileContent: Buffer.from(repositoryName) }]
    await codecommit.send(new CreateCommitCommand({ repositoryName, branchName: 'main', putFiles }))
  }
}

/** As if the killed sweep had been silent for long enough. */
const silenceIsOver = async (live: LiveCloud): Promise<void> => {
  await new DynamoDBClient(live.aws).send(
    new UpdateItemCommand({
      TableName: String(live.outputs.TableName),
      Key: { pk: { S: 'marker' }, sk: { S: 'sweep' } },
      UpdateExpression: 'SET aliveUntil = :past',
      ConditionExpression: 'attribute_exists(aliveUntil)',
      ExpressionAttributeValues: { ':past': { N: '0' } },
    }),
  )
}

/** By the refs that the cloud's own port shows, past the gate. */
const differing = async (live: LiveCloud, names: readonly string[], look: Look): Promise<string[]> => {
  const found: string[] = []
  for (const name of names) {
    const source = await look(live.cloud, 'us-east-1', name)
    for (const region of REPLICAS)
      if ((await look(live.cloud, region, name)) !== source) found.push(`${region}/${name}`)
  }
  return found
}

type Look = (cloud: LiveCloud['cloud'], region: string, name: string) => Promise<string | undefined>

/** To see again and again whether there is something new an advertisement is enough; what is said at the end is git's. */
const seenByGit =
  (live: LiveCloud): Look =>
  async (cloud, region, name) => {
    const refs = await live.refs(cloud.gitUrl(region, name)).catch(() => undefined)
    return refs ? JSON.stringify([...refs].sort()) : 'none'
  }

/** Begins another sweep and waits until it has looked at every replica. */
const oneMoreSweep = async (live: LiveCloud, gate: GitGate, repositories: number): Promise<void> => {
  const before = gate.looked('us-east-1')
  // asked for again and again: one that comes while another is under way does nothing
  await until(
    () => gate.looked('us-east-1') - before >= repositories,
    () => live.sweep(),
  )
}

/** @param nudge what is done at once and then every five seconds */
const until = async (
  done: () => boolean,
  nudge: () => Promise<void> = async () => undefined,
): Promise<void> => {
  for (let tries = 0; !done(); tries += 1) {
    if (tries > 1_200) throw new Error('the sweep did not come so far within two minutes')
    if (tries % 50 === 0) await nudge()
    await sleep(100)
  }
}

/** Lines of the sweep's log. */
const logged = async (live: LiveCloud, filterPattern: string): Promise<string[]> => {
  const { events = [] } = await new CloudWatchLogsClient(live.aws).send(
    new FilterLogEventsCommand({ logGroupName: '/aws/lambda/codecommit-relay-local-sweep', filterPattern }),
  )
  return events.map(({ message = '' }) => message)
}

const lettersIn = async (live: LiveCloud): Promise<number> => {
  const { Attributes } = await new SQSClient(live.aws).send(
    new GetQueueAttributesCommand({
      QueueUrl: String(live.outputs.ReplicateDeadLetterQueueUrl),
      AttributeNames: ['ApproximateNumberOfMessages'],
    }),
  )
  return Number(Attributes?.ApproximateNumberOfMessages)
}
