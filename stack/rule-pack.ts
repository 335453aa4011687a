import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { readRulePack } from '../shared/scanning/conventions/gitleaks-config.ts'
import { renderMistake } from '../shared/scanning/conventions/mistakes.ts'
import { compileRules } from '../shared/scanning/engine/compile.ts'

const FOLDER = resolve(import.meta.dirname, '../shared/scanning/rules')

/**
 * The rules that are shipped, compiled, as the JSON that a bundle reads: 200 expressions are not taken apart at every cold start.
 * @throws Error naming every mistake in the rules' files, and every expression that cannot run
 */
export const compiledRulePack = (): Buffer => {
  const files = readdirSync(FOLDER)
    .filter((name) => name.endsWith('.toml'))
    .sort()
    // whoever is first of two that fit is told: what fits everything comes last
    .sort((a, b) => Number(a.startsWith('generic')) - Number(b.startsWith('generic')))
    .map((file) => ({ file, text: readFileSync(join(FOLDER, file), 'utf8') }))
  const { rules, mistakes } = readRulePack(files)
  const compiled = compileRules(rules)
  const wrong = [
    ...mistakes.map(renderMistake),
    ...compiled.bad.map(({ ruleId, where, mistake }) => `${ruleId} ${where}: ${mistake}`),
  ]
  if (wrong.length > 0) throw new Error(`shared/scanning/rules:\n${wrong.join('\n')}`)
  return Buffer.from(JSON.stringify(compiled))
}
