import { type Finding, gitleaksFingerprint, type RawFinding } from '../finding.ts'
import { addMistake, type Mistake } from './mistakes.ts'

/** One entry of an ignore file, to say who allowed a finding, and why. */
export interface IgnoreEntry {
  /** from 1 */
  readonly line: number
  /** the comment lines above it, and above the entries before it, up to an empty line; without `#` */
  readonly reason: string
}

export interface IgnoreFile {
  /** the entry that allows a finding */
  entryFor(
    finding: Pick<Finding, 'commit' | 'path' | 'ruleId' | 'startLine' | 'fingerprint'>,
  ): IgnoreEntry | undefined
  readonly mistakes: readonly Mistake[]
}

/** More characters are not read. */
export const IGNORE_MOST = 10_000_000

const FINGERPRINT = /^(?:[0-9a-f]{40}:|[0-9a-f]{64}:)?.*:[^:]+:\d+$/
const KEYED = /^[\w-]{1,32}:[0-9a-f]{64}$/

/**
 * Reads `.gitleaksignore`: on each line `FILE:RULE:LINE` (in every commit), `COMMIT:FILE:RULE:LINE`, or a finding's own fingerprint
 * `KEY:HEX` (this secret, wherever it stands); `#` begins a line of comment. A path may have backslashes for slashes, and
 * colons.
 */
export const readIgnoreFile = (text: string, file = '.gitleaksignore'): IgnoreFile => {
  const entries = new Map<string, IgnoreEntry>()
  const mistakes: Mistake[] = []
  const mistake = (line: number, expected: string, found: string): void => {
    addMistake(mistakes, { file, line, path: '', expected, found, weight: 'ignored' })
  }
  if (text.length > IGNORE_MOST) {
    mistake(1, `at most ${IGNORE_MOST} characters`, `${text.length}: nothing of it is used`)
    return { entryFor: () => undefined, mistakes }
  }
  let reason: string[] = []
  let commenting = false
  for (const [index, written] of text.split('\n').entries()) {
    const line = written.replace(/^\ufeff/, '').trim()
    const entry = slashed(line)
    if (line.startsWith('#')) {
      reason = [...(commenting ? reason : []), line.replace(/^#+\s*/, '')]
    } else if (line === '') {
      reason = []
    } else if (FINGERPRINT.test(entry) || KEYED.test(entry)) {
      if (!entries.has(entry)) entries.set(entry, { line: index + 1, reason: reason.join(' ') })
    } else {
      mistake(index + 1, 'FILE:RULE:LINE, COMMIT:FILE:RULE:LINE or a fingerprint KEY:HEX', foundIn(line))
    }
    commenting = line.startsWith('#')
  }
  return {
    entryFor(finding) {
      const { commit: _, ...anywhere } = finding
      const keys = [gitleaksFingerprint(anywhere), gitleaksFingerprint(finding), finding.fingerprint]
      for (const key of keys) {
        const entry = entries.get(slashed(key))
        if (entry) return entry
      }
      return undefined
    },
    mistakes,
  }
}

/** The entry for a finding under its masked names, or under its true ones. */
export const entryForEither = (
  ignores: Pick<IgnoreFile, 'entryFor'>,
  raw: Pick<RawFinding, 'finding' | 'named'>,
): IgnoreEntry | undefined => ignores.entryFor(raw.finding) ?? ignores.entryFor(raw.named())

/** Without the line: somebody may have put the secret itself there. */
const foundIn = (line: string): string =>
  / #/.test(line) ? 'a comment behind an entry' : `parts: ${line.split(':').length}`

const slashed = (text: string): string => text.replaceAll('\\', '/')
