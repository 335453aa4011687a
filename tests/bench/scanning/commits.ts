import { spawn } from 'node:child_process'
import { git } from '../../../cli/git.ts'

/** Files of which each commit changes two. */
const FILES = 2_000

/** A bare repository of so many commits in a row, by fast-import: always the same. */
export const makeCommits = async (folder: string, commits: number): Promise<void> => {
  await git(['init', '--quiet', '--bare', folder])
  const importer = spawn('git', ['-C', folder, 'fast-import', '--quiet', '--depth=10'], {
    stdio: ['pipe', 'ignore', 'inherit'],
  })
  const ended = new Promise<void>((done, failed) =>
    importer.on('close', (status) => (status === 0 ? done() : failed(new Error(`fast-import: ${status}`)))),
  )
  const files = new Map<number, string[]>()
  for (let number = 0; number < commits; number += 1)
    if (!importer.stdin.write(commit(number, files)))
      await new Promise((drained) => importer.stdin.once('drain', drained))
  importer.stdin.end()
  await ended
}

const commit = (number: number, files: Map<number, string[]>): string => {
  const who = `Nina <nina@example.com> ${1_600_000_000 + number * 60} +0000`
  const message = `change ${number}: ${'words of a message '.repeat(1 + (number % 4))}`
  const changes = [number * 31, number * 57 + 11].map((seed) => changed(seed % FILES, number, files)).join('')
  return `commit refs/heads/main\nauthor ${who}\ncommitter ${who}\ndata ${message.length}\n${message}\n${changes}\n`
}

const changed = (file: number, number: number, files: Map<number, string[]>): string => {
  const lines = files.get(file) ?? Array.from({ length: 20 + (file % 60) }, (_, at) => line(at, file))
  files.set(file, lines)
  lines[number % lines.length] = line(number, number)
  const text = `${lines.join('\n')}\n`
  const path = `src/part-${file % 20}/area-${file % 7}/file-${file}.ts`
  return `M 100644 inline ${path}\ndata ${text.length}\n${text}\n`
}

const line = (at: number, of: number): string =>
  `  const value${at} = compute(${of * 7}, '${(at * 2_654_435_761 + of).toString(36)}')`
