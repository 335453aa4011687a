import type { Finding, RawFinding, UnscannedAt } from '../finding.ts'
import { describeUnscanned, printable } from './words.ts'

/** The report for people, redacted: a block of lines for each finding, then what was not scanned, then the counts. */
export const textReport = (findings: readonly Finding[], unscanned: readonly UnscannedAt[]): string =>
  written(
    findings.map((finding) => ({ finding, secret: finding.secret })),
    unscanned,
  )

/** The same with the secrets in it, for `--no-redact`. */
export const rawTextReport = (found: readonly RawFinding[], unscanned: readonly UnscannedAt[]): string =>
  written(
    found.map((raw) => ({ finding: raw.named(), secret: raw.reveal().secret })),
    unscanned,
  )

interface Shown {
  readonly finding: Finding
  readonly secret: string
}

const written = (shown: readonly Shown[], unscanned: readonly UnscannedAt[]): string =>
  [
    ...shown.map((one) => `${blockOf(one).join('\n')}\n`),
    ...unscanned.map((one) => printable(describeUnscanned(one))),
    ...(unscanned.length > 0 ? [''] : []),
    `${summaryOf(shown, unscanned.length)}\n`,
  ].join('\n')

const blockOf = ({ finding, secret }: Shown): string[] => [
  `${whereOf(finding)}  ${printable(finding.ruleId)}  ${finding.action === 'block' ? 'blocks' : 'advice'}`,
  ...(finding.description === '' ? [] : [`  ${printable(finding.description)}`]),
  ...(secret === '' ? [] : [`  Secret: ${printable(secret)}${encodingsOf(finding)}`]),
  ...(finding.note === undefined ? [] : [`  It ${finding.note}.`]),
  ...broughtBy(finding),
]

const whereOf = ({ kind, path, commit, startLine, characters }: Finding): string => {
  const position = startLine === 0 ? '' : `:${startLine}:${characters.start}`
  if (kind === 'commit-message') return `message of ${commit}${position}`
  if (kind === 'tag-message') return `message of tag ${commit}${position}`
  return kind === 'path' || kind === 'ref-name'
    ? `name of ${printable(path)}`
    : `${printable(path === '' ? '-' : path)}${position}`
}

const encodingsOf = ({ decoded }: Finding): string =>
  decoded.length === 0 ? '' : ` (encoded: ${decoded.join(', ')})`

const broughtBy = ({ commit, author, email, date }: Finding): string[] => {
  if (commit === undefined) return []
  const who = [author, email === undefined || email === '' ? '' : `<${email}>`].filter(Boolean).join(' ')
  return [
    `  Commit ${[commit, who, date]
      .filter(Boolean)
      .map((one) => printable(`${one}`))
      .join(', ')}`,
  ]
}

const summaryOf = (shown: readonly Shown[], unscanned: number): string => {
  const blocking = shown.filter(({ finding }) => finding.action === 'block').length
  const found =
    shown.length === 0
      ? 'No secrets found.'
      : `${counted(shown.length, 'finding')}, ${blocking} of them blocking. ${adviceFor(shown)}`
  return unscanned === 0 ? found : `${found} ${counted(unscanned, 'text')} not scanned in whole.`
}

const adviceFor = (shown: readonly Shown[]): string =>
  shown.some(({ finding }) => finding.commit !== undefined)
    ? 'Rotate what is real: removing it is not enough.'
    : 'Take out what is real; if it was ever committed or shown, rotate it.'

const counted = (count: number, word: string): string => `${count} ${word}${count === 1 ? '' : 's'}`
