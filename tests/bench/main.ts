import { parseArgs } from 'node:util'
import { bundles } from './bundles.ts'
import { cloud } from './cloud.ts'
import { git } from './git.ts'
import type { Bench } from './harness.ts'
import { machine, table } from './harness.ts'
import { push } from './push.ts'
import { replication } from './replication.ts'
import { scanning } from './scanning.ts'
import { start } from './start.ts'
import { sweep } from './sweep.ts'

// npm run bench [-- NAME] [--only PART] [--quick] [--json]. Every figure is a ratio to an alternative measured in the same run: the machine's
// own speed cancels out. Exit status 1 when a goal was missed. With --json standard output is one object, and the tables go to
// standard error.
const benches: readonly Bench[] = [push, replication, git, start, bundles, cloud, sweep, scanning]

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    only: { type: 'string' },
    quick: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
})
const [name] = positionals
const chosen = benches.filter((bench) => name === undefined || bench.name === name)
if (chosen.length === 0) {
  process.stderr.write(
    `There is no bench ${name}; there are: ${benches.map((bench) => bench.name).join(', ')}\n`,
  )
  process.exitCode = 2
}
const tell = (text: string) => void (values.json ? process.stderr : process.stdout).write(text)
const all: object[] = []
for (const bench of chosen) {
  tell(`\n${bench.name}\n${bench.means}\n\n`)
  const rows = await bench.run(values.quick, values.only)
  tell(`${table(rows)}\n`)
  all.push(
    ...rows.map((line) => ({ bench: bench.name, name: `${line.work}, against ${line.against}`, ...line })),
  )
  if (rows.some((line) => line.met === false)) process.exitCode = 1
}
if (values.json && chosen.length > 0)
  process.stdout.write(`${JSON.stringify({ machine: machine(), quick: values.quick, rows: all })}\n`)
