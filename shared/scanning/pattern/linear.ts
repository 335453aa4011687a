import type { Node } from './ast.ts'
import { alphabet, longest, shortest } from './facts.ts'
import { type CodeSet, intersect } from './set.ts'

/** a bounded repeat of more than these counts like one without bound */
const LONG = 256
/**
 * Ways to divide a text among bounded repeats, tried one after the other, for each char of what must stand before them (a beginning
 * that is longer can be repeated in a text less often).
 */
const WAYS_MOST = 1_000

/**
 * Whether JavaScript's backtracking runs this expression in time that grows with the text's length only. Errs on the safe side.
 * Not so: a repeat within a repeat; two repeats between which nothing has to match that the first cannot take as well; a repeat
 * that what stands before it can begin again within (each beginning would run to the end), unless the match is then complete.
 */
export const isLinear = (node: Node): boolean => {
  const paths = sequences(node)
  return paths?.every(isLinearSequence) ?? false
}

/** A choice-free run of pieces, which is how a match is made; undefined when there are too many or one repeats within another. */
type Piece = {
  readonly codes: CodeSet
  readonly min: number
  readonly max: number
  readonly greedy: boolean
}
const SEQUENCES_MOST = 5_000

const sequences = (node: Node): Piece[][] | undefined => {
  switch (node.kind) {
    case 'empty':
    case 'assert':
      return [[]]
    case 'set':
      return [[{ codes: node.codes, min: 1, max: 1, greedy: true }]]
    case 'group':
      return sequences(node.of)
    case 'either': {
      const all: Piece[][] = []
      for (const choice of node.choices) {
        const more = sequences(choice)
        if (!more || all.length + more.length > SEQUENCES_MOST) return undefined
        all.push(...more)
      }
      return all
    }
    case 'concat': {
      let all: Piece[][] = [[]]
      for (const part of node.parts) {
        const more = sequences(part)
        if (!more || all.length * more.length > SEQUENCES_MOST) return undefined
        all =
          more.length === 1
            ? all.map((one) => [...one, ...(more[0] as Piece[])])
            : all.flatMap((one) => more.map((end) => [...one, ...end]))
      }
      return all
    }
    case 'repeat': {
      if (node.of.kind === 'set')
        return [[{ codes: node.of.codes, min: node.min, max: node.max, greedy: node.greedy }]]
      if (node.max <= 1) {
        const once = sequences(node.of)
        return once && (node.min === 0 ? [[], ...once] : once)
      }
      return repeated(node)
    }
  }
}

/** a repeat of more than one class: as one wide piece when its turns cannot be divided in two ways */
const repeated = (node: Node & { kind: 'repeat' }): Piece[][] | undefined => {
  const once = sequences(node.of)
  if (!once || once.length > 1) {
    // choices of single classes that exclude one another are one class
    const single = once?.every((one) => one.length === 1 && one[0]?.min === 1 && one[0]?.max === 1)
    const sets = once?.map((one) => one[0]?.codes ?? [])
    const apart = sets?.every((a, i) => sets.every((b, j) => i === j || intersect(a, b).length === 0))
    if (!single || !apart) return undefined
  } else if (once[0]?.some((piece) => piece.min !== piece.max) && !turnsAreMarked(once[0])) return undefined
  if (shortest(node.of) === 0) return undefined
  return [
    [
      {
        codes: alphabet(node.of),
        min: node.min,
        max: node.max * longest(node.of, true),
        greedy: node.greedy,
      },
    ],
  ]
}

/** a turn has one fixed piece whose class no variable piece of it shares, so that where turns end is certain */
const turnsAreMarked = (turn: readonly Piece[]): boolean => {
  const variable = turn.filter((piece) => piece.min !== piece.max)
  return (
    variable.length === 1 &&
    turn.some(
      (piece) =>
        piece.min === piece.max &&
        piece.min > 0 &&
        variable.every((one) => intersect(one.codes, piece.codes).length === 0),
    ) &&
    turn.every((piece) => piece.min === piece.max || turn.indexOf(piece) > 0 || turn.length > 1)
  )
}

const isLong = (piece: Piece): boolean => piece.max > LONG && piece.max !== piece.min

const isLinearSequence = (pieces: readonly Piece[]): boolean => {
  let ways = 1
  for (const [index, piece] of pieces.entries()) {
    if (piece.min === piece.max) continue
    const completes = pieces.slice(index + 1).every((later) => later.min === 0)
    if (isLong(piece)) {
      if (!completes && !startsApart(pieces.slice(0, index), piece)) return false
      for (const other of pieces.slice(index + 1))
        if (isLong(other) && !isApart(pieces.slice(index + 1, pieces.indexOf(other)), piece, other))
          return false
    }
    ways *= choicesOf(pieces, index)
    if (ways > WAYS_MOST * beginning(pieces)) return false
  }
  return true
}

/** something that must come before the run cannot lie within it, so that runs do not begin within runs */
const startsApart = (before: readonly Piece[], run: Piece): boolean =>
  before.some((piece) => piece.min > 0 && intersect(piece.codes, run.codes).length === 0)

const isApart = (between: readonly Piece[], first: Piece, second: Piece): boolean =>
  between.some((piece) => piece.min > 0 && intersect(piece.codes, first.codes).length === 0) ||
  (between.length === 0 && intersect(first.codes, second.codes).length === 0)

/** how many lengths of a piece are tried: one, if what follows cannot begin within it */
const choicesOf = (pieces: readonly Piece[], index: number): number => {
  const { codes, min, max } = pieces[index] as Piece
  for (const later of pieces.slice(index + 1)) {
    if (intersect(codes, later.codes).length > 0) return Math.min(max, LONG) - min + 1
    if (later.min > 0) return 1
  }
  return 1
}

/** chars that must stand before the first piece of variable length */
const beginning = (pieces: readonly Piece[]): number => {
  const variable = pieces.findIndex((piece) => piece.min !== piece.max)
  return Math.max(
    pieces.slice(0, variable < 0 ? undefined : variable).reduce((sum, one) => sum + one.min, 0),
    1,
  )
}
