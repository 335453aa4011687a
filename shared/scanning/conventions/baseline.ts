import type { RawFinding } from '../finding.ts'
import { REDACTED } from '../report/redact.ts'
import { addMistake, type Mistake } from './mistakes.ts'

/** Findings that are known already. */
export interface Baseline {
  /** how many it holds */
  readonly size: number
  knows(found: RawFinding): boolean
  readonly mistakes: readonly Mistake[]
}

/** More characters are not read. */
export const BASELINE_MOST = 200_000_000

/**
 * Reads an earlier report: gitleaks' JSON (or ours in its form), or our own JSON.
 *
 * An entry of gitleaks' form knows a finding of the same rule, file, commit, start line and secret. gitleaks compares
 * description, columns, entropy and what follows from the commit as well (detect/baseline.go): these are the pack's words and the tool's counts, and
 * a team that changes tools would see everything again. A redacted secret is compared by the characters that it shows, if any.
 * An entry of our own form knows its fingerprint in its file, on whatever line; where the key is another, rule, file, commit and line decide.
 */
export const readBaseline = (text: string, file = 'baseline.json'): Baseline => {
  const mistakes: Mistake[] = []
  const places = new Map<string, Entry[]>()
  const fingerprints = new Set<string>()
  const keys = new Set<string>()
  let size = 0
  for (const [index, entry] of entriesOf(text, file, mistakes).entries()) {
    const known = gitleaksEntry(entry) ?? ownEntry(entry)
    if (!known) {
      addMistake(
        mistakes,
        mistakeOf(
          file,
          `[${index}]`,
          'a finding with RuleID, File and StartLine',
          'something else',
          'ignored',
        ),
      )
      continue
    }
    size += 1
    if (known.fingerprint !== undefined) {
      fingerprints.add(`${known.fingerprint}\0${known.path}`)
      keys.add(keyOf(known.fingerprint))
    }
    const place = placeKey(known)
    const there = places.get(place)
    if (there) there.push(known)
    else places.set(place, [known])
  }
  return {
    size,
    knows(found) {
      const { secret } = found.reveal()
      // a redacted report has a file's name masked that is like a secret
      return [found.named(), found.finding].some((finding) => {
        if (fingerprints.has(`${finding.fingerprint}\0${finding.path}`)) return true
        const sameKey = keys.has(keyOf(finding.fingerprint))
        return (places.get(placeKey(finding)) ?? []).some((known) =>
          known.fingerprint !== undefined && sameKey ? false : sameSecret(known.secret, secret),
        )
      })
    },
    mistakes,
  }
}

interface Entry {
  readonly secret: string
  readonly ruleId: string
  readonly path: string
  readonly commit?: string
  readonly startLine: number
  readonly fingerprint?: string
}

const keyOf = (fingerprint: string): string => fingerprint.slice(0, fingerprint.indexOf(':'))

const placeKey = ({ ruleId, path, commit, startLine }: Omit<Entry, 'secret'>): string =>
  [ruleId, path.replaceAll('\\', '/'), commit ?? '', startLine].join('\0')

/** gitleaks' `--redact` leaves `REDACTED`, or the beginning and `...`; ours `REDACTED`, or the beginning and `…`. */
const sameSecret = (known: string, secret: string): boolean => {
  if (known === secret || known === REDACTED) return true
  const shown = /^(.*?)(?:\.\.\.|…)$/s.exec(known)?.[1]
  return shown !== undefined && secret.startsWith(shown)
}

const entriesOf = (text: string, file: string, mistakes: Mistake[]): readonly unknown[] => {
  const refuse = (expected: string, found: string): readonly unknown[] => {
    mistakes.push(mistakeOf(file, '', expected, found, 'refused'))
    return []
  }
  if (text.length > BASELINE_MOST) return refuse(`at most ${BASELINE_MOST} characters`, `${text.length}`)
  let value: unknown
  try {
    value = JSON.parse(text.replace(/^\ufeff/, ''))
  } catch {
    // the parser's message quotes the text, which may be a secret
    return refuse('JSON', 'something else')
  }
  const list = isRecord(value) ? value.findings : value
  return Array.isArray(list) ? list : refuse('a list of findings', 'something else')
}

const gitleaksEntry = (entry: unknown): Entry | undefined => {
  if (!isRecord(entry)) return undefined
  const { RuleID, File, StartLine, Commit, Secret } = entry
  if (typeof RuleID !== 'string' || typeof File !== 'string' || typeof StartLine !== 'number')
    return undefined
  return {
    ruleId: RuleID,
    path: File,
    startLine: StartLine,
    secret: typeof Secret === 'string' ? Secret : REDACTED,
    ...(typeof Commit === 'string' && Commit !== '' ? { commit: Commit } : {}),
  }
}

const ownEntry = (entry: unknown): Entry | undefined => {
  if (!isRecord(entry)) return undefined
  const { ruleId, path, startLine, commit, secret, fingerprint } = entry
  if (typeof ruleId !== 'string' || typeof path !== 'string' || typeof startLine !== 'number')
    return undefined
  if (typeof fingerprint !== 'string') return undefined
  return {
    ruleId,
    path,
    startLine,
    fingerprint,
    secret: typeof secret === 'string' ? secret : REDACTED,
    ...(typeof commit === 'string' && commit !== '' ? { commit } : {}),
  }
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const mistakeOf = (
  file: string,
  path: string,
  expected: string,
  found: string,
  weight: Mistake['weight'],
): Mistake => ({ file, line: 1, path, expected, found, weight })
