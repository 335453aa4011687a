import type { RawFinding, UnscannedAt } from '../../shared/scanning/finding.ts'
import { gitleaksJson, rawGitleaksJson } from '../../shared/scanning/report/gitleaks-json.ts'
import { ownJson } from '../../shared/scanning/report/own-json.ts'
import { rawSarif, sarif } from '../../shared/scanning/report/sarif.ts'
import { rawTextReport, textReport } from '../../shared/scanning/report/text.ts'
import type { Rule } from '../../shared/scanning/types.ts'
import type { ScanOptions } from '../commands/scan.ts'
import { UserError } from '../errors.ts'

export interface Told {
  readonly findings: readonly RawFinding[]
  readonly unscanned: readonly UnscannedAt[]
  readonly rules: readonly Rule[]
  /** of this program */
  readonly version: string
}

/** The report, in the form that was asked for. */
export const reportOf = (
  { findings, unscanned, rules, version }: Told,
  { format, redact }: Pick<ScanOptions, 'format' | 'redact'>,
): string => {
  const shown = findings.map(({ finding }) => finding)
  switch (format) {
    case 'text':
      return redact ? textReport(shown, unscanned) : rawTextReport(findings, unscanned)
    case 'json':
      return redact ? gitleaksJson(shown) : rawGitleaksJson(findings)
    case 'sarif':
      return redact
        ? sarif(shown, { version, rules, unscanned })
        : rawSarif(findings, { version, rules, unscanned })
    case 'relay':
      if (!redact)
        throw new UserError(
          'Relay’s own JSON never has secrets in it.',
          'Use --format json with --no-redact.',
        )
      return ownJson(shown, unscanned)
  }
}
