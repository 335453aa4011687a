import { type LeftRefs, NOTHING, oidMark, refKey, UNDER_WAY_MS } from '../../store/left-refs.ts'

/** Who put a value onto a replica's ref. `unknown`: Relay does not remember what it left there. */
export type Author = 'relay' | 'stranger' | 'unknown'

/**
 * Whether a value that a replica's ref holds is what Relay left there: proven, or announced and perhaps pushed by a worker that
 * was killed. What was never looked at before is nobody's fault: `unknown`.
 * @param oid what the ref holds now
 * @param heldDigest digest of all refs that the replica holds now
 */
export const authorOf = (left: LeftRefs, ref: string, oid: string, heldDigest: () => string): Author => {
  const { proven, moves, untold } = left
  const key = refKey(ref)
  const mark = oidMark(oid)
  const last = moves.get(key)?.at(-1)
  if (last?.done && (proven === undefined || last.at > proven.at)) {
    return last.to === mark ? 'relay' : 'stranger'
  }
  const recent = (moves.get(key) ?? []).filter(
    ({ at }) => proven === undefined || at > proven.at - UNDER_WAY_MS,
  )
  const latest = recent.at(-1)
  if (recent.some(({ to }) => to === mark) || (latest && !latest.done && latest.from === mark)) return 'relay'
  if (proven === undefined || untold) return 'unknown'
  if (proven.refs === undefined) return proven.digest === heldDigest() ? 'relay' : 'unknown'
  return (proven.refs.get(key) ?? NOTHING) === mark ? 'relay' : 'stranger'
}
