import { setTimeout as sleep } from 'node:timers/promises'
import { lsRemote, sameRefs } from './git.ts'

export interface Side {
  readonly url: string
  readonly credentialFile: string
}

export interface Equality {
  readonly equal: boolean
  /** refs on the source */
  readonly refs: number
  /** milliseconds from the call until git saw both sides equal, or until the time was up */
  readonly tookMs: number
}

const FIRST_PAUSE_MS = 25
const LONGEST_PAUSE_MS = 500

/**
 * Asks git itself, through both clone addresses, until heads and tags are the same on both sides.
 * A replica that does not exist yet counts as empty.
 * @param onLook called after each look with the share of refs that are equal, 0 to 1
 */
export const waitUntilEqual = async (
  source: Side,
  replica: Side,
  timeoutMs: number,
  signal: AbortSignal,
  onLook: (share: number, tookMs: number) => void = () => undefined,
): Promise<Equality> => {
  const started = performance.now()
  let pause = FIRST_PAUSE_MS
  for (;;) {
    const [theirs, ours] = await Promise.all([
      lsRemote(source.url, { credentialFile: source.credentialFile, signal }),
      lsRemote(replica.url, { credentialFile: replica.credentialFile, signal }).catch(emptyWhenMissing),
    ])
    const tookMs = Math.round(performance.now() - started)
    onLook(shareEqual(theirs, ours), tookMs)
    if (theirs.size > 0 && sameRefs(theirs, ours)) return { equal: true, refs: theirs.size, tookMs }
    if (tookMs > timeoutMs) return { equal: false, refs: theirs.size, tookMs }
    await sleep(pause, undefined, { signal })
    pause = Math.min(pause * 1.3, LONGEST_PAUSE_MS)
  }
}

const shareEqual = (source: ReadonlyMap<string, string>, replica: ReadonlyMap<string, string>): number =>
  source.size === 0 ? 0 : [...source].filter(([name, oid]) => replica.get(name) === oid).length / source.size

/** Only a repository that is not there yet counts as empty; anything else is a failure to tell. */
const emptyWhenMissing = (error: unknown): Map<string, string> => {
  if (/not found/i.test((error as Error).message)) return new Map()
  throw error
}
