import { spawn } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

const SOURCES = resolve(import.meta.dirname, '../../../node_modules')

/**
 * Makes a bare repository whose pack has about so many bytes: files put together from runs of lines of real sources, then commits
 * that each change a few of them. Always the same for the same sources.
 * @param repack false: as fast-import leaves it, which is not smaller by much and takes minutes less where the history is large
 */
export const makeHistory = async (folder: string, bytes: number, repack = true): Promise<string> => {
  await git(['init', '--quiet', '--bare', folder])
  const importer = spawn('git', ['-C', folder, 'fast-import', '--quiet', '--depth=10'], {
    stdio: ['pipe', 'ignore', 'inherit'],
  })
  const ended = new Promise<void>((done, failed) =>
    importer.on('close', (status) => (status === 0 ? done() : failed(new Error(`fast-import: ${status}`)))),
  )
  for (const piece of commands(bytes))
    if (!importer.stdin.write(piece)) await new Promise((drained) => importer.stdin.once('drain', drained))
  importer.stdin.end()
  await ended
  if (repack) await git(['-C', folder, 'repack', '-adfq', '--window=10'])
  const packs = join(folder, 'objects/pack')
  return join(packs, readdirSync(packs).find((name) => name.endsWith('.pack')) as string)
}

const git = (args: readonly string[]): Promise<void> =>
  new Promise((done, failed) =>
    spawn('git', args, { stdio: ['ignore', 'ignore', 'inherit'] }).on('close', (status) =>
      status === 0 ? done() : failed(new Error(`git ${args[0]}: ${status}`)),
    ),
  )

/** What ordinary source takes of a pack for each of its bytes, measured. */
const PACKED = 0.39

function* commands(bytes: number): Generator<string> {
  const sources = readSources()
  const random = randomNumbers(7)
  const files: string[][] = []
  let left = bytes / PACKED
  for (let commit = 0; left > 0; commit += 1) {
    const message = `change ${commit}`
    yield `commit refs/heads/main\ncommitter n <n@example.org> ${1_700_000_000 + commit * 60} +0000\ndata ${message.length}\n${message}\n`
    for (let n = 0; n < 8; n += 1) {
      const lines = compose(sources, random, 20 + random(400))
      left -= lines.reduce((sum, line) => sum + line.length + 1, 0)
      files.push(lines)
      yield file(files.length - 1, lines)
    }
    for (let n = 0; n < 4; n += 1) {
      const number = random(files.length)
      const lines = files[number] as string[]
      lines.splice(random(lines.length), random(4), ...compose(sources, random, 1 + random(6)))
      yield file(number, lines)
    }
    yield '\n'
  }
}

const file = (number: number, lines: readonly string[]): string => {
  const content = `${lines.join('\n')}\n`
  const path = `src/part-${number % 23}/area-${number % 7}/file-${number}.ts`
  return `M 100644 inline ${path}\ndata ${Buffer.byteLength(content)}\n${content}\n`
}

const compose = (
  sources: readonly string[][],
  random: (below: number) => number,
  count: number,
): string[] => {
  const lines: string[] = []
  while (lines.length < count) {
    const source = sources[random(sources.length)] as string[]
    const from = random(source.length)
    lines.push(...source.slice(from, from + 3 + random(12)))
  }
  return lines
}

/** lines of sources as people write them: what is minified is left out */
const readSources = (): string[][] =>
  readdirSync(SOURCES, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(?:[cm]?js|ts|md)$/.test(name))
    .sort()
    .filter((_, index) => index % 9 === 0)
    .flatMap((name) => readLines(join(SOURCES, name)))
    .slice(0, 4_000)

const readLines = (path: string): string[][] => {
  try {
    const lines = readFileSync(path, 'utf8').split('\n')
    return lines.length > 30 && lines.every((line) => line.length < 400) ? [lines] : []
  } catch (error) {
    // a folder that is named like a file
    if ((error as NodeJS.ErrnoException).code === 'EISDIR') return []
    throw error
  }
}

/** the same numbers every time: a linear congruential generator */
const randomNumbers = (seed: number) => {
  let state = seed
  return (below: number): number => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}
