import { execFile } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { LiveCloud } from './live-cloud.ts'

const run = promisify(execFile)

/** Clones everything and lets git check it: what `git fsck --full` found wrong, '' when nothing. Unreachable objects are no fault. */
export const fsckOf = async (live: LiveCloud, url: string): Promise<string> => {
  const folder = mkdtempSync(join(tmpdir(), 'relay-fsck-'))
  try {
    await run('git', ['clone', '--quiet', '--mirror', url, folder], { env: live.gitEnvironment })
    return await fsckFolder(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

export const fsckFolder = async (folder: string): Promise<string> => {
  const { stdout, stderr } = await run(
    'git',
    ['-C', folder, 'fsck', '--full', '--no-dangling', '--no-progress'],
    {
      maxBuffer: 64e6,
    },
  )
  return `${stdout}${stderr}`.trim()
}

/** Every bare repository below a folder of the local cloud's state. */
export const bareRepositories = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isDirectory() && entry.name.endsWith('.git'))
    .map((entry) => join(entry.parentPath, entry.name))
