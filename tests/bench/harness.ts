import { cpus, totalmem } from 'node:os'

/** One line of a bench: what was done, ours beside theirs, in one run. */
export interface Row {
  readonly work: string
  /** what ours is held against: an alternative, or the floor below which nothing can go */
  readonly against: string
  /** median, in `unit` */
  readonly ours: number
  readonly theirs: number
  readonly unit: 'ms' | 'MB' | 'kB'
  /** how many times better than `against`; against a floor, the share of the floor (1 = as good as can be) */
  readonly ratio: number
  /** the least ratio that is good enough; null where none was set */
  readonly goal: number | null
  readonly met: boolean | null
}

export interface Bench {
  readonly name: string
  /** what the figures mean, in a sentence or two */
  readonly means: string
  /** @param quick fewer rounds and smaller inputs: shows that the bench works, not what the product can do */
  run(quick: boolean): Promise<readonly Row[]>
}

/** A row with its ratio and verdict; less is better for every unit we have. */
export const row = (figures: Omit<Row, 'ratio' | 'met' | 'goal'> & { goal?: number }): Row => {
  const ratio = figures.theirs / figures.ours
  const goal = figures.goal ?? null
  return { ...figures, ratio, goal, met: goal === null ? null : ratio >= goal }
}

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
    `${figure(line.theirs)} ${line.unit}`,
    line.ratio.toFixed(2),
    line.goal === null ? '–' : `${line.goal} ${line.met ? 'met' : 'MISSED'}`,
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

const figure = (value: number): string => (value >= 100 ? value.toFixed(0) : value.toFixed(1))
