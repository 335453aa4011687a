import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

/** A repository of real git, worked in as a person would. */
export const makeRepository = () => {
  const folder = mkdtempSync(join(tmpdir(), 'relay-walk-test-'))
  let seconds = 1_700_000_000
  const git = (
    args: readonly string[],
    input: string | Uint8Array = '',
    more: NodeJS.ProcessEnv = {},
  ): Buffer =>
    execFileSync('git', ['-C', folder, ...args], {
      input,
      env: {
        PATH: process.env.PATH,
        HOME: '/nonexistent',
        GIT_CONFIG_NOSYSTEM: '1',
        GIT_AUTHOR_NAME: 'Ann Author',
        GIT_AUTHOR_EMAIL: 'ann@example.org',
        GIT_COMMITTER_NAME: 'Carl Committer',
        GIT_COMMITTER_EMAIL: 'carl@example.org',
        GIT_AUTHOR_DATE: `${seconds} +0200`,
        GIT_COMMITTER_DATE: `${seconds} +0200`,
        ...more,
      },
      maxBuffer: 2 ** 30,
      stdio: ['pipe', 'pipe', 'pipe'],
    })
  git(['init', '--quiet', '--initial-branch=main'])
  const id = (name = 'HEAD') => git(['rev-parse', name]).toString().trim()
  return {
    folder,
    git,
    id,
    write(path: string, content: string | Uint8Array) {
      mkdirSync(dirname(join(folder, path)), { recursive: true })
      writeFileSync(join(folder, path), content)
    },
    remove: (path: string) => rmSync(join(folder, path), { recursive: true }),
    /** everything as it lies there; its id */
    commit(message = 'work', more: NodeJS.ProcessEnv = {}): string {
      seconds += 60
      git(['add', '--all'])
      git(
        ['commit', '--quiet', '--allow-empty', '--allow-empty-message', '--cleanup=verbatim', '-F', '-'],
        message,
        more,
      )
      return id()
    },
    /** an object made by hand; its id */
    object: (type: string, content: string | Uint8Array) =>
      git(['hash-object', '-t', type, '-w', '--literally', '--stdin'], content).toString().trim(),
    /** what these reach and those after `not` do not, as a pack */
    pack: (wants: readonly string[], not: readonly string[] = [], ...options: string[]): Buffer =>
      git(
        ['pack-objects', '--revs', '--stdout', '--quiet', ...wants.filter(isOption), ...options],
        [...wants.filter((want) => !isOption(want)), ...not.map((one) => `^${one}`), ''].join('\n'),
      ),
    dispose: () => rmSync(folder, { recursive: true, force: true }),
  }
}

export type Repository = ReturnType<typeof makeRepository>

const isOption = (text: string) => text.startsWith('--')
