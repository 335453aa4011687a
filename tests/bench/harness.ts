import { cpus, totalmem } from 'node:os'

/** One line of a bench: what was done, ours beside theirs, in one run. */
export interface Row {
  readonly work: string
  /** what ours is held against: an alternative, or the floor below which nothing can go */
  readonly against: string
  /** median, in `unit` */
  readonly ours: number
  /** NaN where ours is stated and held against nothing */
  readonly theirs: number
  readonly unit: 'ms' | 'MB' | 'kB' | 'refs' | 'calls'
  /**
   * how many times better than `against`; against a floor, the share of the floor (1 = as good as can be); with a goal that is
   * a most: how many times `against`
   */
  readonly ratio: number
  /** null where none was set */
  readonly goal: number | null
  /** whether the goal is the least or the most that the ratio may be */
  readonly bound: 'least' | 'most'
  /** null also where a goal is set and the inputs were too small to judge it */
  readonly met: boolean | null
}

export interface Bench {
  readonly name: string
  /** what the figures mean, in a sentence or two */
  readonly means: string
  /**
   * @param quick fewer rounds and smaller inputs: shows that the bench works, not what the product can do
   * @param only the part of the bench that is wanted, where it has parts; throws Error for one that it has not
   */
  run(quick: boolean, only?: string): Promise<readonly Row[]>
}

type Figures = Pick<Row, 'work' | 'against' | 'ours' | 'theirs' | 'unit'> & {
  readonly goal?: number
  /** false: the goal is shown and not judged */
  readonly judged?: boolean
}

/** A row with its ratio and verdict; less is better for every unit we have. */
export const row = ({ goal = Number.NaN, judged = true, ...figures }: Figures): Row => {
  const ratio = figures.theirs / figures.ours
  return { ...figures, ratio, bound: 'least', ...verdict(goal, judged, ratio >= goal) }
}

/** A row whose goal is a most: ours may be `goal` times theirs. Of none, none is right. */
export const rowAtMost = ({ goal = Number.NaN, judged = true, ...figures }: Figures): Row => {
  const ratio = figures.ours === 0 ? 0 : figures.ours / figures.theirs
  return { ...figures, ratio, bound: 'most', ...verdict(goal, judged, ratio <= goal) }
}

const verdict = (goal: number, judged: boolean, met: boolean): Pick<Row, 'goal' | 'met'> =>
  Number.isNaN(goal) ? { goal: null, met: null } : { goal, met: judged ? met : null }

export const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1
    ? (sorted[middle] ?? Number.NaN)
    : ((sorted[middle - 1] ?? Number.NaN) + (sorted[middle] ?? Number.NaN)) / 2
}

/** Runs the two in turn, A B A B …, so that both see the same noise; medians of what each returned. */
export const paired = async (
  rounds: number,
  ours: () => Promise<number>,
  theirs: () => Promise<number>,
): Promise<{ ours: number; theirs: number }> => {
  const a: number[] = []
  const b: number[] = []
  for (let round = 0; round < rounds; round += 1) {
    a.push(await ours())
    b.push(await theirs())
  }
  return { ours: median(a), theirs: median(b) }
}

export const machine = (): string =>
  `${cpus().length} × ${cpus()[0]?.model.trim() ?? 'unknown'}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.versions.node}, ${process.platform} ${process.arch}`

export const table = (rows: readonly Row[]): string => {
  const head = ['work', 'ours', 'theirs', 'ratio', 'goal', 'against']
  const body = rows.map((line) => [
    line.work,
    `${figure(line.ours)} ${line.unit}`,
    Number.isNaN(line.theirs) ? '–' : `${figure(line.theirs)} ${line.unit}`,
    ratioOf(line),
    goalOf(line),
    line.against,
  ])
  const widths = head.map((_, column) =>
    Math.max(...[head, ...body].map((cells) => (cells[column] ?? '').length)),
  )
  return [head, ...body]
    .map((cells) =>
      cells
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

const ratioOf = ({ ratio }: Row): string => (Number.isNaN(ratio) ? '–' : ratio.toFixed(ratio >= 100 ? 0 : 2))

const goalOf = ({ goal, bound, met }: Row): string => {
  if (goal === null) return '–'
  const said = met === null ? 'not judged' : met ? 'met' : 'MISSED'
  return `${bound === 'least' ? '≥' : '≤'} ${Number(goal.toFixed(2))} ${said}`
}

const figure = (value: number): string => (value >= 100 ? value.toFixed(0) : value.toFixed(1))
