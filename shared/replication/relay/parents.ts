import type { Parents } from './losing.ts'

/** Commits of a small pack, with their parents. */
export const parentsIn = async (_pack: Uint8Array): Promise<Parents> => new Map()
