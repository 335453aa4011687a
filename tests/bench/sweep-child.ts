import { execFileSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { createSweep } from '../../functions/sweep/handler.ts'
import { createCodeCommit } from '../../shared/codecommit/access.ts'
import { openTable } from '../../shared/store/table.ts'
import { config } from '../functions/world.ts'
import { startTable } from '../support/table.ts'

// One of the two processes of the bench `sweep`: `server` answers for Git and for DynamoDB, `sweep` is the function. So each one's
// processor time and memory are its own.

export interface SweepWork {
  readonly gitPort: number
  readonly tableEndpoint: string
  readonly repositories: number
  readonly replicas: number
}

export interface SweepCost {
  /** of this process: milliseconds of processor, milliseconds, MB at the peak */
  readonly cpu: number
  readonly wall: number
  readonly rss: number
  readonly looked: number
  /** requests to the table */
  readonly table: number
}

const REFS = 20
const REGIONS = ['eu-west-1', 'eu-west-2', 'eu-west-3', 'eu-central-1', 'eu-north-1', 'us-west-1']
const MORE = ['us-west-2', 'ap-south-1', 'sa-east-1', 'ca-central-1']

/** What git itself advertises for a repository with {@link REFS} branches, as smart HTTP carries it. */
const advertisements = (): ReadonlyMap<string, Buffer> => {
  const folder = mkdtempSync(join(tmpdir(), 'bench-sweep-'))
  try {
    const git = (...args: string[]) =>
      execFileSync('git', ['-c', 'user.name=n', '-c', 'user.email=n@example.org', '-C', folder, ...args])
    git('init', '--quiet', '--bare')
    const tree = git('hash-object', '-t', 'tree', '-w', '/dev/null').toString().trim()
    const commit = git('commit-tree', '-m', 'x', tree).toString().trim()
    for (let index = 0; index < REFS; index += 1)
      git('update-ref', `refs/heads/feature/work-${index}`, commit)
    return new Map(
      ['git-upload-pack', 'git-receive-pack'].map((service) => {
        const line = `# service=${service}\n`
        const head = `${(line.length + 4).toString(16).padStart(4, '0')}${line}0000`
        const body = git(service.replace('git-', ''), '--stateless-rpc', '--advertise-refs', '.')
        return [service, Buffer.concat([Buffer.from(head), body])]
      }),
    )
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const serve = async (): Promise<void> => {
  const answers = advertisements()
  const counted = { requests: 0, received: 0, sent: 0 }
  const git: Server = createServer((request, response) => {
    const service = new URL(request.url ?? '/', 'http://localhost').searchParams.get('service') ?? ''
    counted.requests += 1
    response
      .writeHead(200, { 'content-type': `application/x-${service}-advertisement` })
      .end(answers.get(service))
  })
  git.keepAliveTimeout = 60_000
  const sockets = new Set<Socket>()
  git.on('connection', (socket) => sockets.add(socket))
  await new Promise<void>((ready) => git.listen(0, '127.0.0.1', ready))
  const table = await startTable()
  const { hostname, port } = await table.client.config.endpoint!()
  process.send?.({
    gitPort: (git.address() as AddressInfo).port,
    tableEndpoint: `http://${hostname}:${port}`,
  })
  process.on('message', () => {
    const bytes = [...sockets].reduce(
      (sum, socket) => ({
        received: sum.received + socket.bytesRead,
        sent: sum.sent + socket.bytesWritten,
      }),
      { received: 0, sent: 0 },
    )
    process.send?.({ ...counted, ...bytes })
  })
}

const sweep = async (work: SweepWork): Promise<void> => {
  Object.assign(process.env, { AWS_ACCESS_KEY_ID: 'AKIDBENCH', AWS_SECRET_ACCESS_KEY: 'bench' })
  const client = new DynamoDBClient({ endpoint: work.tableEndpoint, region: 'us-east-1' })
  let table = 0
  client.middlewareStack.add(
    (next) => (args) => {
      table += 1
      return next(args)
    },
    { step: 'initialize' },
  )
  const codecommit = createCodeCommit({
    gitEndpoint: `http://git-codecommit.{region}.amazonaws.com.localhost:${work.gitPort}`,
    now: Date.now,
  })
  const names = Array.from({ length: work.repositories }, (_, index) => `team-${index % 40}-service-${index}`)
  const to = [...REGIONS, ...MORE].slice(0, work.replicas).map((region) => ({ region }))
  const handler = createSweep({
    config: { ...config, replicate: [{ ...config.replicate[0]!, to }] },
    own: { account: '111111111111', region: 'us-east-1' },
    bus: 'default',
    replicateQueue: 'https://sqs/replicate',
    sweepQueue: 'https://sqs/sweep',
    reader: {
      readRefs: (repository, side) => codecommit.readRefs(repository, side),
      tagsOf: async () => ({}),
      listRepositories: async () => names,
    },
    table: openTable({ client, name: 'relay' }),
    events: { putEvents: () => Promise.reject(new Error('nothing differs')) },
    queues: {
      sendMessage: () => Promise.reject(new Error('one invocation is enough')),
      sendMessageBatch: () => Promise.reject(new Error('nothing differs')),
    },
    tasks: { runTask: () => Promise.reject(new Error()), describeTasks: () => Promise.reject(new Error()) },
    meter: { put: () => {} },
    now: Date.now,
    pause: sleep,
    id: randomUUID,
    budget: { replicas: 100_000, slices: 1, most: 100_000, characters: 10_000_000 },
  })
  const silent = { info: () => {}, warn: () => {}, error: () => {} }
  const once = async (): Promise<SweepCost> => {
    const [cpu, wall, calls] = [process.cpuUsage(), performance.now(), table]
    let looked = 0
    await handler(
      { Records: [{ messageId: 'm', body: '{}', attributes: {} }] },
      {
        requestId: 'r',
        remainingMs: () => 900_000,
        note: (facts) => {
          looked = Number(facts.looked ?? looked)
        },
        log: silent,
      },
    )
    const { user, system } = process.cpuUsage(cpu)
    return {
      cpu: (user + system) / 1000,
      wall: performance.now() - wall,
      rss: process.resourceUsage().maxRSS / 1024,
      looked,
      table: table - calls,
    }
  }
  // the first one writes what it finds; all that follow find it known
  await once()
  process.send?.('known')
  await new Promise((go) => process.once('message', go))
  process.send?.(await once())
}

const [role, work] = process.argv.slice(2)
if (role === 'server') await serve()
else await sweep(JSON.parse(work ?? '{}') as SweepWork)
