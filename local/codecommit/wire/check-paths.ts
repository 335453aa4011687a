import type { Git, Quarantine } from '../git.ts'
import { type Command, ZERO_OID } from './push-commands.ts'

/** codecommit user guide, "Quotas": file paths. */
const MAX_PATH = 4_096
const MAX_FOLDERS = 20

/** Why CodeCommit knows no such path; undefined when it does. */
export const pathProblem = (path: string): string | undefined => {
  if ([...path].length > MAX_PATH) return `a file path is longer than ${MAX_PATH} characters`
  const parts = path.split('/')
  if (parts.length - 1 > MAX_FOLDERS) return `a file path is more than ${MAX_FOLDERS} folders deep`
  if (parts.some((part) => part === '' || part === '.' || part === '..')) return 'a file path is ambiguous'
  return undefined
}

/**
 * Why the files that a push brings are not taken: looks at each tip against what the ref pointed at before, or against `base` (the default
 * branch) where it is new. What was added and removed again within the push is not seen, nor what lies behind an annotated tag alone.
 */
export const pathsProblem = async (
  git: Git,
  directory: string,
  objects: Quarantine,
  commands: readonly Command[],
  base: string | undefined,
): Promise<string | undefined> => {
  const created = commands.filter((command) => command.new !== ZERO_OID && command.new !== command.old)
  const [first] = created
  if (first === undefined) return undefined
  const against = base ?? created.find(({ old }) => old !== ZERO_OID)?.old ?? first.new
  const pairs = created.map((command) => {
    const before = command.old === ZERO_OID ? against : command.old
    return `${command.new} ${before}\n`
  })
  const at = `--git-dir=${directory}`
  const diff = [at, 'diff-tree', '--stdin', '-r', '-z', '--no-renames', '--no-commit-id', '--name-only']
  const listings = await Promise.all([
    git.run([...diff, '--diff-filter=d'], pairs.join(''), objects),
    // an empty repository has nothing to compare the first tip with
    ...(against === first.new
      ? [git.run([at, 'ls-tree', '-r', '-z', '--name-only', first.new], '', objects)]
      : []),
  ])
  for (const { stdout } of listings) {
    for (const path of stdout.toString('utf8').split('\0')) {
      const problem = path === '' ? undefined : pathProblem(path)
      if (problem !== undefined) return problem
    }
  }
  return undefined
}
