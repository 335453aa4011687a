import type { RefMap } from '../git/refs.ts'
import { RelayError } from '../runtime/errors.ts'

/** One ref to move. `from` travels to the server as the expected old value, so a stale plan is refused, not forced through. */
export type RefUpdate =
  | { readonly kind: 'create'; readonly ref: string; readonly to: string }
  | { readonly kind: 'update'; readonly ref: string; readonly from: string; readonly to: string }
  | { readonly kind: 'delete'; readonly ref: string; readonly from: string }

export interface PlanPolicy {
  readonly deletes: 'mirror' | 'keep'
  /** short name of the source's default branch; its ref goes first */
  readonly defaultBranch?: string | undefined
}

/**
 * What must change so that the replica holds the source's refs. Default branch first, then heads, then tags, deletes last;
 * by name within each, so that equal inputs give equal plans.
 * @param source refs of the source, read after the replica's
 * @param replica refs of the replica; empty where it does not exist yet
 * @throws RelayError SOURCE_EMPTIED when the source has no refs at all and the replica has: a replica is never emptied
 */
export const plan = (source: RefMap, replica: RefMap, policy: PlanPolicy): readonly RefUpdate[] => {
  if (source.size === 0 && replica.size > 0 && policy.deletes === 'mirror') {
    throw new RelayError('SOURCE_EMPTIED', { replicaRefs: replica.size })
  }
  const names = new Set([...source.keys(), ...replica.keys()])
  const updates = [...names].flatMap((ref) => planRef(ref, source.get(ref), replica.get(ref)))
  const wanted = policy.deletes === 'mirror' ? updates : updates.filter((update) => update.kind !== 'delete')
  const first = policy.defaultBranch === undefined ? undefined : `refs/heads/${policy.defaultBranch}`
  const rank = (update: RefUpdate) => {
    if (update.kind === 'delete') return 3
    if (update.ref === first) return 0
    return update.ref.startsWith('refs/heads/') ? 1 : 2
  }
  return wanted.sort((a, b) => rank(a) - rank(b) || (a.ref < b.ref ? -1 : 1))
}

const planRef = (ref: string, to: string | undefined, from: string | undefined): RefUpdate[] => {
  if (to === undefined) return from === undefined ? [] : [{ kind: 'delete', ref, from }]
  if (from === undefined) return [{ kind: 'create', ref, to }]
  return from === to ? [] : [{ kind: 'update', ref, from, to }]
}
