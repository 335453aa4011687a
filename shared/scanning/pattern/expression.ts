import { RE2JS } from 're2js'
import type { Node } from './ast.ts'
import { emit, emitGo, type Form } from './emit.ts'
import { shortest } from './facts.ts'
import { isLinear } from './linear.ts'
import { parsePattern } from './parse.ts'

/** What runs an expression: V8's backtracking, or re2js, whose time grows with the text's length whatever the expression. */
export type Runner = 'v8' | 're2'

/** Offsets are in the piece that was searched; groups as latin1 text, undefined where a group took no part. */
export interface Match {
  readonly start: number
  readonly end: number
  readonly groups: readonly (string | undefined)[]
}

/** A text as chars of one byte each. */
export const isAscii = (text: string): boolean => !/[\x80-\xff]/.test(text)

/**
 * V8 for what is trusted, linear under backtracking, and means the same to it as to Go: there, a group within a repeat keeps what
 * an earlier turn took, and a turn may be empty.
 */
export const runnerOf = (root: Node, trusted: boolean): Runner =>
  trusted && !differsInJavaScript(root, false) && isLinear(root) ? 'v8' : 're2'

const differsInJavaScript = (node: Node, repeated: boolean): boolean => {
  switch (node.kind) {
    case 'group':
      return repeated || differsInJavaScript(node.of, repeated)
    case 'concat':
      return node.parts.some((part) => differsInJavaScript(part, repeated))
    case 'either':
      return node.choices.some((choice) => differsInJavaScript(choice, repeated))
    case 'repeat':
      return shortest(node.of) === 0 || differsInJavaScript(node.of, repeated || node.max > 1)
    default:
      return false
  }
}

/** Finds matches; made ready at its first use. */
export interface Expression {
  /**
   * A search of one text: the leftmost match that begins at an offset or later, with Go's preferences; the text before it is
   * seen by `\b` and `^`. Of an expression's searches only one is under way at a time.
   */
  on(text: string): (from: number) => Match | undefined
  test(text: string): boolean
}

/** JavaScript's expression of a tree, in one form or both. */
export const v8Expression = (root: () => Node): Expression => {
  const made: Partial<Record<Form, RegExp>> = {}
  const of = (text: string): RegExp => {
    const form: Form = isAscii(text) ? 'ascii' : 'bytes'
    made[form] ??= new RegExp(emit(root(), form), 'g')
    return made[form]
  }
  return {
    on: (text) => searchOf(of(text), text),
    test(text) {
      const expression = of(text)
      expression.lastIndex = 0
      return expression.test(text)
    },
  }
}

/** Searches with a JavaScript expression that has the flag `g`. */
export const searchOf =
  (expression: RegExp, text: string): ((from: number) => Match | undefined) =>
  (from) => {
    expression.lastIndex = from
    const found = expression.exec(text)
    return found
      ? { start: found.index, end: found.index + found[0].length, groups: found.slice(1) }
      : undefined
  }

/** re2js over the bytes, from a source in Go's syntax. */
export const re2Expression = (source: string): Expression => {
  let made: RE2JS | undefined
  const matcherOf = (text: string): ReturnType<RE2JS['matcher']> => {
    made ??= RE2JS.compile(source)
    return made.matcher(isAscii(text) ? text : Buffer.from(text, 'latin1'))
  }
  return {
    on(text) {
      const matcher = matcherOf(text)
      return (from) => {
        if (from > text.length || !matcher.find(from)) return undefined
        const groups: (string | undefined)[] = []
        for (let index = 1; index <= matcher.groupCount(); index += 1) {
          const start = matcher.start(index)
          groups.push(start < 0 ? undefined : text.slice(start, matcher.end(index)))
        }
        return { start: matcher.start(), end: matcher.end(), groups }
      }
    },
    test: (text) => matcherOf(text).find(),
  }
}

/** Whose an expression is: anybody's, our own, or our own of which it was found before that V8 may run it. */
export type Trust = 'foreign' | 'own' | 'proven'

/**
 * An expression in Go's syntax over short texts (a secret, a line, a path).
 *
 * @throws Error when Go would refuse it: look with `parsePattern` before
 */
export const goExpression = (source: string, trust: Trust): Expression => {
  const pattern = parsePattern(source)
  if ('mistake' in pattern) throw new Error(`${pattern.mistake} at ${pattern.at}`)
  // the proof takes longer than to read the expression and to make it
  return trust === 'proven' || runnerOf(pattern.root, trust === 'own') === 'v8'
    ? v8Expression(() => pattern.root)
    : re2Expression(emitGo(pattern.root))
}
