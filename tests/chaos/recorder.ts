import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ZERO_OID } from '../../shared/git/types.ts'

/** One move of one ref: ZERO_OID stands for a ref that is not there. */
export interface Step {
  readonly ref: string
  readonly from: string
  readonly to: string
}

const LOG = 'moves.log'

/**
 * Writes down, in a bare repository, what git does to its refs, in order: the hook runs while the ref is locked (githooks(5),
 * reference-transaction; "prepared": "all reference updates have been queued to the transaction and references were locked").
 */
export const installRecorder = (folder: string): void => {
  const hook = `#!/bin/sh
case $1 in prepared | committed | aborted) while read -r old new ref; do echo "$1 $PPID $old $new $ref"; done >>'${join(folder, LOG)}' ;; esac
`
  mkdirSync(join(folder, 'hooks'), { recursive: true })
  writeFileSync(join(folder, 'hooks', 'reference-transaction'), hook, { mode: 0o755 })
  writeFileSync(join(folder, LOG), '')
}

/** All moves of heads and tags since the recorder was installed. */
export const recorded = (folder: string): readonly Step[] =>
  stepsOf(readFileSync(join(folder, LOG), 'utf8').split('\n').filter(Boolean))

/**
 * Of the lines of the log the moves that took place. A writer may be killed before it can say that it was done: what was prepared
 * counts when it was committed, or when the next one found it done.
 * @throws Error where the lines make no chain
 */
export const stepsOf = (lines: readonly string[]): readonly Step[] => {
  const entries = lines.map((line) => line.split(' ') as [string, string, string, string, string])
  const prepared = entries.flatMap(([state, pid, from, to, ref], at) => {
    if (state !== 'prepared' || !/^refs\/(heads|tags)\//.test(ref)) return []
    const end = entries.slice(at + 1).find((one) => one[1] === pid && one[4] === ref && one[0] !== 'prepared')
    return [{ ref, from, to, end: end?.[0] }]
  })
  const steps: Step[] = []
  const now = new Map<string, string>()
  for (const [at, { ref, from, to, end }] of prepared.entries()) {
    if (end === 'aborted') continue
    if (end === undefined) {
      const next = prepared.slice(at + 1).find((one) => one.ref === ref && one.end !== 'aborted')
      if (next && next.from !== to) continue
    }
    const held = now.get(ref) ?? ZERO_OID
    if (held !== from) throw new Error(`${ref} went from ${from} to ${to} and had been ${held}`)
    now.set(ref, to)
    steps.push({ ref, from, to })
  }
  return steps
}

/** Every value that each ref of the source had, in order, beginning with none. */
export type History = ReadonlyMap<string, readonly string[]>

export interface Wrong {
  readonly ref: string
  readonly problem: 'never held by the source' | 'back in time'
  readonly to: string
  /** what the replica's ref went through */
  readonly went: readonly string[]
}

/**
 * Whether the replica's refs went the way of the source's, steps left out. A value that the source held more than once is taken
 * for the earliest that fits: what is found wrong is wrong in any reading.
 */
export const wrongSteps = (history: History, steps: readonly Step[]): readonly Wrong[] => {
  const wrong: Wrong[] = []
  const at = new Map<string, number>()
  const went = new Map<string, string[]>()
  for (const { ref, to } of steps) {
    const values = history.get(ref) ?? [ZERO_OID]
    const so = [...(went.get(ref) ?? []), to]
    went.set(ref, so)
    const next = values.indexOf(to, at.get(ref) ?? 0)
    if (next >= 0) at.set(ref, next)
    else if (values.includes(to)) {
      wrong.push({ ref, problem: 'back in time', to, went: so })
      at.set(ref, values.indexOf(to))
    } else wrong.push({ ref, problem: 'never held by the source', to, went: so })
  }
  return wrong
}
