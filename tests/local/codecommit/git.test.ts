import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { type Conversation, createGit, type Git } from '../../../local/codecommit/git.ts'
import { chunksOf } from '../../../local/codecommit/wire/streams.ts'
import { treeOf } from '../../support/processes.ts'

let folder: string
let git: Git

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'relay-git-'))
  git = createGit(folder, process.env.PATH, 50)
})
afterEach(async () => {
  await git.stop()
  rmSync(folder, { recursive: true, force: true })
})

/** Asks for more refs than a pipe holds and reads the first piece only; resolves when git has said the rest and is gone. */
const leaveAfterOnePiece = async (): Promise<Conversation> => {
  const run = (args: string[], input = '') =>
    execFileSync('git', ['-C', folder, ...args], { input })
      .toString()
      .trim()
  run(['init', '--quiet', '--bare'])
  const blob = run(['hash-object', '-w', '--stdin'], 'content')
  run(
    ['update-ref', '--stdin'],
    Array.from({ length: 900 }, (_, index) => `create refs/tags/many/${index} ${blob}\n`).join(''),
  )
  const children = () => treeOf(process.pid).map(({ pid }) => pid)
  const before = children()
  const talk = git.converse(['upload-pack', '--advertise-refs', folder])
  talk.stdin.end()
  const pieces = chunksOf(talk.stdout)[Symbol.asyncIterator]()
  const first = await pieces.next()
  expect(first.done).toBe(false)
  // until its end was noticed here: before that, its line is still in the list
  while (children().some((pid) => !before.includes(pid))) await sleep(10)
  return talk
}

describe('a git that has said all and exited while its reader was busy elsewhere', () => {
  test('is done with when the reader gives up', async () => {
    const talk = await leaveAfterOnePiece()
    talk.abort()
    expect(await talk.done).toEqual({ code: 0, stderr: '' })
  })

  test('does not keep the cloud from stopping when the reader never comes back', async () => {
    const talk = await leaveAfterOnePiece()
    await git.stop()
    expect(await talk.done).toEqual({ code: 0, stderr: '' })
  })
})
