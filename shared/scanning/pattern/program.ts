import type { Assertion, Node } from './ast.ts'
import { flatten } from './facts.ts'
import { asciiOf, type CodeSet } from './set.ts'

/**
 * A tree as text, for an automaton over bytes: what matches, without groups and preferences. It is read in a twentieth of the time that an
 * expression takes, and written so like it that a compressor has little to keep: literals stand for themselves, `(a|b)`, `?*+{2,3}`; a char
 * from {@link SET} on is a set by its number, `^` with a digit an assertion. After a first `~` small letters stand for both cases.
 */
export interface Program {
  readonly text: string
  /** shared by all programs that were written together */
  readonly sets: readonly CodeSet[]
}

const SET = 0xa1
const EITHER_CASE = '~'
/** printable, but never for themselves: they have a meaning here, or JSON escapes them */
const RESERVED = '(|)?*+{^~"\\'
const ASSERTIONS: readonly Assertion[] = ['start', 'end', 'line-start', 'line-end', 'edge', 'no-edge']

const HIGH = [0x80, 0x10ffff]

/** Of code points from 128 on only whether there are any is kept. */
const bytesOf = (codes: CodeSet): CodeSet =>
  (codes.at(-1) ?? 0) < 0x80 ? codes : [...asciiOf(codes), ...HIGH]

/** what a small letter stands for where case is nothing: non-ASCII letters fold to k and s */
const eitherCase = (letter: string): CodeSet => {
  const [small, large] = [letter.charCodeAt(0), letter.charCodeAt(0) - 0x20]
  return [large, large, small, small, ...(letter === 'k' || letter === 's' ? HIGH : [])]
}
const LETTERS = new Map(
  Array.from('abcdefghijklmnopqrstuvwxyz', (letter) => [eitherCase(letter).join(), letter]),
)

/** the char that a set is, if it is one that can stand for itself */
const literalOf = (codes: CodeSet): string | undefined => {
  const [code = 0, last] = codes
  if (codes.length !== 2 || code !== last || code < 0x20 || code > 0x7e) return undefined
  const char = String.fromCharCode(code)
  return RESERVED.includes(char) ? undefined : char
}

const isSmall = (char: string | undefined): boolean => char !== undefined && char >= 'a' && char <= 'z'

/** Writes trees with one table of sets. */
export const programWriter = (): ((node: Node) => Program) => {
  const sets: CodeSet[] = []
  const numbers = new Map<string, number>()
  const setOf = (set: CodeSet): string => {
    const name = set.join()
    const number = numbers.get(name) ?? sets.push(set) - 1
    numbers.set(name, number)
    return String.fromCharCode(SET + number)
  }
  return (node) => {
    const folds = isMostlyFolded(node)
    const set = (codes: CodeSet): string => {
      const known = bytesOf(codes)
      const letter = folds ? LETTERS.get(known.join()) : undefined
      const literal = letter ?? literalOf(known)
      return literal === undefined || (folds && !letter && isSmall(literal)) ? setOf(known) : literal
    }
    const sequence = (one: Node): string => flatten(one, true).map(piece).join('')
    const piece = (one: Node): string => {
      switch (one.kind) {
        case 'set':
          return set(one.codes)
        case 'either':
          return `(${one.choices.map(sequence).join('|')})`
        case 'repeat': {
          const [only, ...more] = flatten(one.of, true)
          const simple = only && more.length === 0 && only.kind !== 'repeat'
          return `${simple ? piece(only) : `(${sequence(one.of)})`}${countsOf(one.min, one.max)}`
        }
        case 'assert':
          return `^${ASSERTIONS.indexOf(one.what)}`
        default:
          return sequence(one)
      }
    }
    return { text: `${folds ? EITHER_CASE : ''}${sequence(node)}`, sets }
  }
}

const countsOf = (min: number, max: number): string => {
  if (max === Number.POSITIVE_INFINITY) return min === 0 ? '*' : min === 1 ? '+' : `{${min},}`
  if (min === 0 && max === 1) return '?'
  return min === max ? `{${min}}` : `{${min},${max}}`
}

const isMostlyFolded = (node: Node): boolean => {
  let folded = 0
  const count = (one: Node): void => {
    if (one.kind === 'set') {
      const codes = bytesOf(one.codes)
      if (LETTERS.has(codes.join())) folded += 1
      else if (isSmall(literalOf(codes))) folded -= 1
    } else if (one.kind === 'concat') one.parts.forEach(count)
    else if (one.kind === 'either') one.choices.forEach(count)
    else if (one.kind === 'repeat' || one.kind === 'group') count(one.of)
  }
  count(node)
  return folded > 0
}

/** The tree that was written, lazy repeats as greedy ones. */
export const readProgram = ({ text, sets }: Program): Node => {
  const folds = text.startsWith(EITHER_CASE)
  let at = folds ? 1 : 0
  const number = (): number => {
    let value = 0
    for (let code = text.charCodeAt(at); code >= 0x30 && code <= 0x39; code = text.charCodeAt(++at))
      value = value * 10 + code - 0x30
    return value
  }
  const sequence = (): Node => {
    const parts: Node[] = []
    while (at < text.length && text[at] !== ')' && text[at] !== '|') parts.push(repeated(piece()))
    return parts.length === 1
      ? (parts[0] as Node)
      : parts.length === 0
        ? { kind: 'empty' }
        : { kind: 'concat', parts }
  }
  const piece = (): Node => {
    const code = text.charCodeAt(at)
    const char = text[at] as string
    at += 1
    if (code >= SET) return { kind: 'set', codes: sets[code - SET] as CodeSet }
    if (char === '^') return { kind: 'assert', what: ASSERTIONS[Number(text[at++])] as Assertion }
    if (char !== '(') return { kind: 'set', codes: folds && isSmall(char) ? eitherCase(char) : [code, code] }
    const choices = [sequence()]
    while (text[at++] === '|') choices.push(sequence())
    return choices.length === 1 ? (choices[0] as Node) : { kind: 'either', choices }
  }
  const repeated = (of: Node): Node => {
    const char = text[at] ?? ''
    if (char === '' || !'?*+{'.includes(char)) return of
    at += 1
    const repeat = (min: number, max: number): Node => ({ kind: 'repeat', min, max, greedy: true, of })
    if (char !== '{') return repeat(char === '+' ? 1 : 0, char === '?' ? 1 : Number.POSITIVE_INFINITY)
    const min = number()
    let max = min
    if (text[at] === ',') {
      at += 1
      max = text[at] === '}' ? Number.POSITIVE_INFINITY : number()
    }
    at += 1
    return repeat(min, max)
  }
  return sequence()
}
