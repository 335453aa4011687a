/** Left, of fifteen minutes, to the start of a mirror, the proof, the table and the bus after a relay was stopped. */
const MARGIN = { most: 60_000, least: 5_000, share: 1 / 15 } as const

/**
 * Bytes that a relay is trusted with, for each MiB of the function's memory and second of its time: 16 MiB a second at 512 MiB,
 * half of what a relay moved between two servers on one machine. A function's share of network and processor grows with
 * its memory (Lambda developer guide, "Configure Lambda function memory").
 */
const BYTES_PER_MIB_SECOND = 32 * 1024

export interface Budget {
  /** milliseconds since the epoch: the relay hands over before */
  readonly until: number
  /** of packs, for each of the replicas that are worked on side by side */
  readonly bytes: number
}

/**
 * What one invocation may spend on each of its relays.
 * @param remainingMs until Lambda ends the invocation
 * @param memoryMiB of the function
 * @param relays side by side
 */
export const budgetOf = (now: number, remainingMs: number, memoryMiB: number, relays: number): Budget => {
  const margin = Math.min(MARGIN.most, Math.max(MARGIN.least, remainingMs * MARGIN.share))
  const usable = Math.max(0, remainingMs - margin)
  const bytes = (BYTES_PER_MIB_SECOND * memoryMiB * usable) / 1_000 / Math.max(1, relays)
  return { until: now + usable, bytes: Math.floor(bytes) }
}
