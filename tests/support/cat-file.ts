import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { gitSettings } from './bare.ts'

export interface GitObject {
  readonly oid: string
  readonly type: string
  readonly content: Buffer
}

/** One process of git that is asked for objects, in place of one for each. */
export interface CatFile {
  /** @param name an id, or `<commit>:<path>`; undefined: there is none */
  read(name: string): Promise<GitObject | undefined>
  close(): Promise<void>
}

/**
 * `git cat-file --batch` in a repository; it sees what is written while it runs.
 * @param folder of a bare repository that is there
 */
export const openCatFile = (folder: string): CatFile => {
  const child = spawn('git', ['-C', folder, 'cat-file', '--batch'], {
    env: gitSettings(),
    stdio: ['pipe', 'pipe', 'ignore'],
  })
  const waiting: { done(found: GitObject | undefined): void; failed(error: Error): void }[] = []
  const pieces: Buffer[] = []
  let missing = 0
  child.stdout.on('data', (piece: Buffer) => {
    pieces.push(piece)
    missing -= piece.length
    if (missing > 0) return
    let read = Buffer.concat(pieces.splice(0))
    for (let end = read.indexOf('\n'); end >= 0; end = read.indexOf('\n')) {
      const [oid = '', type = '', size] = read.toString('utf8', 0, end).split(' ')
      const isThere = /^[0-9a-f]{40}$/.test(oid) && /^\d+$/.test(size ?? '')
      const after = isThere ? end + 1 + Number(size) + 1 : end + 1
      missing = after - read.length
      if (missing > 0) break
      const content = Buffer.from(read.subarray(end + 1, after - 1))
      read = read.subarray(after)
      waiting.shift()?.done(isThere ? { oid, type, content } : undefined)
    }
    if (read.length > 0) pieces.push(read)
  })
  child.stdin.on('error', () => undefined)
  const over = () => new Error(`git cat-file ended in ${folder}`)
  const ended = once(child, 'close').then(() => {
    for (const { failed } of waiting.splice(0)) failed(over())
  })
  return {
    read: (name) =>
      new Promise((done, failed) => {
        if (name.includes('\n')) return failed(new Error('a name that git cat-file would read as two'))
        if (child.exitCode !== null || child.signalCode !== null) return failed(over())
        waiting.push({ done, failed })
        child.stdin.write(`${name}\n`)
      }),
    close: () => {
      child.stdin.end()
      return ended
    },
  }
}
