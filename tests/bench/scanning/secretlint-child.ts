import { readFileSync } from 'node:fs'
import { lintSource } from '@secretlint/core'
import { creator } from '@secretlint/secretlint-rule-preset-recommend'
import { textsOf } from './texts.ts'

// node secretlint-child.ts TEXTS LIST: two passes over the texts; tells the CPU time that each took, of the first with warming up included, the
// process's start and the reading of the texts not.
const [, , texts = '', list = ''] = process.argv

const config = {
  rules: [{ id: '@secretlint/secretlint-rule-preset-recommend', rule: creator, options: {} }],
}
const decoded = [...textsOf(readFileSync(texts), list)].map(
  ([path, text]) => [path, text.toString('utf8')] as const,
)
const pass = async (): Promise<number> => {
  const before = process.cpuUsage()
  for (const [path, content] of decoded) {
    const ext = path.slice(path.lastIndexOf('.'))
    const source = { filePath: `/${path}`, content, ext, contentType: 'text' as const }
    await lintSource({ source, options: { config, noPhysicFilePath: true } })
  }
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1_000
}
process.stdout.write(JSON.stringify({ times: [await pass(), await pass()] }))
