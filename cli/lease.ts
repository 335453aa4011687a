import { setTimeout as sleep } from 'node:timers/promises'
import type { Lease, LeaseParts } from '../shared/runtime/lease.ts'

/** What a lease of a command needs besides what it extends. */
export type LeaseKeeping = Pick<LeaseParts, 'pause' | 'log'>

/**
 * Works while a lease is kept.
 * @param signal ends the work
 * @param open begins to extend
 * @param work gets a signal that ends it when `signal` does or the lease was lost
 * @param giveBack called at the end, however it came
 * @throws the lease's reason when it was lost; else what `work` throws
 */
export const underLease = async <T>(
  signal: AbortSignal,
  open: (keeping: LeaseKeeping) => Lease,
  work: (signal: AbortSignal) => Promise<T>,
  giveBack: () => Promise<unknown>,
): Promise<T> => {
  const lease = open({ pause, log: SILENT })
  try {
    return await work(AbortSignal.any([signal, lease.signal]))
  } catch (error) {
    throw lease.signal.aborted ? lease.signal.reason : error
  } finally {
    await lease.stop()
    await giveBack()
  }
}

/** Of its own: it goes on while the work does, and ends with it. */
const pause = (milliseconds: number, signal?: AbortSignal) =>
  sleep(milliseconds, undefined, { signal, ref: false })

const SILENT = { info: () => undefined, warn: () => undefined, error: () => undefined }
