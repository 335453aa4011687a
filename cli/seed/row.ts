import type { RepositoryAddress } from '../../shared/codecommit/address.ts'
import type { RefCounts } from '../../shared/store/records.ts'

/**
 * equal: there was nothing to do. seeded: it is equal now. kept: equal but for refs that relay.yml leaves as they are. refused: too much
 * would be lost. different, missing: what a dry run saw. stopped: by Ctrl-C, or never begun.
 */
export type SeedResult =
  | 'equal'
  | 'seeded'
  | 'kept'
  | 'refused'
  | 'failed'
  | 'stopped'
  | 'different'
  | 'missing'

/** What became of one replica: a line of the summary, and of `--json`. */
export interface SeedRow {
  readonly repository: RepositoryAddress
  readonly replica: RepositoryAddress
  readonly result: SeedResult
  readonly way: 'relay' | 'mirror' | 'none'
  /** at the end, on both sides; absent when it is not known */
  readonly refs?: number
  readonly moved?: RefCounts
  /** of packs */
  readonly bytes: number
  readonly milliseconds: number
  /** why it is not equal, or what else is to be said */
  readonly reason?: string
}

const FINE: readonly SeedResult[] = ['equal', 'seeded', 'kept', 'different', 'missing']

/** Exit status of the command: 0 when every replica is as it should be, or was only looked at. */
export const statusOf = (rows: readonly SeedRow[]): number =>
  rows.every(({ result }) => FINE.includes(result)) ? 0 : 1

const COLUMNS = ['repository', 'replica', 'way', 'refs', 'MB', 'seconds', 'result'] as const
const RIGHT: ReadonlySet<string> = new Set(['refs', 'MB', 'seconds'])

/** The summary for people, one line each, under a headline; reasons stand below. */
export const summaryOf = (rows: readonly SeedRow[]): readonly string[] => {
  const cells = rows.map((row) => ({
    repository: row.repository.name,
    replica: `${row.replica.region}${row.replica.account === row.repository.account ? '' : ` (${row.replica.account})`}`,
    way: row.way === 'none' ? '–' : row.way,
    refs: row.refs === undefined ? '' : String(row.refs),
    MB: row.way === 'relay' ? megabytes(row.bytes) : '',
    seconds: (row.milliseconds / 1000).toFixed(1),
    result: `${row.result}${row.moved && row.result !== 'equal' ? ` (${countsText(row.moved)})` : ''}`,
  }))
  const widths = COLUMNS.map((name) => Math.max(name.length, ...cells.map((cell) => cell[name].length)))
  const line = (cell: Readonly<Record<(typeof COLUMNS)[number], string>>) =>
    COLUMNS.map((name, index) =>
      RIGHT.has(name) ? cell[name].padStart(widths[index] ?? 0) : cell[name].padEnd(widths[index] ?? 0),
    )
      .join('  ')
      .trimEnd()
  const headline = Object.fromEntries(COLUMNS.map((name) => [name, name])) as (typeof cells)[number]
  return [
    line(headline),
    ...rows.flatMap((row, index) => {
      const cell = cells[index]
      return cell === undefined ? [] : [line(cell), ...(row.reason === undefined ? [] : [`  ${row.reason}`])]
    }),
  ]
}

/** `+3 ~1 -2`: created, updated, deleted */
export const countsText = ({ created, updated, deleted }: RefCounts): string =>
  `+${created} ~${updated} -${deleted}`

/** `0.3`, `1024` */
export const megabytes = (bytes: number): string =>
  bytes < 100e6 ? (bytes / 1e6).toFixed(1) : String(Math.round(bytes / 1e6))
