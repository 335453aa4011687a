import { join } from 'node:path'
import { type Row, rowAtMost } from '../harness.ts'
import { startSide } from '../replication/processes.ts'
import { runChild } from './child.ts'
import { makeCommits } from './commits.ts'
import type { Scanned } from './memory.ts'
import type { Scene } from './scene.ts'

/** What the function has (stack/consumers.ts): MB of memory, and milliseconds without those kept back for what follows. */
const FUNCTION = { memoryMB: 1_769 * 1.048576, timeMs: 870_000 }

/** A first push of 100,000 commits, fetched and searched as the function does it, beside what the function may use. */
export const benchFirst = async ({ folder, rules, quick }: Scene): Promise<Row[]> => {
  const sources = join(folder, 'sources-of-first')
  await makeCommits(join(sources, 'many'), quick ? 2_000 : 100_000)
  const side = await startSide(sources)
  try {
    const scanned = await runChild<Scanned>('memory-child.ts', side.url('many'), rules)
    const work = `first push: ${scanned.commits.toLocaleString('en')} commits, ${scanned.packMB.toFixed(0)} MB pack, ${scanned.unscanned} not searched`
    const most = { against: 'what the function has', goal: 0.75, judged: !quick }
    return [
      rowAtMost({
        work: `${work}: peak memory`,
        unit: 'MB',
        ours: scanned.peakMB,
        theirs: FUNCTION.memoryMB,
        ...most,
      }),
      rowAtMost({
        work: `${work}: CPU time`,
        unit: 'ms',
        ours: scanned.cpuMs,
        theirs: FUNCTION.timeMs,
        ...most,
      }),
    ]
  } finally {
    await side.stop()
  }
}
