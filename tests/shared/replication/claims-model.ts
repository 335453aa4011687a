import { setImmediate } from 'node:timers/promises'
import type { RepositoryEvent } from '../../../shared/events/types.ts'
import type { RefMap } from '../../../shared/git/refs.ts'
import type { GitClient } from '../../../shared/git/types.ts'
import { digestOf } from '../../../shared/replication/digest.ts'
import { type FinishParts, finish } from '../../../shared/replication/finish.ts'
import { type FollowParts, follow } from '../../../shared/replication/follow.ts'
import { LEASE_MS } from '../../../shared/replication/lease.ts'
import type { RefUpdate } from '../../../shared/replication/plan.ts'
import type { Target } from '../../../shared/replication/prove.ts'
import { countsOf } from '../../../shared/replication/prove.ts'
import type { FastPath, NamedMove, Relay } from '../../../shared/replication/relay/types.ts'
import { RelayError } from '../../../shared/runtime/errors.ts'
import { openOnce } from '../../../shared/store/idempotency.ts'
import { EVENT_CLOCK_MS, openReplicas } from '../../../shared/store/replicas.ts'
import type { Table } from '../../../shared/store/table.ts'
import { COST, tinyRelay } from '../../functions/world.ts'
import type { Model } from '../../support/explore.ts'
import { memoryTable } from '../../support/memory-table.ts'

// Workers that run the real follow, finish and store, one effect at a time: every call of the table, every look at refs, every push,
// event, request and start of a task is a step that somebody else's step, a death or the end of a lease may come before.

export interface Bounds {
  readonly pushes: number
  /** workers at a time */
  readonly workers: number
  /** workers that are killed */
  readonly kills?: number
  /** times that every lease runs out at once, whoever is still at work */
  readonly pauses?: number
  /** messages that are handed out while their first reader is at work */
  readonly doubles?: number
  /** relays that hand over; `all` of them */
  readonly handOvers?: number | 'all'
  /** mirrors that fail, of at most this many tries */
  readonly failures?: number
  /** starts of a task whose answer never came */
  readonly lostAnswers?: number
  /** extensions of claims */
  readonly beats?: number
  /** sweeps that find a claim whose lease is over */
  readonly sweeps?: number
  readonly fast?: boolean
}

const repository = { account: '111111111111', region: 'us-east-1', name: 'orders' }
const target: Target = { repository, replica: { ...repository, region: 'eu-west-1' }, deletes: 'mirror' }
const BRANCH = 'refs/heads/main'
const LIMIT = 2
const START = Date.parse('2031-05-17T09:00:00Z')

const oidOf = (version: number) => String(version).padStart(40, '1')
const refsOf = (version: number): RefMap => new Map([[BRANCH, oidOf(version)]])
const versionOf = (oid: string) => Number(oid.replace(/^1*(?=\d)/, ''))

const eventOf = (id: string, version: number, at: number): RepositoryEvent => ({
  type: 'repository',
  id,
  via: 'eventbridge',
  test: false,
  repository,
  at: new Date(at).toISOString(),
  changes: [
    {
      kind: 'updated',
      ref: BRANCH,
      refType: 'branch',
      oldCommit: oidOf(version - 1),
      commit: oidOf(version),
    },
  ],
})

interface Message {
  readonly id: string
  readonly version?: number
  /** milliseconds since the epoch: when that was pushed */
  readonly at?: number
  readonly attempt: number
  receives: number
  /** being worked on: not handed out, unless doubled */
  held: boolean
  /** worker that asked for it: still at work, it is seldom overtaken by its own request */
  readonly asker?: string
}

interface Task {
  readonly token: string
  saw?: readonly [source: number, replica: number]
}

interface Stop {
  readonly token: string
  readonly exitCode: number
  receives: number
  held: boolean
}

interface Step {
  readonly label: string
  readonly run: (variant?: string) => void
}

interface Worker {
  readonly name: string
  readonly history: string[]
  readonly steps: Step[]
  readonly beats: (() => void)[]
  /** gives back what it was working on */
  readonly drop: () => void
}

const silent = { info: () => undefined, warn: () => undefined, error: () => undefined }

