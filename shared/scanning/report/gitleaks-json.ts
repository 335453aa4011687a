import { type Finding, gitleaksFingerprint, type RawFinding, type RawTexts } from '../finding.ts'

/** One finding with the fields of gitleaks 8.30 (report/finding.go), in its order. */
export interface GitleaksFinding {
  readonly RuleID: string
  readonly Description: string
  readonly StartLine: number
  readonly EndLine: number
  readonly StartColumn: number
  readonly EndColumn: number
  readonly Match: string
  readonly Secret: string
  readonly File: string
  readonly SymlinkFile: string
  readonly Commit: string
  readonly Link?: string
  readonly Entropy: number
  readonly Author: string
  readonly Email: string
  readonly Date: string
  readonly Message: string
  readonly Tags: readonly string[]
  readonly Fingerprint: string
}

type Texts = Pick<RawTexts, 'secret' | 'match' | 'message'>

/** gitleaks' columns are one higher on every line but a text's first (detect/location.go), which of a commit is that of a hunk. */
const columnOf = (column: number, line: number, { firstLine = 1 }: Finding): number =>
  line > firstLine ? column + 1 : column

export const gitleaksFinding = (finding: Finding, texts: Texts): GitleaksFinding => ({
  RuleID: finding.ruleId,
  Description: finding.description,
  StartLine: finding.startLine,
  EndLine: finding.endLine,
  StartColumn: columnOf(finding.startColumn, finding.startLine, finding),
  EndColumn: columnOf(finding.endColumn, finding.endLine, finding),
  Match: texts.match,
  Secret: texts.secret,
  File: finding.path,
  SymlinkFile: finding.symlink ?? '',
  Commit: finding.commit ?? '',
  ...(finding.link ? { Link: finding.link } : {}),
  Entropy: float32(finding.entropy),
  Author: finding.author ?? '',
  Email: finding.email ?? '',
  Date: finding.date ?? '',
  Message: texts.message,
  Tags: finding.tags,
  Fingerprint: gitleaksFingerprint(finding),
})

/** gitleaks' JSON report, redacted. */
export const gitleaksJson = (findings: readonly Finding[]): string =>
  written(findings.map((finding) => gitleaksFinding(finding, { message: '', ...finding })))

/** gitleaks' JSON report with the secrets in it, for `--no-redact`. */
export const rawGitleaksJson = (found: readonly RawFinding[]): string =>
  written(found.map((raw) => gitleaksFinding(raw.named(), raw.reveal())))

/** As Go's encoder writes it: indented by one space, `<`, `>`, `&` escaped, a newline at the end. */
const written = (list: readonly GitleaksFinding[]): string =>
  `${JSON.stringify(list, null, 1).replace(
    /[<>&\u2028\u2029]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )}\n`

/** The shortest decimal that is the same number in 32 bits, which gitleaks keeps entropy in. */
const float32 = (value: number): number => {
  const single = Math.fround(value)
  for (let digits = 1; digits < 9; digits += 1) {
    const short = Number(single.toPrecision(digits))
    if (Math.fround(short) === single) return short
  }
  return Number(single.toPrecision(9))
}
