import { randomUUID } from 'node:crypto'
import { setImmediate } from 'node:timers/promises'
import { createMirrorStopped } from '../../functions/mirror-stopped/handler.ts'
import { createReplicate } from '../../functions/replicate/handler.ts'
import { createSweep } from '../../functions/sweep/handler.ts'
import type { ReachableRepository, RepositoryAddress } from '../../shared/codecommit/address.ts'
import type { Config } from '../../shared/config/types.ts'
import { decodeBody } from '../../shared/events/decode.ts'
import type { RelayInput } from '../../shared/events/types.ts'
import type { GitClient } from '../../shared/git/types.ts'
import { digestOf } from '../../shared/replication/digest.ts'
import { plan, type RefUpdate } from '../../shared/replication/plan.ts'
import type { Streams } from '../../shared/replication/ports.ts'
import { addCounts, countsOf, NONE, type RefReader, type Target } from '../../shared/replication/prove.ts'
import type { FastPath, NamedMove, Relay, RelayOutcome } from '../../shared/replication/relay/types.ts'
import type { Bus, OwnQueue, Queues, Tasks } from '../../shared/runtime/aws-clients.ts'
import type { Run } from '../../shared/runtime/entry.ts'
import type { RelayError } from '../../shared/runtime/errors.ts'
import type { BatchResponse } from '../../shared/runtime/sqs-batch.ts'
import { openReplicas } from '../../shared/store/replicas.ts'
import type { Table } from '../../shared/store/table.ts'

// AWS in memory with the rules that matter here: queues deliver at least once and bury after maxReceives, ECS remembers client
// tokens, a task's end is an event. Calls, of the table too, can be made to fail by number.

export const ACCOUNT = '111111111111'
export const source: RepositoryAddress = { account: ACCOUNT, region: 'us-east-1', name: 'orchard-api' }
export const replica: RepositoryAddress = { ...source, region: 'eu-west-1' }
export const pair = { repository: source, replica }
export const MAX_RECEIVES = 3
export const URLS = {
  replicate: 'https://sqs.us-east-1.amazonaws.com/111111111111/replicate',
  dead: 'https://sqs.us-east-1.amazonaws.com/111111111111/replicate-dlq',
  sweep: 'https://sqs.us-east-1.amazonaws.com/111111111111/sweep',
}

