import { type ChildProcess, fork } from 'node:child_process'
import { join } from 'node:path'
import { type Bench, row } from './harness.ts'
import type { SweepCost, SweepWork } from './sweep-child.ts'

/** Share of a processor that a Lambda of 512 MiB has (Lambda developer guide: 1,769 MiB are one). */
const PROCESSORS = 512 / 1769
/** Lambda's longest invocation, less what the sweep leaves to its end. */
const TIME_MS = 855_000
const MEMORY_MB = 512

interface Traffic {
  readonly requests: number
  readonly received: number
  readonly sent: number
}

const child = (...args: string[]): ChildProcess =>
  fork(join(import.meta.dirname, 'sweep-child.ts'), args, {
    execArgv: ['--disable-warning=ExperimentalWarning', '--max-old-space-size=384'],
  })

const answer = <T>(from: ChildProcess, ask?: string): Promise<T> =>
  new Promise((resolve, reject) => {
    from.once('message', (message) => resolve(message as T))
    from.once('exit', (code) => reject(new Error(`the bench's process ended with exit code ${code}`)))
    if (ask !== undefined) from.send(ask)
  })

export const sweep: Bench = {
  name: 'sweep',
  means:
    'One invocation of the sweep in which nothing differs. Time: its processor time as a Lambda of 512 MiB has it (0.29 of one of ours), held against what an invocation may take. Theirs, of bytes: each replica compared with its source on its own.',
  run: async (quick) => {
    const repositories = quick ? 100 : 1_000
    const replicas = 10
    const server = child('server')
    const started = [server]
    try {
      const ports = await answer<Pick<SweepWork, 'gitPort' | 'tableEndpoint'>>(server)
      const sweeper = child('sweep', JSON.stringify({ ...ports, repositories, replicas } satisfies SweepWork))
      started.push(sweeper)
      await answer(sweeper)
      const before = await answer<Traffic>(server, 'count')
      const cost = await answer<SweepCost>(sweeper, 'go')
      const after = await answer<Traffic>(server, 'count')
      if (cost.looked !== repositories * replicas)
        throw new Error(`only ${cost.looked} replicas were looked at`)
      const requests = (after.requests - before.requests) / repositories
      const each = (after.sent + after.received - before.sent - before.received) / repositories
      const work = `${repositories * replicas} replicas of ${repositories} repositories`
      process.stdout.write(
        `  ${requests} Git requests and ${(cost.table / repositories).toFixed(3)} requests to the table for each repository; ${Math.round(cost.wall)} ms here\n\n`,
      )
      return [
        row({
          work,
          against: 'the time of one invocation',
          ours: cost.cpu / PROCESSORS,
          theirs: TIME_MS,
          unit: 'ms',
          goal: quick ? 1 : 4,
        }),
        row({ work, against: 'its memory', ours: cost.rss, theirs: MEMORY_MB, unit: 'MB', goal: 1.5 }),
        row({
          work: `a repository with ${replicas} replicas`,
          against: 'two advertisements for each replica',
          ours: each / 1000,
          theirs: (each / requests / 1000) * 2 * replicas,
          unit: 'kB',
          goal: 1.8,
        }),
      ]
    } finally {
      for (const one of started) one.kill('SIGKILL')
    }
  },
}
