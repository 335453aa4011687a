import { type Anchor, anchorOf } from '../pattern/anchor.ts'
import { type Around, around } from '../pattern/around.ts'
import type { Node } from '../pattern/ast.ts'
import { type Runner, runnerOf } from '../pattern/expression.ts'
import { alphabet, type LazyPrefix, longest, takePrefixes } from '../pattern/facts.ts'
import { nfaOf } from '../pattern/nfa.ts'
import { parsePattern } from '../pattern/parse.ts'
import { type Program, programWriter } from '../pattern/program.ts'
import { type CodeSet, LAST_CODE } from '../pattern/set.ts'
import type { Rule, RuleSet } from '../types.ts'
import type { WordTable } from './keyword-index.ts'

/** Distances in bytes; -1: no bound. A word at `a`: its match begins at `a - before` or later and ends by `a + after`. */
export interface Reach {
  readonly before: number
  readonly after: number
  /** of the longest match */
  readonly length: number
}

/** An expression made ready for windows. */
export interface CompiledRule {
  /** place in the rule set */
  readonly rule: number
  readonly runner: Runner
  /** lazy prefixes that were taken off, outermost first */
  readonly prefixes: readonly LazyPrefix[]
  /** what to look for, longer than keywords; undefined: a keyword may lie outside of the match, and the whole text is looked at */
  readonly words?: readonly string[]
  /** the expression from a word on, for its automaton; undefined as `words` is */
  readonly program?: Program
  /** undefined as `words` is */
  readonly ascii?: Reach
  /** for texts with other bytes */
  readonly bytes?: Reach
  readonly asciiLength: number
  readonly bytesLength: number
  /** code points that a match can have; only where a reach has no bound */
  readonly alphabet?: CodeSet
  /** by word: what may stand around it in a match; undefined: anything */
  readonly around?: readonly Around[]
}

export interface BadPattern {
  readonly ruleId: string
  /** which of its expressions, as a path into the rule */
  readonly where: string
  readonly source: string
  readonly mistake: string
  /** offset in the source */
  readonly at: number
}

/** A rule set made ready to be written as JSON: what a build step leaves for `createEngine`. */
export interface Compiled {
  readonly rules: RuleSet
  readonly expressions: readonly CompiledRule[]
  /** rules with an expression that Go would refuse are not run: each scan says so */
  readonly bad: readonly BadPattern[]
  /** what to look for, where that was worked out before: the expressions then have no `words` and no `around` */
  readonly words?: WordTable
  /** all expressions of allow-lists and for paths were found to run on V8 before */
  readonly proven?: true
  /** names the rules by their content, where that was worked out before */
  readonly digest?: string
}

/** Reads every expression of the rules; those that are none come back in `bad`. */
export const compileRules = (rules: RuleSet): Compiled => {
  const bad: BadPattern[] = []
  const expressions: CompiledRule[] = []
  const write = programWriter()
  const check = (ruleId: string, where: string, source: string): void => {
    const pattern = parsePattern(source)
    if ('mistake' in pattern) bad.push({ ruleId, where, source, ...pattern })
  }
  for (const [index, list] of rules.allowlists.entries()) {
    for (const source of list.regexes) check('', `allowlists[${index}].regexes`, source)
    for (const source of list.paths) check('', `allowlists[${index}].paths`, source)
  }
  for (const [index, rule] of rules.rules.entries()) {
    for (const [at, list] of rule.allowlists.entries()) {
      for (const source of list.regexes) check(rule.id, `allowlists[${at}].regexes`, source)
      for (const source of list.paths) check(rule.id, `allowlists[${at}].paths`, source)
    }
    if (rule.path !== undefined) check(rule.id, 'path', rule.path)
    if (rule.regex === undefined) continue
    check(rule.id, 'regex', rule.regex)
    const made = compileRule(rule, index, write)
    if (made) expressions.push(made)
  }
  return { rules, expressions, bad }
}

/** where the expression has its keywords; those that are not ASCII are looked for elsewhere */
const anchored = (core: Node, keywords: readonly string[]): Anchor | undefined => {
  const plain = keywords.filter((keyword) => /^[ -~]+$/.test(keyword))
  return plain.length > 0 ? anchorOf(core, plain) : undefined
}

/** undefined: not an expression */
const compileRule = (rule: Rule, index: number, write: (node: Node) => Program): CompiledRule | undefined => {
  const pattern = parsePattern(rule.regex as string)
  if ('mistake' in pattern) return undefined
  const taken = takePrefixes(pattern.root)
  const runner = runnerOf(taken.rest, rule.vetted)
  const core = taken.rest
  const anchor = anchored(core, rule.keywords)
  const ascii = anchor && reach(core, anchor, true)
  const bytes = anchor && reach(core, anchor, false)
  const open = [ascii, bytes].some((one) => one && (one.before < 0 || one.after < 0))
  const kinds = rule.vetted && anchor ? aroundOf(anchor) : undefined
  return {
    rule: index,
    runner,
    prefixes: taken.prefixes,
    ...(anchor ? { words: anchor.words, program: write(anchor.rest) } : {}),
    ...(ascii ? { ascii } : {}),
    ...(bytes ? { bytes } : {}),
    asciiLength: bound(longest(core, true)),
    bytesLength: bound(longest(core, false)),
    ...(open ? { alphabet: alphabet(core) } : {}),
    ...(kinds ? { around: kinds } : {}),
  }
}

/** undefined: the expression is too large for an automaton */
const aroundOf = ({ rest, words, tail }: Anchor): Around[] | undefined => {
  const nfa = nfaOf(rest)
  return nfa && words.map((word) => around(nfa, word, tail))
}

const bound = (length: number): number => (length > LAST_CODE ? -1 : length)

const reach = (node: Node, { before, rest }: Anchor, ascii: boolean): Reach => ({
  before: bound(ascii ? before.ascii : before.any),
  after: bound(longest(rest, ascii)),
  length: bound(longest(node, ascii)),
})
