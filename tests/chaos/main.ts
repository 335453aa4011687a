import { parseArgs } from 'node:util'
import { campaign } from './campaign.ts'
import { buildOnce } from './world.ts'

// npm run chaos [-- --rounds N] [--seed N] [--minutes N]: random pushes while everything fails that can, with the product's own
// bundles. The seed says what is tried, not who wins: the same one may find something only the second time. Exit status 1 when
// something was found that must never be.
const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '100' },
    seed: { type: 'string', default: '1' },
    minutes: { type: 'string', default: '60' },
  },
})
const [rounds, seed, minutes] = [Number(values.rounds), Number(values.seed), Number(values.minutes)]
if (![rounds, seed, minutes].every((number) => Number.isFinite(number) && number >= 0)) {
  process.stderr.write('usage: npm run chaos [-- --rounds N] [--seed N] [--minutes N]\n')
  process.exit(2)
}

/** A world grows with what was pushed: after so many rounds a new one begins. */
const ROUNDS_OF_A_WORLD = 50
const begun = performance.now()
let stopped = false
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    process.stdout.write('ends after this round\n')
    stopped = true
  })
}
const isOver = () => stopped || performance.now() - begun > minutes * 60_000
const total: Record<string, number> = {}
let done = 0
let failed = 0
const bundles = await buildOnce()
try {
  for (let world = 0; done < rounds && !isOver(); world += 1) {
    const ended = await campaign({
      bundles: bundles.folder,
      seed: seed * 1_000 + world,
      rounds: Math.min(ROUNDS_OF_A_WORLD, rounds - done),
      isOver,
      onRound: (number, violations) => {
        if (violations.length === 0 && number % 10 === 0) process.stdout.write(`${done + number} rounds\n`)
        for (const violation of violations) process.stdout.write(`${JSON.stringify(violation)}\n`)
      },
    })
    done += ended.rounds
    failed += ended.violations.length
    for (const [name, count] of Object.entries(ended.counts))
      total[name] = name === 'mostSweeps' ? Math.max(total[name] ?? 0, count) : (total[name] ?? 0) + count
  }
} finally {
  bundles.remove()
}
const took = (performance.now() - begun) / 60_000
const lines = Object.entries(total).map(([name, count]) => `  ${name}: ${count}`)
process.stdout.write(
  `${done} rounds, seed ${seed}, ${took.toFixed(1)} minutes (${(done / took).toFixed(0)} a minute)\n${lines.join('\n')}\n${failed} violations\n`,
)
process.exit(failed > 0 ? 1 : 0)
