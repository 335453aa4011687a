import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes, randomUUID } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { ScanCommand } from '@aws-sdk/client-dynamodb'
import { build as bundle } from 'esbuild'
import type { Config } from '../../shared/config/types.ts'
import { ZERO_OID } from '../../shared/git/types.ts'
import { openReplicas } from '../../shared/store/replicas.ts'
import { build } from '../../stack/build.ts'
import { type Bare, bareAt } from '../support/bare.ts'
import { codeCommitApi, makeRepository } from '../support/codecommit-api.ts'
import { type GitRequest, startGitServer } from '../support/git-server.ts'
import { type SecretWatch, watchSecrets } from '../support/secrets.ts'
import { startTable } from '../support/table.ts'
import { type Aws, startAws } from './aws.ts'
import { type Network, startNetwork } from './network.ts'
import { createQueue, type Queue } from './queues.ts'
import type { Dice } from './random.ts'
import { installRecorder, type Step } from './recorder.ts'
import { eachLine, startWorkers, type Workers } from './workers.ts'
import { createWriter, type Writer } from './writer.ts'

// One source, one replica, one parking repository, and everything of the product that works on them: its own bundles, in processes
// that can be killed, behind a network and an AWS that can fail.

const ACCOUNT = '111111111111'
export const SOURCE = { account: ACCOUNT, region: 'us-east-1', name: 'orchard' }
export const REPLICA = { account: ACCOUNT, region: 'eu-west-1', name: 'orchard' }
/** seconds of the world in one of ours: a lease of a minute ends in two seconds */
const PACE = 30
const SECOND_MS = 1000 / PACE
const WORKERS = 4
/** of an invocation, in seconds of the world */
const TIME_LIMIT_MS = 900_000

/** One rule for one repository; plans are not refused, since chance deletes a lot. */
const config: Config = {
  version: 1,
  replicate: [
    {
      repositories: [SOURCE.name],
      to: [{ region: REPLICA.region }],
      deletes: 'mirror',
      divergence: 'report',
      way: 'auto',
    },
  ],
  topics: {},
  notify: [],
  scan: [],
  sweep: { everyMinutes: 15 },
  mirror: { cpu: 512, memoryMiB: 1024, ephemeralStorageGiB: 21, attempts: 3 },
  safety: { refs: 1_000, percent: 100 },
  parking: { days: 30 },
}

interface Task {
  readonly arn: string
  readonly token: string
  readonly environment: readonly { readonly name: string; readonly value: string }[]
  child?: ChildProcess
  stoppedAt?: number
}

export interface World {
  readonly dice: Dice
  readonly source: Bare
  readonly replica: Bare
  /** undefined while there is none */
  parking(): Bare | undefined
  readonly writer: Writer
  readonly network: Network
  readonly aws: Aws
  readonly workers: Workers
  readonly secrets: SecretWatch
  readonly queues: {
    readonly replicate: Queue
    readonly stopped: Queue
    readonly sweep: Queue
    readonly dead: Queue
  }
  readonly counts: Record<string, number>
  /** lines of the log, newest last; cleared by whoever reads them */
  readonly lines: string[]
  /** from 0 to 1: statuses that Git servers answer with, tasks that find no room */
  trouble: number
  /** Git servers answer nothing else */
  isDown: boolean
  /** whether relays without a claim run beside those that hold one */
  readonly races: boolean
  /** every item of the table */
  everything(): Promise<unknown>
  store(): ReturnType<typeof openReplicas>
  /** milliseconds of the world's clock */
  now(): number
  /** tells of moves as CodeCommit does */
  announce(steps: readonly Step[], delayMs?: number): void
  race(moves: readonly Step[], times?: number): void
  killTask(): boolean
  /** nothing waits, works or is about to come */
  isQuiet(): boolean
  pids(): readonly number[]
  mirrorPids(): readonly number[]
  close(): Promise<void>
}

