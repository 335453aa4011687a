import { type Row, rowAtMost } from '../harness.ts'
import { runShipped } from './child.ts'
import type { Scene } from './scene.ts'

const SHOWN = 4

/** The worst of the hostile texts, each 1 MB. */
export const benchHostile = async ({ folder, rules, quick }: Scene): Promise<Row[]> => {
  const times = await runShipped<{ name: string; cpuMs: number }[]>(folder, 'hostile-child.ts', rules)
  return times
    .sort((a, b) => b.cpuMs - a.cpuMs)
    .slice(0, SHOWN)
    .map(({ name, cpuMs }, place) =>
      rowAtMost({
        work: `hostile 1 MB, ${place === 0 ? `worst of ${times.length}` : `number ${place + 1}`}: ${name}`,
        against: '100 ms',
        unit: 'ms',
        ours: cpuMs,
        theirs: 100,
        goal: 1,
        judged: !quick,
      }),
    )
}
