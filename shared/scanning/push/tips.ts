import type { RepositoryEvent } from '../../events/types.ts'
import type { RefMap } from '../../git/refs.ts'
import type { ScanMarks } from '../../store/scan-marks.ts'
import type { Want } from '../walk/types.ts'

/** Tips named to the server as known: each costs some hundred bytes, and what is left out only makes the pack larger. */
export const MAX_HAVES = 1_000

/** What there is to do, from the refs as they are and what was searched before. */
export interface Tips {
  /** refs that are at what was not searched */
  readonly wants: readonly Want[]
  readonly haves: readonly string[]
  /** refs whose tip is another than was searched, or that are gone (undefined) */
  readonly moved: ReadonlyMap<string, string | undefined>
  /** what events named and no ref leads to any more, as far as is known */
  readonly away: readonly Want[]
}

/**
 * @param refs as they are now
 * @param events what was said of the repository: hints of tips that came and went
 */
export const tipsOf = (refs: RefMap, marks: ScanMarks, events: readonly RepositoryEvent[]): Tips => {
  const searched = new Set([...marks.tips.values(), ...marks.past])
  const moved = new Map<string, string | undefined>()
  for (const [ref, oid] of refs) if (marks.tips.get(ref) !== oid) moved.set(ref, oid)
  for (const ref of marks.tips.keys()) if (!refs.has(ref)) moved.set(ref, undefined)
  const wants = [...moved].flatMap(([ref, oid]) =>
    oid === undefined || searched.has(oid) ? [] : [{ ref, oid }],
  )
  // first those that the moved refs were at: what came now stands on them
  const before = [...moved.keys()].flatMap((ref) => marks.tips.get(ref) ?? [])
  const haves = [...new Set([...before, ...marks.tips.values(), ...marks.past])].slice(0, MAX_HAVES)
  return { wants, haves, moved, away: awayOf(refs, searched, marks, events) }
}

/**
 * The first few of what there is to do, so that what was done is noted in between: that is where whoever is interrupted goes on.
 * @param most wants
 */
export const portionOf = (tips: Tips, most: number): Tips => {
  if (tips.wants.length <= most) return tips
  const wants = tips.wants.slice(0, most)
  const chosen = new Set(wants.map(({ ref }) => ref))
  return { ...tips, wants, moved: movedOf(tips, (ref) => chosen.has(ref)), away: [] }
}

/** All but these refs, which remain to be searched. */
export const withoutRefs = (tips: Tips, refs: ReadonlySet<string>): Tips => ({
  ...tips,
  wants: tips.wants.filter(({ ref }) => !refs.has(ref)),
  moved: movedOf(tips, (ref) => !refs.has(ref)),
})

const movedOf = ({ moved }: Tips, chooses: (ref: string) => boolean): Tips['moved'] =>
  new Map([...moved].filter(([ref]) => chooses(ref)))

/** What events name that may be gone before anybody looks. */
export const hintsOf = (events: readonly RepositoryEvent[]): readonly Want[] =>
  events
    .flatMap(({ changes }) => changes)
    .flatMap(({ ref, commit }) => (commit === undefined ? [] : [{ ref, oid: commit }]))

const awayOf = (
  refs: RefMap,
  searched: ReadonlySet<string>,
  { commits, hinted }: Pick<ScanMarks, 'commits' | 'hinted'>,
  events: readonly RepositoryEvent[],
): readonly Want[] => {
  const there = new Set(refs.values())
  const away = new Map<string, Want>()
  for (const { ref, oid } of [...hinted, ...hintsOf(events)]) {
    if (there.has(oid) || searched.has(oid) || commits.has(oid)) continue
    away.set(oid, { ref, oid })
  }
  return [...away.values()]
}
