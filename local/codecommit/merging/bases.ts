import type { Bare } from '../bare.ts'
import type { Git } from '../git.ts'

type Asked = { readonly git: Git }

/** The best common ancestors of two commits, none for unrelated histories (git-merge-base, `--all`). */
export const mergeBases = async (
  { git }: Asked,
  { directory }: Pick<Bare, 'directory'>,
  one: string,
  other: string,
): Promise<string[]> => {
  if (one === other) return [one]
  const { code, stdout, stderr } = await git.run([
    `--git-dir=${directory}`,
    'merge-base',
    '--all',
    one,
    other,
  ])
  if (code > 1 || code < 0) throw new Error(`git merge-base ended with ${code}: ${stderr.trim()}`)
  return stdout
    .toString('latin1')
    .split('\n')
    .filter((line) => line !== '')
}

/** Whether `ancestor` is `descendant` or one of its ancestors. Both must be known commits. */
export const isAncestor = async (
  { git }: Asked,
  { directory }: Pick<Bare, 'directory'>,
  ancestor: string,
  descendant: string,
): Promise<boolean> => {
  if (ancestor === descendant) return true
  const args = [`--git-dir=${directory}`, 'merge-base', '--is-ancestor', ancestor, descendant]
  const { code, stderr } = await git.run(args)
  if (code > 1 || code < 0) throw new Error(`git merge-base ended with ${code}: ${stderr.trim()}`)
  return code === 0
}

/** How many commits are reachable from one of the two only, at most `most`. */
export const divergence = async (
  { git }: Asked,
  { directory }: Pick<Bare, 'directory'>,
  tips: { readonly one: string; readonly other: string; readonly most: number },
): Promise<number> => {
  const range = `${tips.one}...${tips.other}`
  const text = await git.must([
    `--git-dir=${directory}`,
    'rev-list',
    '--count',
    `--max-count=${tips.most}`,
    range,
  ])
  return Number(text)
}
