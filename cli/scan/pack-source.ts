import { tmpdir } from 'node:os'
import type { Pack, PackLimits } from '../../shared/git/pack/types.ts'
import type { WalkInput } from '../../shared/scanning/walk/types.ts'
import type { ReadFile } from './rules.ts'

/** A history to walk, and the files that its default branch has. */
export interface PackSource {
  readonly pack: Pack
  /** objects of it that are not there to be scanned */
  readonly missing: number
  readonly wants: WalkInput['wants']
  /** full names, where all of them are scanned */
  readonly refs: readonly string[]
  readonly older: WalkInput['older']
  readonly readFile: ReadFile
  /** what `readFile` reads of */
  readonly place: string
  close(): Promise<void>
}

const MEBIBYTE = 1024 * 1024

/** A whole history at once, on a machine that has the time: as large as the pack's index can address. */
export const CLI_PACK_LIMITS: Partial<PackLimits> = {
  pack: 4_095 * MEBIBYTE,
  inflated: 1_048_576 * MEBIBYTE,
  objects: 20_000_000,
}

export const spill = { folder: tmpdir() }
