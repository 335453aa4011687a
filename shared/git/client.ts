import { ADVERTISEMENT_LIMITS, type AdvertisementLimits, type GitService } from './advertisement.ts'
import { createCaller } from './call.ts'
import { fetchPack } from './fetch.ts'
import type { Patience } from './http.ts'
import { advertise, lookRefs, type RefsKnowledge } from './look.ts'
import { type LengthKnowledge, push } from './push.ts'
import type { SpoolOptions } from './spool.ts'
import type { GitClient } from './types.ts'

export interface GitClientOptions {
  /** milliseconds until a connection must stand; 10 seconds unless said */
  readonly connectMs?: number
  /** milliseconds without a byte until a server is given up; 5 minutes unless said, since index-pack is silent for long */
  readonly idleMs?: number
  readonly limits?: AdvertisementLimits
  /** where packs above 1 MiB wait that must be sent with their length; absent: such a push fails with GIT_LIMIT */
  readonly spool?: SpoolOptions
  /** every pack is sent with its length, and spooled for it; else only for servers that refused a chunked body */
  readonly alwaysWithLength?: boolean
}

const PATIENCE: Patience = { connectMs: 10_000, idleMs: 300_000 }

/**
 * The client of GitClient's contract over HTTP and HTTPS. Connections are kept, for all clients of the process. What it learns
 * about a server (its version, whether it takes chunked bodies) it keeps for its own life.
 *
 * A pack above {@link MAX_GATHERED_BYTES} is sent chunked while it comes. A server that takes none (411, 501, or it hangs up at
 * the start of the body) costs that push: it throws with `again: 'with-length'` in its data. The pack is spent then; fetch and
 * push once more, and the client spools it to send its length.
 */
export const createGitClient = (options: GitClientOptions = {}): GitClient => {
  const { connectMs = PATIENCE.connectMs, idleMs = PATIENCE.idleMs, limits = ADVERTISEMENT_LIMITS } = options
  const caller = createCaller({ connectMs, idleMs })
  const versions: RefsKnowledge = new Map()
  const lengths: LengthKnowledge = new Map()
  return {
    advertise: (remote, service: GitService, exchange = {}) =>
      advertise(caller, remote, service, limits, exchange),
    lookRefs: (remote, names, exchange = {}) => lookRefs(caller, versions, remote, names, limits, exchange),
    fetch: (remote, request, exchange = {}) => fetchPack(caller, remote, request, exchange),
    push: (remote, request, exchange = {}) => push(caller, lengths, remote, request, options, exchange),
    traffic: caller.traffic,
  }
}
