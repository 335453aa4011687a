import { parseArgs } from 'node:util'
import { tryTheSweep, unreachableReplica } from './sweep.ts'

// npm run chaos:sweep [-- --repositories N]: the sweep alone over N repositories with two replicas each, killed in the middle, one
// replica unreachable. Exit status 1 when another one differs at the end, or when it was not reported exactly once.
const { values } = parseArgs({ options: { repositories: { type: 'string', default: '300' } } })
const found = await tryTheSweep({
  repositories: Number(values.repositories),
  killAfter: Math.ceil(Number(values.repositories) / 2),
  more: 2,
  hurry: false,
  minutes: 20,
  say: (line) => void process.stdout.write(`${line}\n`),
})
process.stdout.write(`${JSON.stringify(found)}\n`)
const isWell =
  found.different.join() === unreachableReplica &&
  found.failed.join() === unreachableReplica &&
  found.deadLetters === 1 &&
  found.killed > 0 &&
  found.resumed.length > 0
process.exitCode = isWell ? 0 : 1
