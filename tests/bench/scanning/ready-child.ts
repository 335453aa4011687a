import { readFileSync } from 'node:fs'
import { brotliDecompressSync } from 'node:zlib'
import { createEngine } from '../../../shared/scanning/engine/engine.ts'
import { unpackRules } from '../../../shared/scanning/engine/packed.ts'

// node ready-child.ts RULES: milliseconds by the clock until an engine is there, from the rules as they are shipped, in memory; and
// the CPU time of that, in which V8's own threads are counted too.
const shipped = readFileSync(process.argv[2] ?? '')
const began = performance.now()
const compiled = unpackRules(brotliDecompressSync(shipped).toString('utf8'))
const parsed = performance.now()
const before = process.cpuUsage()
createEngine(compiled)
const ready = performance.now()
const { user, system } = process.cpuUsage(before)
process.stdout.write(
  JSON.stringify({ parseMs: parsed - began, engineMs: ready - parsed, cpuMs: (user + system) / 1_000 }),
)
