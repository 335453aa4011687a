import { RelayError } from '../../runtime/errors.ts'
import type { PackLimits } from './types.ts'

const MEBIBYTE = 1024 * 1024

/**
 * What fits into a Lambda function of 1,769 MB (one vCPU), scanner included. At the worst `memory` + `held` + a base, its delta and what
 * it makes (git's own deltas are at most half of that) + the index (about 80 bytes for each object) are in memory: some 1,050 MB. Who has more room passes other limits;
 * GIT_LIMIT with the name of one says that it takes more room or more time.
 */
export const PACK_LIMITS: PackLimits = {
  memory: 256 * MEBIBYTE,
  /** a function's own storage can be as large as 10 GB; offsets of the index have 32 bits */
  pack: 2_048 * MEBIBYTE,
  /** a text that is scanned in one */
  object: 32 * MEBIBYTE,
  /** a large file that was changed: git makes one of the two a delta of the other */
  base: 192 * MEBIBYTE,
  held: 128 * MEBIBYTE,
  /** one to three minutes of work */
  inflated: 16_384 * MEBIBYTE,
  objects: 2_000_000,
  /** as deep as `git pack-objects` makes them */
  depth: 4_095,
}

/**
 * The limits of whoever has another memory than the function that {@link PACK_LIMITS} are made for.
 * @param memory MiB of the process
 */
export const limitsFor = (memory: number): PackLimits => {
  const share = memory / 1_769
  const scaled = (most: number) => Math.floor(most * share)
  return {
    ...PACK_LIMITS,
    memory: scaled(PACK_LIMITS.memory),
    base: scaled(PACK_LIMITS.base),
    held: scaled(PACK_LIMITS.held),
    objects: scaled(PACK_LIMITS.objects),
  }
}

/** Who has hours and a disk: as much as the index can address, and a bound for bombs only. */
export const roomyLimitsFor = (memory: number): PackLimits => ({
  ...limitsFor(memory),
  pack: 4_095 * MEBIBYTE,
  inflated: 512 * 1024 * MEBIBYTE,
})

/** @throws RelayError GIT_LIMIT when there is more than `most` */
export const within = (limit: keyof PackLimits, value: number, most: number): void => {
  if (value > most) throw new RelayError('GIT_LIMIT', { limit: `pack ${limit}`, most, value })
}
