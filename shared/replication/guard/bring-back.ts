import { addressText, parkingOf, type ReachableRepository } from '../../codecommit/address.ts'
import type { RefMap } from '../../git/refs.ts'
import { type RefCommand, ZERO_OID } from '../../git/types.ts'
import { RelayError } from '../../runtime/errors.ts'
import { isKept, type ParkedTip } from '../../store/parked.ts'
import type { RefUpdate } from '../plan.ts'
import type { Target } from '../prove.ts'
import { obstacleTo } from '../undo.ts'
import { type BringWork, bring } from './bring.ts'
import type { Memory } from './memory.ts'
import { type ParkParts, type ParkTerms, park } from './park.ts'

/** What a ref holds on both sides; undefined: it does not exist. */
export interface BothSides {
  readonly source: string | undefined
  readonly replica: string | undefined
  /** a ref of the source beside which this one cannot be */
  readonly inTheWay?: string
}

export interface BringBackWork {
  readonly target: Target
  readonly tip: ParkedTip
  /** full name of the ref that is to hold it again */
  readonly ref: string
  /** what the source's ref held when it was decided */
  readonly expected: string | undefined
}

/** What is being done, for whoever watches. */
export type Step =
  | { readonly kind: 'parked'; readonly side: 'source' | 'replica'; readonly oid: string }
  | { readonly kind: 'pushed'; readonly side: 'source' | 'replica'; readonly from: string | undefined }

export interface BringBackParts extends ParkParts {
  readonly memory: Memory
  readonly onStep: (step: Step) => void
}

/** The ref on both sides, as a push would find it. */
export const readBoth = async (parts: ParkParts, target: Target, ref: string): Promise<BothSides> => {
  const { source, replica } = await readSides(parts, target)
  const inTheWay = obstacleTo(ref, source.keys())
  return { source: source.get(ref), replica: replica.get(ref), ...(inTheWay !== undefined && { inTheWay }) }
}

/**
 * Brings a parked tip back: to the source on the condition that its ref still holds what was expected, so that replication
 * carries it on, and to the replica at once. What both refs hold until then is parked first. May be repeated: what is done
 * already is not done again.
 * @returns what both sides hold afterwards, read anew
 * @throws RelayError REPLICA_MOVED when the source's ref has moved; PUSH_REJECTED when a side refused; PARKING_FAILED; and what
 * the Git client throws
 */
export const bringBack = async (
  parts: BringBackParts,
  work: BringBackWork,
  terms: ParkTerms,
): Promise<BothSides> => {
  const { target, tip, ref } = work
  const before = await readSides(parts, target)
  const at = { source: before.source.get(ref), replica: before.replica.get(ref) }
  if (at.source !== tip.oid) {
    if (at.source !== work.expected) {
      throw new RelayError('REPLICA_MOVED', { repository: addressText(target.repository), ref })
    }
    // the same tip is the nearer to its parking place on the replica's side
    const from = at.source === at.replica ? target.replica : target.repository
    await parkPresent(parts, work, 'source', from, at.source, terms)
    await pushTo(parts, work, 'source', before.source, terms)
  }
  // replication may have been there meanwhile
  const now = await readSides(parts, target)
  const present = now.replica.get(ref)
  if (present !== tip.oid) {
    if (present !== at.source) await parkPresent(parts, work, 'replica', target.replica, present, terms)
    await parts.memory.announce([updateOf(ref, present, tip.oid)])
    await pushTo(parts, work, 'replica', now.replica, terms)
  }
  return readBoth(parts, target, ref)
}

const readSides = async ({ git, remote }: ParkParts, { repository, replica }: Target) => {
  const [theirs, ours] = await Promise.all([
    git.advertise(remote(repository), 'git-receive-pack'),
    git.advertise(remote(replica), 'git-receive-pack'),
  ])
  if (!theirs) throw new RelayError('SOURCE_MISSING', { repository: addressText(repository) })
  if (!ours) throw new RelayError('REPLICA_MISSING', { repository: addressText(replica) })
  return { source: theirs.refs, replica: ours.refs }
}

const updateOf = (ref: string, from: string | undefined, to: string): RefUpdate =>
  from === undefined ? { kind: 'create', ref, to } : { kind: 'update', ref, from, to }

/** What undoing overwrites can be had back as well. */
const parkPresent = async (
  parts: BringBackParts,
  { target, tip, ref }: BringBackWork,
  side: 'source' | 'replica',
  from: ReachableRepository,
  oid: string | undefined,
  terms: ParkTerms,
): Promise<void> => {
  if (oid === undefined) return
  const lost = { ref, oid, why: 'undone', replacedBy: tip.oid, copy: true } as const
  const { repository, replica } = target
  const parked = await park(parts, { repository, replica, from, tips: [lost] }, terms)
  if (parked.length > 0) parts.onStep({ kind: 'parked', side, oid })
}

const pushTo = async (
  parts: BringBackParts,
  { target, tip, ref }: BringBackWork,
  side: 'source' | 'replica',
  refs: RefMap,
  terms: ParkTerms,
): Promise<void> => {
  const to = side === 'source' ? target.repository : target.replica
  const from = refs.get(ref)
  const command: RefCommand = { ref, from: from ?? ZERO_OID, to: tip.oid }
  const near = [from, refs.get('refs/heads/main')].filter((oid) => oid !== undefined)
  const parking = parkingOf(target.replica)
  const refusals: string[] = []
  for (const wants of await waysTo(parts, target, tip, refs)) {
    const work: BringWork = { from: parking, to, wants, commands: [command], near, limits: terms }
    const result = (await bring(parts, work)).get(ref)
    if (result?.kind === 'ok') return parts.onStep({ kind: 'pushed', side, from })
    refusals.push(result?.reason ?? 'not told')
  }
  const now = (await readSides(parts, target))[side].get(ref)
  // somebody else, most likely Relay itself, did the same meanwhile
  if (now === tip.oid) return
  throw new RelayError('PUSH_REJECTED', {
    repository: addressText(to),
    ref,
    reason: refusals.at(-1)?.slice(0, 200),
  })
}

/**
 * What to fetch so that a side can take the tip, one after another: the parked tip; nothing, where the side is expected to have
 * it; and all that is parked, whose history holds a tip that was part of the source's when it was written down.
 */
const waysTo = async (
  { parked, now }: BringBackParts,
  { replica }: Target,
  tip: ParkedTip,
  refs: RefMap,
): Promise<readonly (readonly string[])[]> => {
  if ([...refs.values()].includes(tip.oid)) return [[]]
  if (tip.place !== undefined) return [[tip.oid]]
  const kept = (await parked.list(replica)).filter((each) => each.place !== undefined && isKept(each, now()))
  const all = [...new Set(kept.map(({ oid }) => oid))]
  return all.length > 0 ? [[], all] : [[]]
}