export const config: Config = {
  version: 1,
  replicate: [
    {
      repositories: ['*', '!private-*'],
      to: [{ region: 'eu-west-1' }],
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
  safety: { refs: 10, percent: 30 },
  parking: { days: 30 },
}

export const oid = (letter: string) => letter.repeat(40)

interface Message {
  readonly id: string
  readonly body: string
  receives: number
}

interface Task {
  readonly arn: string
  readonly token: string
  readonly environment: Record<string, string>
  stopped?: { exitCode?: number; at: number }
}

export interface Line {
  readonly level: string
  readonly message: string
  readonly facts: Record<string, unknown>
}

/** A relay over the repositories of the world: what the real one does to refs, without the bytes. */
export const tinyRelay =
  (reader: RefReader, push: (replica: RepositoryAddress, update: RefUpdate) => boolean): Relay =>
  async (parts, { target, guard, announce, signal }) => {
    let moved = NONE
    for (;;) {
      signal?.throwIfAborted()
      const there = await reader.readRefs(target.replica, 'replica')
      const source = await reader.readRefs(target.repository, 'source')
      if (!source) return { kind: 'source-missing' }
      if (!there) return { kind: 'replica-missing' }
      const updates = plan(source, there, target)
      const losing = updates.filter(({ kind }) => kind === 'delete')
      const verdict =
        guard && losing.length > 0
          ? await guard({ updates, source, replica: there, losing })
          : { kind: 'go' as const, updates }
      if (verdict.kind === 'refuse') return { kind: 'refused', verdict }
      if (updates.length === 0) {
        const proof = {
          digest: digestOf(source),
          refs: source.size,
          at: new Date(parts.now()).toISOString(),
        }
        return { kind: 'equal', proof, refs: source, moved, cost: COST }
      }
      if (verdict.updates.length === 0) {
        const refs = new Map([...source].filter(([ref, oid]) => there.get(ref) === oid))
        return { kind: 'kept', kept: updates, refs, moved, cost: COST }
      }
      await announce?.(verdict.updates)
      moved = addCounts(moved, countsOf(verdict.updates.filter((update) => push(target.replica, update))))
    }
  }

export const COST = { requests: 4, received: 0, sent: 0, milliseconds: 1 }

/** What SQS keeps a message back after a failure: six times the functions' time limit. */
const VISIBILITY_MS = 360_000

export interface WorldOptions {
  readonly way?: 'auto' | 'mirror'
  /** key of the tag that the rule looks for */
  readonly tag?: string
}

export const createWorld = (real: Table, { way = 'auto', ...more }: WorldOptions = {}) => {
  let time = Date.parse('2031-05-17T09:05:00Z')
  const clock = { now: () => time, pass: (ms: number) => (time += ms) }
  const repositories = new Map<string, Map<string, string>>()
  const key = (address: RepositoryAddress) => `${address.region}/${address.name}`
  const unreadable = new Map<string, RelayError>()
  /** by key; an error: they cannot be read */
  const tags = new Map<string, Record<string, string> | Error>()
  const lines: Line[] = []
  const emitted: { type: string; detail: Record<string, unknown> }[] = []
  const queue: Message[] = []
  const stops: Message[] = []
  const sweeps: Message[] = []
  const dead: string[] = []
  const delays: number[] = []
  const tasks: Task[] = []
  /** exit code of the next tasks; absent: 0 */
  const exits: number[] = []
  let calls = 0
  let failing: number | undefined
  /** what happens right before a side is read, once */
  let before: (() => Promise<void> | void) | undefined
  /** hears of each ref that the replica takes */
  let pushing: (update: RefUpdate) => void = () => undefined
  /** what RunTask answers instead */
  let capacity = true

  const call = async (name: string) => {
    calls += 1
    await setImmediate()
    if (calls === failing)
      throw Object.assign(new Error(`call ${calls} (${name}) fails`), { name: 'ServiceUnavailable' })
  }
  const table: Table = {
    get: (...args) => call('get').then(() => real.get(...args)),
    put: (...args) => call('put').then(() => real.put(...args)),
    update: (...args) => call('update').then(() => real.update(...args)),
    delete: (...args) => call('delete').then(() => real.delete(...args)),
    query: (...args) => call('query').then(() => real.query(...args)),
  }
  const put = (to: Message[], body: string) => to.push({ id: randomUUID(), body, receives: 0 })

  const queues: Queues & OwnQueue = {
    changeMessageVisibility: async ({ ReceiptHandle, VisibilityTimeout }) => {
      await call('ChangeMessageVisibility')
      visibilities.push({ handle: ReceiptHandle!, seconds: VisibilityTimeout! })
    },
    sendMessage: async ({ QueueUrl, MessageBody, DelaySeconds }) => {
      await call('SendMessage')
      delays.push(DelaySeconds ?? 0)
      if (QueueUrl === URLS.dead) dead.push(MessageBody!)
      else if (QueueUrl === URLS.sweep) put(sweeps, MessageBody!)
      else put(queue, MessageBody!)
      return {}
    },
    sendMessageBatch: async ({ Entries }) => {
      await call('SendMessageBatch')
      for (const { MessageBody } of Entries!) put(queue, MessageBody!)
      return {}
    },
  }
  const events: Bus = {
    putEvents: async ({ Entries }) => {
      await call('PutEvents')
      for (const { DetailType, Detail } of Entries!)
        emitted.push({ type: DetailType!, detail: JSON.parse(Detail!) })
      return { FailedEntryCount: 0, Entries: [{}] }
    },
  }
  const ecs: Tasks = {
    runTask: async (input) => {
      await call('RunTask')
      if (!capacity) return { tasks: [], failures: [{ reason: 'Capacity is unavailable at this time.' }] }
      const known = tasks.find(({ token }) => token === input.clientToken)
      if (known) return { tasks: [{ taskArn: known.arn }], failures: [] }
      const environment = input.overrides!.containerOverrides![0]!.environment!
      const task: Task = {
        arn: `arn:aws:ecs:us-east-1:${ACCOUNT}:task/relay/${randomUUID()}`,
        token: input.clientToken!,
        environment: Object.fromEntries(environment.map(({ name, value }) => [name!, value!])),
      }
      tasks.push(task)
      return { tasks: [{ taskArn: task.arn }], failures: [] }
    },
    describeTasks: async ({ tasks: arns }) => {
      await call('DescribeTasks')
      const found = tasks.filter(({ arn }) => arns!.includes(arn))
      return {
        tasks: found.map(({ arn, stopped }) => ({
          taskArn: arn,
          lastStatus: stopped ? 'STOPPED' : 'RUNNING',
          stoppedAt: stopped && new Date(stopped.at),
        })),
        failures: arns!
          .filter((arn) => !found.some((task) => task.arn === arn))
          .map((arn) => ({ arn, reason: 'MISSING' })),
      }
    },
  }
  const reader = {
    readRefs: async (address: ReachableRepository, side: 'source' | 'replica') => {
      await call(`readRefs ${side}`)
      const hook = before
      before = undefined
      await hook?.()
      const failure = unreadable.get(key(address))
      if (failure) throw failure
      const refs = repositories.get(key(address))
      return refs && new Map(refs)
    },
    tagsOf: async (repository: RepositoryAddress) => {
      await call('tagsOf')
      const found = tags.get(key(repository))
      if (found instanceof Error) throw found
      return repositories.has(key(repository)) ? (found ?? {}) : undefined
    },
    listRepositories: async (region: string) => {
      await call('listRepositories')
      return [...repositories.keys()]
        .filter((name) => name.startsWith(`${region}/`))
        .map((name) => name.split('/')[1]!)
    },
  }

  const push = (address: RepositoryAddress, update: RefUpdate): boolean => {
    const refs = repositories.get(key(address))
    const from = update.kind === 'create' ? undefined : update.from
    if (!refs || refs.get(update.ref) !== from) return false
    pushing(update)
    if (update.kind === 'delete') refs.delete(update.ref)
    else refs.set(update.ref, update.to)
    return true
  }
  const relaying = tinyRelay(reader, push)
  /** what the next relays answer instead, or throw */
  const outcomes: (RelayOutcome | Error)[] = []
  const relay: Relay = async (parts, work) => {
    await call('relay')
    const outcome = outcomes.shift()
    if (outcome instanceof Error) throw outcome
    return outcome ?? relaying(parts, work)
  }
  const fastPath: FastPath = async (_, work, moves, { lookFirst = false } = {}) => {
    await call('fastPath')
    const held = repositories.get(key(work.target.repository))
    const isOver = (move: NamedMove) => held?.get(move.ref) !== (move.kind === 'delete' ? undefined : move.to)
    if (lookFirst && moves.some(isOver)) {
      return { kind: 'doubt', reason: 'a ref has moved on at the source', moved: countsOf([]), cost: COST }
    }
    await work.announce?.(moves)
    const done = moves.filter((move) => push(work.target.replica, move))
    const moved = countsOf(done)
    if (done.length === moves.length) return { kind: 'moved', moved, cost: COST }
    return { kind: 'doubt', reason: 'a ref was refused', moved, cost: COST }
  }
  let watch: Streams['guardFor']
  const measures: { name: string; value: number; dimensions?: Readonly<Record<string, string>> }[] = []
  const visibilities: { handle: string; seconds: number }[] = []
  let remaining = () => 900_000
  const run: Run = {
    requestId: 'request',
    remainingMs: () => remaining(),
    note: (facts) => lines.push({ level: 'note', message: 'note', facts: { ...facts } }),
    log: {
      info: (message, facts = {}) => lines.push({ level: 'info', message, facts }),
      warn: (message, facts = {}) => lines.push({ level: 'warn', message, facts }),
      error: (message, facts = {}) => lines.push({ level: 'error', message, facts }),
    },
  }
  const parts = {
    config: { ...config, replicate: config.replicate.map((rule) => ({ ...rule, way, ...more })) },
    relay,
    fastPath,
    git: {} as GitClient,
    remote: () => ({ url: '', authorization: async () => '' }),
    outfit: () => ({
      ensureReplica: async ({ replica: copy }: Target) => {
        await call('ensureReplica')
        repositories.set(key(copy), new Map())
      },
      ...(watch ? { guardFor: watch } : {}),
    }),
    meter: {
      put: (name: string, value: number, _unit: string, dimensions?: Readonly<Record<string, string>>) => {
        measures.push({ name, value, ...(dimensions ? { dimensions } : {}) })
      },
    },
    memory: 512,
    own: { account: ACCOUNT, region: 'us-east-1' },
    place: {
      cluster: 'arn:aws:ecs:us-east-1:111111111111:cluster/relay',
      taskDefinition: 'arn:aws:ecs:us-east-1:111111111111:task-definition/mirror:1',
      subnets: ['subnet-1'],
      securityGroups: ['sg-1'],
      assignPublicIp: 'DISABLED' as const,
    },
    bus: 'default',
    maxReceives: MAX_RECEIVES,
    replicateQueue: URLS.replicate,
    replicateDeadLetters: URLS.dead,
    sweepQueue: URLS.sweep,
    reader,
    table,
    events,
    queues,
    tasks: ecs,
    now: clock.now,
    // no claim is extended here: a pause ends when it is told to
    pause: (_ms: number, signal?: AbortSignal) =>
      signal ? new Promise((end) => signal.addEventListener('abort', end)) : Promise.resolve(),
    random: () => 0.5,
    id: randomUUID,
  }
  const replicate = createReplicate(parts)
  const mirrorStopped = createMirrorStopped({ ...parts, scanQueue: 'scan', scanDeadLetters: 'scan-dead' })
  const sweep = createSweep(parts)

  const eventOf = (messages: readonly Message[]) => ({
    Records: messages.map(({ id, body, receives }) => ({
      messageId: id,
      body,
      receiptHandle: `${id}/${receives}`,
      attributes: { ApproximateReceiveCount: String(receives) },
    })),
  })
  const deliver = async (
    from: Message[],
    handle: (event: unknown, run: Run) => Promise<BatchResponse>,
    bury: (body: string) => void,
  ) => {
    const batch = from.splice(0, 10)
    for (const message of batch) message.receives += 1
    const { batchItemFailures } = await handle(eventOf(batch), run)
    if (batchItemFailures.length > 0) clock.pass(VISIBILITY_MS)
    for (const { itemIdentifier } of batchItemFailures) {
      const message = batch.find(({ id }) => id === itemIdentifier)!
      if (message.receives >= MAX_RECEIVES) bury(message.body)
      else from.push(message)
    }
    return batchItemFailures.map(({ itemIdentifier }) => itemIdentifier)
  }

  const world = {
    table,
    clock,
    run,
    lines,
    emitted,
    queue,
    stops,
    dead,
    delays,
    tasks,
    exits,
    outcomes,
    measures,
    visibilities,
    unreadable,
    tags,
    reader,
    parts,
    store: openReplicas(real),
    replicate,
    mirrorStopped,
    sweep,
    refs: (address: RepositoryAddress) => repositories.get(key(address)),
    setRefs: (address: RepositoryAddress, refs: Record<string, string>) =>
      repositories.set(key(address), new Map(Object.entries(refs))),
    remove: (address: RepositoryAddress) => repositories.delete(key(address)),
    key,
    failCall: (n: number | undefined) => {
      calls = 0
      failing = n
    },
    calls: () => calls,
    beforeRead: (hook: () => Promise<void> | void) => {
      before = hook
    },
    onPush: (hook: (update: RefUpdate) => void) => {
      pushing = hook
    },
    guard: (guardFor: Streams['guardFor']) => {
      watch = guardFor
    },
    remaining: (left: () => number) => {
      remaining = left
    },
    setCapacity: (value: boolean) => {
      capacity = value
    },
    send: (body: string | object) => put(queue, typeof body === 'string' ? body : JSON.stringify(body)),
    deliver: () => deliver(queue, replicate, (body) => dead.push(body)),
    /** a running mirror does its work and ends; its end is reported unless `silent` */
    end: (task: Task, how: { exitCode?: number; silent?: boolean; push?: boolean } = {}) => {
      const { exitCode = 0, silent = false, push = how.exitCode === undefined || how.exitCode === 0 } = how
      const [to, from] = ['RELAY_REPLICA', 'RELAY_REPOSITORY'].map((name) =>
        JSON.parse(task.environment[name]!),
      )
      if (push) repositories.set(key(to), new Map(repositories.get(key(from)) ?? []))
      task.stopped = { exitCode, at: time }
      if (!silent) put(stops, JSON.stringify(stopEvent(task, exitCode)))
    },
    deliverStops: () => deliver(stops, mirrorStopped, (body) => dead.push(body)),
    /** until nothing moves: queues delivered, mirrors ended with the exit codes of `exits` */
    settle: async () => {
      for (let round = 0; round < 60; round += 1) {
        if (queue.length > 0) await world.deliver()
        for (const task of tasks.filter(({ stopped }) => !stopped))
          world.end(task, { exitCode: exits.shift() ?? 0 })
        if (stops.length > 0) await world.deliverStops()
        if (queue.length === 0 && stops.length === 0) return
        clock.pass(1_000)
      }
      throw new Error('the world does not come to rest')
    },
    sweeps,
    /** what a sweep left to other invocations */
    deliverSweep: () => deliver(sweeps, sweep, (body) => dead.push(body)),
    runSweep: () => sweep(eventOf([{ id: 'wake', body: '{}', receives: 1 }]), run),
    eventsOf: (type: string) => emitted.filter((event) => event.type === type).map(({ detail }) => detail),
    queued: (): RelayInput[] => queue.flatMap(({ body }) => [...decodeBody(body)]),
  }
  return world
}

export type World = ReturnType<typeof createWorld>

export const pushEvent = (changes: Record<string, unknown> = {}, envelope: Record<string, unknown> = {}) => ({
  version: '0',
  id: randomUUID(),
  'detail-type': 'CodeCommit Repository State Change',
  source: 'aws.codecommit',
  account: ACCOUNT,
  time: '2031-05-17T09:04:33Z',
  region: 'us-east-1',
  resources: ['arn:aws:codecommit:us-east-1:111111111111:orchard-api'],
  ...envelope,
  detail: {
    event: 'referenceUpdated',
    repositoryName: 'orchard-api',
    repositoryId: '841a0251-8d8b-539f-8548-5db82fc51725',
    callerUserArn: 'arn:aws:iam::111111111111:user/nina',
    referenceType: 'branch',
    referenceName: 'main',
    referenceFullName: 'refs/heads/main',
    commitId: oid('b'),
    oldCommitId: oid('a'),
    ...changes,
  },
})

export const triggerEvent = (eventName = 'ReferenceChanges') => ({
  Records: [
    {
      awsRegion: 'us-east-1',
      codecommit: { references: [{ commit: oid('b'), ref: 'refs/heads/main' }] },
      customData: null,
      eventId: randomUUID(),
      eventName,
      eventPartNumber: 1,
      eventSource: 'aws:codecommit',
      eventSourceARN: 'arn:aws:codecommit:us-east-1:111111111111:orchard-api',
      eventTime: '2031-05-17T09:04:33.512+0000',
      eventTotalParts: 1,
      eventTriggerConfigId: randomUUID(),
      eventTriggerName: 'to-relay',
      eventVersion: '1.0',
      userIdentityARN: 'arn:aws:iam::111111111111:user/nina',
    },
  ],
})

export const stopEvent = (
  task: { arn: string; environment: Record<string, string> },
  exitCode: number | undefined,
  detail: Record<string, unknown> = {},
) => ({
  version: '0',
  id: randomUUID(),
  'detail-type': 'ECS Task State Change',
  source: 'aws.ecs',
  account: ACCOUNT,
  time: '2031-05-17T09:06:40Z',
  region: 'us-east-1',
  resources: [task.arn],
  detail: {
    taskArn: task.arn,
    clusterArn: 'arn:aws:ecs:us-east-1:111111111111:cluster/relay',
    lastStatus: 'STOPPED',
    desiredStatus: 'STOPPED',
    stopCode: exitCode === undefined ? 'TaskFailedToStart' : 'EssentialContainerExited',
    stoppedReason:
      exitCode === undefined ? 'CannotPullContainerError: no route' : 'Essential container in task exited',
    containers: [{ name: 'mirror', lastStatus: 'STOPPED', ...(exitCode === undefined ? {} : { exitCode }) }],
    overrides: {
      containerOverrides: [
        {
          name: 'mirror',
          environment: Object.entries(task.environment).map(([name, value]) => ({ name, value })),
        },
      ],
    },
    version: 6,
    ...detail,
  },
})
