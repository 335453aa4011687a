import type { Node } from './ast.ts'
import { alphabet, longest, shortest } from './facts.ts'
import { type CodeSet, intersect, normalise } from './set.ts'

/** a bounded repeat of more than these counts like one without bound */
const LONG = 400
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
  /** what it may begin with, where that is less than `codes` */
  readonly first?: CodeSet
  /** a turn of it may run far and then fail */
  readonly partial?: boolean
  readonly min: number
  readonly max: number
  readonly greedy: boolean
}
const SEQUENCES_MOST = 5_000

/** `^`: takes nothing, and what follows begins at one place only. */
const START: Piece = { codes: [], min: 0, max: 0, greedy: true }
/** Takes nothing, and may not hold. */
const ASSERTION: Piece = { ...START }

const sequences = (node: Node): Piece[][] | undefined => {
  switch (node.kind) {
    case 'empty':
      return [[]]
    case 'assert':
      return [[node.what === 'start' ? START : ASSERTION]]
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
  if (!once || shortest(node.of) === 0) return undefined
  const [turn = []] = once
  const told = once.length > 1 && turnsAreTold(once)
  if (once.length > 1 ? !told && !isOneClass(once) : turn.some(isVariable) && !turnsAreMarked(turn))
    return undefined
  const marks = told ? once.map(([mark]) => mark as Piece) : once.length === 1 ? turn.slice(0, 1) : []
  return [
    [
      {
        codes: alphabet(node.of),
        ...(marks.some(({ min }) => min > 0)
          ? { first: normalise(marks.flatMap(({ codes }) => codes)) }
          : {}),
        partial: told || (once.length === 1 && isPartial(turn)),
        min: node.min,
        max: node.max * longest(node.of, true),
        greedy: node.greedy,
      },
    ],
  ]
}

const isVariable = ({ min, max }: Piece): boolean => min !== max

const shares = (one: Piece, other: Piece): boolean => intersect(one.codes, other.codes).length > 0

/** choices of single classes that exclude one another are one class */
const isOneClass = (turns: readonly (readonly Piece[])[]): boolean =>
  turns.every(
    ([piece, more], at) =>
      piece?.min === 1 &&
      piece.max === 1 &&
      more === undefined &&
      turns.every(([other], index) => index <= at || !shares(piece, other as Piece)),
  )

/**
 * Choices of which at most one can be a turn, in one way: each begins with a piece that no other piece of any shares, what must follow
 * that tells which of them it is, and no two pieces of one share anything.
 */
const turnsAreTold = (turns: readonly (readonly Piece[])[]): boolean =>
  turns.every(([mark, second]) => mark && second && mark.min > 0 && second.min > 0) &&
  turns.every((turn, number) => {
    const [mark, second, ...rest] = turn as readonly [Piece, Piece, ...Piece[]]
    return (
      turns.every(([, ...others]) => others.every((other) => !shares(mark, other))) &&
      turns.every(([, other], index) => index <= number || !shares(second, other as Piece)) &&
      [second, ...rest].every((one, at) => rest.every((other, index) => index < at || !shares(one, other)))
    )
  })

/**
 * Where turns end is certain, and how each is divided: a turn has one fixed piece whose class no variable piece of it shares; with
 * several variable pieces no piece shares anything with another, and the first, which must be there, is fixed or something must follow it.
 */
const turnsAreMarked = (turn: readonly Piece[]): boolean => {
  const variable = turn.filter(isVariable)
  if (variable.length > 1) {
    const [mark] = turn
    return (
      mark !== undefined &&
      mark.min > 0 &&
      (mark.min === mark.max || turn.slice(1).some(({ min }) => min > 0)) &&
      turn.every((one, at) => turn.every((other, index) => index <= at || !shares(one, other)))
    )
  }
  return (
    variable.length === 1 &&
    turn.some(
      (piece) => piece.min === piece.max && piece.min > 0 && variable.every((one) => !shares(one, piece)),
    ) &&
    turn.every((piece) => piece.min === piece.max || turn.indexOf(piece) > 0 || turn.length > 1)
  )
}

/** a long run that begins anywhere, and after which something must come */
const isPartial = (turn: readonly Piece[]): boolean =>
  turn.some(
    (piece, at) =>
      isLong(piece) &&
      turn.slice(at + 1).some(({ min, max }) => min > 0 || max === 0) &&
      !startsApart(turn.slice(0, at), piece),
  )

const isLong = (piece: Piece): boolean => piece.max > LONG && piece.max !== piece.min

const isLinearSequence = (pieces: readonly Piece[]): boolean => {
  let ways = 1
  for (const [index, piece] of pieces.entries()) {
    if (piece.min === piece.max) continue
    const completes = pieces.slice(index + 1).every((later) => later.min === 0 && later.max > 0)
    if (isLong(piece)) {
      if ((!completes || piece.partial === true) && !startsApart(pieces.slice(0, index), piece)) return false
      for (const other of pieces.slice(index + 1))
        if (isLong(other) && !isApart(pieces.slice(index + 1, pieces.indexOf(other)), piece, other))
          return false
    }
    ways *= choicesOf(pieces, index)
    if (ways > WAYS_MOST * beginning(pieces)) return false
  }
  return true
}

/** it begins at one place, or something that must come before the run cannot lie within it: runs do not begin within runs */
const startsApart = (before: readonly Piece[], run: Piece): boolean =>
  before[0] === START ||
  before.some((piece) => piece.min > 0 && intersect(piece.codes, run.codes).length === 0)

/** what a piece may begin with */
const firstOf = ({ first, codes }: Piece): CodeSet => first ?? codes

/** where the first ends is certain: what may follow it cannot begin within it, or something between cannot lie within it */
const isApart = (between: readonly Piece[], first: Piece, second: Piece): boolean =>
  between.some((piece) => piece.min > 0 && intersect(piece.codes, first.codes).length === 0) ||
  next([...between, second]).every((piece) => intersect(firstOf(piece), first.codes).length === 0)

/** the pieces that may come at once: up to one that must */
const next = (pieces: readonly Piece[]): readonly Piece[] => {
  const must = pieces.findIndex(({ min }) => min > 0)
  return must < 0 ? pieces : pieces.slice(0, must + 1)
}

/** how many lengths of a piece are tried: one, if what follows cannot begin within it */
const choicesOf = (pieces: readonly Piece[], index: number): number => {
  const { codes, min, max } = pieces[index] as Piece
  return next(pieces.slice(index + 1)).every((later) => intersect(codes, firstOf(later)).length === 0)
    ? 1
    : Math.min(max, LONG) - min + 1
}

/** chars that must stand before the first piece of variable length */
const beginning = (pieces: readonly Piece[]): number => {
  const variable = pieces.findIndex((piece) => piece.min !== piece.max)
  return Math.max(
    pieces.slice(0, variable < 0 ? undefined : variable).reduce((sum, one) => sum + one.min, 0),
    1,
  )
}
