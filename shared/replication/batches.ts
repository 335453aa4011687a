import type { RefUpdate } from './plan.ts'

export interface BatchLimits {
  /** most refs in one push */
  readonly refs: number
  /** most bytes that a push's refs may take on a command line */
  readonly argumentBytes: number
}

/**
 * CodeCommit refuses a push of more than 4,000 refs ("Quotas in AWS CodeCommit"). A command line of half a megabyte fits
 * Linux (2 MiB with the usual 8 MiB stack) and macOS (1 MiB), environment included.
 */
export const PUSH_LIMITS: BatchLimits = { refs: 3_999, argumentBytes: 512 * 1024 }

/** Git tells a zero oid to its own helper program where the lease is empty. */
const OID_LENGTH = 40

/**
 * Splits a plan into pushes. The order is kept, but for deletions that stand in the way of a creation (`a` and `a/b` cannot
 * both exist): these go into pushes of their own before the rest, behind the plan's first update where that is free to go.
 * @param updates in the order of a plan: default branch first
 * @returns no batch is empty; a single update larger than the limit is a batch of its own
 */
export const batches = (
  updates: readonly RefUpdate[],
  limits: BatchLimits = PUSH_LIMITS,
): readonly (readonly RefUpdate[])[] => {
  const { obstacles, blocked } = conflicts(updates)
  if (obstacles.size === 0) return chunks(updates, limits)
  const [first] = updates
  const early = (update: RefUpdate) => obstacles.has(update) || (update === first && !blocked.has(update))
  return [
    ...chunks(updates.filter(early), limits),
    ...chunks(
      updates.filter((update) => !early(update)),
      limits,
    ),
  ]
}

/**
 * Bytes that one update takes at most on the command lines of a push: its lease, and the refspec of a deletion, each with its
 * terminating NUL and its pointer (execve(2) counts both).
 */
export const argumentBytes = (update: RefUpdate): number => {
  const name = Buffer.byteLength(update.ref)
  const lease = '--force-with-lease=:'.length + name + OID_LENGTH + 1 + 8
  return update.kind === 'delete' ? lease + ':'.length + name + 1 + 8 : lease
}

/**
 * Deletions that stand in the way of a creation, and therefore go before everything that may be refused: what is to keep their tips
 * must be there already.
 */
export const obstaclesIn = (updates: readonly RefUpdate[]): ReadonlySet<RefUpdate> =>
  conflicts(updates).obstacles

/** Deletions that must come before a creation, and the creations that wait for them. */
const conflicts = (updates: readonly RefUpdate[]) => {
  const deletions = new Map(
    updates.filter(({ kind }) => kind === 'delete').map((update) => [update.ref, update]),
  )
  const creations = new Map(
    updates.filter(({ kind }) => kind === 'create').map((update) => [update.ref, update]),
  )
  const obstacles = new Set<RefUpdate>()
  const blocked = new Set<RefUpdate>()
  const note = (deletion: RefUpdate | undefined, creation: RefUpdate | undefined) => {
    if (!deletion || !creation) return
    obstacles.add(deletion)
    blocked.add(creation)
  }
  for (const [ref, creation] of creations)
    for (const folder of folders(ref)) note(deletions.get(folder), creation)
  for (const [ref, deletion] of deletions)
    for (const folder of folders(ref)) note(deletion, creations.get(folder))
  return { obstacles, blocked }
}

/** `refs/heads/a/b` → `refs`, `refs/heads`, `refs/heads/a` */
const folders = (ref: string): string[] => {
  const parts = ref.split('/')
  return parts.slice(1).map((_, index) => parts.slice(0, index + 1).join('/'))
}

const chunks = (updates: readonly RefUpdate[], limits: BatchLimits): RefUpdate[][] => {
  const result: RefUpdate[][] = []
  let room = { refs: 0, bytes: 0 }
  for (const update of updates) {
    const bytes = argumentBytes(update)
    const batch = result.at(-1)
    if (batch && room.refs >= 1 && room.bytes >= bytes) batch.push(update)
    else {
      result.push([update])
      room = { refs: limits.refs, bytes: limits.argumentBytes }
    }
    room = { refs: room.refs - 1, bytes: room.bytes - bytes }
  }
  return result
}
