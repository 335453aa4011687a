import type { Rule, RuleSet } from '../types.ts'
import type { Draft } from './extend.ts'
import { shown } from './mistakes.ts'
import { checkRule, type DraftRule } from './rule.ts'

/**
 * The whole of what was read: rules that can find something, and allow-lists for rules that are there.
 *
 * @param usesDefault the default rules are among them: a team that comes from gitleaks may speak of rules that only gitleaks'
 * own pack has, which is no reason to refuse its file
 */
export const finished = (draft: Draft, usesDefault: boolean): RuleSet => {
  const names = draft.rules.map(({ id }) => id)
  const known = new Set(names)
  for (const { required, fields } of draft.rules) {
    for (const [index, { id }] of required.entries()) {
      if (id === '' || known.has(id)) continue
      fields?.mistake(`required[${index}].id`, 'the id of a rule', shown(id), 'refused', {
        word: id,
        known: names,
      })
    }
  }
  for (const { targetRules, fields } of draft.allowlists) {
    for (const [index, id] of targetRules.entries()) {
      if (known.has(id)) continue
      const weight = usesDefault ? 'ignored' : 'refused'
      fields?.mistake(`targetRules[${index}]`, 'the id of a rule that is in force', shown(id), weight, {
        word: id,
        known: names,
      })
    }
  }
  return {
    rules: draft.rules.filter((rule) => checked(rule, usesDefault, names)).map(ruleOf),
    allowlists: draft.allowlists.map(({ fields: _, ...list }) => list),
  }
}

const checked = (rule: DraftRule, usesDefault: boolean, names: readonly string[]): boolean => {
  // of the pack as it is: judged when it was built
  if (!rule.fields) return true
  if (!usesDefault || rule.fields.has('regex') || rule.fields.has('path')) return checkRule(rule)
  if (rule.regex !== undefined || rule.path !== undefined) return checkRule(rule)
  const others = names.filter((name) => name !== rule.id)
  rule.fields.mistake('id', 'the id of a default rule, or a regex or a path', shown(rule.id), 'ignored', {
    word: rule.id,
    known: others,
  })
  return false
}

const ruleOf = ({ fields: _, action = 'advise', ...rule }: DraftRule): Rule => ({ ...rule, action })
