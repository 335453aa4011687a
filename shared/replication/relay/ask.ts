import { EMPTY_PACK, readPackHeader } from '../../git/pack/header.ts'
import type { GitRemote } from '../../git/types.ts'
import { codeOf, type RelayError } from '../../runtime/errors.ts'
import { holdPack } from './hold.ts'
import type { AskReached } from './losing.ts'
import type { Ground, Session } from './session.ts'

const ANY_REACHABLE = ['allow-reachable-sha1-in-want', 'allow-any-sha1-in-want']

/**
 * Makes the question whether the replica would lose anything. The source is asked where it answers for what is no tip of its own:
 * wanted is the old tip, and an empty pack says that those named as already there reach it. Else the replica is asked about its
 * own tips, against those that stay.
 * @param outside commits that the replica has and the new tips reach, as the pack shows
 * @throws what the client throws, but for the server's word that it has no such object
 */
export const asker = async (
  session: Session,
  ground: Ground,
  outside: readonly string[],
): Promise<AskReached> => {
  if (ground.sourceOffers.some((offer) => ANY_REACHABLE.includes(offer))) {
    return (ids, tips) => isReached(session, ground.from, ground.sourceOffers, ids, tips)
  }
  const { signal } = session.budget
  const offered = await session.parts.git.advertise(ground.to, 'git-upload-pack', { signal })
  const own = new Set(ground.replica.values())
  return async (ids, tips) => {
    const known = [...tips.filter((tip) => own.has(tip)), ...outside]
    if (!offered || known.length === 0) return false
    return isReached(session, ground.to, offered.capabilities, ids, known)
  }
}

const isReached = async (
  { parts, budget }: Session,
  remote: GitRemote,
  offered: readonly string[],
  wants: readonly string[],
  haves: readonly string[],
): Promise<boolean> => {
  try {
    const request = { wants, haves, offered, thin: false, offsetDeltas: false }
    const { pack } = await parts.git.fetch(remote, request, { signal: budget.signal })
    const held = await holdPack(pack, EMPTY_PACK.length)
    await held.close()
    return held.isWhole && readPackHeader(held.start).objects === 0
  } catch (error) {
    if (isUnknownObject(error)) return false
    throw error
  }
}

/** "not our ref": an error within the protocol, not one of HTTP. */
const isUnknownObject = (error: unknown): boolean =>
  codeOf(error) === 'REMOTE_FAILED' && (error as RelayError).data.problem === 'ERR line'
