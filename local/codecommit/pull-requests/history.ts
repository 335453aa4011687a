import { bareOf, type Context } from '../context.ts'
import { isAncestor, mergeBase } from '../merging/merging.ts'
import type { Repository } from '../repositories.ts'

/** One look at a repository: whatever is asked twice is looked up once, for many pull requests may have one branch. */
export interface History {
  /** what a branch points at; undefined when it is gone */
  tip(ref: string): Promise<string | undefined>
  mergeBase(one: string, other: string): Promise<string | undefined>
  /**
   * Whether a branch that moved took in a commit by a fast-forward: it went forward, and the commit lies on its own way, not behind the
   * second parent of a merge.
   */
  fastForwarded(branch: { from: string; to: string }, commitId: string): Promise<boolean>
}

export const openHistory = (context: Context, repository: Repository): History => {
  const bare = bareOf(context, repository)
  const wayOf = remembering(async (from: string, to: string): Promise<ReadonlySet<string>> => {
    if (!(await isAncestor(context, repository, from, to))) return new Set()
    const args = [`--git-dir=${bare.directory}`, 'rev-list', '--first-parent', to, `^${from}`]
    return new Set((await context.git.must(args)).split('\n'))
  })
  return {
    tip: remembering((ref: string) => bare.tip(ref)),
    mergeBase: remembering((one: string, other: string) => mergeBase(context, repository, one, other)),
    fastForwarded: async ({ from, to }, commitId) => (await wayOf(from, to)).has(commitId),
  }
}

const remembering = <T>(ask: (...names: string[]) => Promise<T>): ((...names: string[]) => Promise<T>) => {
  const answers = new Map<string, Promise<T>>()
  return (...names) => {
    const key = names.join(' ')
    const answer = answers.get(key) ?? ask(...names)
    answers.set(key, answer)
    return answer
  }
}
