import { plainAddress } from '../../shared/codecommit/address.ts'
import type { Memory } from '../../shared/replication/guard/memory.ts'
import type { Emit } from '../../shared/replication/ports.ts'
import { addCounts, countsOf, type Target } from '../../shared/replication/prove.ts'
import type {
  Announce,
  DefaultBranchKeeper,
  Guard,
  Relay,
  RelayOutcome,
  RelayParts,
} from '../../shared/replication/relay/types.ts'
import { type Code, codeOf, RelayError } from '../../shared/runtime/errors.ts'
import type { Claim, RefCounts } from '../../shared/store/records.ts'
import type { ReplicaStore } from '../../shared/store/replicas.ts'
import { type ClaimParts, underClaim } from '../claim.ts'
import { holdText } from '../failover/hold.ts'
import { countsText, type SeedRow } from './row.ts'

export const SEED_REASON = 'seed'

/** waits this long for a function or another seed that is at the same replica */
const PATIENCE_MS = 5 * 60_000
/** a failover is over sooner, or has been killed */
export const HOLD_PATIENCE_MS = 60_000
/** nothing ends this process but its person */
const NO_DEADLINE_MS = 7 * 24 * 3600_000
/** Looks at one replica while others keep asking for it; the sweep then goes on. */
const MAX_LOOKS = 5
/** Tries after failures that may pass, each pause twice as long as the one before. */
const TRIES = 4
const PASSING: ReadonlySet<Code> = new Set<Code>([
  'GIT_PROTOCOL',
  'REMOTE_FAILED',
  'REMOTE_THROTTLED',
  'REMOTE_UNREACHABLE',
  'REPLICA_MOVED',
])
const FIRST_PAUSE_MS = 1_000
/** for people: why this way */
const WAY = { way: 'relay', wayReason: SEED_REASON } as const
const NONE: RefCounts = { created: 0, updated: 0, deleted: 0 }

export interface SeedParts extends ClaimParts {
  readonly store: ReplicaStore
  readonly emit: Emit
  readonly relay: Relay
  readonly relayParts: RelayParts
  /** makes a replica that is missing, as its source is */
  readonly create: (target: Target) => Promise<unknown>
  /** asked before what would be lost is lost; absent: everything is meant */
  readonly guard?: (target: Target) => Guard | undefined
  /** what Relay leaves on the replica, so that it is not taken for somebody else's later */
  readonly memory?: (target: Target) => Pick<Memory, 'announce' | 'remember'>
  readonly defaultBranch?: (target: Target) => DefaultBranchKeeper | undefined
  /** has the Fargate task do it, and waits for the proof */
  readonly mirror: (target: Target, reason: string, progress: Progress) => Promise<SeedRow>
}

/** Told while one replica is worked on. */
export interface Progress {
  readonly phase: (text: string) => void
  /** of packs, so far */
  readonly bytes: (bytes: number) => void
}

/**
 * Makes one replica equal to its source by the relay in this process, under a claim, and proves it in the table and on the bus as the
 * functions do. What the relay cannot do is handed to the mirror. Never throws for what concerns this replica alone: that is the row.
 */
export const seedReplica = async (parts: SeedParts, target: Target, progress: Progress): Promise<SeedRow> => {
  const begun = parts.now()
  let bytes = 0
  const counting: Progress = {
    ...progress,
    bytes: (now) => {
      bytes = Math.max(bytes, now)
      progress.bytes(now)
    },
  }
  const row = (rest: Pick<SeedRow, 'result' | 'way'> & Partial<SeedRow>): SeedRow => ({
    repository: plainAddress(target.repository),
    replica: plainAddress(target.replica),
    bytes,
    milliseconds: parts.now() - begun,
    ...rest,
  })
  let held: string | undefined
  try {
    const wish = {
      target,
      reason: SEED_REASON,
      patience: (claim: Claim | undefined) => {
        held = holdText(claim, target.repository.name)
        return held === undefined ? PATIENCE_MS : HOLD_PATIENCE_MS
      },
      onWait: (claim: Claim | undefined) =>
        progress.phase(`waits for another worker (${held ?? claim?.reason ?? 'unknown'})`),
    }
    const done = await underClaim(parts, wish, (id, signal) => {
      held = undefined
      return work(parts, target, id, signal, counting)
    })
    if ('handOver' in done) return { ...(await parts.mirror(target, done.handOver, progress)), bytes }
    return row(done)
  } catch (error) {
    if (parts.signal.aborted) return row({ result: 'stopped', way: 'relay' })
    if (codeOf(error) === undefined) throw error
    return row({ result: 'failed', way: 'relay', reason: held ?? (error as Error).message })
  }
}

type Done = (Pick<SeedRow, 'result' | 'way'> & Partial<SeedRow>) | { readonly handOver: string }

