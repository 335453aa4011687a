import { type Command, type CommanderError, InvalidArgumentError } from 'commander'

export interface ScanOptions {
  /** false: files as they lie there, also where they are a repository */
  readonly git: boolean
  readonly stdin: boolean
  readonly staged: boolean
  /** `REF..REF`, or `REF` for what came after it */
  readonly since?: string
  /** of CodeCommit */
  readonly repository?: string
  readonly region?: string
  readonly local?: string | true
  readonly config?: string
  readonly baseline?: string
  readonly ignoreFile?: string
  readonly format: 'text' | 'json' | 'sarif' | 'relay'
  readonly output?: string
  readonly redact: boolean
  readonly exitCode: number
  readonly decodeDepth: number
  /** megabytes */
  readonly maxSize?: number
  readonly followSymlinks: boolean
  readonly allowComments: boolean
  /** of a partial clone */
  readonly missing?: 'fetch' | 'skip'
}

/** Exit statuses beside that for findings. */
export const SCAN_EXIT = { clean: 0, failed: 2, badRules: 3, badOption: 126 } as const

const wholeNumber =
  (most: number) =>
  (text: string): number => {
    const number = Number(text)
    if (!Number.isInteger(number) || number < 0 || number > most)
      throw new InvalidArgumentError(`A whole number from 0 to ${most}.`)
    return number
  }

const FORMATS = ['text', 'json', 'sarif', 'relay'] as const

const format = (text: string): ScanOptions['format'] => {
  const found = FORMATS.find((one) => one === text)
  if (!found) throw new InvalidArgumentError(`One of ${FORMATS.join(', ')}.`)
  return found
}

const missing = (text: string): NonNullable<ScanOptions['missing']> => {
  if (text !== 'fetch' && text !== 'skip') throw new InvalidArgumentError('fetch or skip.')
  return text
}

export const register = (program: Command): void => {
  program
    .command('scan')
    .description(
      'looks for secrets: in the whole history of a repository, in files, in what is about to be committed',
    )
    .argument(
      '[target]',
      'folder or file, `-` for standard input, `codecommit:NAME`; a repository is scanned with its history',
      '.',
    )
    .option('--no-git', 'files as they lie in the folder, also where it is a repository')
    .option('--stdin', 'standard input', false)
    .option('--staged', 'what is about to be committed, for a pre-commit hook', false)
    .option('--since <range>', 'of the history only REF..REF, or what came after REF')
    .option('--repository <name>', 'a CodeCommit repository, all branches and tags')
    .option('--region <name>', 'its region (default: AWS_REGION, then that of the profile)')
    .option('--local [folder]', 'of the local cloud of `npm start`, by its state folder (default: .relay)')
    .option(
      '--config <file>',
      'rules in gitleaks’ TOML (default: GITLEAKS_CONFIG, then .gitleaks.toml of the default branch or the folder)',
    )
    .option('--baseline <file>', 'an earlier JSON report; what it holds is not told again')
    .option(
      '--ignore-file <file>',
      'fingerprints that are allowed (default: .gitleaksignore of the default branch or the folder)',
    )
    .option(
      '--format <name>',
      'text, json (gitleaks’ fields), sarif, or relay (our own JSON)',
      format,
      'text',
    )
    .option('--output <file>', 'where the report goes (default: standard output)')
    .option('--redact', 'shows of each secret its first characters only', true)
    .option('--no-redact', 'shows the secrets')
    .option('--exit-code <number>', 'exit status when something was found', wholeNumber(255), 1)
    .option(
      '--decode-depth <number>',
      'how deep base64, percent and hex encodings are taken off',
      wholeNumber(10),
      0,
    )
    .option('--max-size <megabytes>', 'passes over larger files, and tells so', wholeNumber(1_000_000))
    .option('--follow-symlinks', 'reads files behind symbolic links, in a folder', false)
    .option(
      '--missing <what>',
      'what a partial clone lacks: fetch it, or skip it and tell how much it is',
      missing,
    )
    .option('--no-allow-comments', 'reports lines that say gitleaks:allow, too')
    .addHelpText(
      'after',
      '\nExit status: 0 nothing found, 1 something found, 2 it could not be done, 3 the rules have mistakes.',
    )
    .exitOverride(leave)
    .action(async (target: string, options: ScanOptions) => {
      const { runScan } = await import('../scan/run.ts')
      await runScan(target, options)
    })
}

/** 1 means that something was found, so a mistake on the command line must end with another status. */
const leave = ({ code, exitCode }: CommanderError): never => {
  if (exitCode === 0) process.exit(0)
  return process.exit(code === 'commander.unknownOption' ? SCAN_EXIT.badOption : SCAN_EXIT.failed)
}
