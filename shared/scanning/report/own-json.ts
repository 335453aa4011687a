import type { Finding, UnscannedAt } from '../finding.ts'

/** Our own JSON: all that is known of findings, redacted, and what was not scanned. Version 1; a later one only adds keys. */
export const ownJson = (findings: readonly Finding[], unscanned: readonly UnscannedAt[]): string =>
  `${JSON.stringify({ version: 1, findings, unscanned: unscanned.map(bare) }, null, 1)}\n`

/** a message may hold secrets that were not found, since its text was not scanned */
const bare = ({ place: { message: _, ...place }, ...rest }: UnscannedAt) => ({ ...rest, place })