/** The bundles, once for all worlds. */
export const buildOnce = async (): Promise<{ folder: string; remove(): void }> => {
  const folder = mkdtempSync(join(tmpdir(), 'relay-chaos-build-'))
  await build({ config, outDir: folder })
  // as the functions are: what is changed while a campaign runs does not change the campaign
  await bundle({
    entryPoints: [join(import.meta.dirname, 'racer.ts')],
    outfile: join(folder, 'racer.mjs'),
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    mainFields: ['module', 'main'],
    logLevel: 'silent',
    banner: { js: "import{createRequire as own}from'node:module';const require=own(import.meta.url);" },
  })
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) }
}

export const createWorld = async (bundles: string, dice: Dice): Promise<World> => {
  const root = mkdtempSync(join(tmpdir(), 'relay-chaos-'))
  const repositories = join(root, 'repositories')
  const work = join(root, 'work')
  mkdirSync(work)
  const begun = Date.now()
  const now = () => Math.floor(begun + (Date.now() - begun) * PACE)
  const counts: Record<string, number> = {}
  const count = (name: string) => {
    counts[name] = (counts[name] ?? 0) + 1
  }
  const lines: string[] = []
  const secrets = watchSecrets()
  const keys = {
    accessKeyId: `AKIDCHAOS${randomBytes(4).toString('hex').toUpperCase()}`,
    secretAccessKey: `${randomBytes(20).toString('base64')}/+${randomBytes(4).toString('hex')}`,
    sessionToken: `Token/${randomBytes(60).toString('base64')}`,
  }
  secrets.secret('the secret access key', keys.secretAccessKey)
  secrets.secret('the session token', keys.sessionToken)

  const folders = [SOURCE, REPLICA].map(({ region, name }) => makeRepository(repositories, region, name))
  const [source, replica] = folders.map((folder) => bareAt(folder)) as [Bare, Bare]
  for (const bare of [source, replica]) await bare.git(['config', 'gc.auto', '0'])
  await replica.git(['config', 'receive.fsckObjects', 'true'])
  installRecorder(replica.folder)

  const maxReceives = dice.pick([2, 4])
  const queues = {
    replicate: createQueue('replicate', maxReceives),
    stopped: createQueue('stopped', 10),
    sweep: createQueue('sweep', 3),
    dead: createQueue('replicate-dlq', 1_000),
  }
  const api = codeCommitApi(repositories, () => {
    throw new Error('nobody assumes a role here')
  })
  const server = await startGitServer({
    root: repositories,
    secretOf: (id) => (id === keys.accessKeyId ? keys.secretAccessKey : undefined),
    before: (request) => refuseByChance(request),
  })
  const refuseByChance = async (_: GitRequest): Promise<number | undefined> => {
    // long enough for others to go the whole way between two requests of one
    if (world.trouble > 0 && dice.chance(0.2)) {
      count('requests held up')
      await sleep(dice.below(800))
    }
    if (!world.isDown && !dice.chance(world.trouble)) return undefined
    count('refusals')
    return dice.pick([429, 500, 503])
  }
  const network = await startNetwork(server.port, dice, overhear(secrets))
  const table = await startTable()
  const tasks: Task[] = []

  const aws = await startAws({
    dice,
    secondMs: SECOND_MS,
    queues: Object.values(queues),
    table: Number(new URL(table.endpoint).port),
    codecommit: api.handle,
    onRequest: (text) => secrets.look('a request to AWS', text),
    runTask: (input) => runTask(input),
    describeTasks: (arns) => ({
      tasks: tasks
        .filter(({ arn }) => arns.includes(arn))
        .map(({ arn, stoppedAt }) => ({
          taskArn: arn,
          lastStatus: stoppedAt === undefined ? 'RUNNING' : 'STOPPED',
          ...(stoppedAt === undefined ? {} : { stoppedAt: stoppedAt / 1000 }),
        })),
      failures: arns
        .filter((arn) => !tasks.some((task) => task.arn === arn))
        .map((arn) => ({ arn, reason: 'MISSING' })),
    }),
  })
  const url = (queue: Queue) => `http://127.0.0.1:${aws.port}/${ACCOUNT}/${queue.name}`
  const shared = {
    PATH: process.env.PATH,
    TMPDIR: work,
    AWS_ENDPOINT_URL: `http://127.0.0.1:${aws.port}`,
    AWS_REGION: SOURCE.region,
    AWS_ACCESS_KEY_ID: keys.accessKeyId,
    AWS_SECRET_ACCESS_KEY: keys.secretAccessKey,
    AWS_SESSION_TOKEN: keys.sessionToken,
    RELAY_TABLE: 'relay',
    RELAY_BUS: 'default',
    RELAY_STACK: 'chaos',
    RELAY_ACCOUNT: ACCOUNT,
    RELAY_GIT_ENDPOINT: `http://git-codecommit.{region}.amazonaws.com.localhost:${network.port}`,
    CHAOS_BEGUN: String(begun),
    CHAOS_PACE: String(PACE),
    CHAOS_BUILD: bundles,
  }
  const onLine = (line: string) => {
    lines.push(line)
    secrets.look('a log line', line)
  }
  const workers = startWorkers(
    WORKERS,
    {
      ...shared,
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '512',
      RELAY_CLUSTER: `arn:aws:ecs:us-east-1:${ACCOUNT}:cluster/relay`,
      RELAY_TASK_DEFINITION: `arn:aws:ecs:us-east-1:${ACCOUNT}:task-definition/mirror:1`,
      RELAY_SUBNETS: 'subnet-1',
      RELAY_SECURITY_GROUPS: 'sg-1',
      RELAY_ASSIGN_PUBLIC_IP: 'DISABLED',
      RELAY_OWN_QUEUE_URL: url(queues.replicate),
      RELAY_REPLICATE_QUEUE_URL: url(queues.replicate),
      RELAY_REPLICATE_DLQ_URL: url(queues.dead),
      // nothing is scanned here: what is told of a scan is a dead letter too many
      RELAY_SCAN_QUEUE_URL: url(queues.dead),
      RELAY_SCAN_DLQ_URL: url(queues.dead),
      RELAY_SWEEP_QUEUE_URL: url(queues.sweep),
      RELAY_MAX_RECEIVES: String(maxReceives),
    },
    onLine,
  )

  const runTask = (input: Record<string, unknown>): object => {
    const known = tasks.find(({ token }) => token === input.clientToken)
    if (known) return { tasks: [{ taskArn: known.arn }], failures: [] }
    if (dice.chance(world.trouble)) {
      return { tasks: [], failures: [{ reason: 'Capacity is unavailable at this time.' }] }
    }
    const overrides = input.overrides as { containerOverrides: { environment: Task['environment'] }[] }
    const task: Task = {
      arn: `arn:aws:ecs:us-east-1:${ACCOUNT}:task/relay/${randomUUID()}`,
      token: String(input.clientToken),
      environment: overrides.containerOverrides[0]!.environment,
    }
    tasks.push(task)
    count('mirrors')
    void startTask(task)
    return { tasks: [{ taskArn: task.arn }], failures: [] }
  }
  /** @returns when it has ended and that was told, or was not */
  const startTask = async (task: Task): Promise<void> => {
    const given = Object.fromEntries(task.environment.map(({ name, value }) => [name, value]))
    const { safety, parking, replicate } = config
    const child = spawn(
      process.execPath,
      [
        '--import',
        pathToFileURL(join(import.meta.dirname, 'clock.ts')).href,
        join(bundles, 'mirror', 'main.mjs'),
      ],
      {
        env: { ...shared, ...given, RELAY_RULES: JSON.stringify({ safety, parking, replicate }) },
        stdio: ['ignore', 'pipe', 'pipe'],
        detached: true,
      },
    )
    task.child = child
    for (const stream of [child.stdout, child.stderr]) eachLine(stream, onLine)
    const code = await new Promise<number | null>((done) => child.once('exit', done))
    killGroup(child)
    task.stoppedAt = now()
    if (closed) return
    // what ECS tells, it tells as best it can
    if (dice.chance(world.trouble)) return count('task ends lost')
    queues.stopped.send(JSON.stringify(stoppedEvent(task, code ?? 137, now())), dice.below(200))
  }

  /** Hands what is due to whoever is free. */
  const deliver = (queue: Queue, name: string): void => {
    if (!queue.isDue() || workers.busy() === WORKERS) return
    const messages = queue.receive(1 + dice.below(10), 6_000)
    if (messages.length === 0) return
    const records = messages.map(({ id, body, handle, receives }) => ({
      messageId: id,
      body,
      receiptHandle: handle,
      attributes: { ApproximateReceiveCount: String(receives) },
    }))
    const handles = messages.map(({ handle }) => handle)
    working += 1
    count('invocations')
    const invocation = workers.invoke(name, { Records: records }, TIME_LIMIT_MS)
    void invocation?.ended.then((ended) => {
      working -= 1
      const { requestId, by, begun } = invocation
      const reader = { requestId, by, begun, ended: Date.now() }
      if (ended.kind === 'error') onLine(`${name} threw: ${ended.error}`)
      const failed =
        ended.kind === 'result'
          ? new Set(
              (ended.result as { batchItemFailures: { itemIdentifier: string }[] }).batchItemFailures.map(
                (one) => one.itemIdentifier,
              ),
            )
          : undefined
      for (const [at, message] of messages.entries()) {
        // who was killed, or failed altogether, has answered for nothing
        if (!failed) {
          queue.show(handles[at]!, 100 + dice.below(900))
          if (message.handle === handles[at]) message.end = ended.kind === 'killed' ? 'killed' : 'threw'
        } else if (!failed.has(message.id)) queue.done(message.id)
        else if (message.handle === handles[at]) Object.assign(message, { end: 'answered', reader })
      }
    })
  }
  let working = 0
  let coming = 0
  let racing = 0
  let closed = false
  const pump = setInterval(() => {
    deliver(queues.stopped, 'mirror-stopped')
    deliver(queues.sweep, 'sweep')
    deliver(queues.replicate, 'replicate')
  }, 15)

  const world: World = {
    dice,
    source,
    replica,
    parking: () => {
      const folder = join(repositories, REPLICA.region, `${REPLICA.name}.relay-parking`)
      return existsSync(join(folder, 'HEAD')) ? bareAt(folder) : undefined
    },
    writer: createWriter(source, dice),
    network,
    aws,
    workers,
    secrets,
    queues,
    counts,
    lines,
    trouble: 0,
    isDown: false,
    races: dice.chance(0.5),
    now,
    everything: async () => (await table.client.send(new ScanCommand({ TableName: 'relay' }))).Items,
    store: () => openReplicas(table.table),
    announce: (steps, delayMs = 0) => {
      for (const step of steps) {
        const body = JSON.stringify(eventOf(step, now()))
        secrets.look('an event', body)
        const lost = dice.chance(world.trouble)
        if (lost) {
          count('events lost')
          continue
        }
        const times = dice.chance(world.trouble) ? 2 : 1
        if (times === 2) count('events doubled')
        for (let time = 0; time < times; time += 1) {
          const late = dice.chance(world.trouble * 2) ? dice.below(1_200) : dice.below(15)
          if (late > 15) count('events late')
          coming += 1
          setTimeout(() => {
            coming -= 1
            queues.replicate.send(body)
          }, delayMs + late)
        }
      }
    },
    race: (moves, times = 1) => {
      const named = moves.filter(({ from }) => from !== ZERO_OID)
      const isNamed = named.length === moves.length && moves.every(({ ref }) => ref.startsWith('refs/heads/'))
      const event = {
        target: { repository: SOURCE, replica: REPLICA, deletes: 'mirror' },
        times,
        ...(isNamed && moves.length > 0 && dice.chance(0.5)
          ? {
              moves: named.map(({ ref, from, to }) =>
                to === ZERO_OID ? { kind: 'delete', ref, from } : { kind: 'update', ref, from, to },
              ),
            }
          : {}),
      }
      const racer = workers.invoke('racer', event, TIME_LIMIT_MS)
      if (!racer) return
      counts.races = (counts.races ?? 0) + times
      racing += 1
      void racer.ended.then((ended) => {
        racing -= 1
        if (ended.kind === 'error') onLine(`racer threw: ${ended.error}`)
      })
    },
    killTask: () => {
      const running = tasks.filter(({ child, stoppedAt }) => child && stoppedAt === undefined)
      const one = running[dice.below(running.length)]
      if (!one?.child) return false
      killGroup(one.child)
      return true
    },
    isQuiet: () =>
      working === 0 &&
      coming === 0 &&
      racing === 0 &&
      [queues.replicate, queues.stopped, queues.sweep].every((queue) => queue.size() === 0) &&
      tasks.every(({ stoppedAt }) => stoppedAt !== undefined),
    pids: () => [...workers.pids()],
    mirrorPids: () =>
      tasks.flatMap(({ child, stoppedAt }) => (stoppedAt === undefined ? (child?.pid ?? []) : [])),
    close: async () => {
      closed = true
      clearInterval(pump)
      for (const { child } of tasks) if (child) killGroup(child)
      await workers.close()
      await sleep(20)
      await network.close()
      await server.close()
      await aws.close()
      await table.close()
      rmSync(root, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 })
    },
  }
  return world
}

