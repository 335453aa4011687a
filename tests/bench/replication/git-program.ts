import { spawn } from 'node:child_process'
import { readdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Ends } from './messages.ts'
import { gitEnvironment } from './repositories.ts'

/** What one way cost its client. */
export interface Spent {
  readonly milliseconds: number
  /** user and system time of the client's processes */
  readonly cpuMs: number
  /** bytes on disk that it needed */
  readonly disk: number
}

/** What everybody does by hand: `git clone --mirror`, then `git push --mirror`. */
export const cloneAndPush = async ({ source, replica }: Ends, folder: string): Promise<Spent> => {
  const spent = await shell(
    'git clone --quiet --mirror "$1" "$2" && git -C "$2" push --quiet --mirror "$3"',
    [source, folder, replica],
  )
  const disk = sizeOf(folder)
  rmSync(folder, { recursive: true, force: true })
  return { ...spent, disk }
}

/** The same with a clone that was kept: `git fetch`, then `git push --mirror`. */
export const fetchAndPush = ({ replica }: Ends, clone: string): Promise<Spent> =>
  shell('git -C "$1" fetch --quiet --prune origin && git -C "$1" push --quiet --mirror "$2"', [
    clone,
    replica,
  ])

/** The clone that {@link fetchAndPush} goes on with. */
export const keepClone = (source: string, clone: string): Promise<Spent> =>
  shell('git clone --quiet --mirror "$1" "$2" && git -C "$2" config gc.auto 0', [source, clone])

/** Times a script; `times` of POSIX tells what its children took, and theirs. */
const shell = async (script: string, words: readonly string[]): Promise<Spent> => {
  const began = performance.now()
  const child = spawn('/bin/sh', ['-c', `${script} && times`, 'sh', ...words], {
    env: gitEnvironment,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let out = ''
  let said = ''
  child.stdout.on('data', (piece) => (out += piece))
  child.stderr.on('data', (piece) => (said += piece))
  const code = await new Promise((done) => child.once('close', done))
  const milliseconds = performance.now() - began
  if (code !== 0) throw new Error(`${script}: ${code} ${said}`)
  return { milliseconds, cpuMs: childrenMs(out), disk: 0 }
}

/** The second line: `0m1.230000s 0m0.440000s`. */
const childrenMs = (text: string): number =>
  [...(text.split('\n')[1] ?? '').matchAll(/(\d+)m([\d.]+)s/g)].reduce(
    (sum, [, minutes, seconds]) => sum + (Number(minutes) * 60 + Number(seconds)) * 1000,
    0,
  )

/** Bytes of all files below a folder. */
export const sizeOf = (folder: string): number =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => statSync(join(folder, name)))
    .reduce((sum, entry) => sum + (entry.isFile() ? entry.size : 0), 0)
