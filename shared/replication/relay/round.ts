import { RelayError } from '../../runtime/errors.ts'
import { digestOf } from '../digest.ts'
import { plan, type RefUpdate } from '../plan.ts'
import { type Admitted, admit } from './admit.ts'
import { type Sorted, sortOut } from './memory.ts'
import { keyOf } from './pushes.ts'
import { countMoved, type Ground, handOver, isHopeless, type Session, survey, totalOf } from './session.ts'
import { openPack, pushAll } from './transfer.ts'
import type { RelayOutcome } from './types.ts'

/** What one look at both sides, and one push of what differs, came to. */
export type Round =
  | Extract<RelayOutcome, { kind: 'source-missing' | 'replica-missing' | 'refused' }>
  /** nothing is left to push; `sorted` holds what stays different */
  | { readonly kind: 'settled'; readonly ground: Ground; readonly sorted: Sorted }
  /** something was pushed, and only another look tells what it led to; `smooth`: all of it for the first time, and taken */
  | { readonly kind: 'pushed'; readonly smooth: boolean }

/**
 * Plans, asks the guard where something would be lost, fetches and pushes.
 * @throws what the client, the guard and the keeper of the default branch throw; RelayError SOURCE_EMPTIED
 */
export const round = async (session: Session): Promise<Round> => {
  const ground = await survey(session)
  if (typeof ground === 'string') return { kind: ground }
  settleUncertain(session, ground)
  const { deletes } = session.work.target
  const defaultBranch = ground.defaultBranch?.slice('refs/heads/'.length)
  const planned = plan(ground.source, ground.replica, { deletes, defaultBranch })
  const sorted = withoutDeletions(ground, sortOut(session.memory, planned))
  const draft = [...sorted.open, ...sorted.suspect]
  if (draft.length === 0) return { kind: 'settled', ground, sorted }
  const { moved, memory } = session
  session.failed = false
  const isFirst = draft.every((update) => !memory.tried.has(keyOf(update)))
  const admitted = await admit(session, ground, draft)
  if ('kind' in admitted) return { kind: 'refused', verdict: admitted }
  await pushGroups(session, ground, groupsOf(session, sorted, admitted), admitted)
  const taken = totalOf(session.moved) - totalOf(moved) === admitted.updates.length
  return { kind: 'pushed', smooth: isFirst && taken }
}

/** @param admitted its pack is for all groups in one; fetched anew where there are several */
const pushGroups = async (
  session: Session,
  ground: Ground,
  groups: readonly (readonly RefUpdate[])[],
  { pack, rewinds }: Admitted,
): Promise<void> => {
  let open = pack
  try {
    if (groups.length !== 1) {
      await open?.close()
      open = undefined
    }
    for (const group of groups) {
      if (isHopeless(session)) return
      open ??= await openPack(session, ground, group)
      await pushAll(session, ground, group, open, rewinds)
      await open?.close()
      open = undefined
    }
  } finally {
    await open?.close()
  }
}

/** Pushes whose answer was lost are counted when the replica is seen to hold what they pushed. */
const settleUncertain = (session: Session, { replica }: Ground): void => {
  const done = session.uncertain.filter(
    (update) => replica.get(update.ref) === (update.kind === 'delete' ? undefined : update.to),
  )
  session.uncertain = []
  countMoved(session, done)
}

/** A server that takes no deletions by push refuses each of them. */
const withoutDeletions = ({ replicaOffers }: Ground, sorted: Sorted): Sorted => {
  if (replicaOffers.includes('delete-refs')) return sorted
  const words = 'the server offers no delete-refs: delete it by hand, a branch by its API (DeleteBranch)'
  const isDeletion = ({ kind }: RefUpdate) => kind === 'delete'
  const deletions = [...sorted.open, ...sorted.suspect].filter(isDeletion)
  return {
    ...sorted,
    open: sorted.open.filter((update) => !isDeletion(update)),
    suspect: sorted.suspect.filter((update) => !isDeletion(update)),
    rejected: [...sorted.rejected, ...deletions.map((update) => ({ update, words }))],
  }
}

/**
 * Updates that share a pack. What the replica refused before goes last, so that it holds up nothing else; but where a guard let
 * deletions or rewound refs pass, all that may keep an old tip goes before these.
 */
const groupsOf = (
  { work, groupSize }: Session,
  { open, suspect }: Sorted,
  { updates: admitted, rewinds }: Admitted,
): readonly (readonly RefUpdate[])[] => {
  const allowed = new Set(admitted.map(keyOf))
  const rank = (update: RefUpdate) => (update.kind === 'delete' ? 2 : rewinds.has(update) ? 1 : 0)
  const together = work.guard !== undefined && admitted.some((update) => rank(update) > 0)
  const all = [...open, ...suspect]
  const sets = together ? [all.toSorted((a, b) => rank(a) - rank(b))] : [open, suspect]
  return sets.flatMap((updates) => {
    const rest = updates.filter((update) => allowed.has(keyOf(update)))
    const groups: (readonly RefUpdate[])[] = []
    for (let at = 0; at < rest.length; at += groupSize) groups.push(rest.slice(at, at + groupSize))
    return groups
  })
}

/**
 * How a relay ends that has nothing left to push.
 * @throws RelayError PUSH_REJECTED for refs that the replica does not take
 */
export const conclusionOf = (
  session: Session,
  { ground, sorted }: Extract<Round, { kind: 'settled' }>,
): RelayOutcome => {
  const { parts, moved } = session
  const [empty] = sorted.denied
  if (empty) return handOver(session, 'protocol', `${empty.ref}: said to be done, and found undone`)
  const [first] = sorted.rejected
  if (first) {
    const { region, name } = session.work.target.replica
    throw new RelayError('PUSH_REJECTED', {
      replica: `${region}/${name}`,
      ref: first.update.ref,
      reason: first.words,
      refs: sorted.rejected.length,
      ...(sorted.rejected.length > 1 && {
        others: sorted.rejected
          .slice(1, 10)
          .map(({ update }) => update.ref)
          .join(' '),
      }),
    })
  }
  const cost = session.cost()
  const { source, replica } = ground
  if (sorted.kept.length > 0) {
    const refs = new Map([...source].filter(([ref, oid]) => replica.get(ref) === oid))
    return { kind: 'kept', kept: sorted.kept, refs, moved, cost }
  }
  const proof = {
    digest: digestOf(source),
    refs: source.size,
    at: new Date(parts.now()).toISOString(),
  }
  return { kind: 'equal', proof, refs: source, moved, cost }
}
