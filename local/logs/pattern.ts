import { invalidParameter } from './errors.ts'
import { parseFields } from './pattern-fields.ts'
import { parseJsonPattern } from './pattern-json.ts'

/** Does a message fit? */
export type Matches = (message: string) => boolean

/** API reference, FilterLogEvents. */
const MAX_PATTERN = 1024

/**
 * Reads a filter pattern: CloudWatch Logs user guide, "Filter pattern syntax for metric filters, subscription filters, filter log
 * events, and Live Tail". Terms (`ERROR "a phrase" ?either ?or -without`), `{ $.json = "x" }`, `[space, delimited, ...]`, `%regex%`.
 * @throws AwsError InvalidParameterException for what is no pattern
 */
export const parsePattern = (pattern: string): Matches => {
  if (pattern.length > MAX_PATTERN)
    throw invalidParameter(
      `1 validation error detected: Value '${pattern.slice(0, 100)}...' at 'filterPattern' failed to satisfy constraint: Member must have length less than or equal to ${MAX_PATTERN}`,
    )
  const text = pattern.trim()
  if (text === '') return () => true
  if (text.startsWith('{')) return parseJsonPattern(text)
  if (text.startsWith('[')) return parseFields(text)
  return parseTerms(text)
}

interface Term {
  readonly sign: '' | '?' | '-'
  readonly holds: Matches
}

const TERM = /\s*([?-]?)(?:"((?:[^"\\]|\\.)*)"|%([^%]*)%|([^\s"]+))(?=\s|$)/y
/** What a term must be quoted for. */
const SPECIAL = /[{}[\]()<>=|&,;:/'"]/

/** Optional terms count only where there are no others: user guide, "Match terms in unstructured log events". */
const parseTerms = (text: string): Matches => {
  const terms = [...termsOf(text)]
  const of = (sign: Term['sign']) => terms.filter((term) => term.sign === sign)
  const [wanted, optional, unwanted] = [of(''), of('?'), of('-')]
  return (message) => {
    if (unwanted.some(({ holds }) => holds(message))) return false
    if (wanted.length === 0 && unwanted.length === 0) return optional.some(({ holds }) => holds(message))
    return wanted.every(({ holds }) => holds(message))
  }
}

function* termsOf(text: string): Generator<Term> {
  TERM.lastIndex = 0
  while (TERM.lastIndex < text.length) {
    const at = TERM.lastIndex
    const found = TERM.exec(text)
    if (!found) throw invalidParameter(`Invalid filter pattern at position ${at}: ${text.slice(at, at + 40)}`)
    const [, sign = '', quoted, regex, bare] = found
    if (bare !== undefined && SPECIAL.test(bare))
      throw invalidParameter(`Invalid character(s) in term '${bare}'`)
    const term = quoted === undefined ? (bare ?? '') : unquoted(quoted)
    yield {
      sign: sign as Term['sign'],
      holds: regex === undefined ? (message) => message.includes(term) : regexOf(regex),
    }
  }
}

const unquoted = (quoted: string): string => quoted.replaceAll(/\\(.)/gs, '$1')

/** @throws AwsError InvalidParameterException for what is no regular expression */
export const regexOf = (source: string): Matches => {
  try {
    const compiled = new RegExp(source)
    return (message) => compiled.test(message)
  } catch (cause) {
    throw Object.assign(invalidParameter(`Invalid regular expression in filter pattern: %${source}%`), {
      cause,
    })
  }
}
