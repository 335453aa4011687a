import type { Bare } from '../bare.ts'
import type { Git } from '../git.ts'
import type { Hunk } from './lines.ts'

/** more paths than this are not named one by one: command lines have an end */
const MAX_PATHS = 500

/** Hunks by the ids of the two blobs, {@link pairOf}. */
export type Hunks = ReadonlyMap<string, readonly Hunk[]>

export const pairOf = (base: string, side: string): string => `${base}..${side}`

/**
 * Where files of one tree differ from those of another, line by line, by git's own comparison as it merges (git-diff-tree; the histogram
 * algorithm is what git's and JGit's merges use). One process, whatever the number of files.
 * @param paths bytes; the files that matter. Others may be in the answer
 */
export const hunksBetween = async (
  { git }: { readonly git: Git },
  { directory }: Pick<Bare, 'directory'>,
  trees: { readonly base: string; readonly side: string },
  paths: readonly string[],
): Promise<Hunks> => {
  const names = paths.map((path) => Buffer.from(path, 'latin1'))
  // a command line holds text: a path that is none is found by comparing all
  const named = names.length <= MAX_PATHS && names.every((name) => Buffer.from(name.toString()).equals(name))
  const text = await git.run([
    `--git-dir=${directory}`,
    '--literal-pathspecs',
    'diff-tree',
    '-r',
    '-p',
    // without lines around it, git would leave the files' common ends out of the comparison
    '-U1',
    '--full-index',
    '--no-renames',
    '--text',
    '--no-ext-diff',
    '--no-textconv',
    '--no-indent-heuristic',
    '--diff-algorithm=histogram',
    trees.base,
    trees.side,
    ...(named ? ['--', ...names.map(String)] : []),
  ])
  if (text.code !== 0) throw new Error(`git diff-tree ended with ${text.code}: ${text.stderr.trim()}`)
  return parseHunks(text.stdout.toString('latin1'))
}

/** Reads a patch: only the ids of the blobs and the line numbers matter (git-diff, "Generating patch text with -p"). */
export const parseHunks = (patch: string): Hunks => {
  const hunks = new Map<string, Hunk[]>()
  let file: Hunk[] = []
  let base = 0
  let side = 0
  let open: { base: { start: number; end: number }; side: { start: number; end: number } } | undefined
  const lines = patch.split('\n')
  for (let at = 0; at < lines.length; at += 1) {
    const line = lines[at] ?? ''
    const first = line[0]
    if (first === '-' || first === '+') {
      if (open === undefined) {
        open = { base: { start: base, end: base }, side: { start: side, end: side } }
        file.push(open)
      }
      if (first === '-') open.base.end = base += 1
      else open.side.end = side += 1
    } else if (first === ' ') {
      open = undefined
      base += 1
      side += 1
    } else if (first === '@') {
      open = undefined
      const [, l, n = '1', m, k = '1'] = /^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@/.exec(line) ?? []
      // a range without lines names the line before it
      base = Number(l) - (n === '0' ? 0 : 1)
      side = Number(m) - (k === '0' ? 0 : 1)
    } else if (first === 'i') {
      const [, one = '', other = ''] = /^index ([0-9a-f]{40})\.\.([0-9a-f]{40})/.exec(line) ?? []
      file = []
      hunks.set(pairOf(one, other), file)
      // the two lines with the names look like changes
      if (lines[at + 1]?.startsWith('--- ')) at += 2
    }
  }
  return hunks
}
