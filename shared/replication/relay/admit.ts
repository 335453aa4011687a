import { obstaclesIn } from '../batches.ts'
import type { RefUpdate } from '../plan.ts'
import { asker } from './ask.ts'
import { commitsAhead, HOLD_BYTES } from './hold.ts'
import {
  overwrites,
  type Parents,
  provenLosing,
  reachedIn,
  rewindsIn,
  tipsAfter,
  unproven,
} from './losing.ts'
import { isBlocked, keyOf } from './pushes.ts'
import { askCaller, type Ground, type Session } from './session.ts'
import { type OpenPack, openPack } from './transfer.ts'
import type { Draft, Verdict } from './types.ts'

/** What may be pushed, and its pack where that is open already. */
export interface Admitted {
  readonly updates: readonly RefUpdate[]
  readonly pack: OpenPack | undefined
  /** of these: what the others may have to keep the old tip of, and therefore waits for them */
  readonly rewinds: ReadonlySet<RefUpdate>
}

/**
 * Lets a draft pass, whole or in part, or not at all. Where the guard has to be asked, nothing was pushed before it answered. A
 * pack that is small enough was fetched for the proof and is then pushed; a larger one is fetched anew, since nobody's connection
 * waits for a guard.
 * @throws what the client and the guard throw
 */
export const admit = async (
  session: Session,
  ground: Ground,
  draft: readonly RefUpdate[],
): Promise<Admitted | Extract<Verdict, { kind: 'refuse' }>> => {
  const { guard } = session.work
  if (!guard || draft.every(({ kind }) => kind === 'create'))
    return { updates: draft, pack: undefined, rewinds: new Set() }
  const pack = await openPack(session, ground, draft, HOLD_BYTES)
  try {
    const parents = parentsIn(pack)
    const losing = await losingOf(session, ground, draft, parents)
    const overwritten = await overwrittenOf(session, ground, without(draft, losing), parents)
    const rewinds = rewindsIn(draft, parents)
    if (losing.length + overwritten.length === 0 && draft.every(({ kind }) => kind !== 'delete'))
      return { updates: draft, pack, rewinds }
    const kept = pack?.isWhole ? pack : undefined
    if (!kept) await pack?.close()
    const atRisk = [
      ...(await atRiskOf(session, ground, draft, overwritten, { parents, rewinds })),
      ...(await lostAhead(session, ground, draft, parents)),
    ]
    const { source, replica } = ground
    const verdict = await askCaller(session, () =>
      guard({ updates: draft, source, replica, losing, overwritten, atRisk }),
    )
    if (verdict.kind === 'refuse') return verdict
    const updates = agreed(session, draft, verdict.updates)
    if (updates.length < draft.length && (await losesMore(session, ground, updates, losing))) {
      await pack?.close()
      return await admit(session, ground, updates)
    }
    return { updates, pack: updates.some(({ kind }) => kind !== 'delete') ? kept : undefined, rewinds }
  } catch (error) {
    await pack?.close()
    throw error
  }
}

/** Without the updates that the guard left out, others may lose what those would have kept. */
const losesMore = async (
  session: Session,
  ground: Ground,
  updates: readonly RefUpdate[],
  known: readonly RefUpdate[],
): Promise<boolean> => {
  const losing = await losingOf(session, ground, updates, parentsIn(undefined))
  return losing.some((update) => !known.includes(update))
}

const parentsIn = (pack: OpenPack | undefined): Parents => (pack ? commitsAhead(pack) : new Map())

const losingOf = async (
  session: Session,
  ground: Ground,
  draft: Draft['updates'],
  parents: Parents,
): Promise<readonly RefUpdate[]> => {
  const after = tipsAfter(draft, ground.replica)
  const reached = reachedIn(parents, after.values())
  const doubtful = unproven(draft, after, reached)
  if (doubtful.length === 0) return []
  const outside = [...reached].filter((oid) => !parents.has(oid))
  const ask = await asker(session, ground, outside)
  const isNew = new Set(draft.map(({ ref }) => ref))
  const first = ground.defaultBranch === undefined ? undefined : after.get(ground.defaultBranch)
  const near = [...after].filter(([ref]) => isNew.has(ref)).map(([, oid]) => oid)
  const stays = new Set([...near.slice(0, 500), ...(first === undefined ? [] : [first]), ...after.values()])
  return provenLosing(doubtful, [...stays], ask)
}

/**
 * Two branches that exchange their tips hold each other's, and no push is atomic where the server does not offer it: when one is refused, the
 * other's old tip is gone. What only such refs hold counts as if they were not there.
 */
const atRiskOf = async (
  session: Session,
  ground: Ground,
  draft: Draft['updates'],
  overwritten: readonly RefUpdate[],
  { parents, rewinds }: { readonly parents: Parents; readonly rewinds: ReadonlySet<RefUpdate> },
): Promise<readonly RefUpdate[]> => {
  const backwards = draft.filter((update) => update.kind === 'update' && rewinds.has(update)) as Update[]
  if (backwards.length < 2 || overwritten.length === 0) return []
  const gone = new Map(backwards.map(({ ref, from }) => [ref, { kind: 'delete', ref, from } as const]))
  const apart = draft.map((update) => gone.get(update.ref) ?? update)
  const lost = new Set((await losingOf(session, ground, apart, parents)).map(({ ref }) => ref))
  return overwritten.filter(({ ref }) => gone.has(ref) && lost.has(ref))
}

/** Deletions that go first, of tips that nothing keeps which the replica holds now and the draft does not delete. */
const lostAhead = async (
  session: Session,
  ground: Ground,
  draft: Draft['updates'],
  parents: Parents,
): Promise<readonly RefUpdate[]> => {
  const ahead = obstaclesIn(draft)
  if (ahead.size === 0) return []
  const deletions = draft.filter(({ kind }) => kind === 'delete')
  const lost = await losingOf(session, ground, deletions, parents)
  return lost.filter((update) => ahead.has(update))
}

type Update = Extract<RefUpdate, { kind: 'update' }>

const without = (draft: readonly RefUpdate[], losing: readonly RefUpdate[]): readonly Update[] => {
  const lost = new Set(losing.map(({ ref }) => ref))
  return draft.filter((update) => update.kind === 'update').filter(({ ref }) => !lost.has(ref))
}

/** A question is asked only where the pack does not show it: a ref that moved to what the replica has already. */
const overwrittenOf = (
  session: Session,
  ground: Ground,
  updates: readonly Update[],
  parents: Parents,
): Promise<readonly RefUpdate[]> =>
  overwrites(updates, parents, async ({ from, to }) => {
    const outside = [...reachedIn(parents, [to])].filter((oid) => !parents.has(oid))
    const ask = await asker(session, ground, outside)
    return ask([from], [to])
  })

/** What the guard left out is remembered, and what cannot be without it stays as well. */
const agreed = (
  { memory }: Session,
  draft: readonly RefUpdate[],
  allowed: readonly RefUpdate[],
): readonly RefUpdate[] => {
  const keys = new Set(allowed.map(keyOf))
  const kept = draft.filter((update) => !keys.has(keyOf(update)))
  for (const update of kept) memory.kept.add(keyOf(update))
  const stays = new Set(kept.filter(({ kind }) => kind === 'delete').map(({ ref }) => ref))
  return draft.filter((update) => keys.has(keyOf(update)) && !isBlocked(update, stays))
}
