import { ALLOWLIST_KEYS, allowlistTables, readAllowlist } from './allowlist.ts'
import type { Draft, DraftAllowlist } from './extend.ts'
import { type Fields, fieldsOf, type Report } from './fields.ts'
import { addMistake, type Mistake, shown } from './mistakes.ts'
import { type DraftRule, RULE_KEYS, readRule } from './rule.ts'
import { readToml } from './toml.ts'

/** Packs that are about have up to 900. */
export const RULES_MOST = 3_000

const FILE_KEYS = ['title', 'description', 'minVersion', 'extend', 'rules', 'allowlists', 'allowlist']

export interface FileDraft extends Draft {
  readonly extend?: Fields
}

/** One file by itself; undefined when it is no TOML. Its mistakes are added to `mistakes`. */
export const readFile = (
  text: string,
  file: string,
  mistakes: Mistake[],
  vetted: boolean,
): FileDraft | undefined => {
  const toml = readToml(text, file)
  if (!('value' in toml)) {
    mistakes.push(toml)
    return undefined
  }
  const report: Report = (path, expected, found, weight = 'refused', meant = undefined) => {
    const at = path.replace(/\.$/, '')
    addMistake(mistakes, { file, line: toml.lineOf(at), path: at, expected, found, weight }, meant)
  }
  const fields = fieldsOf(report)(toml.value, '', FILE_KEYS)
  const tables = fields.tables('rules', RULE_KEYS)
  if (tables.length > RULES_MOST) {
    fields.mistake('rules', `at most ${RULES_MOST} rules`, `${tables.length}`)
    return undefined
  }
  const rules = tables
    .filter(isMeant)
    .map((table) => readRule(table, vetted))
    .filter((rule): rule is DraftRule => rule !== undefined)
  const allowlists = allowlistTables(fields, ['targetRules', ...ALLOWLIST_KEYS]).flatMap(globalAllowlist)
  const [extend] = fields.tables('extend', ['path', 'url', 'useDefault', 'disabledRules'])
  return { rules: lastOfEach(rules), allowlists, ...(extend === undefined ? {} : { extend }) }
}

/** An empty `[[rules]]` does nothing in gitleaks either. */
const isMeant = (rule: Fields): boolean => {
  const meant = RULE_KEYS.some((key) => rule.has(key))
  if (!meant) rule.mistake('', 'a rule', 'an empty table', 'ignored')
  return meant
}

const globalAllowlist = (fields: Fields): DraftAllowlist[] => {
  const list = readAllowlist(fields)
  return list ? [{ ...list, targetRules: fields.texts('targetRules'), fields }] : []
}

/** Of rules with the same id in one file gitleaks uses the last. */
export const lastOfEach = (rules: readonly DraftRule[]): DraftRule[] => {
  const last = new Map(rules.map((rule) => [rule.id, rule]))
  for (const rule of rules) {
    if (last.get(rule.id) === rule) continue
    rule.fields?.mistake('id', 'each id once (the last rule is used)', shown(rule.id), 'ignored')
  }
  return [...last.values()]
}
