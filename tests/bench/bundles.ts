import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { build } from '../../stack/build.ts'
import { coldStart, EMPTY_HANDLER, programOf } from './cold-import.ts'
import { type Bench, paired, type Row, row } from './harness.ts'

const root = resolve(import.meta.dirname, '../..')

export const bundles: Bench = {
  name: 'bundles',
  means:
    'Cold import time of each function’s bundle, its clients made, against an empty handler (the floor); and its size: the zip, and what is loaded before the first event. A share of the floor: 0.02 means fifty times an empty handler.',
  run: async (quick) => {
    await build()
    const folder = mkdtempSync(join(tmpdir(), 'relay-bench-'))
    try {
      const empty = join(folder, 'index.mjs')
      writeFileSync(empty, EMPTY_HANDLER)
      const rows: Row[] = []
      for (const name of readdirSync(join(root, 'functions')).sort()) {
        const file = programOf(name)
        const times = await paired(
          quick ? 3 : 11,
          async () => (await coldStart(file))[0]?.milliseconds ?? Number.NaN,
          async () => (await coldStart(empty))[0]?.milliseconds ?? Number.NaN,
        )
        rows.push(row({ work: `${name}: cold import`, against: 'empty handler', unit: 'ms', ...times }))
        rows.push(sizeRow(`${name}: zip`, statSync(join(file, `../../${name}.zip`)).size))
        rows.push(sizeRow(`${name}: loaded at the start`, loadedAtStart(file)))
      }
      return rows
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  },
}

const sizeRow = (work: string, bytes: number): Row =>
  row({ work, against: 'empty handler', unit: 'kB', ours: bytes / 1000, theirs: EMPTY_HANDLER.length / 1000 })

/** @returns bytes of the program and of all that its import statements name */
const loadedAtStart = (program: string): number => {
  const loaded = new Set([program])
  // a set hands out what is added while it is walked
  for (const file of loaded)
    for (const [, target = ''] of readFileSync(file, 'utf8').matchAll(/(?:from|import)"(\.[^"]+)"/g))
      loaded.add(join(file, '..', target))
  return [...loaded].reduce((sum, file) => sum + statSync(file).size, 0)
}
