import { type RefCommand, ZERO_OID } from '../git/types.ts'
import type { RefUpdate } from './plan.ts'

const NAME = 'relay-temporary-default-'

/**
 * Short name of the branch that is a replica's default while its only branch becomes a folder of branches (`main`, then `main/x`):
 * the one may not be deleted while it is the default, the other not be made while the first is there. It says what it holds, so
 * that one which a killed worker left is known for Relay's own without a note, and one that somebody else moved since is not. No
 * branch of a source is called so by chance.
 * @param oid the tip of the branch whose place it takes
 */
export const temporaryDefault = (oid: string): string => `${NAME}${oid}`

/** Whether a replica's ref is such a branch as Relay made it. */
export const isTemporaryDefault = (ref: string, oid: string): boolean =>
  ref === `refs/heads/${temporaryDefault(oid)}`

/** Whether an update takes away nothing but such a branch. */
export const endsTemporaryDefault = (update: RefUpdate): boolean =>
  update.kind === 'delete' && isTemporaryDefault(update.ref, update.from)

/** Made on the condition that it is not there, removed as long as it is as it was made. */
export const commandFor = (what: 'make' | 'remove', oid: string): RefCommand => {
  const ref = `refs/heads/${temporaryDefault(oid)}`
  return what === 'make' ? { ref, from: ZERO_OID, to: oid } : { ref, from: oid, to: ZERO_OID }
}
