import { createHash } from 'node:crypto'
import type { Compiled } from '../engine/compile.ts'
import { createEngine } from '../engine/engine.ts'
import { digestOf } from '../engine/packed.ts'
import type { Allowlist, Engine, Rule, RuleSet, ScanLimits } from '../types.ts'

/** One rule set as a walk needs it: a blob is scanned before its paths are known, and a blob may have several. */
export interface Engines {
  /** finds at least what `exact` finds under any path and in any commit */
  readonly wide: Engine
  readonly exact: Engine
  /** there are rules whose find is the path itself */
  readonly hasPathRules: boolean
  /** names rules and limits: what was clean under one is clean under the same */
  readonly digest: string
}

export const enginesOf = (
  compiled: Compiled,
  limits: Partial<ScanLimits> = {},
  now: () => number = () => performance.now(),
): Engines => {
  const exact = createEngine(compiled, limits, now)
  const wideRules = widened(compiled.rules)
  return {
    exact,
    wide: wideRules === compiled.rules ? exact : createEngine({ ...compiled, rules: wideRules }, limits, now),
    hasPathRules: compiled.rules.rules.some(({ regex, path }) => regex === undefined && path !== undefined),
    digest: createHash('sha256')
      .update(JSON.stringify([compiled.digest ?? digestOf(compiled.rules), limits]))
      .digest('base64url'),
  }
}

/** The rules without anything that looks at path or commit; the same object where nothing does. */
const widened = (rules: RuleSet): RuleSet => {
  const looksAtPlace = (list: Allowlist) => list.paths.length > 0 || list.commits.length > 0
  const depends =
    rules.allowlists.some(looksAtPlace) ||
    rules.rules.some(({ path, allowlists }) => path !== undefined || allowlists.some(looksAtPlace))
  if (!depends) return rules
  return {
    rules: rules.rules.map(
      ({ path: _, ...rule }): Rule => ({ ...rule, allowlists: wideLists(rule.allowlists) }),
    ),
    allowlists: wideLists(rules.allowlists),
  }
}

/** Where all of a list has to hold, one that looks at the place may not hold; else the rest of it does what it did. */
const wideLists = <T extends Allowlist>(lists: readonly T[]): T[] =>
  lists
    .filter(({ condition, paths, commits }) => condition === 'OR' || paths.length + commits.length === 0)
    .map((list) => ({ ...list, paths: [], commits: [] }))
    .filter(({ regexes, stopwords }) => regexes.length + stopwords.length > 0)

/** a program: what is binary is told, unless its path is allowed */
const PROBE = Buffer.from('\x7fELF\0\0')

/** Whether an allow-list for all rules covers a path, so that nothing under it is looked at. */
export const isAllowedPath = ({ exact }: Engines, path: string): boolean =>
  !exact.scan(PROBE, { path }).unscanned.some(({ reason }) => reason === 'binary')
