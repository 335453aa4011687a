import type { RefChange } from '../events/types.ts'
import type { RefItem } from './items.ts'

/** What became of one ref within a notice; several updates of it are one move from the first old tip to the last new one. */
export interface Move {
  readonly change: RefChange['kind']
  readonly ref: string
  readonly refType: RefChange['refType']
  readonly commit?: string
  readonly oldCommit?: string
  /** how many events this was */
  readonly times: number
}

/** The moves of a notice's items: branches first, then tags, each in the order in which they first appear. */
export const movesOf = (items: readonly RefItem[]): readonly Move[] => {
  const groups = Map.groupBy(items, ({ change }) => JSON.stringify([change.ref, change.kind]))
  const moves = [...groups.values()].flatMap(joinMoves)
  return [...moves.filter(isBranch), ...moves.filter((move) => !isBranch(move))]
}

const isBranch = ({ refType }: Move): boolean => refType === 'branch'

const joinMoves = (items: readonly RefItem[]): Move[] => {
  const [first, last] = endsOf(items)
  if (!first || !last) return []
  const { kind, ref, refType } = first.change
  const { oldCommit } = first.change
  const { commit } = last.change
  return [
    {
      change: kind,
      ref,
      refType,
      ...(commit === undefined ? {} : { commit }),
      ...(oldCommit === undefined ? {} : { oldCommit }),
      times: items.length,
    },
  ]
}

/** First and last of several moves of a ref. Events come in any order, so old and new tips are asked before the clock is. */
const endsOf = (items: readonly RefItem[]): [RefItem | undefined, RefItem | undefined] => {
  const news = new Set(items.map(({ change }) => change.commit))
  const olds = new Set(items.map(({ change }) => change.oldCommit))
  const starts = items.filter(({ change }) => change.oldCommit !== undefined && !news.has(change.oldCommit))
  const ends = items.filter(({ change }) => change.commit !== undefined && !olds.has(change.commit))
  if (starts.length === 1 && ends.length === 1) return [starts[0], ends[0]]
  const byTime = items.toSorted((a, b) => Date.parse(a.event.at) - Date.parse(b.event.at))
  return [byTime[0], byTime.at(-1)]
}
