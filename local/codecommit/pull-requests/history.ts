import { bareOf, type Context } from '../context.ts'
import { isAncestor } from '../merging/merging.ts'
import type { Repository } from '../repositories.ts'

/**
 * Whether a branch that moved took in a commit by a fast-forward: it went forward, and the commit lies on its own way, not behind the
 * second parent of a merge.
 */
export const fastForwarded = async (
  context: Context,
  repository: Repository,
  branch: { from: string; to: string },
  commitId: string,
): Promise<boolean> => {
  const { from, to } = branch
  if (!(await isAncestor(context, repository, from, to))) return false
  const { directory } = bareOf(context, repository)
  const args = [`--git-dir=${directory}`, 'rev-list', '--first-parent', to, `^${from}`]
  return (await context.git.must(args)).split('\n').includes(commitId)
}
