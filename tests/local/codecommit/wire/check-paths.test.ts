import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { createGit, type Git } from '../../../../local/codecommit/git.ts'
import { pathsProblem } from '../../../../local/codecommit/wire/check-paths.ts'
import { type Command, ZERO_OID } from '../../../../local/codecommit/wire/push-commands.ts'

let folder: string
let directory: string
let git: Git
const at = (args: string[], input = '') =>
  execFileSync('git', ['-C', directory, '-c', 'user.name=o', '-c', 'user.email=o@example.com', ...args], {
    input,
  })
    .toString()
    .trim()
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'relay-paths-'))
  directory = join(folder, 'bomb.git')
  execFileSync('git', ['init', '--quiet', '--bare', directory])
  git = createGit(folder)
})
afterAll(async () => {
  await git.stop()
  rmSync(folder, { recursive: true, force: true })
})

/** A commit whose tree has `wide` entries at each of `deep` levels, all the same. */
const commitOf = (deep: number, wide: number): string => {
  let entry = `100644 blob ${at(['hash-object', '-w', '--stdin'], 'content')}`
  for (let level = 0; level < deep; level += 1) {
    const entries = Array.from({ length: wide }, (_, index) => `${entry}\t${index}\n`)
    entry = `040000 tree ${at(['mktree'], entries.join(''))}`
  }
  return at(['commit-tree', '-m', 'x', entry.slice(-40)])
}

const problemOf = (
  tip: string,
  base: string | undefined,
  most = { seconds: 1, megabytes: 400, paths: 50_000 },
) => {
  const command: Command = { old: ZERO_OID, new: tip, bytes: 'refs/heads/x', ref: 'refs/heads/x' }
  const objects = { quarantine: join(directory, 'objects'), behind: join(directory, 'objects') }
  return pathsProblem(git, directory, objects, [command], base, most)
}

test('a few trees that stand for more paths than anybody lists are refused, against nothing and against a base', async () => {
  const bomb = commitOf(8, 30)
  const TOO_MANY = 'the push brings more file paths than are looked at'
  expect(await problemOf(bomb, undefined)).toBe(TOO_MANY)
  expect(await problemOf(bomb, commitOf(1, 1))).toBe(TOO_MANY)
})

test('what can be looked at is taken, within the same bounds', async () => {
  const wide = commitOf(2, 100)
  expect(await problemOf(wide, undefined)).toBeUndefined()
  expect(await problemOf(wide, commitOf(1, 1))).toBeUndefined()
})

test('too deep', async () => {
  expect(await problemOf(commitOf(22, 1), undefined)).toMatch(/more than 20 folders deep/)
})
