import type { RefMap } from '../../git/refs.ts'
import type { GitRemote } from '../../git/types.ts'
import type { RefCounts } from '../../store/records.ts'
import type { RefUpdate } from '../plan.ts'
import { addCounts, countsOf } from '../prove.ts'
import { type Budget, openBudget } from './budget.ts'
import { USUAL_BRANCHES } from './haves.ts'
import { type Memory, newMemory } from './memory.ts'
import { REFS_PER_PUSH } from './pushes.ts'
import type { Cost, HandOverReason, RelayOutcome, RelayParts, RelayWork } from './types.ts'

/** One relay from its first request to its last, with what it has learnt of the two servers on the way. */
export interface Session {
  readonly parts: RelayParts
  readonly work: RelayWork
  readonly budget: Budget
  readonly memory: Memory
  /** packs may lean on objects that the replica has; false once it refused one */
  thin: boolean
  /** the source is told what the replica has; false once the replica turned out to lack what it claims */
  haves: boolean
  refsPerPush: number
  /** packs are held against their checksum; true once the replica refused one, which the source may have sent broken */
  verify: boolean
  /** updates whose objects travel in one pack; fewer when the replica refuses a pack that leans on nothing */
  groupSize: number
  /** packs that the replica refused since it last took something */
  refusedPacks: number
  moved: RefCounts
  /** something was not taken in this round */
  failed: boolean
  /** pushed, but the answer never came: the next look at the replica tells */
  uncertain: RefUpdate[]
  /** what guard, announcement or keeper threw: it ends the relay, whatever its code */
  refusal: { readonly error: unknown } | undefined
  cost(): Cost
}

/** Asks one of the caller's own functions. What it throws is never taken for a failure of the wire. */
export const askCaller = async <T>(session: Session, question: () => T | Promise<T>): Promise<T> => {
  try {
    return await question()
  } catch (error) {
    session.refusal = { error }
    throw error
  }
}

export const NOTHING: RefCounts = { created: 0, updated: 0, deleted: 0 }

export const openSession = (parts: RelayParts, work: RelayWork): Session => {
  const before = { ...parts.git.traffic(), at: parts.now() }
  return {
    parts,
    work,
    budget: openBudget(parts, work),
    memory: newMemory(),
    thin: true,
    haves: true,
    verify: false,
    refsPerPush: REFS_PER_PUSH,
    groupSize: Number.POSITIVE_INFINITY,
    refusedPacks: 0,
    moved: NOTHING,
    failed: false,
    uncertain: [],
    refusal: undefined,
    cost: () => {
      const { requests, received, sent } = parts.git.traffic()
      return {
        requests: requests - before.requests,
        received: received - before.received,
        sent: sent - before.sent,
        milliseconds: parts.now() - before.at,
      }
    },
  }
}

/** So many packs, each smaller than the one before, find what the replica does not take, if it takes anything. */
const MOST_REFUSED_PACKS = 16

export const isHopeless = ({ refusedPacks }: Session): boolean => refusedPacks >= MOST_REFUSED_PACKS

export const countMoved = (session: Session, updates: readonly RefUpdate[]): void => {
  if (updates.length > 0) session.refusedPacks = 0
  session.moved = addCounts(session.moved, countsOf(updates))
}

export const totalOf = ({ created, updated, deleted }: RefCounts): number => created + updated + deleted

export const handOver = (
  { moved, cost }: Session,
  reason: HandOverReason,
  detail: string,
): Extract<RelayOutcome, { kind: 'hand-over' }> => ({
  kind: 'hand-over',
  reason,
  detail,
  moved,
  cost: cost(),
})

/** Both sides as they were read, the replica first, and what their servers can do. */
export interface Ground {
  readonly from: GitRemote
  readonly to: GitRemote
  readonly source: RefMap
  readonly replica: RefMap
  readonly sourceOffers: readonly string[]
  readonly replicaOffers: readonly string[]
  /** full name; what the source says, else a usual name that it has */
  readonly defaultBranch: string | undefined
}

/**
 * Reads the replica, then the source: what the replica holds can then only be older than what the source is found to hold.
 * @throws what the client throws
 */
export const survey = async ({
  parts,
  work,
  budget,
}: Session): Promise<Ground | 'replica-missing' | 'source-missing'> => {
  const { signal } = budget
  const to = parts.remote(work.target.replica)
  const from = parts.remote(work.target.repository)
  const replica = await parts.git.advertise(to, 'git-receive-pack', { signal })
  if (!replica) return 'replica-missing'
  const source = await parts.git.advertise(from, 'git-upload-pack', { signal })
  if (!source) return 'source-missing'
  return {
    from,
    to,
    source: source.refs,
    replica: replica.refs,
    sourceOffers: source.capabilities,
    replicaOffers: replica.capabilities,
    defaultBranch: defaultBranchOf(source.capabilities, source.refs),
  }
}

const SYMREF = 'symref=HEAD:'

/** Source: git's gitprotocol-capabilities ("symref"). CodeCommit does not offer it. */
export const defaultBranchOf = (capabilities: readonly string[], refs: RefMap): string | undefined => {
  const told = capabilities.find((capability) => capability.startsWith(SYMREF))?.slice(SYMREF.length)
  if (told?.startsWith('refs/heads/')) return told
  return USUAL_BRANCHES.find((name) => refs.has(name))
}
