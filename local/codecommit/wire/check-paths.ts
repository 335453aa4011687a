import type { Conversation, Git, GitMost, Quarantine } from '../git.ts'
import { type Command, ZERO_OID } from './push-commands.ts'

/** codecommit user guide, "Quotas": file paths. */
const MAX_PATH = 4_096
const MAX_FOLDERS = 20

/**
 * A few trees can stand for more paths than anybody lists, and git-diff-tree keeps all that differ in memory before it says the first.
 */
const MOST: GitMost & { readonly paths: number } = { seconds: 60, megabytes: 4_096, paths: 5_000_000 }

const TOO_MANY = 'the push brings more file paths than are looked at'

/** Why CodeCommit knows no such path; undefined when it does. */
export const pathProblem = (path: string): string | undefined => {
  if (path.length > MAX_PATH && [...path].length > MAX_PATH)
    return `a file path is longer than ${MAX_PATH} characters`
  const parts = path.split('/')
  if (parts.length - 1 > MAX_FOLDERS) return `a file path is more than ${MAX_FOLDERS} folders deep`
  if (parts.some((part) => part === '' || part === '.' || part === '..')) return 'a file path is ambiguous'
  return undefined
}

/**
 * Why the files that a push brings are not taken: looks at each tip against what the ref pointed at before; where it is new, against the
 * tip looked at before it, at first `base` (the default branch). What was added and removed again within the push is not seen.
 */
export const pathsProblem = async (
  git: Git,
  directory: string,
  objects: Quarantine,
  commands: readonly Command[],
  base: string | undefined,
  most = MOST,
): Promise<string | undefined> => {
  const look = (args: readonly string[], input: string) =>
    firstProblem(git.converse(args, { objects, most }), input, most.paths)
  const at = (...args: string[]) => [`--git-dir=${directory}`, ...args]
  const moved = commands.filter((command) => command.new !== ZERO_OID && command.new !== command.old)
  const commits = await commitsBehind(git, at('cat-file', '--batch-check'), objects, moved)
  const lines: string[] = []
  let before = base
  for (const command of moved) {
    const tip = commits.get(command.new)
    if (tip === undefined) continue
    const against = commits.get(command.old) ?? before
    if (against !== undefined) lines.push(`${tip} ${against}\n`)
    else {
      // an empty repository has nothing to compare its first tip with
      const problem = await look(at('ls-tree', '-r', '-z', '--name-only', tip), '')
      if (problem !== undefined) return problem
    }
    before = tip
  }
  if (lines.length === 0) return undefined
  const options = ['-r', '-z', '--no-renames', '--no-commit-id', '--name-only', '--diff-filter=d']
  return look(at('diff-tree', '--stdin', ...options), lines.join(''))
}

/** The commit behind each old and new value, itself or through tags; what leads to no commit is left out. */
const commitsBehind = async (
  git: Git,
  args: readonly string[],
  objects: Quarantine,
  commands: readonly Command[],
): Promise<Map<string, string>> => {
  const ids = [...new Set(commands.flatMap((command) => [command.new, command.old]))].filter(
    (id) => id !== ZERO_OID,
  )
  const [only] = commands
  // a branch holds nothing but commits: the usual push costs no process
  if (commands.length === 1 && only?.bytes.startsWith('refs/heads/') === true) {
    return new Map(ids.map((id) => [id, id]))
  }
  const { stdout } = await git.run(args, ids.map((id) => `${id}^{commit}\n`).join(''), objects)
  const answers = stdout.toString('latin1').split('\n')
  return new Map(
    ids.flatMap((id, index) => {
      const [, commit] = /^([0-9a-f]{40}) commit \d+$/.exec(answers[index] ?? '') ?? []
      return commit === undefined ? [] : [[id, commit] as const]
    }),
  )
}

/** Reads paths as git lists them, with NUL behind each: a first push may list many. */
const firstProblem = async (talk: Conversation, input: string, most: number): Promise<string | undefined> => {
  talk.stdin.end(input)
  let looked = 0
  let rest = ''
  const decoder = new TextDecoder()
  for await (const chunk of talk.stdout) {
    const paths = (rest + decoder.decode(chunk as Buffer, { stream: true })).split('\0')
    rest = paths.pop() ?? ''
    looked += paths.length
    const problem = looked > most ? TOO_MANY : paths.map(pathProblem).find((text) => text !== undefined)
    if (problem === undefined) continue
    talk.abort()
    return problem
  }
  const { code, stderr } = await talk.done
  return code === null || /out of memory|mmap failed/i.test(stderr) ? TOO_MANY : undefined
}
