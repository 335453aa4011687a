import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { compiledRulePack } from '../../stack/rule-pack.ts'
import type { Bench, Row } from './harness.ts'
import { tell } from './replication/stage.ts'
import { benchEngine } from './scanning/engine.ts'
import { benchFirst } from './scanning/first.ts'
import { benchFound } from './scanning/found.ts'
import { benchHostile } from './scanning/hostile.ts'
import { benchMemory } from './scanning/memory.ts'
import { benchPack } from './scanning/pack.ts'
import { benchReady } from './scanning/ready.ts'
import type { Scene } from './scanning/scene.ts'

export const scanning: Bench = {
  name: 'scanning',
  means:
    'The scanner with the rules that are shipped, each thing in a process of its own, warming up included, the start of Node not; as CPU time (user and system: other work on the machine does not count). ≥ is how many times better, ≤ how many times as much.',
  run: async (quick, only) => {
    const chosen = Object.entries(PARTS).filter(([name]) => only === undefined || only === name)
    if (chosen.length === 0) throw new Error(`no part ${only}; there are: ${Object.keys(PARTS).join(', ')}`)
    const folder = mkdtempSync(join(tmpdir(), 'relay-bench-scanning-'))
    try {
      const rules = join(folder, 'rules.json')
      writeFileSync(rules, compiledRulePack())
      const rows: Row[] = []
      for (const [name, part] of chosen) {
        tell(name)
        rows.push(...(await part({ folder, rules, rounds: quick ? 1 : 3, quick })))
      }
      return rows
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  },
}

/** In this order; each can be run alone. */
const PARTS: Readonly<Record<string, (scene: Scene) => Promise<Row[]>>> = {
  engine: benchEngine,
  pack: ({ quick }) => benchPack(quick),
  ready: benchReady,
  hostile: benchHostile,
  memory: benchMemory,
  first: benchFirst,
  found: benchFound,
}
