import { parsePattern } from '../pattern/parse.ts'
import type { Allowlist, RequiredRule, Rule, RuleAction } from '../types.ts'
import { ALLOWLIST_KEYS, allowlistTables, isPattern, readAllowlist } from './allowlist.ts'
import type { Fields } from './fields.ts'
import { shown } from './mistakes.ts'

export const RULE_KEYS = [
  ...['id', 'description', 'regex', 'path', 'keywords', 'entropy', 'secretGroup', 'tags', 'skipReport'],
  ...['allowlists', 'allowlist', 'required', 'action'],
] as const

/**
 * A rule before the file that it extends is known. What is empty or 0 was not given and comes from the rule of the same id there,
 * if there is one.
 */
export interface DraftRule extends Omit<Rule, 'action'> {
  readonly action?: RuleAction
  /** where it stands; absent: a rule of the pack that was given */
  readonly fields?: Fields
}

const ACTIONS: readonly RuleAction[] = ['block', 'advise']

/** One `[[rules]]` table; undefined without an id, which `fields` has been told. */
export const readRule = (fields: Fields, vetted: boolean): DraftRule | undefined => {
  const regex = patternOf(fields, 'regex')
  const path = patternOf(fields, 'path')
  const action = actionOf(fields)
  const rule = {
    id: fields.text('id'),
    description: fields.text('description'),
    ...(regex === undefined ? {} : { regex }),
    ...(path === undefined ? {} : { path }),
    keywords: keywordsOf(fields),
    entropy: fields.number('entropy', false) ?? 0,
    secretGroup: fields.number('secretGroup', true) ?? 0,
    tags: fields.texts('tags'),
    allowlists: allowlistTables(fields, ALLOWLIST_KEYS)
      .map(readAllowlist)
      .filter((list): list is Allowlist => list !== undefined),
    required: fields.tables('required', ['id', 'withinLines', 'withinColumns']).map(requiredOf),
    skipReport: fields.flag('skipReport'),
    ...(action === undefined ? {} : { action }),
    vetted,
    fields,
  }
  if (rule.id.trim() !== '') return rule
  fields.mistake('id', 'the rule’s name', fields.has('id') ? 'none' : 'no id')
  return undefined
}

/** Whether a rule can find anything, once it is whole; as gitleaks' Rule.Validate (config/rule.go). */
export const checkRule = (rule: DraftRule): boolean => {
  if (rule.regex === undefined && rule.path === undefined) {
    // one that could not be read has been told
    if (!rule.fields?.has('regex') && !rule.fields?.has('path')) {
      rule.fields?.mistake('', 'a regex or a path', `neither in ${shown(rule.id)}`)
    }
    return false
  }
  if (rule.regex === undefined) return true
  const pattern = parsePattern(rule.regex)
  const groups = 'groups' in pattern ? pattern.groups : 0
  if (rule.secretGroup <= groups) return true
  rule.fields?.mistake('secretGroup', `at most ${groups}, the groups of the regex`, `${rule.secretGroup}`)
  return false
}

const patternOf = (fields: Fields, key: string): string | undefined => {
  const source = fields.text(key)
  return source !== '' && isPattern(fields, key, source) ? source : undefined
}

/** An empty keyword would be in every text. */
const keywordsOf = (fields: Fields): string[] => {
  const keywords = fields.texts('keywords')
  if (keywords.includes('')) fields.mistake('keywords', 'words', 'an empty text', 'ignored')
  return keywords.filter((keyword) => keyword !== '').map((keyword) => keyword.toLowerCase())
}

const actionOf = (fields: Fields): RuleAction | undefined => {
  const text = fields.text('action')
  const action = ACTIONS.find((one) => one === text)
  if (text !== '' && !action) {
    fields.mistake('action', 'block or advise', shown(text), 'refused', { word: text, known: ACTIONS })
  }
  return action
}

const requiredOf = (fields: Fields): RequiredRule => {
  const withinLines = fields.number('withinLines', true)
  const withinColumns = fields.number('withinColumns', true)
  if (fields.text('id') === '') fields.mistake('id', 'the name of the rule that is required', 'none')
  return {
    id: fields.text('id'),
    ...(withinLines === undefined ? {} : { withinLines }),
    ...(withinColumns === undefined ? {} : { withinColumns }),
  }
}
