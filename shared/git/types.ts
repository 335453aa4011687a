import type { Advertisement, GitService } from './advertisement.ts'
import type { RefMap } from './refs.ts'

/** One repository on one server, over smart HTTP. */
export interface GitRemote {
  /** without credentials: `https://host/v1/repos/name` */
  readonly url: string
  /** value of the Authorization header; asked anew for every request, since signed passwords live minutes only */
  readonly authorization: () => Promise<string>
}

/** Bytes of a pack, piece by piece. Ending the loop early closes the connection they come from. */
export type PackStream = AsyncIterable<Uint8Array>

export interface FetchRequest {
  /** 40 hex digits each; at least one */
  readonly wants: readonly string[]
  readonly haves: readonly string[]
  /** what the source offered; nothing else is asked for */
  readonly offered: readonly string[]
  /** deltas against objects that are not in the pack */
  readonly thin: boolean
  /** deltas by offset, as well as by name */
  readonly offsetDeltas: boolean
  /** the pack's checksum is held against its bytes, for which the stream throws GIT_PROTOCOL at its end */
  readonly verify?: boolean
}

export interface FetchAnswer {
  /** haves that the server proved to hold: `ACK … common` and the final ACK, never `ready` */
  readonly common: readonly string[]
  readonly pack: PackStream
}

/** The old or new value of a ref that does not exist. */
export const ZERO_OID = '0'.repeat(40)

/** One line of a push: compare-and-swap of a ref. */
export interface RefCommand {
  /** full name */
  readonly ref: string
  /** {@link ZERO_OID}: must not exist */
  readonly from: string
  /** {@link ZERO_OID}: deleted */
  readonly to: string
}

export interface PushRequest {
  readonly commands: readonly RefCommand[]
  /** what the replica offered; nothing else is asked for */
  readonly offered: readonly string[]
  /** absent: nothing new (the empty pack is sent where one is due) */
  readonly pack?: PackStream
}

export type RefResult = { readonly kind: 'ok' } | { readonly kind: 'refused'; readonly reason: string }

/** What report-status says. */
export interface PushReport {
  /** `ok`, or the server's reason why it could not take the pack */
  readonly unpack: string
  /** by ref; a ref that is not in it was not spoken of */
  readonly refs: ReadonlyMap<string, RefResult>
}

/** Work in bytes and requests, for budgets and measurements. */
export interface Traffic {
  readonly requests: number
  readonly received: number
  readonly sent: number
}

export interface Exchange {
  /** ends it: the connection is destroyed, so that the server never takes a part for the whole */
  readonly signal?: AbortSignal
}

/**
 * Git over smart HTTP without the git program. Throws RelayError: REMOTE_DENIED (401, 403), REMOTE_THROTTLED (429, 503; `retryAfterMs` in its data where the server said how long),
 * REMOTE_FAILED, REMOTE_UNREACHABLE, GIT_PROTOCOL, GIT_LIMIT; none holds a credential. In their data: `host`, `path`, `service`;
 * `status`; `reason`, the server's words in short; `error`, Node's code, or `timeout` or `aborted`. NAME_INVALID is a request that
 * cannot be sent.
 */
export interface GitClient {
  /** undefined: no such repository (404) */
  advertise(remote: GitRemote, service: GitService, exchange?: Exchange): Promise<Advertisement | undefined>
  /** these refs as upload-pack has them now, those that exist; undefined: no such repository (404) */
  lookRefs(remote: GitRemote, names: readonly string[], exchange?: Exchange): Promise<RefMap | undefined>
  fetch(remote: GitRemote, request: FetchRequest, exchange?: Exchange): Promise<FetchAnswer>
  /**
   * undefined where the server offers no report-status: read the refs again. `again: 'with-length'` in a failure's data: the
   * server takes no chunked body, the pack is spent; fetch and push once more, which sends it with its length
   */
  push(remote: GitRemote, request: PushRequest, exchange?: Exchange): Promise<PushReport | undefined>
  /** since this client was made */
  traffic(): Traffic
}
