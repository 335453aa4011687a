import type { RefMap } from '../../git/refs.ts'
import type { RefUpdate } from '../plan.ts'

/** Commits of a pack, each with its parents, which may lie outside of it. */
export type Parents = ReadonlyMap<string, readonly string[]>

/**
 * Asks a server whether everything behind some ids is reached from others.
 * @returns false where it is not, and where that is not known
 */
export type AskReached = (ids: readonly string[], from: readonly string[]) => Promise<boolean>

/** More than a few answers are paid for with time; what is not known by then counts as lost. */
const MOST_QUESTIONS = 32
const MOST_IDS = 1_000
const MOST_TIPS = 1_000

/** What every ref of the replica will be. */
export const tipsAfter = (updates: readonly RefUpdate[], replica: RefMap): ReadonlyMap<string, string> => {
  const after = new Map(replica)
  for (const update of updates) {
    if (update.kind === 'delete') after.delete(update.ref)
    else after.set(update.ref, update.to)
  }
  return after
}

/**
 * Everything that commits of a pack reach from some tips: those in the pack, and the first ones outside of it. A fast-forward is
 * found so without asking anybody: the new tip reaches the old one within the pack.
 */
export const reachedIn = (parents: Parents, tips: Iterable<string>): ReadonlySet<string> => {
  const reached = new Set<string>()
  const open = [...tips].filter((tip) => parents.has(tip))
  for (let oid = open.pop(); oid !== undefined; oid = open.pop()) {
    if (reached.has(oid)) continue
    reached.add(oid)
    for (const parent of parents.get(oid) ?? []) open.push(parent)
  }
  return reached
}

/**
 * Updates whose own new tip is not seen to reach the old one: what keeps that may be another ref of the same push. None where no
 * other ref is pushed.
 */
export const rewindsIn = (updates: readonly RefUpdate[], parents: Parents): ReadonlySet<RefUpdate> => {
  const moving = updates.filter(({ kind }) => kind !== 'delete')
  if (moving.length < 2) return new Set()
  return new Set(moving.filter((each) => each.kind === 'update' && !reaches(parents, each.to, each.from)))
}

/** @param steps from commit to parent that may still be taken; without them it is not found */
const reaches = (
  parents: Parents,
  tip: string,
  wanted: string,
  steps = { left: Number.POSITIVE_INFINITY },
): boolean => {
  const seen = new Set([tip])
  for (const oid of seen) {
    if (oid === wanted) return true
    if (steps.left <= 0) return false
    steps.left -= 1
    for (const parent of parents.get(oid) ?? []) seen.add(parent)
  }
  return false
}

/** The updates and deletions whose old tip is not seen to stay: neither as a tip, nor in the pack. */
export const unproven = (
  updates: readonly RefUpdate[],
  after: ReadonlyMap<string, string>,
  reached: ReadonlySet<string>,
): readonly Exclude<RefUpdate, { kind: 'create' }>[] => {
  const tips = new Set(after.values())
  return updates
    .filter((update) => update.kind !== 'create')
    .filter(({ from }) => !tips.has(from) && !reached.has(from))
}

/** Steps from commit to parent for all refs of a plan together; a fast-forward takes as many as it has commits. */
const MOST_STEPS = 100_000
const MOST_FORWARD_QUESTIONS = 16

/**
 * Of updates that lose nothing those that are no fast-forward all the same: another ref still holds what this one held. A tag has no
 * forward: each move overwrites. Where it cannot be found out with little work, it counts as overwritten.
 * @param ask whether the server finds the old value behind the new one
 */
export const overwrites = async (
  updates: readonly Extract<RefUpdate, { kind: 'update' }>[],
  parents: Parents,
  ask: (update: Extract<RefUpdate, { kind: 'update' }>) => Promise<boolean>,
): Promise<readonly RefUpdate[]> => {
  const found: RefUpdate[] = []
  const steps = { left: MOST_STEPS }
  let questions = 0
  for (const update of updates) {
    if (update.ref.startsWith('refs/heads/')) {
      if (reaches(parents, update.to, update.from, steps)) continue
      questions += 1
      if (questions <= MOST_FORWARD_QUESTIONS && (await ask(update))) continue
    }
    found.push(update)
  }
  return found
}

/**
 * Of what the pack does not prove, what a server cannot prove either: in groups, halved only where a group is not clean.
 * @param stays tips that stay or come, the likeliest first
 */
export const provenLosing = async (
  doubtful: readonly Exclude<RefUpdate, { kind: 'create' }>[],
  stays: readonly string[],
  ask: AskReached,
): Promise<readonly RefUpdate[]> => {
  const tips = stays.slice(0, MOST_TIPS)
  if (tips.length === 0) return doubtful
  const lost = new Set<string>()
  let questions = 0
  const sift = async (ids: readonly string[]): Promise<void> => {
    const known = questions < MOST_QUESTIONS
    if (known) questions += 1
    if (known && (await ask(ids, tips))) return
    if (!known || ids.length === 1) {
      for (const id of ids) lost.add(id)
      return
    }
    const half = Math.ceil(ids.length / 2)
    await sift(ids.slice(0, half))
    await sift(ids.slice(half))
  }
  const ids = [...new Set(doubtful.map(({ from }) => from))]
  for (let at = 0; at < ids.length; at += MOST_IDS) await sift(ids.slice(at, at + MOST_IDS))
  return doubtful.filter(({ from }) => lost.has(from))
}
