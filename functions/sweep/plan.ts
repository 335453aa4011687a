import type { SweepMarker } from '../../shared/store/marker.ts'

/** A repository that has replicas. */
export interface Listed {
  /** `account/region/name` */
  readonly key: string
  readonly region: string
  readonly name: string
  /** how many replicas it has */
  readonly replicas: number
}

export interface SweepBudget {
  /** replicas in one slice, as long as that makes no more slices than `slices` */
  readonly replicas: number
  readonly slices: number
  /** replicas that one invocation can look at even when it is throttled: no slice is larger than that and one repository */
  readonly most: number
  /** characters that the names of one slice may take in its message */
  readonly characters: number
  /** seconds over which the slices are spread, 0 to 900 */
  readonly spreadSeconds: number
}

/**
 * A slice is one invocation's work. 250 replicas take a few seconds, so that 10,000 make 40 slices, one every few seconds; larger
 * installations make larger slices, so that the marker stays small.
 */
export const SWEEP_BUDGET: Omit<SweepBudget, 'spreadSeconds'> = {
  replicas: 250,
  slices: 100,
  most: 5_000,
  characters: 150_000,
}

export interface Slice {
  readonly number: number
  readonly repositories: readonly Listed[]
  readonly replicas: number
  /** seconds after now at which it is due */
  readonly delaySeconds: number
  readonly range: Range
}

/** Keys of repositories between which a slice lies; absent: there is none before it, or none behind. */
export interface Range {
  readonly after?: string
  readonly upTo?: string
}

export interface SweepPlan {
  /** whether the slices are those of the marker that are not done yet */
  readonly resumes: boolean
  readonly slices: readonly Slice[]
  /** last repository of every slice, of the done ones too */
  readonly bounds: readonly string[]
}

/**
 * Cuts the repositories, ordered by their keys, into slices, and spreads these over the interval. A sweep that died is taken up
 * where it stopped: its slices, without those that are done, filled with what is listed now. It is given up for a new one when
 * nothing was done since it was last taken up, so that one bad slice never keeps the others from being looked at.
 */
export const sweepPlan = (
  repositories: readonly Listed[],
  marker: SweepMarker | undefined,
  budget: SweepBudget,
): SweepPlan => {
  const sorted = [...repositories].sort((a, b) => (a.key < b.key ? -1 : 1))
  if (marker && marker.done.length > (marker.resumedWith ?? -1)) {
    const parts = between(sorted, marker.bounds)
    const left = parts.filter(({ number }) => !marker.done.includes(number))
    if (left.length > 0 && left.every(({ part }) => fits(part, budget))) {
      return { resumes: true, slices: spread(left, marker.bounds, budget), bounds: marker.bounds }
    }
  }
  const parts = cut(sorted, budget).map((part, number) => ({ number, part }))
  const bounds = parts.map(({ part }) => part.at(-1)?.key ?? '')
  return { resumes: false, slices: spread(parts, bounds, budget), bounds }
}

interface Part {
  readonly number: number
  readonly part: readonly Listed[]
}

const cut = (sorted: readonly Listed[], budget: SweepBudget): readonly (readonly Listed[])[] => {
  const size = Math.min(budget.most, Math.max(budget.replicas, Math.ceil(weigh(sorted) / budget.slices)))
  // one at least: replicas whose sources are all gone are looked for, too
  const parts: Listed[][] = [[]]
  let replicas = 0
  let characters = 0
  for (const repository of sorted) {
    const cost = costOf(repository)
    const open = parts.at(-1)
    const fitsIn = replicas + repository.replicas <= size && characters + cost <= budget.characters
    if (open && (fitsIn || open.length === 0)) {
      open.push(repository)
      replicas += repository.replicas
      characters += cost
    } else {
      parts.push([repository])
      replicas = repository.replicas
      characters = cost
    }
  }
  return parts
}

/** What is listed now, by the bounds of an earlier cut; what lies behind the last one belongs to the last slice. */
const between = (sorted: readonly Listed[], bounds: readonly string[]): readonly Part[] => {
  const parts: Listed[][] = bounds.map(() => [])
  let number = 0
  for (const repository of sorted) {
    while (number < bounds.length - 1 && repository.key > (bounds[number] ?? '')) number += 1
    parts[number]?.push(repository)
  }
  return parts.map((part, index) => ({ number: index, part }))
}

const fits = (part: readonly Listed[], budget: SweepBudget): boolean =>
  (part.length === 1 || weigh(part) <= budget.most) &&
  part.reduce((sum, repository) => sum + costOf(repository), 0) <= budget.characters

const spread = (
  parts: readonly Part[],
  bounds: readonly string[],
  { spreadSeconds }: SweepBudget,
): readonly Slice[] =>
  parts.map(({ number, part }, index) => ({
    number,
    repositories: part,
    replicas: weigh(part),
    delaySeconds: Math.floor((index * spreadSeconds) / parts.length),
    range: rangeOf(number, bounds),
  }))

const rangeOf = (number: number, bounds: readonly string[]): Range => {
  const after = bounds[number - 1]
  const upTo = number === bounds.length - 1 ? undefined : bounds[number]
  return { ...(after === undefined ? {} : { after }), ...(upTo === undefined ? {} : { upTo }) }
}

const weigh = (part: readonly Listed[]): number => part.reduce((sum, { replicas }) => sum + replicas, 0)

/** Quotes and comma around a name. */
const costOf = ({ name }: Listed): number => name.length + 3
