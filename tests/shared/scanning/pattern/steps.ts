import type { Node } from '../../../../shared/scanning/pattern/ast.ts'
import { holds } from '../../../../shared/scanning/pattern/set.ts'

/** What a search gives up at: what is not linear gets there soon. */
export const STEPS_MOST = 2_000_000

class TooMany extends Error {}

/**
 * How many steps a backtracking search takes that looks for an expression at every place of a text and finds it nowhere: it tries what
 * JavaScript's tries, in the same order, and knows no short cuts.
 */
export const stepsOf = (root: Node, text: string): number => {
  let steps = 0
  const step = (): void => {
    steps += 1
    if (steps > STEPS_MOST) throw new TooMany()
  }
  const isWord = (at: number): boolean => /\w/.test(text[at] ?? '')
  const asserted = (node: Node & { kind: 'assert' }, at: number): boolean => {
    if (node.what === 'start') return at === 0
    if (node.what === 'end') return at === text.length
    if (node.what === 'line-start') return at === 0 || text[at - 1] === '\n'
    if (node.what === 'line-end') return at === text.length || text[at] === '\n'
    return (isWord(at - 1) !== isWord(at)) === (node.what === 'edge')
  }
  const repeat = (node: Node & { kind: 'repeat' }, at: number, then: (at: number) => boolean): boolean => {
    const turn = (count: number, from: number): boolean => {
      const more = (): boolean =>
        count < node.max &&
        match(node.of, from, (to) => (to > from || count < node.min) && turn(count + 1, to))
      const enough = (): boolean => count >= node.min && then(from)
      return node.greedy ? more() || enough() : enough() || more()
    }
    return turn(0, at)
  }
  const match = (node: Node, at: number, then: (at: number) => boolean): boolean => {
    step()
    switch (node.kind) {
      case 'empty':
        return then(at)
      case 'set':
        return at < text.length && holds(node.codes, text.charCodeAt(at)) && then(at + 1)
      case 'assert':
        return asserted(node, at) && then(at)
      case 'group':
        return match(node.of, at, then)
      case 'either':
        return node.choices.some((choice) => match(choice, at, then))
      case 'concat': {
        const part = (index: number, from: number): boolean =>
          index === node.parts.length
            ? then(from)
            : match(node.parts[index] as Node, from, (to) => part(index + 1, to))
        return part(0, at)
      }
      case 'repeat':
        return repeat(node, at, then)
    }
  }
  try {
    // a search that finds goes on behind what it found
    for (let at = 0; at <= text.length; at += 1) {
      let end = -1
      const found = match(root, at, (to) => {
        end = to
        return true
      })
      if (found && end > at) at = end - 1
    }
  } catch (error) {
    if (!(error instanceof TooMany)) throw error
  }
  return steps
}
