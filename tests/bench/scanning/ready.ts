import { writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { gzipSync } from 'node:zlib'
import { bundleProgram } from '../../../stack/build.ts'
import { shippedRulePack } from '../../../stack/rule-pack.ts'
import { median, type Row, rowAtMost } from '../harness.ts'
import { runShipped } from './child.ts'
import type { Scene } from './scene.ts'

/** a program that reads the rules and makes an engine, and nothing else */
const ENGINE = resolve(import.meta.dirname, './ready-child.ts')

/** Milliseconds until an engine is there in a fresh process, and what rules and engine add to a bundle. */
export const benchReady = async ({ folder, rounds }: Scene): Promise<Row[]> => {
  const rules = join(folder, 'rules.json.br')
  const shipped = shippedRulePack()
  writeFileSync(rules, shipped)
  const packed = kilobytes(shipped)
  const times: { parseMs: number; engineMs: number; cpuMs: number }[] = []
  for (let round = 0; round < rounds * 3; round += 1)
    times.push(await runShipped<(typeof times)[0]>(folder, 'ready-child.ts', rules))
  const goal = { against: '5 ms', unit: 'ms' as const, theirs: 5, goal: 1 }
  const middle = (of: (time: (typeof times)[0]) => number): number => median(times.map(of))
  const { engine, re2 } = await bundled()
  return [
    rowAtMost({
      work: 'engine ready, from parsed rules, by the clock',
      ours: middle((one) => one.engineMs),
      ...goal,
    }),
    rowAtMost({
      work: 'the same, CPU, with V8’s own threads',
      ours: middle((one) => one.cpuMs),
      ...goal,
      goal: Number.NaN,
    }),
    rowAtMost({
      work: 'the rules read before, by the clock (once for each process)',
      ours: middle((one) => one.parseMs),
      ...goal,
      goal: Number.NaN,
    }),
    rowAtMost({
      work: 'rules and engine in a bundle, compressed',
      against: '80 kB',
      unit: 'kB',
      theirs: 80,
      goal: 1,
      ours: engine + packed,
    }),
    rowAtMost({
      work: 'of that the rules',
      against: '80 kB',
      unit: 'kB',
      theirs: 80,
      ours: packed,
    }),
    rowAtMost({
      work: 're2js beside it, loaded by the first expression that is not linear',
      against: '80 kB',
      unit: 'kB',
      theirs: 80,
      ours: re2,
    }),
  ]
}

const kilobytes = (contents: Uint8Array): number => gzipSync(contents, { level: 9 }).length / 1_000

/** kB of the engine as a function's bundle has it, and of re2js, which is a file of its own there */
const bundled = async (): Promise<{ engine: number; re2: number }> => {
  const files = [...(await bundleProgram(ENGINE))]
  const size = (wanted: (path: string) => boolean): number =>
    files.reduce((sum, [path, contents]) => sum + (wanted(path) ? kilobytes(contents) : 0), 0)
  const isRe2 = (path: string): boolean => path.endsWith('re2js.js')
  return { engine: size((path) => !isRe2(path)), re2: size(isRe2) }
}
