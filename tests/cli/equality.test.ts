import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { waitUntilEqual } from '../../cli/equality.ts'

let folder: string
const git = (...args: string[]) =>
  execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@example.com', ...args], { stdio: 'pipe' })
const side = (name: string) => ({ url: join(folder, name), credentialFile: '/dev/null' })
const never = new AbortController().signal

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'relay-equality-'))
  git('init', '--quiet', '--initial-branch=main', join(folder, 'a'))
  git('-C', join(folder, 'a'), 'commit', '--quiet', '--allow-empty', '-m', 'One')
  git('clone', '--quiet', '--bare', join(folder, 'a'), join(folder, 'b'))
})

afterEach(() => rmSync(folder, { recursive: true, force: true }))

test('equal sides are equal at the first look', async () => {
  expect(await waitUntilEqual(side('a'), side('b'), 5_000, never)).toMatchObject({ equal: true, refs: 1 })
})

test('a ref too many on either side is not equal, and the share is told', async () => {
  git('-C', join(folder, 'a'), 'tag', 'extra')
  const shares: number[] = []
  const seen = await waitUntilEqual(side('a'), side('b'), 0, never, (share) => shares.push(share))
  expect(seen).toMatchObject({ equal: false, refs: 2 })
  expect(shares).toEqual([0.5])
  expect((await waitUntilEqual(side('b'), side('a'), 0, never)).equal).toBe(false)
})

test('an empty source is never equal: nothing was proven', async () => {
  for (const name of ['c', 'd']) git('init', '--quiet', '--bare', join(folder, name))
  expect((await waitUntilEqual(side('c'), side('d'), 0, never)).equal).toBe(false)
})

test('a failure that is not a missing repository is told, and so is a stop', async () => {
  git('init', '--quiet', '--bare', join(folder, 'broken'))
  rmSync(join(folder, 'broken', 'HEAD'))
  await expect(waitUntilEqual(side('a'), side('broken'), 5_000, never)).rejects.toThrow(/ls-remote/)
  await expect(waitUntilEqual(side('a'), side('b'), 5_000, AbortSignal.abort())).rejects.toThrow(/abort/i)
})