const work = async (
  parts: SeedParts,
  target: Target,
  id: string,
  signal: AbortSignal,
  progress: Progress,
): Promise<Done> => {
  let moved = NONE
  for (let looks = 1; ; looks += 1) {
    if (!(await parts.store.clearDirty(target, id))) throw new RelayError('CLAIM_LOST')
    const outcome = await relayAll(parts, target, id, signal, progress)
    if ('moved' in outcome) moved = addCounts(outcome.moved, moved)
    if (outcome.kind === 'kept') await parts.memory?.(target).remember(outcome.refs)
    if (outcome.kind !== 'equal') return notEqual(outcome, moved, target.repository.name)
    await parts.memory?.(target).remember(outcome.refs, Date.parse(outcome.proof.at))
    const nothing = moved.created + moved.updated + moved.deleted === 0
    const told = nothing ? undefined : await tell(parts, target, outcome, moved)
    const way = nothing ? undefined : { way: 'relay' as const, reason: SEED_REASON }
    const left = await parts.store.closeClaim(target, id, outcome.proof, way)
    if (left === 'lost') throw new RelayError('CLAIM_LOST')
    // somebody wanted it meanwhile: one more look
    if (left === 'dirty' && looks < MAX_LOOKS) continue
    return {
      result: nothing ? 'equal' : 'seeded',
      way: nothing ? 'none' : 'relay',
      refs: outcome.proof.refs,
      moved,
      ...(told === undefined ? {} : { reason: told }),
    }
  }
}

const notEqual = (
  outcome: Exclude<RelayOutcome, { kind: 'equal' }>,
  moved: RefCounts,
  name: string,
): Done => {
  switch (outcome.kind) {
    case 'kept': {
      const reason = `${outcome.kept.length} refs are left as they are: ${countsText(countsOf(outcome.kept))}`
      return { result: 'kept', way: 'relay', moved, reason }
    }
    case 'refused': {
      const { reason } = outcome.verdict
      return {
        result: 'refused',
        way: 'none',
        reason: `${reason}; if that is meant: relay seed ${name} --force`,
      }
    }
    case 'hand-over':
      return { handOver: `${outcome.reason}: ${outcome.detail}` }
    case 'source-missing':
      return { result: 'failed', way: 'none', reason: 'the source repository does not exist any more' }
    case 'replica-missing':
      return { result: 'failed', way: 'none', reason: 'the replica was made, and still is not there' }
  }
}

/**
 * One relay, with a replica that is made where it is missing, and again after failures that may pass.
 * @param claim under which it is written down what is about to move; absent: nobody else is to tell of it
 */
export const relayAll = async (
  parts: SeedParts,
  target: Target,
  claim: string | undefined,
  signal: AbortSignal,
  progress: Progress,
): Promise<RelayOutcome> => {
  let announced = NONE
  const announce: Announce = async (updates) => {
    announced = addCounts(countsOf(updates), announced)
    if (claim !== undefined && !(await parts.store.planClaim(target, claim, { ...announced, ...WAY })))
      throw new RelayError('CLAIM_LOST')
    await parts.memory?.(target).announce(updates)
    progress.phase('streams')
  }
  const guard = parts.guard?.(target)
  const defaultBranch = parts.defaultBranch?.(target)
  for (let tries = 1; ; tries += 1) {
    try {
      progress.phase('compares')
      const outcome = await parts.relay(parts.relayParts, {
        target,
        until: parts.now() + NO_DEADLINE_MS,
        bytes: Number.MAX_SAFE_INTEGER,
        announce,
        signal,
        onProgress: progress.bytes,
        ...(guard && { guard }),
        ...(defaultBranch && { defaultBranch }),
      })
      if (outcome.kind !== 'replica-missing' || tries === TRIES) return outcome
      progress.phase('makes the replica')
      await parts.create(target)
    } catch (error) {
      signal.throwIfAborted()
      const code = codeOf(error)
      if (code === undefined || !PASSING.has(code) || tries === TRIES) throw error
      progress.phase(`waits after ${code}`)
      await parts.pause(FIRST_PAUSE_MS * 2 ** (tries - 1))
    }
  }
}

/** @returns what went wrong with the telling: the replica is equal all the same */
const tell = async (
  parts: SeedParts,
  target: Target,
  { proof }: Extract<RelayOutcome, { kind: 'equal' }>,
  moved: RefCounts,
): Promise<string | undefined> => {
  const waitingSince = (await parts.store.get(target))?.waitingSince
  try {
    await parts.emit('Replica Updated', {
      repository: plainAddress(target.repository),
      replica: plainAddress(target.replica),
      refs: proof.refs,
      ...moved,
      digest: proof.digest,
      ...(waitingSince === undefined
        ? {}
        : { replicaLagMs: Math.max(0, Date.parse(proof.at) - waitingSince) }),
      ...WAY,
      reason: SEED_REASON,
      provenAt: proof.at,
    })
    return undefined
  } catch (error) {
    return `equal and proven, but the bus was not told: ${(error as Error).message}`
  }
}