/** A task and the git programs below it, at once, as when a container is killed. */
const killGroup = (child: ChildProcess): void => {
  try {
    if (child.pid) process.kill(-child.pid, 'SIGKILL')
  } catch {
    // all of it has ended
  }
}

/** Names every secret that a request to Git carries, and looks at the rest of its first lines. */
const overhear =
  (secrets: SecretWatch) =>
  (text: string): void => {
    const end = text.indexOf('\r\n\r\n')
    if (end < 0 || !/^(?:GET|POST) /.test(text)) return
    const head = text.slice(0, end)
    const [, basic] = /^authorization: Basic (\S+)/im.exec(head) ?? []
    if (basic) {
      secrets.secret('an Authorization header', basic)
      const password = Buffer.from(basic, 'base64').toString('latin1').split(':').at(-1) ?? ''
      if (password.length >= 8) secrets.secret('a signed password', password)
    }
    secrets.look('a request to Git', head.replace(/^authorization: .*$/im, ''))
  }

const eventOf = ({ ref, from, to }: Step, now: number) => {
  const isBranch = ref.startsWith('refs/heads/')
  const kind = to === ZERO_OID ? 'Deleted' : from === ZERO_OID ? 'Created' : 'Updated'
  return {
    version: '0',
    id: randomUUID(),
    'detail-type': 'CodeCommit Repository State Change',
    source: 'aws.codecommit',
    account: ACCOUNT,
    time: new Date(now).toISOString().replace(/\.\d+/, ''),
    region: SOURCE.region,
    resources: [`arn:aws:codecommit:${SOURCE.region}:${ACCOUNT}:${SOURCE.name}`],
    detail: {
      event: `reference${kind}`,
      repositoryName: SOURCE.name,
      repositoryId: '841a0251-8d8b-539f-8548-5db82fc51725',
      callerUserArn: `arn:aws:iam::${ACCOUNT}:user/nina`,
      referenceType: isBranch ? 'branch' : 'tag',
      referenceName: ref.replace(/^refs\/(heads|tags)\//, ''),
      referenceFullName: ref,
      ...(to === ZERO_OID ? {} : { commitId: to }),
      ...(from === ZERO_OID ? {} : { oldCommitId: from }),
    },
  }
}

const stoppedEvent = ({ arn, environment }: Task, exitCode: number, now: number) => ({
  version: '0',
  id: randomUUID(),
  'detail-type': 'ECS Task State Change',
  source: 'aws.ecs',
  account: ACCOUNT,
  time: new Date(now).toISOString(),
  region: SOURCE.region,
  resources: [arn],
  detail: {
    taskArn: arn,
    clusterArn: `arn:aws:ecs:us-east-1:${ACCOUNT}:cluster/relay`,
    lastStatus: 'STOPPED',
    desiredStatus: 'STOPPED',
    stopCode: 'EssentialContainerExited',
    stoppedReason: 'Essential container in task exited',
    containers: [{ name: 'mirror', lastStatus: 'STOPPED', exitCode }],
    overrides: { containerOverrides: [{ name: 'mirror', environment }] },
    version: 6,
  },
})
