import { RelayError } from '../../runtime/errors.ts'
import { digestOf } from '../digest.ts'
import { plan, type RefUpdate } from '../plan.ts'
import { asker } from './ask.ts'
import { commitsAhead, HOLD_BYTES } from './hold.ts'
import { provenLosing, reachedIn, tipsAfter, unproven } from './losing.ts'
import { type Sorted, sortOut } from './memory.ts'
import { isBlocked, keyOf } from './pushes.ts'
import { askCaller, countMoved, type Ground, handOver, type Session, survey, totalOf } from './session.ts'
import { type OpenPack, openPack, pushAll } from './transfer.ts'
import type { Draft, RelayOutcome, Verdict } from './types.ts'

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
  const isFirst = draft.every((update) => !memory.tried.has(keyOf(update)))
  const admitted = await admit(session, ground, draft)
  if ('kind' in admitted) return { kind: 'refused', verdict: admitted }
  let { pack } = admitted
  try {
    for (const group of groupsOf(sorted, admitted.updates, session.groupSize)) {
      pack ??= await openPack(session, ground, group)
      await pushAll(session, ground, group, pack)
      await pack?.close()
      pack = undefined
    }
  } finally {
    await pack?.close()
  }
  const taken = totalOf(session.moved) - totalOf(moved) === admitted.updates.length
  return { kind: 'pushed', smooth: isFirst && taken }
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
  const words = 'the server offers no delete-refs: delete the branch by its API (DeleteBranch)'
  const isDeletion = ({ kind }: RefUpdate) => kind === 'delete'
  const deletions = [...sorted.open, ...sorted.suspect].filter(isDeletion)
  return {
    ...sorted,
    open: sorted.open.filter((update) => !isDeletion(update)),
    suspect: sorted.suspect.filter((update) => !isDeletion(update)),
    rejected: [...sorted.rejected, ...deletions.map((update) => ({ update, words }))],
  }
}

/** Updates that share a pack. What the replica refused before goes last, so that it holds up nothing else. */
const groupsOf = (
  sorted: Sorted,
  admitted: readonly RefUpdate[],
  size: number,
): readonly (readonly RefUpdate[])[] => {
  const allowed = new Set(admitted.map(keyOf))
  return [sorted.open, sorted.suspect].flatMap((updates) => {
    const rest = updates.filter((update) => allowed.has(keyOf(update)))
    const groups: (readonly RefUpdate[])[] = []
    for (let at = 0; at < rest.length; at += size) groups.push(rest.slice(at, at + size))
    return groups
  })
}

type Admitted = { readonly updates: readonly RefUpdate[]; readonly pack: OpenPack | undefined }

/**
 * Lets a draft pass, whole or in part, or not at all. Where the guard has to be asked, nothing was pushed before it answered. A
 * pack that is small enough was fetched for the proof and is then pushed; a larger one is fetched anew, since nobody's connection
 * waits for a guard.
 */
const admit = async (
  session: Session,
  ground: Ground,
  draft: readonly RefUpdate[],
): Promise<Admitted | Extract<Verdict, { kind: 'refuse' }>> => {
  const { guard } = session.work
  if (!guard || draft.every(({ kind }) => kind === 'create')) return { updates: draft, pack: undefined }
  const inOnePack = draft.length <= session.groupSize && session.memory.tried.size === 0
  const pack = inOnePack ? await openPack(session, ground, draft, HOLD_BYTES) : undefined
  try {
    const losing = await losingOf(session, ground, draft, pack)
    if (losing.length === 0 && draft.every(({ kind }) => kind !== 'delete')) return { updates: draft, pack }
    const kept = pack?.isWhole ? pack : undefined
    if (!kept) await pack?.close()
    const { source, replica } = ground
    const verdict = await askCaller(session, () => guard({ updates: draft, source, replica, losing }))
    if (verdict.kind === 'refuse') return verdict
    const updates = agreed(session, draft, verdict.updates)
    return { updates, pack: updates.some(({ kind }) => kind !== 'delete') ? kept : undefined }
  } catch (error) {
    await pack?.close()
    throw error
  }
}

const losingOf = async (
  session: Session,
  ground: Ground,
  draft: Draft['updates'],
  pack: OpenPack | undefined,
): Promise<readonly RefUpdate[]> => {
  const after = tipsAfter(draft, ground.replica)
  const parents = pack ? commitsAhead(pack) : new Map<string, readonly string[]>()
  const reached = reachedIn(parents, after.values())
  const doubtful = unproven(draft, after, reached)
  if (doubtful.length === 0) return []
  const outside = [...reached].filter((oid) => !parents.has(oid))
  const ask = await asker(session, ground, outside)
  const isNew = new Set(draft.map(({ ref }) => ref))
  const first = ground.defaultBranch === undefined ? undefined : after.get(ground.defaultBranch)
  const near = [...after].filter(([ref]) => isNew.has(ref)).map(([, oid]) => oid)
  const stays = new Set([...near.slice(0, 500), ...(first === undefined ? [] : [first]), ...after.values()])
  return provenLosing(doubtful, [...stays], ask)
}

/** What the guard left out is remembered, and what cannot be without it stays as well. */
const agreed = (
  { memory }: Session,
  draft: readonly RefUpdate[],
  allowed: readonly RefUpdate[],
): readonly RefUpdate[] => {
  const keys = new Set(allowed.map(keyOf))
  const kept = draft.filter((update) => !keys.has(keyOf(update)))
  for (const update of kept) memory.kept.add(keyOf(update))
  const stays = new Set(kept.filter(({ kind }) => kind === 'delete').map(({ ref }) => ref))
  return draft.filter((update) => keys.has(keyOf(update)) && !isBlocked(update, stays))
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
