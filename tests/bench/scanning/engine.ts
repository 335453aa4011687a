import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Row } from '../harness.ts'
import { median, paired, row } from '../harness.ts'
import { runChild, runShipped } from './child.ts'
import type { Scene } from './scene.ts'
import { writeSources } from './sources.ts'

/** Of inflate's speed, or else so many MB in a second of CPU time. */
const OF_INFLATE = 0.45
const MB_PER_SECOND = 250

/**
 * The engine with the rules that are shipped over real source, beside zlib's inflate of the same bytes and beside secretlint's engine
 * with its preset. CPU time: other work on the machine does not count.
 */
export const benchEngine = async ({ folder, rules, rounds, quick }: Scene): Promise<Row[]> => {
  const texts = join(folder, 'sources')
  const list = join(folder, 'sources.json')
  const files = writeSources(texts, quick ? 5e6 : 100e6)
  writeFileSync(list, JSON.stringify(files))
  const megabytes = files.reduce((sum, file) => sum + file.bytes, 0) / 1e6
  const passes = async (way: string): Promise<number[]> =>
    (await runShipped<{ times: number[] }>(folder, 'engine-child.ts', way, texts, list, rules)).times
  const later: number[] = []
  const ours = async () => {
    const [first = Number.NaN, ...others] = await passes('ours')
    later.push(...others)
    return first
  }
  const inflated = async () => (await passes('inflate'))[0] ?? Number.NaN
  const lintedLater: number[] = []
  const linted = async () => {
    const { times } = await runChild<{ times: number[] }>('secretlint-child.ts', texts, list)
    const [first = Number.NaN, ...others] = times
    lintedLater.push(...others)
    return first
  }
  const work = `engine, ${megabytes.toFixed(0)} MB of source in ${files.length.toLocaleString('en')} texts`
  const inflate = await paired(rounds, ours, inflated)
  const speed = (ms: number) => megabytes / (ms / 1_000)
  const secretlint = await paired(quick ? 1 : 2, ours, linted)
  const warm = { ours: median(later), theirs: inflate.theirs }
  const judged = !quick
  return [
    // quick enough by itself is quick enough
    ...Object.entries({ 'first pass of a process': inflate, 'later passes': warm }).map(([pass, times]) =>
      row({
        work: `${work}, ${pass}: ${speed(times.ours).toFixed(0)} MB/s`,
        against: 'zlib inflate of the same bytes',
        unit: 'ms',
        goal: speed(times.ours) >= MB_PER_SECOND ? 0 : OF_INFLATE,
        judged,
        ...times,
      }),
    ),
    ...Object.entries({
      'first pass of a process': secretlint,
      'later passes': { ours: warm.ours, theirs: median(lintedLater) },
    }).map(([pass, times]) =>
      row({
        work: `${work}, ${pass}`,
        against: 'secretlint core, preset-recommend',
        unit: 'ms',
        goal: 4,
        judged,
        ...times,
      }),
    ),
  ]
}
