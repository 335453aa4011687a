#!/usr/bin/env -S node --disable-warning=ExperimentalWarning
// The `relay` command. Plain JavaScript, because the Node that finds it may be one that does not read TypeScript: then the Node
// that `npm ci` brought along takes over.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
const own = join(import.meta.dirname ?? new URL('.', import.meta.url).pathname, '../node_modules/.bin/node')

if (major > 22 || (major === 22 && minor >= 18)) await import('./main.ts')
else if (existsSync(own)) {
  const script = join(own, '../../../cli/main.ts')
  const args = ['--disable-warning=ExperimentalWarning', script, ...process.argv.slice(2)]
  const { status, signal } = spawnSync(own, args, { stdio: 'inherit' })
  process.exitCode = signal ? 1 : (status ?? 1)
} else {
  process.stderr.write(
    'relay needs Node 22.18 or newer; run `npm ci` in its folder, which brings one along.\n',
  )
  process.exitCode = 1
}
