import type { Place, UnscannedAt } from '../finding.ts'
import type { UnscannedReason } from '../types.ts'

/** `src/a.ts at commit 01234567…`, `the message of commit …`. */
export const placeName = ({ kind, path, commit }: Place): string => {
  const at = commit === undefined ? '' : ` at commit ${commit}`
  switch (kind) {
    case 'file':
      return path === '' ? `the text that was given${at}` : `${path}${at}`
    case 'path':
      return `the name of ${path}${at}`
    case 'ref-name':
      return `the name of ${path}`
    case 'commit-message':
      return `the message of commit ${commit}`
    case 'tag-message':
      return `the message of tag ${commit}`
  }
}

const REASONS: Readonly<Record<UnscannedReason, string>> = {
  binary: 'is binary',
  archive: 'is an archive',
  time: 'took too long',
  size: 'is too large',
  findings: 'has more findings than are reported',
  pattern: 'meets a rule whose expression cannot run',
  broken: 'is broken',
  missing: 'is missing or cannot be read',
  special: 'is a pipe, a socket or a device',
}

/** One sentence. */
export const describeUnscanned = ({ reason, ruleId, bytes, place, objects }: UnscannedAt): string => {
  if (reason === 'missing' && objects !== undefined)
    return `Not scanned: ${objects} object${objects === 1 ? '' : 's'} of the history, which this partial clone lacks (and what only they lead to). --missing fetch has git fetch them.`
  const rule = ruleId === undefined ? '' : ` (rule ${ruleId})`
  const size = bytes === undefined ? '' : ` (${bytes} bytes)`
  return `Not scanned in whole: ${placeName(place)} ${REASONS[reason]}${rule}${size}.`
}

/** Text for a terminal: names and messages come from whoever may push, and a terminal obeys control characters. */
export const printable = (text: string): string =>
  text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, (char) => {
    const code = char.codePointAt(0) ?? 0
    return `\\u{${code.toString(16)}}`
  })
