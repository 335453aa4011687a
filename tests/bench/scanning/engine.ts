import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Row } from '../harness.ts'
import { paired, row } from '../harness.ts'
import { runChild } from './child.ts'
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
  const pass = (way: string) => async () =>
    (await runChild<{ cpuMs: number }>('engine-child.ts', way, texts, list, rules)).cpuMs
  const work = `engine, ${megabytes.toFixed(0)} MB of source in ${files.length.toLocaleString('en')} texts`
  const inflate = await paired(rounds, pass('ours'), pass('inflate'))
  const speed = megabytes / (inflate.ours / 1_000)
  const secretlint = await paired(quick ? 1 : 2, pass('ours'), pass('secretlint'))
  const judged = !quick
  return [
    // quick enough by itself is quick enough
    row({
      work: `${work}: ${speed.toFixed(0)} MB/s`,
      against: 'zlib inflate of the same bytes',
      unit: 'ms',
      goal: speed >= MB_PER_SECOND ? 0 : OF_INFLATE,
      judged,
      ...inflate,
    }),
    row({
      work,
      against: 'secretlint core, preset-recommend',
      unit: 'ms',
      goal: 4,
      judged,
      ...secretlint,
    }),
  ]
}
