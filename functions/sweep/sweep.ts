import { addressText, type RepositoryAddress } from '../../shared/codecommit/address.ts'
import { type Inspected, type InspectParts, inspect, requestFor } from '../../shared/replication/inspect.ts'
import type { Request } from '../../shared/replication/ports.ts'
import type { Target } from '../../shared/replication/prove.ts'
import type { Marker } from '../../shared/store/marker.ts'
import type { ReplicaRecord } from '../../shared/store/records.ts'

/** Replicas looked at side by side: each is two connections. */
export const PARALLEL = 8

export interface SweepParts extends InspectParts {
  readonly marker: Marker
  /** puts all of them into the replicate queue */
  readonly ask: (requests: readonly Request[]) => Promise<void>
  /** false: stop here, so that what was found out is not lost with the invocation */
  readonly hasTime: () => boolean
}

export interface Swept {
  readonly replicas: number
  readonly looked: number
  readonly requested: number
  readonly found: Readonly<Record<Inspected['found'], number>>
  /** whether the end of the list was reached */
  readonly complete: boolean
}

/** `source replica`: by it the list is ordered, so that a marker means the same in the next sweep. */
export const targetKey = (target: { repository: RepositoryAddress; replica: RepositoryAddress }): string =>
  `${addressText(target.repository)} ${addressText(target.replica)}`

/**
 * Looks at every target, some at a time, and asks for work where it is needed. Goes on after the marker that a sweep out of
 * time left, then from the start; its own end, or the lack of time, moves the marker.
 */
export const sweep = async (parts: SweepParts, targets: readonly Target[]): Promise<Swept> => {
  const after = await parts.marker.read()
  const records = new Map((await parts.store.list()).map((record) => [targetKey(record), record]))
  const queue = turned(targets, after)
  const found = { equal: 0, different: 0, 'source-missing': 0, unread: 0 }
  let looked = 0
  let requested = 0
  while (looked < queue.length && parts.hasTime()) {
    const part = queue.slice(looked, looked + PARALLEL)
    const { results, requests } = await inspectAll(parts, part, records)
    await parts.ask(requests)
    for (const result of results) found[result.found] += 1
    requested += requests.length
    looked += part.length
  }
  const complete = looked === queue.length
  const last = queue[looked - 1]
  await parts.marker.write(complete ? undefined : last ? targetKey(last) : after)
  return { replicas: targets.length, looked, requested, found, complete }
}

const inspectAll = async (
  parts: SweepParts,
  targets: readonly Target[],
  records: ReadonlyMap<string, ReplicaRecord>,
) => {
  const settled = await Promise.allSettled(
    targets.map((target) => inspect(parts, target, records.get(targetKey(target)))),
  )
  const results = settled.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
  const broken = settled.flatMap((one) => (one.status === 'rejected' ? [one.reason as unknown] : []))
  const requests = settled.flatMap((one, index): readonly Request[] => {
    if (one.status === 'fulfilled') return one.value.request ? [one.value.request] : []
    // that the table or the bus failed must not keep a replica from being repaired
    const target = targets[index]
    return target ? [requestFor(target)] : []
  })
  if (broken.length > 0) {
    // the sweep ends here, and its message is tried again
    await parts.ask(requests)
    throw broken.length === 1 ? broken[0] : new AggregateError(broken, `${broken.length} replicas not swept`)
  }
  return { results, requests }
}

const turned = (targets: readonly Target[], after: string | undefined): readonly Target[] => {
  const sorted = [...targets].sort((a, b) => (targetKey(a) < targetKey(b) ? -1 : 1))
  if (after === undefined) return sorted
  const start = sorted.findIndex((target) => targetKey(target) > after)
  return start <= 0 ? sorted : [...sorted.slice(start), ...sorted.slice(0, start)]
}
