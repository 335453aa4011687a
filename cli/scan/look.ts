import { join } from 'node:path'
import { addAbortSignal } from 'node:stream'
import { setImmediate } from 'node:timers/promises'
import type { FoundAt, UnscannedAt } from '../../shared/scanning/finding.ts'
import type { Engines } from '../../shared/scanning/walk/engines.ts'
import { inRefNames } from '../../shared/scanning/walk/ref-names.ts'
import type { WalkResult } from '../../shared/scanning/walk/types.ts'
import { walk } from '../../shared/scanning/walk/walk.ts'
import type { ScanOptions } from '../commands/scan.ts'
import type { Terminal } from '../terminal.ts'
import { type Outcome, scanFiles, scanInput } from './files.ts'
import { historyOf, objectsOf, readOfHead, stagedFiles } from './local.ts'
import type { PackSource } from './pack-source.ts'
import { type ReadFile, readIfThere } from './rules.ts'
import { scanStaged } from './staged.ts'
import type { ScanTarget } from './target.ts'

export interface Looking {
  readonly options: ScanOptions
  readonly terminal: Terminal
  readonly signal: AbortSignal
  readonly now: () => number
}

export interface Looked {
  readonly found: readonly FoundAt[]
  readonly unscanned: readonly UnscannedAt[]
  /** findings that a limit cut off */
  readonly beyond: number
  /** `12 commits, 30 blobs` */
  readonly what: string
  readonly bytes: number
}

/** A target that is open: its files of the team, and the way to look at it. */
export interface Looker {
  readonly readFile: ReadFile
  /** what `readFile` reads of */
  readonly place: string
  look(engines: Engines, without: ReadonlySet<string>): Promise<Looked>
  close(): Promise<void>
}

const MEGABYTE = 1_000_000
/** findings of a history that are kept */
const MOST_FINDINGS = 100_000

export const lookerOf = async (target: ScanTarget, looking: Looking): Promise<Looker> => {
  switch (target.kind) {
    case 'stdin':
      return {
        ...withoutFiles,
        look: async (engines) =>
          looked(
            // else whoever waits for an input without end would not hear of Ctrl-C
            await scanInput(addAbortSignal(looking.signal, process.stdin), engines, sizeLimit(looking)),
            'standard input',
          ),
      }
    case 'files':
      return filesLooker(target.path, looking)
    case 'staged':
      return stagedLooker(target.folder)
    case 'history':
      return historyLooker(
        await historyOf(
          target.folder,
          { range: target.range, missing: looking.options.missing, own: process.env },
          looking.signal,
        ),
        looking,
      )
    case 'codecommit': {
      const { historyOfCodeCommit } = await import('./codecommit.ts')
      const { terminal, options, signal } = looking
      const onBytes = (bytes: number) => {
        if (terminal.stream.isTTY) terminal.progress('fetched', 0, `${(bytes / MEGABYTE).toFixed(1)} MB`)
      }
      return historyLooker(await historyOfCodeCommit(target.name, options, onBytes, signal), looking)
    }
  }
}

const withoutFiles = {
  readFile: async () => undefined,
  place: '',
  close: async () => undefined,
}

const sizeLimit = ({ options }: Looking): number =>
  options.maxSize === undefined ? Number.POSITIVE_INFINITY : options.maxSize * MEGABYTE

const looked = ({ found, unscanned, bytes }: Outcome, what: string): Looked => ({
  found,
  unscanned,
  bytes,
  beyond: 0,
  what,
})

const counted = (count: number, word: string): string => `${count} ${word}${count === 1 ? '' : 's'}`

const filesLooker = (path: string, looking: Looking): Looker => ({
  ...withoutFiles,
  readFile: async (name) => readIfThere(join(path, name)),
  place: path,
  async look(engines, without) {
    const draw = drawing(looking, (files, bytes) => [
      'files',
      0,
      `${files}, ${(bytes / MEGABYTE).toFixed(1)} MB`,
    ])
    const outcome = await scanFiles(path, {
      engines,
      without,
      followSymlinks: looking.options.followSymlinks,
      maxSize: sizeLimit(looking),
      onFile: (files, bytes) =>
        draw(files, bytes) ? setImmediate().then(() => looking.signal.throwIfAborted()) : undefined,
    })
    looking.terminal.progressEnd()
    return looked(outcome, counted(outcome.files, 'file'))
  },
})

const stagedLooker = (folder: string): Looker => {
  const objects = objectsOf(folder)
  return {
    readFile: (path) => readOfHead(objects, path),
    place: 'HEAD',
    async look(engines) {
      const outcome = await scanStaged(await stagedFiles(folder, process.env), objects, engines)
      return looked(outcome, counted(outcome.files, 'staged file'))
    },
    close: async () => objects.close(),
  }
}

const historyLooker = (source: PackSource, looking: Looking): Looker => ({
  readFile: source.readFile,
  place: source.place,
  async look(engines) {
    const draw = drawing(looking, (done, total, phase) => [phase, done / total, `${done} of ${total}`])
    const result = await walk({
      pack: source.pack,
      wants: source.wants,
      older: source.older,
      engines,
      now: looking.now,
      limits: { findings: MOST_FINDINGS },
      onProgress: (phase, done, total) => {
        looking.signal.throwIfAborted()
        draw(done, total, phase)
      },
    })
    looking.terminal.progressEnd()
    const inWalk = ofWalk(result, source.missing)
    return { ...inWalk, found: [...inRefNames(engines.exact, source.refs), ...inWalk.found] }
  },
  close: source.close,
})

const ofWalk = ({ found, unscanned, beyond, counts }: WalkResult, missing: number): Looked => ({
  found,
  unscanned: [
    ...(missing > 0
      ? [{ reason: 'missing' as const, objects: missing, place: { kind: 'file' as const, path: '' } }]
      : []),
    // rules that cannot run at all are told by the caller
    ...unscanned.filter(({ reason, oid }) => reason !== 'pattern' || oid !== undefined),
  ],
  beyond: beyond.found,
  what: `${counted(counts.commits, 'commit')}, ${counted(counts.blobs, 'blob')}`,
  bytes: counts.bytes,
})

const DRAW_MS = 100

/** Draws on a terminal now and then; true when it did, or would have. */
const drawing = (
  { terminal, now }: Looking,
  shown: (
    done: number,
    total: number,
    phase: string,
  ) => readonly [label: string, share: number, detail: string],
) => {
  let last = now()
  return (done: number, total: number, phase = ''): boolean => {
    if (now() - last < DRAW_MS) return false
    last = now()
    if (terminal.stream.isTTY) terminal.progress(...shown(done, total, phase))
    return true
  }
}
