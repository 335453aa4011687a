import type { RefMap } from '../../git/refs.ts'
import type { RefUpdate } from '../plan.ts'

/** Each have costs some hundred bytes both ways; what is left out only makes the pack larger. */
const MOST_OLD_VALUES = 1_000
/** For a new ref nothing says where it branched off: some tips that both sides hold are guessed. */
const FEWEST_GUESSES = 16

/** Names under which a history usually begins, where the source does not say it. */
export const USUAL_BRANCHES = [
  'refs/heads/main',
  'refs/heads/master',
  'refs/heads/trunk',
  'refs/heads/develop',
]

/**
 * What the source must send: the new tips that the replica does not already hold as tips.
 * @returns distinct ids, in the order of the updates
 */
export const wantsOf = (updates: readonly RefUpdate[], replica: RefMap): readonly string[] => {
  const held = new Set(replica.values())
  const wants = updates.flatMap((update) => (update.kind === 'delete' ? [] : [update.to]))
  return [...new Set(wants)].filter((oid) => !held.has(oid))
}

/**
 * Which of the replica's tips to name to the source, so that it leaves out what the replica holds: the old values of what is
 * updated; for new refs the default branch, deleted branches (a rename) and some tips that both sides hold. Few: all tips of a
 * repository of 1,000 refs made a change of 1 kB one of 15 kB.
 * @param defaultBranch full name, where the source tells it
 */
export const havesOf = (
  updates: readonly RefUpdate[],
  source: RefMap,
  replica: RefMap,
  defaultBranch?: string,
): readonly string[] => {
  const old = updates.flatMap((update) => (update.kind === 'update' ? [update.from] : []))
  const created = updates.filter(({ kind }) => kind === 'create').length
  const haves = new Set(old.slice(0, MOST_OLD_VALUES))
  if (created === 0) return [...haves]
  const room = haves.size + Math.min(MOST_OLD_VALUES, FEWEST_GUESSES + created)
  for (const oid of guesses(updates, source, replica, defaultBranch)) {
    if (haves.size >= room) break
    haves.add(oid)
  }
  return [...haves]
}

function* guesses(
  updates: readonly RefUpdate[],
  source: RefMap,
  replica: RefMap,
  defaultBranch: string | undefined,
): Generator<string> {
  for (const name of [...(defaultBranch === undefined ? [] : [defaultBranch]), ...USUAL_BRANCHES]) {
    const oid = replica.get(name)
    if (oid !== undefined) yield oid
  }
  for (const update of updates) if (update.kind === 'delete') yield update.from
  const heads = [...replica].filter(([name]) => name.startsWith('refs/heads/'))
  for (const [name, oid] of heads) if (source.get(name) === oid) yield oid
  for (const [name, oid] of [...replica].reverse()) if (source.get(name) === oid) yield oid
  for (const [, oid] of heads) yield oid
}
