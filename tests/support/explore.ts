import { createHash } from 'node:crypto'

/** Something that can go on in several ways at every moment, and does the same again when it is led the same way. */
export interface Model {
  /** names of what can happen next; none: it is at rest */
  choices(): readonly string[]
  take(choice: string): Promise<void>
  /** all that its future depends on */
  key(): string
  /** what is wrong now, if anything */
  problem(): string | undefined
}

export interface Explored {
  /** different states seen */
  readonly states: number
  readonly problem?: string
  /** what led to it */
  readonly trace?: readonly string[]
}

/**
 * Every state that a model can come to, each once: leads a fresh model along every choice, and leaves a way where it meets a
 * state that was seen. Ends at the first problem.
 */
export const explore = async (make: () => Model, most = 20_000): Promise<Explored> => {
  const seen = new Set<string>()
  const open: (readonly string[])[] = [[]]
  // what branches off early first: there the differences are large
  for (let at = 0; at < open.length; at += 1) {
    const way = open[at] ?? []
    const model = make()
    const trace = [...way]
    for (const choice of way) await model.take(choice)
    for (;;) {
      const problem = model.problem()
      if (problem !== undefined) return { states: seen.size, problem, trace }
      const key = createHash('sha1').update(model.key()).digest('base64')
      if (seen.has(key)) break
      seen.add(key)
      if (seen.size > most) throw new Error(`more than ${most} states`)
      const [next, ...others] = model.choices()
      if (next === undefined) break
      for (const other of others) open.push([...trace, other])
      await model.take(next)
      trace.push(next)
    }
  }
  return { states: seen.size }
}
