import { spawnSync } from 'node:child_process'

/** A file of a tree: text, bytes, or one with a mode of its own; a submodule's content is its commit id. */
export type File = string | Buffer | { readonly mode: string; readonly content: string | Buffer }
export type Files = Readonly<Record<string, File>>

export interface NewCommit {
  readonly ref: string
  readonly files: Files
  /** refs or ids */
  readonly parents?: readonly string[]
  readonly message?: string
}

/** Makes whole commits in a bare repository by one `git fast-import`. @returns their ids, in order */
export const importCommits = (directory: string, commits: readonly NewCommit[]): string[] => {
  const parts: (string | Buffer)[] = []
  for (const [index, { ref, files, parents = [], message = 'x' }] of commits.entries()) {
    const [from, ...merged] = parents
    parts.push(
      `commit ${ref}\nmark :${index + 1}\ncommitter Git <git@example.com> ${1_900_000_000 + index} +0000\n`,
    )
    parts.push(`data ${Buffer.byteLength(message)}\n${message}\n`)
    if (from !== undefined) parts.push(`from ${from}\n`)
    for (const one of merged) parts.push(`merge ${one}\n`)
    parts.push('deleteall\n')
    for (const [path, file] of Object.entries(files)) {
      const { mode, content } =
        typeof file === 'string' || Buffer.isBuffer(file) ? { mode: '100644', content: file } : file
      if (mode === '160000') parts.push(`M 160000 ${String(content)} ${quoted(path)}\n`)
      else {
        const bytes = Buffer.from(content)
        parts.push(`M ${mode} inline ${quoted(path)}\ndata ${bytes.length}\n`, bytes, '\n')
      }
    }
    parts.push('\n')
  }
  for (const index of commits.keys()) parts.push(`get-mark :${index + 1}\n`)
  const input = Buffer.concat(parts.map((part) => Buffer.from(part)))
  const args = ['--git-dir', directory, 'fast-import', '--quiet', '--force']
  const { status, stdout, stderr } = spawnSync('git', args, { input, maxBuffer: 1 << 28 })
  if (status !== 0) throw new Error(stderr.toString())
  return stdout.toString().split('\n').filter(Boolean)
}

const quoted = (path: string): string => JSON.stringify(path)

/** What git says, trimmed; throws when it fails. */
export const gitIn = (directory: string, args: readonly string[], input?: string | Buffer): string => {
  const { status, stdout, stderr } = spawnSync('git', ['--git-dir', directory, ...args], {
    maxBuffer: 1 << 28,
    env: { ...process.env, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1' },
    ...(input !== undefined && { input }),
  })
  if (status !== 0) throw new Error(`git ${args.join(' ')}: ${status} ${stderr.toString()}`)
  return stdout.toString().trimEnd()
}

/** Objects and connections are whole: `git fsck --strict` has nothing to say. */
export const fsck = (directory: string): string =>
  gitIn(directory, ['fsck', '--full', '--strict', '--no-dangling'])