/** @param weaken stands between the store and the table: a mutation */
export const claimsModel = (bounds: Bounds, weaken: (table: Table) => Table = (table) => table): Model => {
  const left = {
    pushes: bounds.pushes,
    kills: bounds.kills ?? 0,
    pauses: bounds.pauses ?? 0,
    doubles: bounds.doubles ?? 0,
    handOvers: bounds.handOvers === 'all' ? 0 : (bounds.handOvers ?? 0),
    failures: bounds.failures ?? 0,
    lostAnswers: bounds.lostAnswers ?? 0,
    beats: bounds.beats ?? 0,
    sweeps: bounds.sweeps ?? 0,
    early: 1,
  }
  let clock = START
  let source = 1
  let replica = 1
  let wrong: string | undefined
  let numbers = 0
  const toldDigests = new Set<string>()
  const told: Record<string, number> = {}
  const base = memoryTable()
  const table = weaken(base)
  const queue: Message[] = []
  const stops: Stop[] = []
  const tasks: Task[] = []
  const tokens = new Set<string>()
  const dead: string[] = []
  const workers: Worker[] = []

  const stepOf =
    (worker: Worker) =>
    <T>(label: string, act: (variant?: string) => T | Promise<T>): Promise<T> =>
      new Promise<T>((resolve, reject) => {
        worker.steps.push({
          label,
          run: (variant) => {
            Promise.resolve()
              .then(() => act(variant))
              .then(
                (value) => {
                  worker.history.push(`${label}=${JSON.stringify(value instanceof Map ? [...value] : value)}`)
                  resolve(value)
                },
                (error: unknown) => {
                  worker.history.push(`${label}!`)
                  reject(error)
                },
              )
          },
        })
      })

  const partsOf = (worker: Worker): FollowParts & FinishParts => {
    const step = stepOf(worker)
    const stepped: Table = {
      get: (key) => step('get', () => table.get(key)),
      put: (key, item, condition) => step('put', () => table.put(key, item, condition)),
      update: (key, change) => step(change.add ? 'count' : 'update', () => table.update(key, change)),
      delete: (key, condition) => step('delete', () => table.delete(key, condition)),
      query: (pk) => step('query', () => table.query(pk)),
    }
    let ids = 0
    const id = () => `${worker.name}#${++ids}`
    const now = () => clock
    const reader = {
      readRefs: (_: unknown, side: 'source' | 'replica') =>
        step(side, () => refsOf(side === 'source' ? source : replica)),
    }
    const send = (request: { attempt: number }) => {
      numbers += 1
      queue.push({
        id: `r${numbers}`,
        attempt: request.attempt,
        receives: 0,
        held: false,
        asker: worker.name,
      })
    }
    // steps are taken before a push here: what the push itself does happens at once
    const relay: Relay = async (relayParts, work) => {
      const how = await step('relay', (variant) => variant)
      if (how === 'over' || bounds.handOvers === 'all') {
        const moved = { created: 0, updated: 0, deleted: 0 }
        return { kind: 'hand-over', reason: 'bytes', detail: '', moved, cost: COST }
      }
      return tinyRelay(reader, () => true)(
        {
          ...relayParts,
        },
        {
          ...work,
          announce: async (updates) => {
            await work.announce?.(updates)
            for (const update of updates) await step('push', () => push(update))
          },
        },
      )
    }
    const fastPath: FastPath = async (_, work, moves, { lookFirst = false } = {}) => {
      const holds = (version: number) => moves.every((move) => 'to' in move && versionOf(move.to) === version)
      if (lookFirst && !holds(await step('look', () => source))) {
        return { kind: 'doubt', reason: 'moved on', moved: countsOf([]), cost: COST }
      }
      await work.announce?.(moves)
      const done: NamedMove[] = []
      for (const move of moves) if (await step('push', () => push(move))) done.push(move)
      const moved = countsOf(done)
      return done.length === moves.length
        ? { kind: 'moved', moved, cost: COST }
        : { kind: 'doubt', reason: 'refused', moved, cost: COST }
    }
    return {
      reader,
      relay,
      fastPath,
      git: {} as GitClient,
      remote: () => ({ url: '', authorization: async () => '' }),
      ensureReplica: async () => undefined,
      store: openReplicas(stepped),
      once: openOnce({ table: stepped, now, id }).once,
      emit: (type, detail) =>
        step('emit', () => {
          told[type] = Math.min(3, (told[type] ?? 0) + 1)
          if (type === 'Replica Updated') toldDigests.add((detail as { digest: string }).digest)
        }),
      meter: { put: () => undefined },
      pause: (_ms, signal) =>
        new Promise<void>((resolve) => {
          worker.beats.push(resolve)
          signal?.addEventListener('abort', () => resolve())
        }),
      start: (_, launch) =>
        step('start', (variant) => {
          if (!tokens.has(launch.token)) tasks.push({ token: launch.token })
          tokens.add(launch.token)
          if (variant === 'lost') throw new RelayError('MIRROR_NOT_STARTED', { unsure: true })
          return `task of ${launch.token}`
        }),
      ask: (request) => step('ask', () => send(request)),
      bury: () =>
        step('bury', () => {
          dead.push('letter')
        }),
      random: () => 0.5,
      limit: LIMIT,
      now,
      id,
      log: silent,
    }
  }

  const push = (update: RefUpdate): boolean => {
    if (update.kind !== 'update' || oidOf(replica) !== update.from) return false
    const to = versionOf(update.to)
    if (to < replica) wrong = `the replica's ref went back from ${replica} to ${to}`
    replica = to
    return true
  }

  const hire = (
    name: string,
    job: { held: boolean },
    work: (parts: FollowParts & FinishParts) => Promise<unknown>,
    done: () => void,
  ) => {
    const worker: Worker = {
      name,
      history: [],
      steps: [],
      beats: [],
      drop: () => {
        job.held = false
      },
    }
    workers.push(worker)
    job.held = true
    const leave = () => {
      if (workers.includes(worker)) workers.splice(workers.indexOf(worker), 1)
    }
    work(partsOf(worker)).then(
      () => {
        if (!workers.includes(worker)) return
        leave()
        done()
      },
      () => {
        if (!workers.includes(worker)) return
        leave()
        job.held = false
      },
    )
  }

  const deliver = (message: Message) => {
    message.receives += 1
    const { id, version, attempt, at = START } = message
    hire(
      `${id}.${message.receives}`,
      message,
      (parts) =>
        follow(parts, {
          target,
          way: 'auto',
          wishes: [],
          reason: version === undefined ? 'request' : 'push',
          attempt,
          budget: { until: Number.POSITIVE_INFINITY, bytes: Number.POSITIVE_INFINITY },
          messages: [id],
          ...(version === undefined ? {} : { hint: { at: START, ids: [id] } }),
          events: bounds.fast && version !== undefined ? [eventOf(id, version, at)] : undefined,
        }),
      () => {
        if (queue.includes(message)) queue.splice(queue.indexOf(message), 1)
      },
    )
  }

  const deliverStop = (stop: Stop) => {
    stop.receives += 1
    hire(
      `stop ${stop.token}.${stop.receives}`,
      stop,
      (parts) => finish(parts, { target, claim: stop.token, end: { exitCode: stop.exitCode } }),
      () => {
        stops.splice(stops.indexOf(stop), 1)
      },
    )
  }

  const endTask = (task: Task, exitCode: number) => {
    tasks.splice(tasks.indexOf(task), 1)
    stops.push({ token: task.token, exitCode, receives: 0, held: false })
  }

  const record = () => base.items.get([...base.items.keys()].find((key) => key.startsWith('replica ')) ?? '')

  /**
   * A step that no other step can tell from its absence goes first and alone: every order of it leads to the same. What is told
   * may be told again after a kill, so that one comes before it as well.
   */
  const apart = (): string[] | undefined => {
    for (const { name, steps } of workers) {
      const label = steps.length === 1 ? steps[0]?.label : undefined
      if (label === 'emit') return [`run ${name} 0`, ...(left.kills > 0 ? [`kill ${name}`] : [])]
      const alone =
        label === 'count' ||
        (label === 'relay' && left.handOvers === 0) ||
        ((label === 'source' || label === 'look') && left.pushes === 0)
      if (alone) return [`run ${name} 0`]
    }
    return undefined
  }

  const choices = (): string[] => {
    const only = apart()
    if (only) return only
    const found: string[] = []
    for (const worker of workers) {
      worker.steps.forEach(({ label }, index) => {
        found.push(`run ${worker.name} ${index}`)
        if (label === 'relay' && left.handOvers > 0) found.push(`over ${worker.name} ${index}`)
        if (label === 'start' && left.lostAnswers > 0) found.push(`lost ${worker.name} ${index}`)
      })
      if (left.kills > 0) found.push(`kill ${worker.name}`)
      if (left.beats > 0 && worker.beats.length > 0) found.push(`beat ${worker.name}`)
    }
    if (workers.length < bounds.workers) {
      for (const { id, held, asker } of queue) {
        if (!held && workers.some(({ name }) => name === asker)) {
          if (left.early > 0) found.push(`early ${id}`)
        } else if (!held) found.push(`deliver ${id}`)
        else if (left.doubles > 0) found.push(`double ${id}`)
      }
      for (const { token, held } of stops) if (!held) found.push(`stop ${token}`)
    }
    for (const { token, saw } of tasks) {
      found.push(saw ? `end ${token}` : `read ${token}`)
      if (left.failures > 0) found.push(`fail ${token}`)
    }
    if (left.pushes > 0) found.push('push')
    if (left.pauses > 0 && workers.length > 0) found.push('pause')
    if (left.sweeps > 0 && isAtRest() && isStale()) found.push('sweep')
    return found
  }

  const act = (choice: string): unknown => {
    const [verb = '', ...rest] = choice.split(' ')
    const name = rest.join(' ')
    const numbered = /^(.*) (\d+)$/.exec(name)
    const worker = workers.find((one) => one.name === (numbered?.[1] ?? name))
    const task = tasks.find(({ token }) => token === name)
    const message = queue.find(({ id }) => id === name)
    switch (verb) {
      case 'run':
        return worker?.steps.splice(Number(numbered?.[2]), 1)[0]?.run()
      case 'over':
        left.handOvers -= 1
        return worker?.steps.splice(Number(numbered?.[2]), 1)[0]?.run('over')
      case 'lost':
        left.lostAnswers -= 1
        return worker?.steps.splice(Number(numbered?.[2]), 1)[0]?.run('lost')
      case 'kill':
        left.kills -= 1
        workers.splice(workers.indexOf(worker!), 1)
        return worker?.drop()
      case 'beat':
        left.beats -= 1
        return worker?.beats.splice(0, 1)[0]?.()
      case 'double':
        left.doubles -= 1
        return deliver(message!)
      case 'early':
        left.early -= 1
        return deliver(message!)
      case 'deliver':
        return deliver(message!)
      case 'stop':
        return deliverStop(stops.find(({ token }) => token === name)!)
      case 'read':
        task!.saw = [source, replica]
        return
      case 'end': {
        const [wanted, expected] = task!.saw!
        if (replica !== expected) return endTask(task!, 75)
        replica = wanted
        return endTask(task!, 0)
      }
      case 'fail':
        left.failures -= 1
        return endTask(task!, 75)
      case 'push':
        left.pushes -= 1
        source += 1
        // a proof is then of before it or of after it for certain, or of its own time
        if (bounds.fast) clock += 2 * EVENT_CLOCK_MS
        queue.push({ id: `p${source}`, version: source, at: clock, attempt: 0, receives: 0, held: false })
        return
      case 'pause':
        left.pauses -= 1
        clock += LEASE_MS + 1
        return
      case 'sweep':
        left.sweeps -= 1
        clock += LEASE_MS + 1
        queue.push({ id: `s${left.sweeps}`, attempt: 0, receives: 0, held: false })
        return
      default:
        throw new Error(`no choice: ${choice}`)
    }
  }

  const isAtRest = () => workers.length + queue.length + stops.length + tasks.length === 0
  const isStale = () => {
    const claim = record()?.claim as { task?: string } | undefined
    return claim !== undefined && claim.task === undefined
  }

  const atRest = (): string | undefined => {
    const item = record()
    if (item?.claim || item?.dirty) return 'a claim or a mark is left that nobody will look at'
    if (dead.length > 0) {
      const failed = told['Mirror Failed'] ?? 0
      if (failed === 0) return 'a failure was not told'
      // a worker that dies between telling and noting tells again: rather twice than never
      if (failed > 1 && !bounds.kills && !bounds.pauses) return `one failure told ${failed} times`
      return undefined
    }
    if (told['Mirror Failed']) return 'a failure was told, and nothing lies in the dead-letter queue'
    if (source > 1 && replica !== source) return `the replica stays at ${replica} of ${source}`
    if (source > 1 && item?.status !== 'equal') return `status ${String(item?.status)}`
    if (source > 1 && item?.waitingSince !== undefined && !bounds.doubles)
      return 'an event is still waited for'
    if (source > 1 && !toldDigests.has(digestOf(refsOf(source)))) return 'the last change was not told'
    return undefined
  }

  return {
    choices,
    take: async (choice) => {
      act(choice)
      await setImmediate()
    },
    key: () =>
      JSON.stringify([
        left,
        clock,
        source,
        replica,
        told,
        [...toldDigests],
        dead.length,
        [...base.items],
        queue,
        stops,
        tasks,
        [...tokens],
        workers.map(({ name, history, steps, beats }) => [
          name,
          history,
          steps.map(({ label }) => label),
          beats.length,
        ]),
      ]),
    problem: () => {
      if (wrong) return wrong
      if (tasks.length > 1) return 'two mirrors at once'
      const next = choices()
      if (isAtRest() && !next.includes('sweep')) return atRest()
      return next.length === 0 ? 'nothing can happen, and there is work' : undefined
    },
  }
}
