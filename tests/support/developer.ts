import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { git } from '../../cli/git.ts'
import type { LiveCloud } from './live-cloud.ts'

const run = promisify(execFile)

/** A developer with a clone: real git in a temporary folder. */
export interface Developer {
  readonly folder: string
  git(...args: string[]): Promise<string>
  /** writes a file, commits it, gives the commit's oid */
  commit(message: string): Promise<string>
  leave(): void
}

/** A new repository in the cloud and a developer whose `origin` it is, on branch main. */
export const developerOf = async (live: LiveCloud, repository: string): Promise<Developer> => {
  const folder = mkdtempSync(join(tmpdir(), 'relay-dev-'))
  const git = async (...args: string[]) =>
    (await run('git', ['-C', folder, ...args], { env: live.gitEnvironment, maxBuffer: 64e6 })).stdout.trim()
  await git('init', '--quiet', '--initial-branch=main')
  await git('remote', 'add', 'origin', live.url(repository))
  let count = 0
  return {
    folder,
    git,
    commit: async (message) => {
      count += 1
      writeFileSync(join(folder, `file-${count}.txt`), `${message} ${count}\n`)
      await git('add', '.')
      await git('commit', '--quiet', '-m', message)
      return git('rev-parse', 'HEAD')
    },
    leave: () => rmSync(folder, { recursive: true, force: true }),
  }
}

/** What git says of a refused command: both streams of the failure. */
export const refusal = async (work: Promise<unknown>): Promise<string> => {
  try {
    await work
  } catch (error) {
    const { stdout, stderr } = error as { stdout?: string; stderr?: string }
    return `${stdout ?? ''}${stderr ?? ''}`
  }
  throw new Error('this should have been refused')
}

/**
 * A new clone's first commit, pushed to `main`.
 * @param url may hold user and password itself
 */
export const pushOne = async (url: string, credentialFile?: string): Promise<void> => {
  const folder = mkdtempSync(join(tmpdir(), 'relay-push-'))
  try {
    await git(['init', '--quiet', '--initial-branch=main'], { cwd: folder })
    await git(['commit', '--quiet', '--allow-empty', '-m', 'first'], { cwd: folder })
    await git(['push', '--quiet', url, 'main'], {
      cwd: folder,
      ...(credentialFile === undefined ? {} : { credentialFile }),
    })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
