import { execFile } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { bundleProgram } from '../../../stack/build.ts'

const run = promisify(execFile)

/** Runs a script of this folder in a process of its own. @returns what it wrote, read as JSON */
export const runChild = <T>(script: string, ...args: readonly string[]): Promise<T> =>
  runNode(join(import.meta.dirname, script), args)

/**
 * The same for a script bundled as a function is: Node's reader of TypeScript goes on being compiled in the background while the script
 * is measured.
 * @param folder for the bundle, which is made once
 */
export const runShipped = async <T>(
  folder: string,
  script: string,
  ...args: readonly string[]
): Promise<T> => {
  const home = join(folder, script)
  const made = bundles.get(home) ?? writeBundle(home, script)
  bundles.set(home, made)
  await made
  return runNode(join(home, 'index.mjs'), args)
}

const bundles = new Map<string, Promise<void>>()

const writeBundle = async (home: string, script: string): Promise<void> => {
  for (const [path, contents] of await bundleProgram(join(import.meta.dirname, script))) {
    mkdirSync(dirname(join(home, path)), { recursive: true })
    writeFileSync(join(home, path), contents)
  }
}

const runNode = async <T>(file: string, args: readonly string[]): Promise<T> => {
  const { stdout } = await run(process.execPath, ['--disable-warning=ExperimentalWarning', file, ...args], {
    maxBuffer: 2 ** 26,
  })
  return JSON.parse(stdout) as T
}
