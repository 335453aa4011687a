import { readFileSync } from 'node:fs'
import { createEngine } from '../../../shared/scanning/engine/engine.ts'
import { unpackRules } from '../../../shared/scanning/engine/packed.ts'
import { hostileTexts } from './hostile-texts.ts'

// node hostile-child.ts RULES: CPU milliseconds of each hostile text, the median of five scans; expressions made by a scan before.
const compiled = unpackRules(readFileSync(process.argv[2] ?? '', 'utf8'))
const engine = createEngine(compiled)
const times = [...hostileTexts(compiled.rules)].map(([name, content]) => {
  const text = Buffer.from(content, 'latin1')
  const scan = (): number => {
    const before = process.cpuUsage()
    engine.scan(text, { path: 'hostile.txt' })
    const { user, system } = process.cpuUsage(before)
    return (user + system) / 1_000
  }
  scan()
  const five = Array.from({ length: 5 }, scan).sort((a, b) => a - b)
  const { hits, unscanned } = engine.scan(text, { path: 'hostile.txt' })
  return {
    name,
    cpuMs: five[2] ?? Number.NaN,
    hits: hits.length,
    unscanned: unscanned.map((one) => one.reason),
  }
})
process.stdout.write(JSON.stringify(times))
