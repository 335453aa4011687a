// What the bench and its processes say to each other.

/** A request as the server got it. */
export interface Recorded {
  /** milliseconds since the epoch: when it came, and when its answer had gone */
  readonly at: number
  readonly end: number
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  /** file with its body */
  readonly body: string
}

export type ServerOrder =
  | { readonly kind: 'count' }
  | { readonly kind: 'note'; readonly folder: string }
  | { readonly kind: 'noted' }
  /** another port of the same server, so far away */
  | { readonly kind: 'distance'; readonly roundTripMs: number }

export type ServerAnswer =
  | { readonly kind: 'listening'; readonly port: number }
  | { readonly kind: 'count'; readonly bytes: number; readonly requests: number }
  | { readonly kind: 'noting' }
  | { readonly kind: 'noted'; readonly recorded: readonly Recorded[] }

/** URLs of the two repositories. */
export interface Ends {
  readonly source: string
  readonly replica: string
}

export interface Move {
  readonly ref: string
  readonly from: string
  readonly to: string
}

export type ClientOrder =
  /** `proof`: looks again until both sides are seen equal, which takes two requests more; else one round of four */
  | ({ readonly kind: 'relay'; readonly proof?: boolean } & Ends)
  /** two requests and a look at the source's ref; `proof`: both sides are read instead, as `replicate` does */
  | ({ readonly kind: 'fast-path'; readonly moves: readonly Move[]; readonly proof?: boolean } & Ends)
  /** the requests, each sent when all those are answered that had been answered before it came */
  | { readonly kind: 'replay'; readonly requests: readonly (Recorded & { readonly base: string })[] }

export type ClientAnswer =
  | {
      readonly kind: 'done'
      readonly milliseconds: number
      /** user and system time */
      readonly cpuMs: number
      /** what went to the file system, in bytes */
      readonly written: number
      /** the most that this process ever held, in MB */
      readonly peakMB: number
    }
  | { readonly kind: 'failed'; readonly reason: string }
