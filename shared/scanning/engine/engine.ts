import type { Trust } from '../pattern/expression.ts'
import type { Allowlist, Engine, Rule, ScanLimits, ScanResult, Target, Unscanned } from '../types.ts'
import { pathTest, type ReadyAllowlist, readyAllowlist } from './allowlists.ts'
import type { Compiled, CompiledRule } from './compile.ts'
import { kindOf, transcoded } from './encoding.ts'
import { type KeywordIndex, keywordIndex, wordedOf, wordTable } from './keyword-index.ts'
import { SCAN_LIMITS, TEXT_BYTES } from './limits.ts'
import { Scan } from './scan.ts'
import { Searcher } from './searcher.ts'

/** A rule with all that is asked about it, made ready. */
export interface ReadyRule {
  readonly rule: Rule
  readonly allowlists: readonly ReadyAllowlist[]
  readonly path?: (path: string) => boolean
  /** number among the searchers; undefined: it has no expression, or one that cannot run */
  readonly searcher?: number
}

/** All of a rule set, made ready; a rule at its first find. */
export interface Ready {
  readonly byId: (id: string) => ReadyRule | undefined
  /** whose find is the path itself */
  readonly byPath: readonly ReadyRule[]
  /** whether one of these may be for a path */
  readonly anyByPath: (path: string) => boolean
  /** for every rule */
  readonly allowlists: readonly ReadyAllowlist[]
  readonly searchers: readonly Searcher[]
  /** whose searcher it is */
  readonly owner: (searcher: number) => ReadyRule
  readonly keywords: KeywordIndex
  /** rules that cannot run, told with every text */
  readonly broken: readonly Unscanned[]
}

/**
 * Makes an engine from compiled rules in a few milliseconds: expressions are made at their first use. `now` counts milliseconds.
 */
export const createEngine = (
  compiled: Compiled,
  limits: Partial<ScanLimits> = {},
  now: () => number = () => performance.now(),
): Engine => {
  const ready = readyRules(compiled)
  const bounds = { ...SCAN_LIMITS, ...limits }
  return {
    rules: compiled.rules,
    scan(bytes: Uint8Array, target: Target): ScanResult {
      const given = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
      const kind = given.length > TEXT_BYTES ? 'size' : kindOf(given)
      if (kind === 'size' || kind === 'binary' || kind === 'archive') {
        // the path is judged all the same
        const scan = new Scan(ready, bounds, now, Buffer.alloc(0), target)
        return scan.result([{ reason: kind, bytes: given.length }])
      }
      const wide = kind === 'text' ? undefined : transcoded(given, kind)
      return new Scan(ready, bounds, now, wide?.bytes ?? given, target, wide?.offset).result([])
    },
  }
}

interface Search {
  readonly searchers: readonly Searcher[]
  readonly keywords: KeywordIndex
}

const searches = new WeakMap<readonly CompiledRule[], Search>()

/** Engines of the same expressions share all that is made of them: it is most of what an engine costs, and does not look at places. */
const searchOf = ({ rules, expressions, words }: Compiled): Search => {
  const known = searches.get(expressions)
  if (known) return known
  const searchers = expressions.map(
    (expression) => new Searcher(rules.rules[expression.rule] as Rule, expression),
  )
  const keywords = () => searchers.map(({ rule }) => rule.keywords)
  const table = words ?? wordTable(wordedOf({ rules, expressions }))
  const made = { searchers, keywords: keywordIndex(table, keywords) }
  searches.set(expressions, made)
  return made
}

const readyRules = (compiled: Compiled): Ready => {
  const { rules, expressions, bad } = compiled
  // who writes lists for all rules also writes rules
  const trust = trustOf(
    compiled,
    rules.rules.every(({ vetted }) => vetted),
  )
  const broken = new Set(bad.map(({ ruleId }) => ruleId))
  const ready = ruleMaker(compiled, trust, broken)
  const badGlobals = new Set(bad.filter(({ ruleId }) => ruleId === '').map(({ source }) => source))
  const byPath = rules.rules.flatMap(({ regex, path, skipReport, id }, at) =>
    regex !== undefined || path === undefined || skipReport || broken.has(id) ? [] : [ready(at)],
  )
  const anyPath = byPath.map(({ rule }) => `(?:${rule.path})`).join('|')
  return {
    byPath,
    anyByPath: trust !== 'foreign' && byPath.length > 0 ? pathTest(anyPath, trust) : () => byPath.length > 0,
    byId(id) {
      const at = rules.rules.findLastIndex((rule) => rule.id === id)
      return at < 0 ? undefined : ready(at)
    },
    allowlists: rules.allowlists
      .filter(({ targetRules }) => targetRules.length === 0)
      .map((list) => ({
        ...list,
        regexes: list.regexes.filter((source) => !badGlobals.has(source)),
        paths: list.paths.filter((source) => !badGlobals.has(source)),
      }))
      .map((list) => readyAllowlist(list, trust)),
    ...searchOf(compiled),
    owner: (searcher) => ready((expressions[searcher] as CompiledRule).rule),
    broken: [...broken].filter((id) => id !== '').map((ruleId) => ({ reason: 'pattern', ruleId })),
  }
}

const trustOf = ({ proven }: Compiled, vetted: boolean): Trust => {
  if (!vetted) return 'foreign'
  return proven ? 'proven' : 'own'
}

/** By a rule's place; each is made once, and of most packs few are. */
const ruleMaker = (
  compiled: Compiled,
  trust: Trust,
  broken: ReadonlySet<string>,
): ((at: number) => ReadyRule) => {
  const { rules, expressions } = compiled
  // a list for many rules is made ready once, and looks at a path once
  const lists = { foreign: new Map(), own: new Map(), proven: new Map() }
  const shared = (list: Allowlist, of: Trust): ReadyAllowlist => {
    const known: ReadyAllowlist = lists[of].get(list) ?? readyAllowlist(list, of)
    lists[of].set(list, known)
    return known
  }
  const made: ReadyRule[] = []
  const make = (at: number): ReadyRule => {
    const rule = rules.rules[at] as Rule
    if (broken.has(rule.id)) return { rule, allowlists: [] }
    const searcher = expressions.findIndex((expression) => expression.rule === at)
    const targeted = rules.allowlists.filter(({ targetRules }) => targetRules.includes(rule.id))
    return {
      rule,
      allowlists: [
        ...rule.allowlists.map((list) => shared(list, trustOf(compiled, rule.vetted))),
        ...targeted.map((list) => shared(list, trust)),
      ],
      ...(rule.path === undefined ? {} : { path: pathTest(rule.path, trustOf(compiled, rule.vetted)) }),
      ...(searcher < 0 ? {} : { searcher }),
    }
  }
  return (at) => {
    made[at] ??= make(at)
    return made[at]
  }
}
