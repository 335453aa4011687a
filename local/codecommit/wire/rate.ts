/** @returns whether one more request of an account in a region may pass */
export type Rate = (place: string) => boolean

/**
 * How many Git requests an account may make in a region each second (codecommit user guide, "Troubleshooting access errors": "Rate
 * Exceeded"; AWS publishes no figure). A bucket of a second's worth that fills evenly.
 * @param perSecond undefined: as many as come
 */
export const createRate = (perSecond: number | undefined, now: () => number): Rate => {
  if (perSecond === undefined) return () => true
  const buckets = new Map<string, { left: number; at: number }>()
  return (place) => {
    const at = now()
    const bucket = buckets.get(place) ?? { left: perSecond, at }
    const left = Math.min(perSecond, bucket.left + (Math.max(0, at - bucket.at) / 1_000) * perSecond)
    const passes = left >= 1
    buckets.set(place, { left: passes ? left - 1 : left, at })
    return passes
  }
}
