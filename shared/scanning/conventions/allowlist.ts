import { parsePattern } from '../pattern/parse.ts'
import type { Allowlist } from '../types.ts'
import type { Fields } from './fields.ts'
import { shown } from './mistakes.ts'

export const ALLOWLIST_KEYS = [
  'description',
  'condition',
  'commits',
  'paths',
  'regexTarget',
  'regexes',
  'stopwords',
] as const

const CONDITIONS: Readonly<Record<string, Allowlist['condition']>> = {
  '': 'OR',
  OR: 'OR',
  '||': 'OR',
  AND: 'AND',
  '&&': 'AND',
}

const TARGETS = ['secret', 'match', 'line'] as const

/** One allow-list; undefined: it is not usable, which `fields` has been told. As gitleaks' parseAllowlist (config/config.go). */
export const readAllowlist = (fields: Fields): Allowlist | undefined => {
  const condition = CONDITIONS[fields.text('condition').toUpperCase()]
  if (!condition) fields.mistake('condition', 'AND or OR', shown(fields.text('condition')))
  const regexTarget = targetOf(fields)
  const list = {
    description: fields.text('description'),
    condition: condition ?? 'OR',
    regexTarget: regexTarget ?? 'secret',
    paths: patternsOf(fields, 'paths'),
    regexes: patternsOf(fields, 'regexes'),
    stopwords: [...new Set(fields.texts('stopwords'))],
    commits: commitsOf(fields),
  }
  if (['paths', 'regexes', 'stopwords', 'commits'].every((key) => isEmpty(fields, key))) {
    fields.mistake('', 'at least one of commits, paths, regexes, stopwords', 'none of them')
    return undefined
  }
  return condition && regexTarget ? list : undefined
}

/** `[[allowlists]]`, or its old form `[allowlist]`. Both in one place gitleaks refuses. */
export const allowlistTables = (fields: Fields, known: readonly string[]): readonly Fields[] => {
  const old = fields.tables('allowlist', known)
  const lists = fields.tables('allowlists', known)
  if (old.length > 0 && lists.length > 0) {
    fields.mistake('allowlist', 'no [allowlist], which is the old form of [[allowlists]]', 'both')
  }
  if (old.some(({ path }) => path.endsWith(']')))
    fields.mistake('allowlist[0]', 'one [allowlist] (the new form is [[allowlists]])', 'a list')
  return [...lists, ...old]
}

/** The valid ones of a list of Go expressions. */
const patternsOf = (fields: Fields, key: string): string[] =>
  fields.texts(key).filter((source, index) => isPattern(fields, `${key}[${index}]`, source))

/** Whether Go knows the expression; else `fields` is told what is wrong, without the expression. */
export const isPattern = (fields: Fields, key: string, source: string): boolean => {
  const pattern = parsePattern(source)
  if ('groups' in pattern) return true
  fields.mistake(key, 'a Go regular expression', `this at character ${pattern.at + 1}: ${pattern.mistake}`)
  return false
}

const isEmpty = (fields: Fields, key: string): boolean => !fields.has(key) || fields.texts(key).length === 0

const targetOf = (fields: Fields): Allowlist['regexTarget'] | undefined => {
  const text = fields.text('regexTarget')
  if (text === '') return 'secret'
  const target = TARGETS.find((one) => one === text)
  if (!target) {
    fields.mistake('regexTarget', 'secret, match or line', shown(text), 'refused', {
      word: text,
      known: TARGETS,
    })
  }
  return target
}

const commitsOf = (fields: Fields): string[] => {
  const commits = [...new Set(fields.texts('commits'))]
  for (const [index, commit] of fields.texts('commits').entries()) {
    if (!/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/i.test(commit.trim())) {
      const found = `${commit.length} characters`
      fields.mistake(`commits[${index}]`, 'a whole object id of 40 hex digits', found, 'ignored')
    }
  }
  return commits
}
