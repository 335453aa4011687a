import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sealed } from './build.ts'

/** A repository of real git, with everything that a pack can hold. */
export const makeRepository = () => {
  const folder = mkdtempSync(join(tmpdir(), 'relay-pack-test-'))
  const env = {
    PATH: process.env.PATH,
    HOME: '/nonexistent',
    GIT_CONFIG_NOSYSTEM: '1',
    ...identity('AUTHOR'),
    ...identity('COMMITTER'),
  }
  const git = (args: readonly string[], input: string | Uint8Array = ''): Buffer =>
    execFileSync('git', ['-C', folder, ...args], {
      input,
      env,
      maxBuffer: 2 ** 30,
      stdio: ['pipe', 'pipe', 'pipe'],
    })
  git(['init', '--quiet', '--initial-branch=main'])
  return {
    folder,
    git,
    write: (path: string, text: string | Uint8Array) => writeFileSync(join(folder, path), text),
    commit(message: string) {
      git(['add', '--all'])
      git(['commit', '--quiet', '--allow-empty', '-m', message])
    },
    /** all that any ref reaches, packed with these options */
    pack: (...options: string[]): Buffer =>
      git(['pack-objects', '--all', '--stdout', '--quiet', '--no-reuse-delta', ...options]),
    /** `id type size` of what git reads of a pack, sorted, and `verify-pack`'s lines */
    judge(pack: Uint8Array) {
      const file = join(folder, `${createHash('sha1').update(pack).digest('hex')}.pack`)
      writeFileSync(file, pack)
      git(['index-pack', '--strict', file])
      const lines = git(['verify-pack', '-v', file]).toString().split('\n')
      const ids = lines.flatMap((line) => /^[0-9a-f]{40}(?= )/.exec(line) ?? [])
      const objects = git(['cat-file', '--batch-check'], `${ids.join('\n')}\n`)
        .toString()
        .trim()
        .split('\n')
      return { objects: objects.sort(), lines }
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}

export type Repository = ReturnType<typeof makeRepository>

const identity = (who: string) => ({
  [`GIT_${who}_NAME`]: 'n',
  [`GIT_${who}_EMAIL`]: 'n@example.org',
  [`GIT_${who}_DATE`]: '1700000000 +0000',
})

/** Text that compresses like source does, always the same. */
export const text = (seed: number, lines: number): string =>
  Array.from({ length: lines }, (_, line) => {
    const word = createHash('sha1').update(`${seed} ${line}`).digest('hex')
    return `  const ${word.slice(0, 5)} = make('${word.slice(5, 5 + (line % 20))}', ${line})\n`
  }).join('')

/** History with merges, tags of every kind, an empty file, a file that was changed fifty times, and bytes that are no text. */
export const fill = (repository: Repository): void => {
  const { write, commit, git } = repository
  write('empty', '')
  write('noise', createHash('shake256', { outputLength: 40_000 }).update('noise').digest())
  write('zeros', Buffer.alloc(3_000_000))
  const lines = text(1, 400).split('\n')
  for (let n = 0; n < 55; n += 1) {
    lines[(n * 7) % 400] = `  // changed for the ${n}th time`
    write('changed.ts', lines.join('\n'))
    if (n % 9 === 0) write(`new-${n}.ts`, text(n + 2, 30))
    commit(`change ${n}\n\n${'why it was done '.repeat(n % 5)}`)
  }
  git(['tag', 'light'])
  git(['tag', '-a', '-m', 'annotated', 'annotated'])
  git(['tag', '-a', '-m', 'of a tag', 'of-tag', 'annotated'])
  git(['tag', '-a', '-m', 'of a blob', 'of-blob', 'HEAD:noise'])
  git(['checkout', '--quiet', '-b', 'side', 'HEAD~7'])
  write('side.ts', text(99, 200))
  commit('side')
  git(['merge', '--quiet', '--no-ff', '-m', 'merge', 'main'])
}

/** The same entries in another order; for packs whose deltas name their bases. `lines`: as `git verify-pack -v` has them. */
export const reordered = (
  pack: Buffer,
  lines: readonly string[],
  order: (entries: Buffer[]) => Buffer[],
): Buffer => {
  const places = lines.flatMap((line) => {
    const [, size = '', at = ''] = /^[0-9a-f]{40} +\w+ +\d+ (\d+) (\d+)/.exec(line) ?? []
    return at === '' ? [] : [{ at: Number(at), size: Number(size) }]
  })
  places.sort((a, b) => a.at - b.at)
  const entries = places.map(({ at, size }) => pack.subarray(at, at + size))
  return sealed(Buffer.concat([pack.subarray(0, 12), ...order(entries)]))
}
