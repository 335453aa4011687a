/** Objects that others are made from, as many as there is room for: those not used for the longest time go first. */
export interface HeldObjects {
  get(entry: number): Buffer | undefined
  /** the newest is held whatever its size */
  add(entry: number, data: Buffer): void
  release(entry: number): void
}

export const heldObjects = (most: number): HeldObjects => {
  const byEntry = new Map<number, Buffer>()
  let total = 0
  const release = (entry: number): void => {
    const data = byEntry.get(entry)
    if (!data) return
    total -= data.length
    byEntry.delete(entry)
  }
  return {
    get(entry) {
      const data = byEntry.get(entry)
      if (data && byEntry.size > 1) {
        byEntry.delete(entry)
        byEntry.set(entry, data)
      }
      return data
    },
    add(entry, data) {
      release(entry)
      byEntry.set(entry, data)
      total += data.length
      for (const oldest of byEntry.keys()) {
        if (total <= most || oldest === entry) break
        release(oldest)
      }
    },
    release,
  }
}
