import { spawnSync } from 'node:child_process'

// Everything that can be judged without running the product: format, lint, types, dead code, directions, packaging.
// Each step runs even when an earlier one failed, so that one run shows all there is to mend.
const steps: readonly (readonly [name: string, command: string, ...args: string[]])[] = [
  ['format and lint', 'node_modules/.bin/biome', 'ci', '--error-on-warnings', '.'],
  ['types', 'node_modules/.bin/tsc', '--noEmit'],
  ['dead code', 'node_modules/.bin/knip'],
  [
    'directions',
    process.execPath,
    '--disable-warning=ExperimentalWarning',
    '--experimental-vm-modules',
    'node_modules/jest/bin/jest.js',
    'tests/directions.test.ts',
  ],
  [
    'packaging',
    process.execPath,
    'node_modules/serverless/bin/serverless.js',
    'package',
    '--package',
    '.build/package-check',
  ],
]

const failed: string[] = []
for (const [name, command, ...args] of steps) {
  const started = performance.now()
  const run = spawnSync(command, args, { encoding: 'utf8' })
  const seconds = ((performance.now() - started) / 1000).toFixed(1)
  const ok = run.status === 0
  process.stdout.write(`${ok ? 'ok    ' : 'FAILED'} ${name} (${seconds} s)\n`)
  if (!ok) {
    failed.push(name)
    process.stdout.write(`${run.error?.message ?? ''}${run.stdout ?? ''}${run.stderr ?? ''}\n`)
  }
}
if (failed.length > 0)
  process.stdout.write(`\n${failed.length} of ${steps.length} steps failed: ${failed.join(', ')}\n`)
process.exitCode = failed.length === 0 ? 0 : 1
