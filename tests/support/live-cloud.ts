import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { CodeCommitClient, CreateRepositoryCommand } from '@aws-sdk/client-codecommit'
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs'
import type { AwsAccess } from '../../cli/aws.ts'
import { waitUntilEqual } from '../../cli/equality.ts'
import { lsRemote } from '../../cli/git.ts'
import { type Inbox, openInbox } from '../../cli/inbox.ts'
import { type Package, packageStack } from '../../cli/package.ts'
import { type Cloud, startCloud } from '../../local/cloud.ts'
import type { Faults } from '../../local/contracts.ts'
import type { Envelope } from '../../local/gateway/wires.ts'
import { advertised } from './advertised.ts'
import { handedOutIn } from './handed-out.ts'
import { plantedIn } from './planted.ts'

const root = resolve(import.meta.dirname, '../..')
const EQUAL_WITHIN_MS = 120_000
const SHORT_PAUSES = pathToFileURL(join(root, 'tests/support/short-pauses.mjs')).href

/** The whole product on a local cloud in this process, in a temporary state folder, on a port of the system's choice. */
export interface LiveCloud {
  readonly cloud: Cloud
  readonly aws: AwsAccess
  readonly folder: string
  readonly sourceRegion: string
  readonly replicaRegion: string
  readonly credentialFile: string
  /** for child processes that run git by themselves: credentials by the store file, nothing of the machine's own */
  readonly gitEnvironment: NodeJS.ProcessEnv
  /** every event that passed a bus, oldest first */
  readonly events: readonly Envelope[]
  readonly inbox: Inbox
  readonly outputs: Readonly<Record<string, unknown>>
  url(repository: string): string
  replicaUrl(repository: string): string
  createRepository(name: string, region?: string): Promise<void>
  refs(url: string): Promise<Map<string, string>>
  /** milliseconds until git saw both sides equal; throws when they never were */
  untilEqual(repository: string): Promise<number>
  /** first event, past or to come, of Relay's own with this detail type that the test accepts */
  untilEvent(
    detailType: string,
    test?: (detail: Record<string, unknown>) => boolean,
    timeoutMs?: number,
  ): Promise<Envelope>
  /** runs the sweep as its schedule would: by a message in its queue */
  sweep(): Promise<void>
  /**
   * also looks whether a planted secret, or a credential that was handed out, got out: into logs, tables, queues, events or messages;
   * throws where one did
   */
  stop(options?: { keep?: boolean }): Promise<void>
}

export interface LiveOptions {
  /** state folder of an earlier one that was stopped with `keep` */
  readonly folder?: string
  /** text of another relay.yml */
  readonly config?: string
  readonly faults?: Partial<Faults>
  /** port at which functions and tasks reach Git, should something stand between */
  readonly gitPort?: () => number
  readonly regions?: readonly string[]
  /** what is to be there before the stack is, and with it its schedules */
  readonly prepare?: (cloud: Cloud, aws: AwsAccess) => Promise<void>
  /** tries follow one another at once: messages that a function failed on, and what functions and tasks try again by themselves */
  readonly hasty?: boolean
}

const stackOf = async (folder: string, config: string | undefined): Promise<Package> => {
  const file = config === undefined ? undefined : join(folder, 'relay.yml')
  if (file !== undefined) writeFileSync(file, config ?? '')
  return packageStack({
    root,
    stage: 'local',
    region: 'us-east-1',
    ...(file === undefined ? {} : { configFile: file }),
  })
}

/** With RELAY_DECISIONS=FOLDER (npm run check:permissions): what roles were allowed to do, one `<role name> <action>` a line. */
const noteDecisions = (cloud: Cloud): (() => void) => {
  const folder = process.env.RELAY_DECISIONS
  const seen = new Set<string>()
  if (folder === undefined) return () => undefined
  cloud.watchDecisions(({ allowed, roleArn, action }) => {
    if (allowed && roleArn !== undefined) seen.add(`${roleArn.slice(roleArn.lastIndexOf('/') + 1)} ${action}`)
  })
  return () => writeFileSync(join(folder, `${randomUUID()}.txt`), [...seen].join('\n'))
}

/** Starts of git are what tests wait for: it is asked when there is something to see, and when something is odd. */
const untilAdvertisedEqual = async (cloud: Cloud, repository: string): Promise<number> => {
  const begun = performance.now()
  for (let pause = 25; ; pause = Math.min(pause * 1.3, 500)) {
    const [source, replica] = await Promise.all([
      advertised(cloud, 'us-east-1', repository),
      advertised(cloud, 'eu-west-1', repository),
    ])
    const waited = Math.round(performance.now() - begun)
    const isOdd = source === undefined || replica === undefined
    if (isOdd || (source !== '' && source === replica) || waited > EQUAL_WITHIN_MS) return waited
    await sleep(pause)
  }
}

