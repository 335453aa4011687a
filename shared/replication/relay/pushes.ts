import { type RefCommand, ZERO_OID } from '../../git/types.ts'
import { batches, PUSH_LIMITS } from '../batches.ts'
import { deletionsApart } from '../default-branch.ts'
import type { RefUpdate } from '../plan.ts'

export interface Push {
  readonly updates: readonly RefUpdate[]
  /** the objects of all pushes travel with it */
  readonly carriesPack: boolean
}

export interface PushOptions {
  /** most refs in one push */
  readonly refs?: number
  readonly apart?: 'losses' | 'heads'
  readonly rewinds?: ReadonlySet<RefUpdate>
}

const NONE: ReadonlySet<RefUpdate> = new Set()

/** Refs in one push; CodeCommit takes 4,000. */
export const REFS_PER_PUSH = PUSH_LIMITS.refs

/**
 * Orders updates into pushes: default branch first, deletions last, and a deletion that stands in the way of a creation (`a`
 * and `a/b`) before it. All objects travel with the first push that needs any.
 * @param updates in the order of a plan
 * @param apart `losses`: rewound refs, and then deletions, in pushes of their own, so that what failed before can stop them; `heads`:
 * deletions of heads, where heads are created too, so that the default branch can change in between
 * @param rewinds updates whose old tip other refs may have to keep
 */
export const pushesOf = (
  updates: readonly RefUpdate[],
  { refs = REFS_PER_PUSH, apart, rewinds = NONE }: PushOptions = {},
): readonly Push[] => {
  // over HTTP a command has no length to mind, unlike on a command line
  const limits = { refs, argumentBytes: Number.POSITIVE_INFINITY }
  const split =
    apart === 'losses'
      ? batches(rewindsBehind(updates, rewinds), limits).flatMap((batch) => lossesApart(batch, rewinds))
      : batches(updates, limits).flatMap((batch) => (apart ? deletionsApart(batch) : [batch]))
  const first = split.findIndex((batch) => batch.some(({ kind }) => kind !== 'delete'))
  return split.map((batch, index) => ({ updates: batch, carriesPack: index === first }))
}

/** Rewound refs behind all others but deletions. */
export const rewindsBehind = (
  updates: readonly RefUpdate[],
  rewinds: ReadonlySet<RefUpdate>,
): readonly RefUpdate[] => {
  const { others, rewound, deletions } = partsOf(updates, rewinds)
  return [...others, ...rewound, ...deletions]
}

/** A push in parts: what takes nothing away, rewound refs, deletions. */
export const lossesApart = (
  batch: readonly RefUpdate[],
  rewinds: ReadonlySet<RefUpdate>,
): readonly (readonly RefUpdate[])[] =>
  Object.values(partsOf(batch, rewinds)).filter(({ length }) => length > 0)

const partsOf = (updates: readonly RefUpdate[], rewinds: ReadonlySet<RefUpdate>) => ({
  others: updates.filter((update) => update.kind !== 'delete' && !rewinds.has(update)),
  rewound: updates.filter((update) => update.kind !== 'delete' && rewinds.has(update)),
  deletions: updates.filter(({ kind }) => kind === 'delete'),
})

export const isHead = ({ ref }: { readonly ref: string }): boolean => ref.startsWith('refs/heads/')

export const deletesHead = (update: RefUpdate): boolean => update.kind === 'delete' && isHead(update)

/** One line of a push: compare-and-swap. */
export const commandOf = (update: RefUpdate): RefCommand => ({
  ref: update.ref,
  from: update.kind === 'create' ? ZERO_OID : update.from,
  to: update.kind === 'delete' ? ZERO_OID : update.to,
})

/** Names one move of one ref, whatever became of it. */
export const keyOf = (update: RefUpdate): string => {
  const { ref, from, to } = commandOf(update)
  return `${from} ${to} ${ref}`
}

/**
 * Whether a deletion that is not made keeps a creation from being made: `a` and `a/b` cannot both exist.
 * @param kept refs that stay
 */
export const isBlocked = (update: RefUpdate, kept: ReadonlySet<string>): boolean => {
  if (update.kind !== 'create' || kept.size === 0) return false
  const parts = update.ref.split('/')
  const below = parts.some((_, index) => index > 0 && kept.has(parts.slice(0, index).join('/')))
  return below || [...kept].some((ref) => ref.startsWith(`${update.ref}/`))
}
