import type { PushReport } from '../../git/types.ts'
import { codeOf, type RelayError } from '../../runtime/errors.ts'
import type { RefUpdate } from '../plan.ts'
import { havesOf, wantsOf } from './haves.ts'
import { type HeldPack, holdPack } from './hold.ts'
import { note } from './memory.ts'
import { commandOf, deletesHead, isHead, type Push, pushesOf } from './pushes.ts'
import { askCaller, countMoved, type Ground, type Session } from './session.ts'

export interface OpenPack extends HeldPack {
  /** it may lean on objects that the replica has */
  readonly thin: boolean
  readonly wants: readonly string[]
}

/**
 * Opens the pack with everything that updates need and the replica lacks. The replica decides how it is made: no offset deltas
 * and no missing bases for one that does not take them.
 * @param hold most bytes to read ahead
 * @returns undefined when nothing is needed
 * @throws what the client throws
 */
export const openPack = async (
  { parts, budget, thin, haves: told, verify }: Session,
  ground: Ground,
  updates: readonly RefUpdate[],
  hold = 0,
): Promise<OpenPack | undefined> => {
  const wants = wantsOf(updates, ground.replica)
  if (wants.length === 0) return undefined
  const haves = told ? havesOf(updates, ground.source, ground.replica, ground.defaultBranch) : []
  const leans = thin && haves.length > 0 && !ground.replicaOffers.includes('no-thin')
  const { pack } = await parts.git.fetch(
    ground.from,
    {
      wants,
      haves,
      offered: ground.sourceOffers,
      thin: leans,
      offsetDeltas: ground.replicaOffers.includes('ofs-delta'),
      verify,
    },
    { signal: budget.signal },
  )
  return { ...(await holdPack(budget.meter(pack), hold)), thin: leans, wants }
}

/**
 * Pushes updates, in as many pushes as they need, and notes what the replica says of each. Stops where the objects were not
 * taken: the next round plans anew.
 * @throws what the client throws; where the source broke off, what it broke off with
 */
export const pushAll = async (
  session: Session,
  ground: Ground,
  updates: readonly RefUpdate[],
  pack: OpenPack | undefined,
  rewinds?: ReadonlySet<RefUpdate>,
): Promise<void> => {
  const { work, refsPerPush: refs } = session
  const { defaultBranch, guard } = work
  const options = { refs, apart: guard ? 'losses' : 'heads', ...(rewinds && { rewinds }) } as const
  for (const push of pushesOf(updates, options)) {
    // what was refused may be what would have kept the tip of a deleted or rewound branch: that is asked anew
    if (session.failed && guard && push.updates.some((each) => mayLose(each, rewinds))) return
    await askCaller(session, () => work.announce?.(push.updates))
    const deleted = push.updates.filter(deletesHead).map(({ ref }) => ref)
    if (deleted.length > 0) await askCaller(session, () => defaultBranch?.beforeDeletion(deleted))
    const report = await pushOne(session, ground, push, pack)
    session.failed ||= report === undefined
    if (report === undefined) continue
    const done = push.updates.filter(({ ref }) => report.refs.get(ref)?.kind === 'ok')
    countMoved(session, done)
    for (const update of done) note(session.memory, update, 'ok')
    if (done.some((update) => update.kind === 'create' && isHead(update)))
      await askCaller(session, () => defaultBranch?.afterCreation())
    session.failed ||= done.length < push.updates.length
    if (done.length < push.updates.length) takeRefusals(session, push, report, pack)
    if (done.length === 0) return
  }
}

const mayLose = (update: RefUpdate, rewinds?: ReadonlySet<RefUpdate>): boolean =>
  update.kind === 'delete' || (rewinds?.has(update) ?? false)

/** A push past which a server may well find that there are too many refs in it. */
const MANY_REFS = 100

const pushOne = async (
  session: Session,
  { to, replicaOffers }: Ground,
  { updates, carriesPack }: Push,
  pack: OpenPack | undefined,
): Promise<PushReport | undefined> => {
  const { parts, budget } = session
  session.uncertain.push(...updates)
  try {
    const report = await parts.git.push(
      to,
      {
        commands: updates.map(commandOf),
        offered: replicaOffers,
        ...(carriesPack && pack ? { pack: pack.stream() } : {}),
      },
      { signal: budget.signal },
    )
    if (report === undefined) for (const update of updates) note(session.memory, update, 'unspoken')
    else session.uncertain.splice(-updates.length)
    return report
  } catch (error) {
    if (carriesPack && budget.failure() !== undefined) throw budget.failure()
    if (updates.length > MANY_REFS && isOverwhelmed(error)) session.refsPerPush = quarterOf(updates.length)
    throw error
  }
}

/** It ends in an error of the server or without an answer, and for no reason that has a name. */
const isOverwhelmed = (error: unknown): boolean => {
  const code = codeOf(error)
  const { data } = error as RelayError
  return (code === 'REMOTE_FAILED' || code === 'REMOTE_UNREACHABLE') && data.again === undefined
}

const TOO_MANY = /too many|reference update commands/i
const TOO_MUCH = /too many|limit|exceed/i
/** The replica has the tip that it named, but not all that is behind it. */
const INCOMPLETE = /missing|connectivity/i

/** Where it is not said what is wrong with a pack whose checksum holds. No word of it is one by which refusals are sorted. */
const UNPACK_HINT =
  ' (either the source has something broken in its history, or the replica does not take this pack, as for its size)'

/** So few refs are pushed one by one to find the one whose objects are not taken. */
const ONE_BY_ONE = 16
/** Else so many groups: each step of a search costs a pause, and what is fine in between is taken on the way. */
const GROUPS = 8

const smallerGroup = (refs: number): number => (refs <= ONE_BY_ONE ? 1 : Math.ceil(refs / GROUPS))

const quarterOf = (refs: number): number => Math.max(1, Math.ceil(refs / 4))

/** Learns from what the replica did not take: too many refs, the pack, or single refs. */
const takeRefusals = (
  session: Session,
  { updates }: Push,
  report: PushReport,
  pack: OpenPack | undefined,
): void => {
  const refusals = updates.map((update) => ({ update, result: report.refs.get(update.ref) }))
  const words = new Set(
    refusals.map(({ result }) => (result?.kind === 'refused' ? result.reason : (result?.kind ?? ''))),
  )
  const [said = ''] = words
  const taken = report.unpack === 'ok'
  const tooMany = TOO_MANY.test(`${said} ${report.unpack}`) || (taken && TOO_MUCH.test(said))
  if (words.size === 1 && updates.length > 1 && (tooMany || (taken && updates.length > MANY_REFS))) {
    session.refsPerPush = quarterOf(updates.length)
    return
  }
  if (!taken) {
    session.refusedPacks += 1
    session.verify = true
  }
  if (!taken && pack?.thin) {
    session.thin = false
    return
  }
  if (!taken && pack && updates.length > 1) {
    session.groupSize = smallerGroup(Math.min(session.groupSize, updates.length))
    return
  }
  for (const { update, result } of refusals) {
    if (result?.kind === 'ok') continue
    if (result === undefined) note(session.memory, update, 'unspoken')
    else {
      const reason = taken ? result.reason : `${result.reason}: ${report.unpack}${UNPACK_HINT}`
      if (INCOMPLETE.test(reason)) session.haves = false
      note(session.memory, update, 'refused', reason)
    }
  }
}
