import { readFileSync } from 'node:fs'
import { brotliDecompressSync } from 'node:zlib'
import { createEngine } from '../../../shared/scanning/engine/engine.ts'
import { unpackRules } from '../../../shared/scanning/engine/packed.ts'

// node ready-child.ts RULES: CPU milliseconds until an engine is there, from the rules as they are shipped, in memory.
const shipped = readFileSync(process.argv[2] ?? '')
const cpuMs = (before: NodeJS.CpuUsage): number => {
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1_000
}
const began = process.cpuUsage()
const compiled = unpackRules(brotliDecompressSync(shipped).toString('utf8'))
const parsed = process.cpuUsage()
const parseMs = cpuMs(began)
createEngine(compiled)
process.stdout.write(JSON.stringify({ parseMs, engineMs: cpuMs(parsed) }))
