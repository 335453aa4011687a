import type { Allowlist, Rule, RuleSet } from '../../../../shared/scanning/types.ts'

export const rule = (id: string, given: Partial<Rule> = {}): Rule => ({
  id,
  description: `finds ${id}`,
  keywords: [],
  entropy: 0,
  secretGroup: 0,
  tags: [],
  allowlists: [],
  required: [],
  skipReport: false,
  action: 'block',
  vetted: true,
  ...given,
})

export const allowlist = (given: Partial<Allowlist>): Allowlist => ({
  description: '',
  condition: 'OR',
  regexTarget: 'secret',
  paths: [],
  regexes: [],
  stopwords: [],
  commits: [],
  ...given,
})

export const ruleSet = (rules: readonly Rule[], allowlists: RuleSet['allowlists'] = []): RuleSet => ({
  rules,
  allowlists,
})
