import { execFile } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { build } from '../../stack/build.ts'
import { type Bench, paired, type Row, row } from './harness.ts'

const root = resolve(import.meta.dirname, '../..')

/** Milliseconds that the import of one bundle takes in a process of its own: what a cold start pays for code. */
const coldImport = async (file: string): Promise<number> => {
  const script = `const t = performance.now(); await import(${JSON.stringify(pathToFileURL(file).href)}).catch((e) => { if (e.code !== 'ENVIRONMENT_INVALID') throw e }); console.log(performance.now() - t)`
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], {
    env: { PATH: process.env.PATH, AWS_REGION: 'us-east-1' },
  })
  return Number(stdout)
}

export const bundles: Bench = {
  name: 'bundles',
  means:
    'Cold import time and size of each function’s bundle, against an empty handler (the floor). A share of the floor: 0.02 means fifty times an empty handler.',
  run: async (quick) => {
    await build()
    const folder = mkdtempSync(join(tmpdir(), 'relay-bench-'))
    try {
      const empty = join(folder, 'index.mjs')
      writeFileSync(empty, 'export const handler = async () => ({})\n')
      const rows: Row[] = []
      for (const name of readdirSync(join(root, 'functions')).sort()) {
        const file = join(root, '.build/functions', name, 'index.mjs')
        const times = await paired(
          quick ? 3 : 11,
          () => coldImport(file),
          () => coldImport(empty),
        )
        rows.push(row({ work: `${name}: cold import`, against: 'empty handler', unit: 'ms', ...times }))
        rows.push(
          row({
            work: `${name}: size`,
            against: 'empty handler',
            unit: 'kB',
            ours: statSync(file).size / 1000,
            theirs: statSync(empty).size / 1000,
          }),
        )
      }
      return rows
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  },
}
