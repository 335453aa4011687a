import type { ReachableRepository, RepositoryAddress } from '../codecommit/address.ts'
import type { RefMap } from '../git/refs.ts'
import type { Proof, RefCounts } from '../store/records.ts'
import { digestOf } from './digest.ts'
import { plan, type RefUpdate } from './plan.ts'

/** A source, one replica of it, and how that is reached and kept. */
export interface Target {
  readonly repository: RepositoryAddress
  readonly replica: ReachableRepository
  readonly deletes: 'mirror' | 'keep'
  /** key with which a missing replica is made */
  readonly kmsKey?: string
}

/** Who can read refs: heads and tags as they are now, or undefined where there is no such repository. */
export interface RefReader {
  readRefs(repository: ReachableRepository, side: 'source' | 'replica'): Promise<RefMap | undefined>
}

export type Comparison =
  | { readonly kind: 'equal'; readonly proof: Proof; readonly refs: RefMap }
  | { readonly kind: 'different'; readonly updates: readonly RefUpdate[] }
  | { readonly kind: 'source-missing' }

/**
 * Reads both sides and compares them. The replica is read first: what it holds then can only be older than what the source
 * is found to hold. A replica that does not exist holds nothing.
 * @param now milliseconds since the epoch
 * @throws what the reader throws; RelayError SOURCE_EMPTIED
 */
export const compare = async (reader: RefReader, target: Target, now: () => number): Promise<Comparison> => {
  const replica = await reader.readRefs(target.replica, 'replica')
  const source = await reader.readRefs(target.repository, 'source')
  return comparisonOf(target, { source, replica }, now)
}

/**
 * As {@link compare}, with both sides read at the same time: for a proof, not for a plan. Neither order reads both sides in one
 * moment, and equal refs say the same in either: the replica held what the source held when it was read, so that nothing pushed
 * before is missing. Only a plan must not rest on a replica that is newer than the source it is held against: the updates
 * are not to be pushed.
 * @throws as {@link compare}
 */
export const compareAtOnce = async (
  reader: RefReader,
  target: Target,
  now: () => number,
): Promise<Comparison> => {
  const [replica, source] = await Promise.all([
    reader.readRefs(target.replica, 'replica'),
    reader.readRefs(target.repository, 'source'),
  ])
  return comparisonOf(target, { source, replica }, now)
}

/**
 * Compares what was read, the replica's side first; undefined: there is no such repository.
 * @throws RelayError SOURCE_EMPTIED
 */
export const comparisonOf = (
  { deletes }: Pick<Target, 'deletes'>,
  { source, replica = new Map() }: { source: RefMap | undefined; replica: RefMap | undefined },
  now: () => number,
): Comparison => {
  if (!source) return { kind: 'source-missing' }
  const updates = plan(source, replica, { deletes })
  if (updates.length > 0) return { kind: 'different', updates }
  const proof = { digest: digestOf(source), refs: source.size, at: new Date(now()).toISOString() }
  return { kind: 'equal', proof, refs: source }
}

export const countsOf = (updates: readonly RefUpdate[]): RefCounts => {
  const count = (kind: RefUpdate['kind']) => updates.filter((update) => update.kind === kind).length
  return { created: count('create'), updated: count('update'), deleted: count('delete') }
}

export const NONE: RefCounts = { created: 0, updated: 0, deleted: 0 }

export const addCounts = (a: RefCounts, b: RefCounts | undefined): RefCounts => ({
  created: a.created + (b?.created ?? 0),
  updated: a.updated + (b?.updated ?? 0),
  deleted: a.deleted + (b?.deleted ?? 0),
})
