import type { RepositoryAddress } from '../../shared/codecommit/address.ts'
import {
  EVENT_GRACE_MS,
  type Inspected,
  type InspectParts,
  inspect,
  requestFor,
  settleSuspect,
} from '../../shared/replication/inspect.ts'
import type { Sight } from '../../shared/replication/judge.ts'
import type { Request } from '../../shared/replication/ports.ts'
import type { Target } from '../../shared/replication/prove.ts'
import type { ReplicaRecord } from '../../shared/store/records.ts'
import { replicaKey } from '../../shared/store/replicas.ts'

/** Repositories looked at side by side; how much of that reaches one server is its lane's affair. */
const PARALLEL = 32
/** A difference is asked for at the end of the slice; in a slice that takes long, after this time. */
const SETTLE_AFTER_MS = 30_000
/** SQS takes ten messages at once. */
const ASK_AT_ONCE = 10

export interface SweepParts extends InspectParts {
  /** puts all of them into the replicate queue */
  readonly ask: (requests: readonly Request[]) => Promise<void>
  /** waits this many milliseconds */
  readonly pause: (milliseconds: number) => Promise<unknown>
  /** false: stop here, so that what was found out is not lost with the invocation */
  readonly hasTime: () => boolean
  /** called after each repository */
  readonly onLooked: () => Promise<void>
}

/** A repository and all its replicas; the targets have one source, after a failover another one. */
export interface RepositoryTargets {
  /** as it was listed */
  readonly repository: RepositoryAddress
  readonly targets: readonly Target[]
}

export interface Swept {
  /** replicas looked at */
  readonly looked: number
  readonly requested: number
  readonly found: Readonly<Record<Sight['kind'], number>>
  /** not asked, because their server failed for others just before */
  readonly skipped: number
  /** differences that no event announced */
  readonly missedEvents: number
  /** replicas whose source is not listed any more */
  readonly orphans: number
  /** repositories for which there was no time */
  readonly rest: readonly RepositoryTargets[]
}

interface Suspect {
  readonly inspected: Inspected
  readonly refs: number
  readonly ask: boolean
  /** milliseconds since the epoch */
  readonly at: number
}

/**
 * Looks at every replica of the repositories, some at a time, and asks for work where it is needed. What differs is given time for its
 * event to be heard of, once for all; then it is told and asked for.
 * @param table what it knows of the replicas, and of replicas whose source is not listed any more
 * @throws what the table, the bus or the queue threw, after everything else was looked at and asked for
 */
export const sweep = async (
  parts: SweepParts,
  repositories: readonly RepositoryTargets[],
  { records, orphans }: { records: readonly ReplicaRecord[]; orphans: readonly ReplicaRecord[] },
): Promise<Swept> => {
  const known = new Map(records.map((record) => [replicaKey(record), record]))
  const found = { equal: 0, different: 0, 'source-missing': 0, unread: 0 }
  const broken: unknown[] = []
  const requests: Request[] = orphans.map((orphan) => requestFor(orphan))
  const suspects: Suspect[] = []
  const queue = [...repositories]
  let skipped = 0
  let requested = 0
  let missedEvents = 0

  const flush = async (least: number): Promise<void> => {
    while (requests.length >= least && requests.length > 0) {
      const some = requests.splice(0, ASK_AT_ONCE)
      await parts.ask(some)
      requested += some.length
    }
  }
  const settle = async (): Promise<void> => {
    const some = suspects.splice(0)
    const waited = parts.now() - Math.max(...some.map(({ at }) => at))
    if (some.length > 0 && waited < EVENT_GRACE_MS) await parts.pause(EVENT_GRACE_MS - waited)
    for (const { inspected, refs, ask } of some) {
      if (ask) requests.push(requestFor(inspected.target))
      try {
        if ((await settleSuspect(parts, inspected, refs)) === 'missed') missedEvents += 1
      } catch (error) {
        broken.push(error)
      }
    }
    await flush(1)
  }
  const take = (inspected: Inspected): void => {
    const { sight, target } = inspected
    found[sight.kind] += 1
    if (sight.kind === 'source-missing') return
    if (sight.kind === 'unread' && sight.skipped) skipped += 1
    if (sight.kind === 'different' && sight.suspect)
      suspects.push({ inspected, refs: sight.refs, ask: sight.ask, at: parts.now() })
    else if (sight.ask) requests.push(requestFor(target, sight.kind === 'unread' ? sight.code : undefined))
  }
  const look = async (repository: RepositoryTargets): Promise<void> => {
    const { targets } = repository
    const settled = await inspect(parts, targets, (target) => known.get(replicaKey(target)))
    if (!parts.hasTime() && settled.some(isSkipped)) {
      queue.push(repository)
      return
    }
    for (const [index, one] of settled.entries()) {
      const target = targets[index]
      if (one.status === 'fulfilled') take(one.value)
      else {
        broken.push(one.reason)
        // that the table or the bus failed must not keep a replica from being repaired
        if (target) requests.push(requestFor(target))
      }
    }
    await flush(ASK_AT_ONCE)
    const oldest = suspects[0]
    if (oldest && parts.now() - oldest.at > SETTLE_AFTER_MS) await settle()
    await parts.onLooked()
  }

  const worker = async (): Promise<void> => {
    for (let next = parts.hasTime() && queue.shift(); next; next = parts.hasTime() && queue.shift()) {
      try {
        await look(next)
      } catch (error) {
        broken.push(error)
      }
    }
  }
  await Promise.all(Array.from({ length: PARALLEL }, worker))
  await settle()
  if (broken.length > 0) {
    throw broken.length === 1 ? broken[0] : new AggregateError(broken, `${broken.length} replicas not swept`)
  }
  const looked = Object.values(found).reduce((sum, each) => sum + each, 0)
  return { looked, requested, found, skipped, missedEvents, orphans: orphans.length, rest: queue }
}

const isSkipped = (one: PromiseSettledResult<Inspected>): boolean =>
  one.status === 'fulfilled' && one.value.sight.kind === 'unread' && one.value.sight.skipped
