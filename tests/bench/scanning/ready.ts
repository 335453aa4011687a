import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import { BUNDLE_OPTIONS } from '../../../stack/build.ts'
import { median, type Row, rowAtMost } from '../harness.ts'
import { runChild } from './child.ts'
import type { Scene } from './scene.ts'

const ENGINE = resolve(import.meta.dirname, '../../../shared/scanning/engine/engine.ts')

/** Milliseconds until an engine is there in a fresh process, and what rules and engine add to a bundle. */
export const benchReady = async ({ rules, rounds }: Scene): Promise<Row[]> => {
  const times: { parseMs: number; engineMs: number }[] = []
  for (let round = 0; round < rounds * 3; round += 1)
    times.push(await runChild<(typeof times)[0]>('ready-child.ts', rules))
  const goal = { against: '5 ms', unit: 'ms' as const, theirs: 5, goal: 1 }
  const engineMs = median(times.map((time) => time.engineMs))
  const engine = await bundled()
  const packed = (gzipSync(engine, { level: 9 }).length + packedSize(rules)) / 1_000
  return [
    rowAtMost({ work: 'engine ready, from parsed rules', ours: engineMs, ...goal }),
    rowAtMost({
      work: 'the rules’ JSON read (once for each process)',
      ours: median(times.map((time) => time.parseMs)),
      ...goal,
      goal: Number.NaN,
    }),
    rowAtMost({
      work: 'rules and engine in a bundle, re2js included, compressed',
      against: '80 kB',
      unit: 'kB',
      theirs: 80,
      goal: 1,
      ours: packed,
    }),
    rowAtMost({
      work: 'of that the rules',
      against: '80 kB',
      unit: 'kB',
      theirs: 80,
      ours: packedSize(rules) / 1_000,
    }),
  ]
}

const packedSize = (file: string): number => gzipSync(readFileSync(file), { level: 9 }).length

/** the engine as the build would bundle it */
const bundled = async (): Promise<Uint8Array> => {
  const { outputFiles } = await build({ ...BUNDLE_OPTIONS, entryPoints: [ENGINE] })
  return outputFiles[0]?.contents ?? new Uint8Array()
}
