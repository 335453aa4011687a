import type { RefMap } from '../../shared/git/refs.ts'
import type { RefUpdate } from '../../shared/replication/plan.ts'
import type { Refusal } from './git-output.ts'

/**
 * Leaves out updates of refs for whose name git may take another ref of the replica: `refs/heads/main` is also short for
 * `refs/heads/refs/heads/main`, and over HTTP git pushes neither then (remote.c, match_explicit: "matches more than one"), nor
 * anything else of the same push.
 * @param held what the replica holds now
 */
export const withoutNamesakes = (
  updates: readonly RefUpdate[],
  held: RefMap,
): { readonly clear: readonly RefUpdate[]; readonly unclear: readonly Refusal[] } => {
  const namesakeOf = (ref: string) => [`refs/heads/${ref}`, `refs/tags/${ref}`].find((name) => held.has(name))
  return {
    clear: updates.filter(({ ref }) => namesakeOf(ref) === undefined),
    unclear: updates.flatMap(({ ref }) => {
      const namesake = namesakeOf(ref)
      return namesake ? [{ ref, reason: `git cannot tell it from ${namesake}`, moved: false }] : []
    }),
  }
}
