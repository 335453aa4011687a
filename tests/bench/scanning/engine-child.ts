import { readFileSync } from 'node:fs'
import { deflateSync, inflateSync } from 'node:zlib'
import { createEngine } from '../../../shared/scanning/engine/engine.ts'
import { unpackRules } from '../../../shared/scanning/engine/packed.ts'
import type { SourceFile } from './sources.ts'

// node engine-child.ts ours|inflate|secretlint TEXTS LIST RULES: one pass over the texts; tells the CPU time that it took, warming
// up included, the process's start and the reading of the texts not.
const [, , way, texts = '', list = '', rules = ''] = process.argv

const bytes = readFileSync(texts)
const files = JSON.parse(readFileSync(list, 'utf8')) as SourceFile[]

const each = function* (): Generator<[path: string, text: Buffer]> {
  let at = 0
  for (const file of files) {
    yield [file.path, bytes.subarray(at, at + file.bytes)]
    at += file.bytes
  }
}

/** @returns the pass, which gives how many findings there were */
const ours = (): (() => number) => {
  const compiled = unpackRules(readFileSync(rules, 'utf8'))
  return () => {
    const engine = createEngine(compiled)
    let found = 0
    for (const [path, text] of each()) {
      const { hits, unscanned } = engine.scan(text, { path })
      // what is not looked at costs nothing
      if (unscanned.length > 0) throw new Error(`${path}: ${unscanned[0]?.reason}`)
      found += hits.length
    }
    return found
  }
}

/** In pieces of a megabyte: the cost of a call does not count, only zlib's own. */
const inflate = (): (() => number) => {
  const pieces: Buffer[] = []
  for (let at = 0; at < bytes.length; at += 1e6) pieces.push(deflateSync(bytes.subarray(at, at + 1e6)))
  return () => {
    for (const piece of pieces) inflateSync(piece)
    return 0
  }
}

const secretlint = async (): Promise<() => Promise<number>> => {
  const { lintSource } = await import('@secretlint/core')
  const { creator } = await import('@secretlint/secretlint-rule-preset-recommend')
  const config = {
    rules: [{ id: '@secretlint/secretlint-rule-preset-recommend', rule: creator, options: {} }],
  }
  const decoded = [...each()].map(([path, text]) => [path, text.toString('utf8')] as const)
  return async () => {
    let found = 0
    for (const [path, content] of decoded) {
      const ext = path.slice(path.lastIndexOf('.'))
      const source = { filePath: `/${path}`, content, ext, contentType: 'text' as const }
      const { messages } = await lintSource({ source, options: { config, noPhysicFilePath: true } })
      found += messages.length
    }
    return found
  }
}

const pass = way === 'ours' ? ours() : way === 'inflate' ? inflate() : await secretlint()
const before = process.cpuUsage()
const found = await pass()
const { user, system } = process.cpuUsage(before)
process.stdout.write(JSON.stringify({ found, cpuMs: (user + system) / 1_000 }))
