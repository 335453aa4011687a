import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** Runs a script of this folder in a process of its own. @returns what it wrote, read as JSON */
export const runChild = async <T>(script: string, ...args: readonly string[]): Promise<T> => {
  const { stdout } = await run(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', join(import.meta.dirname, script), ...args],
    { maxBuffer: 2 ** 26 },
  )
  return JSON.parse(stdout) as T
}
