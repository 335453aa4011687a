import { spawn } from 'node:child_process'
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { initBare, readRefs } from './loose.ts'

/** Environment in which git does the same on every machine. */
export const gitSettings = (): NodeJS.ProcessEnv => ({
  PATH: process.env.PATH,
  HOME: '/nonexistent',
  LC_ALL: 'C.UTF-8',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_AUTHOR_NAME: 'Nina',
  GIT_AUTHOR_EMAIL: 'nina@example.com',
  GIT_COMMITTER_NAME: 'Nina',
  GIT_COMMITTER_EMAIL: 'nina@example.com',
  GIT_AUTHOR_DATE: '2026-01-01T00:00:00Z',
  GIT_COMMITTER_DATE: '2026-01-01T00:00:00Z',
})

/** A bare repository in a temporary folder, and git in it. */
export interface Bare {
  readonly folder: string
  /** trimmed standard output; throws with what git said */
  git(args: readonly string[], input?: string | Buffer): Promise<string>
  /** heads and tags */
  refs(): Promise<Map<string, string>>
  /** what `git fsck --full` says beside dangling objects: '' when all is well */
  fsck(): Promise<string>
  remove(): void
}

/** @param like folder of a bare repository that it is a copy of; absent: it is empty */
export const makeBare = (like?: string): Bare => {
  const folder = mkdtempSync(join(tmpdir(), 'relay-bare-'))
  if (like !== undefined) cpSync(like, folder, { recursive: true })
  else initBare(folder)
  return bareAt(folder)
}

/** One that is there already. */
export const bareAt = (folder: string): Bare => {
  const git: Bare['git'] = (args, input) => run(['-C', folder, ...args], input)
  return {
    folder,
    git,
    refs: async () => readRefs(folder),
    fsck: () => git(['fsck', '--full', '--no-dangling', '--no-progress']),
    remove: () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }),
  }
}

const run = (args: readonly string[], input?: string | Buffer): Promise<string> =>
  new Promise((resolve, reject) => {
    const child = spawn('git', args, { env: gitSettings(), stdio: ['pipe', 'pipe', 'pipe'] })
    const out: Buffer[] = []
    let said = ''
    child.stdout.on('data', (piece: Buffer) => out.push(piece))
    child.stderr.on('data', (piece: Buffer) => {
      said += piece.toString()
    })
    child.stdin.on('error', () => undefined)
    child.stdin.end(input)
    child.on('error', reject)
    child.on('close', (code) => {
      const text = Buffer.concat(out).toString().trim()
      if (code === 0) resolve(text)
      else reject(new Error(`git ${args.slice(2).join(' ')} ended with ${code}: ${said}${text}`))
    })
  })