export const raiseCloud = async (options: LiveOptions = {}): Promise<LiveCloud> => {
  const folder = options.folder ?? mkdtempSync(join(tmpdir(), 'relay-live-'))
  const packed = await stackOf(folder, options.config)
  const events: Envelope[] = []
  const cloud = await startCloud({
    folder: join(folder, 'state'),
    port: 0,
    awaitsStack: true,
    environment: (port) => ({
      AWS_ENDPOINT_URL: `http://127.0.0.1:${port}`,
      RELAY_GIT_ENDPOINT: `http://git-codecommit.{region}.amazonaws.com.localhost:${options.gitPort?.() ?? port}`,
      ...(options.hasty && { NODE_OPTIONS: `--import=${SHORT_PAUSES}` }),
    }),
    terminal: {
      RELAY_STAGE: 'local',
      RELAY_CONFIG: join(...(options.config === undefined ? [root] : [folder]), 'relay.yml'),
    },
    image: (image) =>
      image.includes('codecommit-relay-mirror') ? { folder: packed.mirrorFolder } : undefined,
    retryVisibilitySeconds: options.hasty ? 0.05 : 1,
    ...(options.faults ? { faults: options.faults } : {}),
    ...(options.regions ? { regions: options.regions } : {}),
  })
  cloud.watch((envelope) => events.push(envelope))
  const tellDecisions = noteDecisions(cloud)
  const owner = cloud.access[0]!
  const aws: AwsAccess = { region: 'us-east-1', endpoint: cloud.url, credentials: owner.credentials }
  await options.prepare?.(cloud, aws)
  const { outputs } = await cloud.deploy({
    template: packed.template,
    artifacts: packed.artifact,
    stackName: 'codecommit-relay-local',
    account: owner.account,
    region: 'us-east-1',
  })
  const topic = Object.entries(outputs).find(([key]) => key.startsWith('Topic'))
  const inbox = await openInbox(aws, String(topic?.[1]), () => undefined)
  const credentialFile = join(cloud.folder, 'git-credentials')
  const url = (repository: string) => cloud.gitUrl('us-east-1', repository)
  const replicaUrl = (repository: string) => cloud.gitUrl('eu-west-1', repository)
  const side = (address: string) => ({ url: address, credentialFile })
  return {
    cloud,
    aws,
    folder,
    sourceRegion: 'us-east-1',
    replicaRegion: 'eu-west-1',
    credentialFile,
    gitEnvironment: {
      PATH: process.env.PATH,
      HOME: folder,
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_TERMINAL_PROMPT: '0',
      // no sample hooks, and no look after each commit whether it is time to tidy up
      GIT_TEMPLATE_DIR: '',
      GIT_CONFIG_COUNT: '2',
      GIT_CONFIG_KEY_0: 'credential.helper',
      GIT_CONFIG_VALUE_0: `store --file="${credentialFile}"`,
      GIT_CONFIG_KEY_1: 'maintenance.auto',
      GIT_CONFIG_VALUE_1: 'false',
      GIT_AUTHOR_NAME: 'Nina',
      GIT_AUTHOR_EMAIL: 'nina@example.com',
      GIT_COMMITTER_NAME: 'Nina',
      GIT_COMMITTER_EMAIL: 'nina@example.com',
    },
    events,
    inbox,
    outputs,
    url,
    replicaUrl,
    createRepository: async (name, region = 'us-east-1') => {
      await new CodeCommitClient({ ...aws, region }).send(
        new CreateRepositoryCommand({ repositoryName: name }),
      )
    },
    refs: (address) => lsRemote(address, { credentialFile }),
    untilEqual: async (repository) => {
      const never = new AbortController().signal
      const sides = [side(url(repository)), side(replicaUrl(repository))] as const
      const waited = await untilAdvertisedEqual(cloud, repository)
      const seen = await waitUntilEqual(...sides, EQUAL_WITHIN_MS - waited, never)
      if (!seen.equal)
        throw new Error(`${repository}: replica still differs after ${waited + seen.tookMs} ms`)
      return waited + seen.tookMs
    },
    untilEvent: async (detailType, test = () => true, timeoutMs = EQUAL_WITHIN_MS) => {
      const deadline = performance.now() + timeoutMs
      for (;;) {
        const found = events.find(
          (event) => event['detail-type'] === detailType && test(event.detail as Record<string, unknown>),
        )
        if (found) return found
        if (performance.now() > deadline) throw new Error(`no event ${detailType} within ${timeoutMs} ms`)
        await sleep(50)
      }
    },
    sweep: async () => {
      const sqs = new SQSClient(aws)
      await sqs.send(new SendMessageCommand({ QueueUrl: String(outputs.SweepQueueUrl), MessageBody: '{}' }))
    },
    stop: async ({ keep = false } = {}) => {
      await inbox.stop()
      const left = await cloud.stop()
      tellDecisions()
      const others = { events: JSON.stringify(events), messages: JSON.stringify(inbox.messages) }
      const leaks = [...plantedIn(cloud.folder, others), ...handedOutIn(cloud.folder, others)]
      if (!keep) rmSync(folder, { recursive: true, force: true })
      if (left.length > 0) throw new Error(`the cloud was stopped, but not its ${left.join(', ')}`)
      if (leaks.length > 0) throw new Error(`secrets got out:\n${leaks.join('\n')}`)
    },
  }
}
