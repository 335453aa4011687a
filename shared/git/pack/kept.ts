const SLAB_BYTES = 1024 * 1024

/** Larger ones are quick to inflate again, for what they have. */
const MOST_BYTES = 64 * 1024

/** Inflated entries, side by side, so that a pack that is not large is inflated once. */
export interface Kept {
  /** where it is kept; 0: there is no more room */
  add(bytes: Uint8Array): number
  get(place: number, size: number): Buffer
  bytes(): number
  clear(): void
}

export const keptEntries = (most: number): Kept => {
  const slabs: Buffer[] = []
  let used = SLAB_BYTES
  let total = 0
  return {
    add(bytes) {
      if (bytes.length > MOST_BYTES || bytes.length === 0) return 0
      if (used + bytes.length > SLAB_BYTES) {
        if (total + SLAB_BYTES > most) return 0
        slabs.push(Buffer.allocUnsafeSlow(SLAB_BYTES))
        total += SLAB_BYTES
        used = 0
      }
      const at = used
      slabs[slabs.length - 1]?.set(bytes, at)
      used += bytes.length
      // counted from one slab on, so that 0 is nowhere
      return slabs.length * SLAB_BYTES + at
    },
    get(place, size) {
      const at = place % SLAB_BYTES
      return (slabs[(place - at) / SLAB_BYTES - 1] as Buffer).subarray(at, at + size)
    },
    bytes: () => total,
    clear() {
      slabs.length = 0
    },
  }
}
