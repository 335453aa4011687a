import type { Context } from '../context.ts'

/** The commit that two commits have last in common; undefined when there is none. */
export const mergeBaseOf = async (
  { git }: Pick<Context, 'git'>,
  directory: string,
  one: string,
  other: string,
): Promise<string | undefined> => {
  const { code, stdout } = await git.run([`--git-dir=${directory}`, 'merge-base', one, other])
  return code === 0 ? stdout.toString('latin1').trim() : undefined
}

/**
 * Whether a branch that moved took in a commit by a fast-forward: it went forward, and the commit lies on its own way, not behind the
 * second parent of a merge.
 */
export const fastForwarded = async (
  { git }: Pick<Context, 'git'>,
  directory: string,
  branch: { from: string; to: string },
  commitId: string,
): Promise<boolean> => {
  const { from, to } = branch
  const at = `--git-dir=${directory}`
  const forward = await git.run([at, 'merge-base', '--is-ancestor', from, to])
  if (forward.code !== 0) return false
  const { code, stdout } = await git.run([at, 'rev-list', '--first-parent', to, `^${from}`])
  return code === 0 && stdout.toString('latin1').split('\n').includes(commitId)
}
