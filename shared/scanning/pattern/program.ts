import type { Assertion, Node } from './ast.ts'
import { flatten } from './facts.ts'
import { asciiOf, type CodeSet } from './set.ts'

/**
 * A tree as text, for an automaton over bytes: what matches, without groups and preferences. A number is a char; sets are named by
 * their number. It is read in a twentieth of the time that an expression takes.
 */
export interface Program {
  readonly text: string
  /** shared by all programs that were written together */
  readonly sets: readonly CodeSet[]
}

const EMPTY = 0
const CONCAT = 1
const EITHER = 2
const REPEAT = 3
const ASSERT = 4
/** from here on a set by its number */
const SET = 5
const ASSERTIONS: readonly Assertion[] = ['start', 'end', 'line-start', 'line-end', 'edge', 'no-edge']

/** A number as a char: from # on, and past the backslash, since JSON escapes none of them. */
const charOf = (number: number): string => String.fromCharCode(number + (number + 0x23 < 0x5c ? 0x23 : 0x24))

/** The number of a char's code. */
const numberOf = (code: number): number => code - (code < 0x5c ? 0x23 : 0x24)

const HIGH = [0x80, 0x10ffff]

/** Writes trees with one table of sets. Of code points from 128 on only whether there are any is kept. */
export const programWriter = (): ((node: Node) => Program) => {
  const sets: CodeSet[] = []
  const numbers = new Map<string, number>()
  const setOf = (codes: CodeSet): number => {
    const set = (codes.at(-1) ?? 0) < 0x80 ? codes : [...asciiOf(codes), ...HIGH]
    const known = numbers.get(set.join())
    if (known !== undefined) return known
    numbers.set(set.join(), sets.length)
    return sets.push(set) - 1
  }
  const write = (node: Node): number[] => {
    switch (node.kind) {
      case 'empty':
        return [EMPTY]
      case 'set':
        return [SET + setOf(node.codes)]
      case 'group':
        return write(node.of)
      case 'concat': {
        const parts = flatten(node, true)
        return [CONCAT, parts.length, ...parts.flatMap(write)]
      }
      case 'either':
        return [EITHER, node.choices.length, ...node.choices.flatMap(write)]
      case 'repeat':
        return [REPEAT, node.min, node.max === Number.POSITIVE_INFINITY ? 0 : node.max + 1, ...write(node.of)]
      case 'assert':
        return [ASSERT, ASSERTIONS.indexOf(node.what)]
    }
  }
  return (node) => ({ text: write(node).map(charOf).join(''), sets })
}

export const readProgram = ({ text, sets }: Program): Node => {
  let at = 0
  const next = (): number => numberOf(text.charCodeAt(at++))
  const several = (count: number): Node[] => {
    const all: Node[] = []
    for (let index = 0; index < count; index += 1) all.push(read())
    return all
  }
  const read = (): Node => {
    const number = next()
    switch (number) {
      case EMPTY:
        return { kind: 'empty' }
      case CONCAT:
        return { kind: 'concat', parts: several(next()) }
      case EITHER:
        return { kind: 'either', choices: several(next()) }
      case REPEAT: {
        const min = next()
        const most = next()
        return {
          kind: 'repeat',
          min,
          max: most === 0 ? Number.POSITIVE_INFINITY : most - 1,
          greedy: true,
          of: read(),
        }
      }
      case ASSERT:
        return { kind: 'assert', what: ASSERTIONS[next()] as Assertion }
      default:
        return { kind: 'set', codes: sets[number - SET] as CodeSet }
    }
  }
  return read()
}
