import type { Allowlist } from '../types.ts'
import type { Fields } from './fields.ts'
import { shown } from './mistakes.ts'
import type { DraftRule } from './rule.ts'

/** An allow-list for every rule, or for some; `fields` where it stands in a file that is read. */
export interface DraftAllowlist extends Allowlist {
  readonly targetRules: readonly string[]
  readonly fields?: Fields
}

/** Rules of one file, or of several put together. */
export interface Draft {
  readonly rules: readonly DraftRule[]
  readonly allowlists: readonly DraftAllowlist[]
}

/**
 * Puts a file upon what it extends, as gitleaks does (Config.extend, config/config.go): rules of the same id are merged, what the
 * file gives takes the place of what was there, lists are appended. Order: what is extended, then what is new.
 *
 * @param disabledRules ids that are left out of what is extended
 * @param extend the file's `[extend]`
 */
export const extendDraft = (
  own: Draft,
  base: Draft,
  disabledRules: readonly string[],
  extend: Fields,
): Draft => {
  const names = base.rules.map(({ id }) => id)
  const known = new Set(names)
  for (const [index, id] of disabledRules.entries()) {
    if (known.has(id)) continue
    extend.mistake(`disabledRules[${index}]`, 'a rule of what is extended', shown(id), 'ignored', {
      word: id,
      known: names,
    })
  }
  const disabled = new Set(disabledRules)
  const mine = new Map(own.rules.map((rule) => [rule.id, rule]))
  const kept = base.rules
    .filter(({ id }) => !disabled.has(id))
    .map((rule) => {
      const over = mine.get(rule.id)
      mine.delete(rule.id)
      return over ? merged(rule, over) : rule
    })
  return { rules: [...kept, ...mine.values()], allowlists: [...own.allowlists, ...base.allowlists] }
}

/** `required` and `skipReport` stay as they are, in gitleaks too. */
const merged = (base: DraftRule, over: DraftRule): DraftRule => {
  for (const key of ['required', 'skipReport'] as const) {
    if (!over.fields?.has(key)) continue
    over.fields.mistake(key, 'it in the file that has the rule first', 'it here', 'ignored')
  }
  const regex = over.regex ?? base.regex
  const path = over.path ?? base.path
  const action = over.action ?? base.action
  return {
    id: base.id,
    description: over.description === '' ? base.description : over.description,
    ...(regex === undefined ? {} : { regex }),
    ...(path === undefined ? {} : { path }),
    keywords: [...new Set([...base.keywords, ...over.keywords])],
    entropy: over.entropy === 0 ? base.entropy : over.entropy,
    secretGroup: over.secretGroup === 0 ? base.secretGroup : over.secretGroup,
    tags: [...base.tags, ...over.tags],
    allowlists: [...base.allowlists, ...over.allowlists],
    required: base.required,
    skipReport: base.skipReport,
    ...(action === undefined ? {} : { action }),
    // the pack's samples and its judgement of cost speak of its own expressions
    vetted: base.vetted && over.regex === undefined && over.path === undefined,
    ...(over.fields === undefined ? {} : { fields: over.fields }),
  }
}
