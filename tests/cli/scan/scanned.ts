import type { ScanOptions } from '../../../cli/commands/scan.ts'
import { scan } from '../../../cli/scan/scan.ts'
import { createTerminal } from '../../../cli/terminal.ts'

const DEFAULTS: ScanOptions = {
  git: true,
  stdin: false,
  staged: false,
  format: 'json',
  redact: true,
  exitCode: 1,
  decodeDepth: 0,
  followSymlinks: false,
  allowComments: true,
}

/** What gitleaks' JSON has of a finding, as far as tests look at it. */
export interface Row {
  readonly RuleID: string
  readonly File: string
  readonly StartLine: number
  readonly StartColumn: number
  readonly Secret: string
  readonly Commit: string
  readonly Author: string
  readonly SymlinkFile: string
  readonly Fingerprint: string
}

/** Runs the command in this process; its report, what it told, and its exit status. */
export const scanned = async (target: string, options: Partial<ScanOptions> = {}) => {
  let said = ''
  let report = ''
  const stream = {
    write: (text: string) => {
      said += text
      return true
    },
    isTTY: false,
  } as unknown as NodeJS.WriteStream
  const status = await scan(
    target,
    { ...DEFAULTS, ...options },
    {
      terminal: createTerminal(stream),
      signal: new AbortController().signal,
      write: async (text) => {
        report += text
      },
    },
  )
  const rows = (): Row[] => JSON.parse(report) as Row[]
  return { status, report, said, rows }
}

/** rule that the tests' secrets are found by, as a team writes it */
export const RULES = `
[[rules]]
id = "token"
description = "a token of the tests"
regex = '''\\b(tkn_[a-z0-9]{12})(?:['"\\s;]|$)'''
keywords = ["tkn_"]
`
