import { readFileSync } from 'node:fs'
import { deflateSync, inflateSync } from 'node:zlib'
import { createEngine } from '../../../shared/scanning/engine/engine.ts'
import { unpackRules } from '../../../shared/scanning/engine/packed.ts'
import { textsOf } from './texts.ts'

// engine-child.ts ours|inflate TEXTS LIST RULES: passes over the texts; tells the CPU time that each took, of the first with warming up
// included, the process's start and the reading of the texts not.
const [, , way, texts = '', list = '', rules = ''] = process.argv

/** a first one, in which everything is warmed up, and later ones */
const PASSES = 3

const bytes = readFileSync(texts)
const each = () => textsOf(bytes, list)

const ours = (): (() => void) => {
  const compiled = unpackRules(readFileSync(rules, 'utf8'))
  return () => {
    const engine = createEngine(compiled)
    for (const [path, text] of each()) {
      const { unscanned } = engine.scan(text, { path })
      // what is not looked at costs nothing
      if (unscanned.length > 0) throw new Error(`${path}: ${unscanned[0]?.reason}`)
    }
  }
}

/** In pieces of a megabyte: the cost of a call does not count, only zlib's own. */
const inflate = (): (() => void) => {
  const pieces: Buffer[] = []
  for (let at = 0; at < bytes.length; at += 1e6) pieces.push(deflateSync(bytes.subarray(at, at + 1e6)))
  return () => {
    for (const piece of pieces) inflateSync(piece)
  }
}

const pass = way === 'ours' ? ours() : inflate()
const times: number[] = []
for (let left = way === 'ours' ? PASSES : 1; left > 0; left -= 1) {
  const before = process.cpuUsage()
  pass()
  const { user, system } = process.cpuUsage(before)
  times.push((user + system) / 1_000)
}
process.stdout.write(JSON.stringify({ times }))
