import { closeSync, fchmodSync, fstatSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { type Baseline, readBaseline } from '../../shared/scanning/conventions/baseline.ts'
import {
  entryForEither,
  type IgnoreFile,
  readIgnoreFile,
} from '../../shared/scanning/conventions/ignore-file.ts'
import { renderMistake } from '../../shared/scanning/conventions/mistakes.ts'
import type { FoundAt, RawFinding, UnscannedAt } from '../../shared/scanning/finding.ts'
import { findingsOf } from '../../shared/scanning/report/findings.ts'
import { describeUnscanned, printable } from '../../shared/scanning/report/words.ts'
import { type Engines, enginesOf } from '../../shared/scanning/walk/engines.ts'
import { SCAN_EXIT, type ScanOptions } from '../commands/scan.ts'
import { UserError } from '../errors.ts'
import { duration, type Terminal } from '../terminal.ts'
import { fingerprintKey } from './key.ts'
import { type Looked, type Looking, lookerOf } from './look.ts'
import { type ChosenRules, chooseRules, compiled, readGiven } from './rules.ts'
import { type ScanTarget, targetOf } from './target.ts'
import { reportOf } from './tell.ts'

export interface ScanTalk {
  /** standard error */
  readonly terminal: Terminal
  readonly signal: AbortSignal
  /** to standard output */
  write(text: string): Promise<void>
}

const MEGABYTE = 1_000_000

/**
 * `relay scan`: looks for secrets in one target and writes the report; what is going on, and what was not looked at, goes to the
 * terminal.
 * @returns exit status
 * @throws UserError for what the person can mend; BadRules for a configuration that cannot be used
 */
export const scan = async (name: string, options: ScanOptions, talk: ScanTalk): Promise<number> => {
  const { terminal, signal } = talk
  const began = performance.now()
  const target = await targetOf(name, options)
  const looking: Looking = { options, terminal, signal, now: () => performance.now() }
  const looker = await lookerOf(target, looking)
  try {
    const { readFile, place } = looker
    const chosen = await chooseRules({ config: options.config, environment: process.env, readFile, place })
    const ignores = await ignoresOf(options, readFile)
    const baseline =
      options.baseline === undefined ? undefined : readBaseline(readGiven(options.baseline), options.baseline)
    warn([...chosen.warnings, ...mistakesOf(ignores, baseline)], terminal)
    const engines = enginesOf(compiled(chosen.rules), { decodeDepth: options.decodeDepth })
    const own = ownFiles(chosen, options, target)
    const looked = await looker.look(engines, own)
    signal.throwIfAborted()
    const unscanned = [...brokenRules(engines), ...looked.unscanned]
    const found = looked.found.filter(({ place }) => !own.has(place.path))
    const sorted = sortOut(found, { options, ignores, baseline })
    const report = reportOf(
      { findings: sorted.left, unscanned, rules: chosen.rules.rules, version: versionOf() },
      options,
    )
    if (options.output === undefined) await talk.write(report)
    else writeReport(options.output, report)
    summarize({ looked, sorted, unscanned, chosen, took: performance.now() - began }, options, terminal)
    return sorted.left.length > 0 ? options.exitCode : SCAN_EXIT.clean
  } finally {
    await looker.close()
  }
}

const ignoresOf = async (
  { ignoreFile }: ScanOptions,
  readFile: (path: string) => Promise<string | undefined>,
): Promise<IgnoreFile | undefined> => {
  const text = ignoreFile === undefined ? await readFile('.gitleaksignore') : readGiven(ignoreFile)
  return text === undefined ? undefined : readIgnoreFile(text, ignoreFile)
}

const mistakesOf = (ignores: IgnoreFile | undefined, baseline: Baseline | undefined): string[] =>
  [...(ignores?.mistakes ?? []), ...(baseline?.mistakes ?? [])].map(renderMistake)

const warn = (warnings: readonly string[], terminal: Terminal): void => {
  for (const warning of warnings) terminal.line(`  ! ${printable(warning)}`)
}

/** gitleaks looks neither at a configuration that is named as a file of the repository is, nor at its baseline */
const ownFiles = (
  { file }: ChosenRules,
  { baseline }: ScanOptions,
  target: ScanTarget,
): ReadonlySet<string> => {
  const given = [file, baseline].filter((path) => path !== undefined).map((path) => join(path))
  const inside =
    baseline !== undefined && 'folder' in target ? [relative(target.folder, resolve(baseline))] : []
  return new Set([...given, ...inside])
}

const brokenRules = ({ exact }: Engines): UnscannedAt[] =>
  exact
    .scan(Buffer.alloc(0), { path: '' })
    .unscanned.map((one) => ({ ...one, place: { kind: 'file', path: '' } }))

interface Sorted {
  readonly left: readonly RawFinding[]
  readonly allowed: number
  readonly ignored: number
  readonly known: number
}

interface Sorting {
  readonly options: ScanOptions
  readonly ignores: IgnoreFile | undefined
  readonly baseline: Baseline | undefined
}

/** What is left when comments, ignore file and baseline have spoken. */
const sortOut = (found: readonly FoundAt[], { options, ignores, baseline }: Sorting): Sorted => {
  const heeded = options.allowComments ? found.filter(({ hit }) => !hit.allowedInline) : found
  const findings = findingsOf(heeded, fingerprintKey(process.env))
  const notIgnored = findings.filter((one) => !ignores || !entryForEither(ignores, one))
  const left = notIgnored.filter((one) => !baseline?.knows(one))
  return {
    left,
    allowed: found.length - heeded.length,
    ignored: findings.length - notIgnored.length,
    known: notIgnored.length - left.length,
  }
}

const writeReport = (file: string, report: string): void => {
  try {
    // a report that was asked for without redaction is for nobody else
    const to = openSync(file, 'w', 0o600)
    try {
      // one that is there already has a mode of its own; a device keeps it
      if (fstatSync(to).isFile()) fchmodSync(to, 0o600)
      writeFileSync(to, report)
    } finally {
      closeSync(to)
    }
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    throw new UserError(`${file} cannot be written (${code}).`, 'Name another file with --output.', { cause })
  }
}

const versionOf = (): string => {
  const text = readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8')
  return (JSON.parse(text) as { version: string }).version
}

interface Summary {
  readonly looked: Looked
  readonly sorted: Sorted
  readonly unscanned: readonly UnscannedAt[]
  readonly chosen: ChosenRules
  readonly took: number
}

/** as many are named; a text report names them all */
const UNSCANNED_NAMED = 20

const summarize = (summary: Summary, { format, output }: ScanOptions, terminal: Terminal): void => {
  const { looked, sorted, unscanned, chosen, took } = summary
  const { left, allowed, ignored, known } = sorted
  const isTold = format === 'text' && output === undefined
  if (!isTold) warn(unscanned.slice(0, UNSCANNED_NAMED).map(describeUnscanned), terminal)
  if (!isTold && unscanned.length > UNSCANNED_NAMED)
    terminal.line(`  ! … and ${unscanned.length - UNSCANNED_NAMED} more that were not scanned in whole`)
  const passed = [
    allowed > 0 ? `${allowed} allowed by a comment` : '',
    ignored > 0 ? `${ignored} by the ignore file` : '',
    known > 0 ? `${known} known to the baseline` : '',
    looked.beyond > 0 ? `${looked.beyond} more than are reported` : '',
    unscanned.length > 0 ? `${unscanned.length} not scanned in whole` : '',
  ].filter((part) => part !== '')
  const findings = `${left.length} finding${left.length === 1 ? '' : 's'}`
  terminal.line(
    `  ${looked.what}, ${(looked.bytes / MEGABYTE).toFixed(1)} MB in ${duration(took)}: ${[findings, ...passed].join(', ')}`,
  )
  terminal.line(`  Rules: ${chosen.from} (${chosen.rules.rules.length})`)
}
