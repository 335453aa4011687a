import { execFile, spawn } from 'node:child_process'
import { createCipheriv, createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { promisify } from 'node:util'

const exec = promisify(execFile)

export const gitEnvironment: NodeJS.ProcessEnv = {
  PATH: process.env.PATH,
  HOME: '/nonexistent',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_TERMINAL_PROMPT: '0',
}

/** A git command in a repository; gives what it writes. */
export const git = async (folder: string, ...args: string[]): Promise<string> => {
  const options = { env: gitEnvironment, maxBuffer: 64 * 2 ** 20 }
  return (await exec('git', ['-C', folder, ...args], options)).stdout.trim()
}

/**
 * Each commit changes two text files of 20 kB in so many places. They lie in the pack as deltas, in chains of up to fifty, as most of
 * what people write does.
 */
export interface History {
  readonly commits: number
  readonly edits: number
  readonly refs: number
}

/** A bare repository that holds nothing; no work in the background may disturb what is measured. */
export const makeBare = async (folder: string): Promise<void> => {
  await exec('git', ['init', '--quiet', '--bare', '--initial-branch=main', folder], { env: gitEnvironment })
  await settle(folder)
}

/** The same repository again; its packs are shared, not copied. */
export const copyBare = async (from: string, to: string): Promise<void> => {
  await exec('git', ['clone', '--quiet', '--mirror', '--local', from, to], { env: gitEnvironment })
  await settle(to)
}

const settle = async (folder: string): Promise<void> => {
  await git(folder, 'config', 'gc.auto', '0')
  await git(folder, 'config', 'receive.autogc', 'false')
}

/** Fills a bare repository: equal histories give equal bytes. */
export const generate = async (folder: string, history: History): Promise<void> => {
  await fastImport(folder, linesOf(history))
  await git(folder, 'pack-refs', '--all')
}

/** The same objects and deltas in one pack, with a bitmap that spares who serves a clone the walk over all trees. */
export const writeBitmap = async (folder: string): Promise<void> => {
  await git(folder, 'repack', '-a', '-d', '-b', '-q')
}

/** One commit more on main, with a line changed in each of three files. @returns main before and after */
export const advance = async (folder: string, count: number): Promise<{ from: string; to: string }> => {
  const names = [0, 1, 2].map((index) => path((count * 3 + index) % 100))
  const from = await git(folder, 'rev-parse', 'refs/heads/main')
  const random = randomness(`advance ${count}`)
  const edits = await Promise.all(
    names.map(async (name) => {
      const content = await contentOf(folder, `${from}:${name}`)
      const line = `${random(30).toString('hex')}\n`
      content.write(line, Math.max(0, (count * 37) % (content.length - line.length)), 'latin1')
      return file(name, content)
    }),
  )
  await fastImport(folder, [commit(`change ${count}`, 2_000_000_000 + count, from), ...edits])
  return { from, to: await git(folder, 'rev-parse', 'refs/heads/main') }
}

const contentOf = async (folder: string, name: string): Promise<Buffer> => {
  const words = ['-C', folder, 'cat-file', 'blob', name]
  return (await exec('git', words, { env: gitEnvironment, encoding: 'buffer' })).stdout
}

const fastImport = async (folder: string, lines: Iterable<Uint8Array | string>): Promise<void> => {
  const child = spawn('git', ['-C', folder, '-c', 'core.compression=1', 'fast-import', '--quiet'], {
    env: gitEnvironment,
    stdio: ['pipe', 'ignore', 'inherit'],
  })
  const ended = new Promise<void>((done, failed) =>
    child.once('close', (code) => (code === 0 ? done() : failed(new Error(`git fast-import: ${code}`)))),
  )
  await Promise.all([pipeline(Readable.from(lines, { objectMode: true }), child.stdin), ended])
}

/** git fast-import makes deltas between blobs that follow one another: so all versions of a file come first, one by one. */
function* linesOf({ commits, edits, refs }: History): Generator<Uint8Array> {
  const files = Math.max(100, Math.ceil(commits / 25))
  const versions = Math.ceil((commits * 2) / files)
  const random = randomness(`text ${commits} ${files}`)
  const blobMark = (place: number) => 1 + commits + (place % files) * versions + Math.floor(place / files)
  for (let each = 0; each < files; each += 1) {
    const text = Buffer.from(random(15_000).toString('base64'))
    for (let version = 0; version < versions; version += 1) {
      const place = version * files + each
      for (let edit = 0; edit < edits; edit += 1) {
        const words = random(172).toString('base64')
        text.write(words, (place * 7_919 + edit * 2_801) % (text.length - words.length), 'latin1')
      }
      yield Buffer.from(`blob\nmark :${blobMark(place)}\ndata ${text.length}\n${text}\n`)
    }
  }
  for (let index = 1; index <= commits; index += 1) {
    const from = index === 1 ? undefined : `:${index - 1}`
    const changed = [2 * index - 2, 2 * index - 1].map((place) =>
      Buffer.from(`M 100644 :${blobMark(place)} ${path(place % files)}\n`),
    )
    yield Buffer.concat([commit(`commit ${index}`, 1_500_000_000 + index * 60, from, index), ...changed])
  }
  for (let index = 1; index < refs; index += 1) {
    const name = index % 10 === 9 ? `refs/tags/v${index}` : `refs/heads/topic/${index}`
    yield Buffer.from(`reset ${name}\nfrom :${1 + ((index * 31) % commits)}\n\n`)
  }
}

const commit = (message: string, time: number, from?: string, mark?: number): Buffer =>
  Buffer.from(
    `commit refs/heads/main\n${mark === undefined ? '' : `mark :${mark}\n`}committer Nina <nina@example.com> ${time} +0000\n` +
      `data ${message.length}\n${message}\n${from === undefined ? '' : `from ${from}\n`}`,
  )

/** Fifty files to a folder. */
const path = (index: number): string => `part-${Math.floor(index / 50)}/file-${index % 50}.bin`

const file = (name: string, content: Uint8Array): Buffer =>
  Buffer.concat([
    Buffer.from(`M 100644 inline ${name}\ndata ${content.length}\n`),
    content,
    Buffer.from('\n'),
  ])

/** A stream of bytes that look random and are the same for the same seed. */
const randomness = (seed: string): ((bytes: number) => Buffer) => {
  const key = createHash('md5').update(seed).digest()
  const cipher = createCipheriv('aes-128-ctr', key, Buffer.alloc(16))
  return (bytes) => cipher.update(Buffer.alloc(bytes))
}
