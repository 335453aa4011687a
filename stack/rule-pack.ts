import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { brotliCompressSync, constants } from 'node:zlib'
import { readRulePack } from '../shared/scanning/conventions/gitleaks-config.ts'
import { renderMistake } from '../shared/scanning/conventions/mistakes.ts'
import { compileRules } from '../shared/scanning/engine/compile.ts'
import { packRules } from '../shared/scanning/engine/packed.ts'
import type { Allowlist, RuleSet } from '../shared/scanning/types.ts'

const FOLDER = resolve(import.meta.dirname, '../shared/scanning/rules')

/**
 * The rules that are shipped, in their order.
 * @throws Error naming every mistake in the rules' files
 */
export const rulePack = (): RuleSet => {
  const files = readdirSync(FOLDER)
    .filter((name) => name.endsWith('.toml'))
    .sort()
    // whoever is first of two that fit is told: what fits everything comes last
    .sort((a, b) => Number(a.startsWith('generic')) - Number(b.startsWith('generic')))
    .map((file) => ({ file, text: readFileSync(join(FOLDER, file), 'utf8') }))
  const { rules, mistakes } = readRulePack(files)
  refuse(mistakes.map(renderMistake))
  return rules
}

/**
 * {@link rulePack} compiled, as JSON (`unpackRules`): 500 expressions are not taken apart at every cold start.
 * @throws Error naming every mistake in the rules' files, and every expression that cannot run
 */
export const compiledRulePack = (): Buffer => {
  made ??= compileAll()
  return made
}

/**
 * {@link compiledRulePack} as it lies beside a bundle (`loadRules`). A zip's own deflate sees 32 KB at a time: the rules' columns say
 * the same words further apart, and are a seventh smaller so.
 * @throws as {@link compiledRulePack}
 */
export const shippedRulePack = (): Buffer =>
  brotliCompressSync(compiledRulePack(), {
    params: {
      [constants.BROTLI_PARAM_SIZE_HINT]: compiledRulePack().length,
      // of all that there are to choose from, those that make 0.5 kB less than the usual ones: blocks as short as columns are
      [constants.BROTLI_PARAM_LGBLOCK]: 17,
      [constants.BROTLI_PARAM_NPOSTFIX]: 3,
      [constants.BROTLI_PARAM_NDIRECT]: 24,
    },
  })

// a process may build many times, and this takes a second of it
let made: Buffer | undefined

const compileAll = (): Buffer => {
  const compiled = compileRules(undescribed(rulePack()))
  refuse(compiled.bad.map(({ ruleId, where, mistake }) => `${ruleId} ${where}: ${mistake}`))
  return Buffer.from(packRules(compiled))
}

/** Whoever reads the rules' files is told why a list is there; at run time nobody asks. */
const undescribed = ({ rules, allowlists }: RuleSet): RuleSet => ({
  rules: rules.map((rule) => ({ ...rule, allowlists: rule.allowlists.map(withoutDescription) })),
  allowlists: allowlists.map(withoutDescription),
})

const withoutDescription = <List extends Allowlist>(list: List): List => ({ ...list, description: '' })

const refuse = (wrong: readonly string[]): void => {
  if (wrong.length > 0) throw new Error(`shared/scanning/rules:\n${wrong.join('\n')}`)
}
