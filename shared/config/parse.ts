import type * as z from 'zod/mini'
import { nearest } from '../runtime/nearest.ts'
import { withDefaults } from './defaults.ts'
import { ConfigError, type Mistake } from './mistakes.ts'
import { breaches, NOTHING, quote, type RuleBreach } from './rules.ts'
import { type ConfigInput, configSchema } from './schema.ts'
import { knownKeys } from './schema-keys.ts'
import type { Config } from './types.ts'
import { type Path, readYaml, type YamlSource } from './yaml-source.ts'

/** Far above any real relay.yml, far below what would make reading it slow. */
export const MAX_FILE_CHARACTERS = 262_144

/**
 * relay.yml's text becomes Config, with every default filled in.
 * @param fileName how messages call the file
 * @throws ConfigError (CONFIG_INVALID) with all mistakes of the file at once
 */
export const parseConfig = (text: string, fileName = 'relay.yml'): Config => {
  if (text.length > MAX_FILE_CHARACTERS) {
    const found = `${text.length}`
    throw new ConfigError(
      fileName,
      [{ ...START, expected: `at most ${MAX_FILE_CHARACTERS} characters`, found }],
      '',
    )
  }
  const source = readYaml(text)
  const yamlMistakes = source.mistakes.map(
    ({ offset, expected, found }): Mistake => ({
      ...source.position(offset),
      path: '',
      expected,
      found,
    }),
  )
  if (source.value === undefined && yamlMistakes.length > 0)
    throw new ConfigError(fileName, yamlMistakes, text)

  const result = configSchema.safeParse(source.value ?? null)
  const form = result.success
    ? []
    : withoutEchoes(result.error.issues.flatMap((issue) => sayIssue(issue, source)))
  const taken = new Set(form.map(({ path }) => pathText(path)))
  const rules = breaches(source.value).filter(({ path }) => !taken.has(pathText(path)))
  const mistakes = [...form, ...rules].map((breach) => place(breach, source))
  const all = [...yamlMistakes, ...mistakes].sort((a, b) => a.line - b.line || a.column - b.column)
  if (all.length > 0 || !result.success) throw new ConfigError(fileName, all, text)
  return withDefaults(result.data as ConfigInput)
}

const START = { line: 1, column: 1, path: '' }

interface Breach extends RuleBreach {
  /** the key is not there */
  readonly missing?: boolean
}

const place = (breach: Breach, source: YamlSource): Mistake => {
  const { path, expected, found } = breach
  const offset = breach.atKey ? source.keyOffsetOf(path) : source.offsetOf(path)
  return {
    ...source.position(offset),
    path: pathText(path),
    expected,
    found,
    ...(breach.nearest === undefined ? {} : { nearest: breach.nearest }),
  }
}

/** `replicate[0].to[1].region` */
const pathText = (path: Path): string =>
  path
    .map((step, index) => (typeof step === 'number' ? `[${step}]` : index === 0 ? step : `.${step}`))
    .join('')

const sayIssue = (issue: z.core.$ZodIssue, source: YamlSource): Breach[] => {
  const path = issue.path as Path
  if (issue.code === 'unrecognized_keys') {
    const known = knownKeys(configSchema, path)
    return issue.keys.map((key) => ({
      path: [...path, key],
      expected: `one of the keys ${known.join(', ')}`,
      found: quote(key),
      ...closest(key, known),
      atKey: true,
    }))
  }
  const value = valueAt(source.value, path)
  const expected = issue.message
  if (value === undefined) return [{ path, expected, found: NOTHING, missing: true }]
  if (typeof value !== 'string') return [{ path, expected, found: describe(value, path, issue, source) }]
  const values = issue.code === 'invalid_value' ? issue.values.map(String) : []
  return [{ path, expected, found: quote(value), ...closest(value, values) }]
}

const closest = (word: string, known: readonly string[]): { nearest?: string } => {
  const name = nearest(word, known)
  return name === undefined ? {} : { nearest: name }
}

/** What stands there instead, as it is written: YAML has already turned `012345678901` into another number. */
const describe = (value: unknown, path: Path, issue: z.core.$ZodIssue, source: YamlSource): string => {
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : `a list of ${value.length}`
  if (typeof value === 'object' && value !== null) return 'a mapping'
  const written = source.writtenAt(path) ?? String(value)
  if (value === null && (written === '' || written === 'null'))
    return path.length === 0 ? 'an empty file' : NOTHING
  const wantsText = issue.code === 'invalid_type' && issue.expected === 'string'
  if (!wantsText) return written
  const kind =
    typeof value === 'number' ? 'a number' : typeof value === 'boolean' ? 'true or false' : 'nothing'
  return `${written}, which YAML reads as ${kind}: write ${quote(written)}`
}

/** A misspelt key is also a missing one; the second mistake would only repeat the first. */
const withoutEchoes = (found: readonly Breach[]): readonly Breach[] => {
  const meant = new Set(
    found.flatMap(({ path, nearest: name, atKey }) =>
      atKey && name !== undefined ? [pathText([...path.slice(0, -1), name])] : [],
    ),
  )
  return found.filter(({ path, missing }) => !(missing && meant.has(pathText(path))))
}

const valueAt = (value: unknown, path: Path): unknown =>
  path.reduce<unknown>(
    (inner, step) =>
      typeof inner === 'object' && inner !== null && Object.hasOwn(inner, step)
        ? (inner as Record<string | number, unknown>)[step]
        : undefined,
    value,
  )
