import { join } from 'node:path'
import { type Row, row } from '../harness.ts'
import { startSide } from '../replication/processes.ts'
import { runChild } from './child.ts'
import { makeHistory } from './history.ts'
import type { Scene } from './scene.ts'

/** What `memory-child.ts` tells of one first push. */
export interface Scanned {
  readonly packMB: number
  readonly textMB: number
  readonly commits: number
  readonly unscanned: number
  readonly cpuMs: number
  readonly peakMB: number
}

/** A first push of 500 MB from a `git http-backend`, fetched and searched in a process of its own. */
export const benchMemory = async ({ folder, rules, quick }: Scene): Promise<Row[]> => {
  const sources = join(folder, 'sources-of-memory')
  // not packed again, changed files lie there whole: half as much again
  await makeHistory(join(sources, 'large'), quick ? 2e6 : 330e6, false)
  const side = await startSide(sources)
  try {
    const scanned = await runChild<Scanned>('memory-child.ts', side.url('large'), rules)
    const work = `first push: ${scanned.packMB.toFixed(0)} MB pack, ${scanned.commits.toLocaleString('en')} commits, ${scanned.textMB.toFixed(0)} MB of texts, ${scanned.unscanned} not searched`
    const stated = { against: 'stated only', theirs: Number.NaN }
    return [
      row({ work: `${work}: peak memory`, unit: 'MB', ours: scanned.peakMB, ...stated }),
      row({ work: `${work}: CPU time`, unit: 'ms', ours: scanned.cpuMs, ...stated }),
    ]
  } finally {
    await side.stop()
  }
}
