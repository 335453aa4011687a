/**
 * What CodeCommit's Git endpoint offers for a fetch, in its order, as client libraries met it: isomorphic-git issue 199 and a
 * recorded advertisement in google/osv-scalibr. No symref, ofs-delta, filter, no-done, include-tag or agent.
 */
export const FETCH_CAPABILITIES: readonly string[] = [
  'multi_ack_detailed',
  'shallow',
  'side-band-64k',
  'thin-pack',
  'allow-tip-sha1-in-want',
  'allow-reachable-sha1-in-want',
]

/** What it offers for a push (dulwich issue 671): no atomic, so a push may succeed in part. */
export const PUSH_CAPABILITIES: readonly string[] = [
  'side-band-64k',
  'report-status',
  'delete-refs',
  'thin-pack',
]

/**
 * Capabilities that a client announced though they were not offered. CodeCommit cuts such clients off (isomorphic-git,
 * `commands/push.js`, about `agent=`).
 */
export const neverOffered = (announced: readonly string[], offered: readonly string[]): string[] =>
  announced.filter((capability) => !offered.includes(capability))
