import type { CommitNode } from './objects.ts'

/** The commits of a pack, parents before children; of several that could come next, in the order in which they were met. */
export const oldestFirst = (commits: ReadonlyMap<string, CommitNode>): readonly CommitNode[] => {
  const order: CommitNode[] = []
  const state = new Map<string, 'open' | 'done'>()
  for (const start of commits.keys()) {
    const stack = [start]
    while (stack.length > 0) {
      const oid = stack.at(-1) as string
      const node = commits.get(oid) as CommitNode
      if (state.get(oid) === undefined) {
        state.set(oid, 'open')
        // the first parent comes first
        for (const parent of node.parents.toReversed())
          if (commits.has(parent) && state.get(parent) === undefined) stack.push(parent)
      } else {
        stack.pop()
        if (state.get(oid) === 'open') order.push(node)
        state.set(oid, 'done')
      }
    }
  }
  return order
}

/** refs that are told apart; with more, the rest is not named */
const MOST_REFS = 512

/** Which refs reach a commit of the pack. `order`: oldest first. `peeled`: commit or tag that each ref names. */
export const reachOf = (
  order: readonly CommitNode[],
  refs: readonly { readonly ref: string; readonly oid: string }[],
): ((commit: string) => readonly string[]) => {
  const named = refs.slice(0, MOST_REFS)
  const words = Math.ceil(named.length / 32)
  let places: Map<string, number> | undefined
  let bits = new Uint32Array(0)
  const spread = (): Map<string, number> => {
    const made = new Map(order.map(({ oid }, at) => [oid, at]))
    bits = new Uint32Array(order.length * words)
    for (const [number, { oid }] of named.entries()) {
      const at = made.get(oid)
      if (at === undefined) continue
      const word = at * words + (number >> 5)
      bits[word] = (bits[word] as number) | (1 << (number & 31))
    }
    for (let at = order.length - 1; at >= 0; at -= 1) {
      for (const parent of (order[at] as CommitNode).parents) {
        const to = made.get(parent)
        if (to === undefined) continue
        for (let word = 0; word < words; word += 1)
          bits[to * words + word] = (bits[to * words + word] as number) | (bits[at * words + word] as number)
      }
    }
    return made
  }
  return (commit) => {
    places ??= spread()
    const at = places.get(commit)
    if (at === undefined) return []
    return named
      .filter((_, number) => ((bits[at * words + (number >> 5)] as number) >>> (number & 31)) & 1)
      .map(({ ref }) => ref)
  }
}
