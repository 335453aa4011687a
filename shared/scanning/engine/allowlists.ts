import { type Expression, goExpression, isAscii, type Trust } from '../pattern/expression.ts'
import { parsePattern } from '../pattern/parse.ts'
import type { Allowlist, Target } from '../types.ts'
import { type Automaton, automatonOf, hasWord, layoutOf } from './automaton.ts'
import { lowered } from './text.ts'

/** A line, or the lines of a find; the same object for all finds on it. */
export interface Line {
  readonly text: string
}

/** What an allow-list may look at of a find, as latin1 text. */
export interface Allowable {
  readonly secret: string
  readonly match: string
  readonly line: () => Line
}

/** An allow-list made ready; its expressions at their first use. */
export interface ReadyAllowlist {
  /** else the same match is covered on every line, or on none */
  readonly looksAtLine: boolean
  /** whether the whole text is out for this target: by commit and path alone */
  coversTarget(target: Target): boolean
  coversFind(find: Allowable, target: Target): boolean
}

/** As gitleaks' checkCommitOrPathAllowed and checkFindingAllowed (detect/detect.go). */
export const readyAllowlist = (list: Allowlist, trust: Trust): ReadyAllowlist => {
  const paths = anyOf(list.paths, trust)
  const regexes = anyOf(list.regexes, trust)
  const commits = new Set(list.commits.map((commit) => commit.trim().toLowerCase()))
  const words = list.stopwords.map((word) => Buffer.from(word.toLowerCase()).toString('latin1'))
  let automaton: Automaton | undefined
  const hasStopword = (secret: string): boolean => {
    if (words.length === 0) return false
    automaton ??= automatonOf(layoutOf(words).layout)
    if (secret === '') return false
    // of other letters than ASCII's the automaton does not know the cases
    return hasWord(automaton, secret) || (!isAscii(secret) && hasWord(automaton, loweredBytes(secret)))
  }
  let asked: Target | undefined
  let isOut = false
  // the rules of one list ask for the same target in turn
  const path = (target: Target): boolean => {
    if (asked === target) return isOut
    const { path, given } = target
    isOut =
      path !== '' && paths(latin1Of(trust !== 'foreign' && given !== undefined ? path.slice(given) : path))
    asked = target
    return isOut
  }
  const commit = (target: Target): boolean =>
    target.commit !== undefined && commits.has(target.commit.toLowerCase())
  // a long line with thousands of finds is looked at once
  const judged = new WeakMap<Line, boolean>()
  const fits = (line: Line): boolean => {
    const known = judged.get(line)
    if (known !== undefined) return known
    const fit = line.text !== '' && regexes(line.text)
    judged.set(line, fit)
    return fit
  }
  const regex = (find: Allowable): boolean => {
    if (list.regexes.length === 0) return false
    if (list.regexTarget === 'line') return fits(find.line())
    const looked = find[list.regexTarget]
    return looked !== '' && regexes(looked)
  }
  const and = list.condition === 'AND'
  return {
    looksAtLine: list.regexTarget === 'line' && list.regexes.length > 0,
    coversTarget(target) {
      if (target.path === '' && target.commit === undefined) return false
      if (!and) return commit(target) || path(target)
      if (list.regexes.length > 0 || list.stopwords.length > 0) return false
      return (list.commits.length === 0 || commit(target)) && (list.paths.length === 0 || path(target))
    },
    coversFind(find, target) {
      if (!and) return hasStopword(find.secret) || regex(find)
      return (
        (list.commits.length === 0 || commit(target)) &&
        (list.paths.length === 0 || path(target)) &&
        (list.stopwords.length === 0 || hasStopword(find.secret)) &&
        (list.regexes.length === 0 || regex(find))
      )
    },
  }
}

const loweredBytes = (latin1: string): string => Buffer.from(lowered(latin1)).toString('latin1')

let lastPath = ''
let lastLatin1 = ''

/** of a path that many lists ask about in a row */
const latin1Of = (path: string): string => {
  if (path !== lastPath) {
    lastPath = path
    lastLatin1 = /[^\0-\x7f]/.test(path) ? Buffer.from(path).toString('latin1') : path
  }
  return lastLatin1
}

/**
 * gitleaks makes one expression of a team's list (config/utils.go): a `(?i)` that begins one of them is in force for those that
 * follow.
 */
const joined = (sources: readonly string[]): string[] => {
  if (sources.length < 2) return [...sources]
  const one = `(?:${sources.join('|')})`
  return 'mistake' in parsePattern(one) ? [...sources] : [one]
}

const anyOf = (sources: readonly string[], trust: Trust): ((text: string) => boolean) => {
  let made: Expression[] | undefined
  return (text) => {
    made ??= (trust === 'foreign' ? joined(sources) : sources).map((source) => goExpression(source, trust))
    return made.some((one) => one.test(text))
  }
}

/** A path expression made ready at its first use. */
export const pathTest = (source: string, trust: Trust): ((path: string) => boolean) => {
  const test = anyOf([source], trust)
  return (path) => test(latin1Of(path))
}
