import {
  closeSync,
  lstatSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  readSync,
  statSync,
} from 'node:fs'
import { basename, dirname, isAbsolute, join } from 'node:path'
import type { FoundAt, UnscannedAt } from '../../shared/scanning/finding.ts'
import { type Engines, isAllowedPath } from '../../shared/scanning/walk/engines.ts'
import { scanPieces } from '../../shared/scanning/walk/pieces.ts'

const MEBIBYTE = 1024 * 1024
/** larger files are looked at in pieces of half of it */
const WHOLE_BYTES = 32 * MEBIBYTE
const READ_BYTES = MEBIBYTE

export interface Outcome {
  readonly found: FoundAt[]
  readonly unscanned: UnscannedAt[]
  files: number
  bytes: number
}

export const emptyOutcome = (): Outcome => ({ found: [], unscanned: [], files: 0, bytes: 0 })

export interface FileOptions {
  readonly engines: Engines
  readonly followSymlinks: boolean
  /** bytes; larger files are told */
  readonly maxSize: number
  /** paths that are not looked at: the scanner's own files */
  readonly without: ReadonlySet<string>
  readonly onFile: (files: number, bytes: number) => Promise<void> | undefined
}

/**
 * Looks at a file, or at all files of a folder, as `gitleaks dir` does: paths begin with the folder as it was given, `.git` and what
 * the allow-lists name is passed over, links are passed over or lead to files only.
 */
export const scanFiles = async (path: string, options: FileOptions): Promise<Outcome> => {
  const outcome = emptyOutcome()
  const given = givenOf(join(path))
  for (const file of filesUnder(path, options, outcome)) {
    if (options.without.has(file.path)) continue
    await lookAt(file, given, options, outcome)
    await options.onFile(outcome.files, outcome.bytes)
  }
  return outcome
}

/** Of the paths under it, what was given: that of a folder, or the folder of a single file. */
const givenOf = (top: string): string => {
  const folder = statSync(top, { throwIfNoEntry: false })?.isDirectory() ? top : dirname(top)
  return folder === '.' ? '' : join(folder, '/')
}

interface File {
  readonly path: string
  /** by which the system knows it: bytes, where its name is no UTF-8 and the path only shows it */
  readonly at: string | Buffer
  readonly symlink?: string
}

function* filesUnder(top: string, options: FileOptions, outcome: Outcome): Generator<File> {
  const { engines, followSymlinks } = options
  const stack: File[] = [{ path: join(top), at: join(top) }]
  for (let file = stack.pop(); file !== undefined; file = stack.pop()) {
    const { path, at } = file
    try {
      const stat = path === join(top) ? statSync(at) : lstatSync(at)
      if (stat.isSymbolicLink()) {
        if (!followSymlinks || isAllowedPath(engines, path)) continue
        const target = statSync(at)
        if (target.isFile()) yield { path: targetOfLink(path, at), at, symlink: path }
        else if (!target.isDirectory()) outcome.unscanned.push(special(path))
      } else if (stat.isDirectory()) {
        if (isAllowedPath(engines, path)) continue
        stack.push(...entriesOf(file).reverse())
      } else if (!stat.isFile()) {
        if (!isAllowedPath(engines, path)) outcome.unscanned.push(special(path))
      } else if (stat.size > 0) yield file
    } catch (error) {
      outcome.unscanned.push(unreadable(path, error))
    }
  }
}

const entriesOf = ({ path, at }: File): File[] => {
  const names = readdirSync(at).sort()
  const isPlain = typeof at === 'string' && !names.some((name) => name.includes('\uFFFD'))
  const files = isPlain
    ? names.map((name) => ({ path: join(path, name), at: join(path, name) }))
    : readdirSync(at, { encoding: 'buffer' })
        .toSorted(Buffer.compare)
        .map((name) => ({
          path: join(path, name.toString()),
          at: Buffer.concat([Buffer.from(at), Buffer.from('/'), name]),
        }))
  return files.filter((file) => basename(file.path) !== '.git')
}

/** Where a link leads, from link to link; relative for as long as they are, as gitleaks names the file. */
const targetOfLink = (path: string, from: string | Buffer): string => {
  // of a name that cannot be said the link itself is named
  if (typeof from !== 'string') return path
  let at = path
  while (lstatSync(at).isSymbolicLink()) {
    const next = readlinkSync(at)
    at = isAbsolute(next) ? next : join(dirname(at), next)
  }
  return at
}

/** What would be waited for, or has no end, is not read. */
const special = (path: string): UnscannedAt => ({ reason: 'special', place: { kind: 'file', path } })

/** permission, or it is gone again; anything else is thrown */
const unreadable = (path: string, error: unknown): UnscannedAt => {
  if (typeof (error as NodeJS.ErrnoException).code !== 'string') throw error
  return { reason: 'missing', place: { kind: 'file', path } }
}

const lookAt = async (
  { path, at, symlink }: File,
  given: string,
  { engines, maxSize }: FileOptions,
  outcome: Outcome,
): Promise<void> => {
  const place = { kind: 'file' as const, path, ...(symlink === undefined ? {} : { symlink }) }
  const target = { path, ...(path.startsWith(given) ? { given: given.length } : {}) }
  try {
    const { size } = statSync(at)
    if (size > maxSize) {
      outcome.unscanned.push({ reason: 'size', bytes: size, place })
      return
    }
    const { hits, unscanned } =
      size > WHOLE_BYTES
        ? await scanPieces(engines.exact, bytesOf(at), target, WHOLE_BYTES / 2)
        : engines.exact.scan(readFileSync(at), target)
    for (const hit of hits)
      outcome.found.push({ hit, place: hit.rule.regex === undefined ? { ...place, kind: 'path' } : place })
    for (const one of unscanned) if (one.reason !== 'pattern') outcome.unscanned.push({ ...one, place })
    outcome.files += 1
    outcome.bytes += size
  } catch (error) {
    outcome.unscanned.push(unreadable(path, error))
  }
}

function* bytesOf(path: string | Buffer): Generator<Buffer> {
  const room = Buffer.allocUnsafe(READ_BYTES)
  const file = openSync(path, 'r')
  try {
    for (let read = readSync(file, room); read > 0; read = readSync(file, room)) yield room.subarray(0, read)
  } finally {
    closeSync(file)
  }
}

/** Looks at all of standard input. */
export const scanInput = async (
  input: AsyncIterable<Buffer>,
  engines: Engines,
  maxSize: number,
): Promise<Outcome> => {
  const outcome = emptyOutcome()
  const pieces: Buffer[] = []
  const place = { kind: 'file', path: '' } as const
  for await (const piece of input) {
    outcome.bytes += piece.length
    if (outcome.bytes <= maxSize) pieces.push(piece)
  }
  if (outcome.bytes > maxSize)
    outcome.unscanned.push({ reason: 'size', bytes: outcome.bytes - maxSize, place })
  const { hits, unscanned } =
    outcome.bytes > WHOLE_BYTES
      ? await scanPieces(engines.exact, pieces, { path: '' }, WHOLE_BYTES / 2)
      : engines.exact.scan(Buffer.concat(pieces), { path: '' })
  for (const hit of hits) outcome.found.push({ hit, place })
  for (const one of unscanned) if (one.reason !== 'pattern') outcome.unscanned.push({ ...one, place })
  outcome.files = 1
  return outcome
}
