import type { RepositoryAddress } from '../../codecommit/address.ts'
import { entryForEither, type IgnoreEntry } from '../conventions/ignore-file.ts'
import { type Finding, fingerprintOf, type RawFinding } from '../finding.ts'
import { merged, type Sighting } from '../findings/states.ts'
import { findingsOf } from '../report/findings.ts'
import type { Found } from '../walk/types.ts'
import type { FingerprintKeys } from './ports.ts'
import type { TeamRules } from './rules.ts'

/** What a walk found, and of whom. */
export interface Brought {
  readonly found: readonly Found[]
  refsOf(commit: string): readonly string[]
}

/** Of an author's name; the rest of a long one tells nobody anything. */
const MAX_AUTHOR = 100

/**
 * What was found, redacted and under its fingerprint: from here on no secret is in it. The same secret at the same place is one
 * sighting.
 * @param refs those that a finding has whose commit is not known
 */
export const sightingsOf = (
  repository: RepositoryAddress,
  brought: Brought,
  rules: Pick<TeamRules, 'ignores' | 'branch'>,
  keys: FingerprintKeys,
  refs: readonly string[],
): readonly Sighting[] => {
  const findings = findingsOf(brought.found, keys.current)
  const sightings = findings.map((raw, index): Sighting => {
    const { finding } = raw
    const found = brought.found[index] as Found
    const allowed = allowedBy(raw, found, rules)
    const former =
      keys.previous && fingerprintOf(keys.previous, finding.ruleId, raw.reveal().secret || found.place.path)
    const { commit } = found.place
    const reached = found.place.commit === undefined ? [] : brought.refsOf(found.place.commit)
    return {
      ...(former === undefined ? {} : { former }),
      ...factsOf(finding),
      repository,
      ...(found.place.kind === 'file' ? { blob: found.oid } : {}),
      ...(commit === undefined ? {} : { commit }),
      refs: reached.length > 0 ? reached : refs,
      ...(allowed === undefined ? {} : { allowed }),
    }
  })
  return merged(sightings)
}

const factsOf = (finding: Finding) => ({
  fingerprint: finding.fingerprint,
  place: finding.kind,
  path: finding.path,
  rule: finding.ruleId,
  description: finding.description,
  action: finding.action,
  redacted: finding.secret,
  ...(finding.note === undefined ? {} : { note: finding.note }),
  ...(finding.kind === 'path' || finding.kind === 'ref-name'
    ? {}
    : { line: finding.startLine, column: finding.startColumn }),
  ...(finding.author === undefined ? {} : { author: authorText(finding.author) }),
})

/** An author's name as it is kept. */
export const authorText = (name: string): string => name.slice(0, MAX_AUTHOR).toWellFormed()

const allowedBy = (
  raw: RawFinding,
  { hit }: Found,
  { ignores, branch }: Pick<TeamRules, 'ignores' | 'branch'>,
): Sighting['allowed'] => {
  if (hit.allowedInline) return { by: raw.finding.author ?? 'the author', why: 'a comment in the line' }
  const entry = entryForEither(ignores, raw)
  return entry && byIgnoreFile(branch, entry)
}

/** The ignore file's word, which is that of whoever may write to the default branch. */
export const byIgnoreFile = (
  branch: string | undefined,
  { line, reason }: IgnoreEntry,
): NonNullable<Sighting['allowed']> => ({
  by: `.gitleaksignore on ${branch ?? 'the default branch'}`,
  why: `${BY_LINE}${line}${reason === '' ? '' : `: ${reason.slice(0, MAX_REASON).toWellFormed()}`}`,
})

/** Whether it was the ignore file that allowed it. */
export const isByIgnoreFile = (allowed: Sighting['allowed']): boolean =>
  allowed?.why.startsWith(BY_LINE) ?? false

const BY_LINE = 'line '
/** Of a comment in the file. */
const MAX_REASON = 200
