import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { readGitleaksConfig } from '../../shared/scanning/conventions/gitleaks-config.ts'
import { isRefused, renderMistake } from '../../shared/scanning/conventions/mistakes.ts'
import { type Compiled, compileRules } from '../../shared/scanning/engine/compile.ts'
import { unpackRules } from '../../shared/scanning/engine/packed.ts'
import { printable } from '../../shared/scanning/report/words.ts'
import type { RuleSet } from '../../shared/scanning/types.ts'
import { kept } from '../../stack/rule-cache.ts'
import { compiledRulePack } from '../../stack/rule-pack.ts'
import { UserError } from '../errors.ts'

/** A configuration that cannot be used. */
export class BadRules extends UserError {}

/** Reads a file of what is scanned; undefined: there is none. */
export type ReadFile = (path: string) => Promise<string | undefined>

export interface ChosenRules {
  readonly rules: RuleSet
  /** for people */
  readonly from: string
  /** path of the file, where it lies on this machine: it is not scanned itself */
  readonly file?: string
  /** what was passed over in it */
  readonly warnings: readonly string[]
}

export interface Choosing {
  readonly config: string | undefined
  readonly environment: NodeJS.ProcessEnv
  readonly readFile: ReadFile
  /** what `readFile` reads of: `HEAD`, a folder */
  readonly place: string
}

/** What teams call their file; gitleaks looks for no other. */
const TEAM_FILE = '.gitleaks.toml'

/**
 * The rules in force: of `--config`, of GITLEAKS_CONFIG, of GITLEAKS_CONFIG_TOML, of the file of what is scanned, or else the pack.
 * @throws BadRules with all mistakes of a file that cannot be used; UserError where it cannot be read
 */
export const chooseRules = async (choosing: Choosing): Promise<ChosenRules> => {
  const { config, environment, readFile, place } = choosing
  const own = config ?? (environment.GITLEAKS_CONFIG || undefined)
  if (own !== undefined) {
    // gitleaks reads what is extended from where it runs; beside the file is where people look
    const load = (path: string) => readIfThere(resolve(path)) ?? readIfThere(resolve(dirname(own), path))
    return { ...(await rulesOf(readGiven(own), own, load, 'anywhere')), file: own }
  }
  if (environment.GITLEAKS_CONFIG_TOML)
    return rulesOf(environment.GITLEAKS_CONFIG_TOML, 'GITLEAKS_CONFIG_TOML', () => undefined, 'repository')
  const text = await readFile(TEAM_FILE)
  if (text === undefined) return { rules: defaultRules(), from: 'Relay’s own rules', warnings: [] }
  const { from, ...rest } = await rulesOf(text, TEAM_FILE, readFile, 'repository')
  return { ...rest, from: `${from} of ${place}` }
}

const rulesOf = async (
  text: string,
  file: string,
  load: (path: string) => Promise<string | undefined> | string | undefined,
  reach: 'repository' | 'anywhere',
): Promise<ChosenRules> => {
  const { rules, mistakes } = await readGitleaksConfig(text, {
    defaultRules: defaultRules(),
    file,
    load,
    reach,
  })
  const told = mistakes.map((mistake) => printable(renderMistake(mistake)))
  if (isRefused(mistakes)) {
    throw new BadRules(
      `${file} cannot be used:\n    ${told.join('\n    ')}`,
      'Nothing was scanned. Mend what is named above, or name another file with --config.',
    )
  }
  return { rules, from: file, warnings: told }
}

let pack: Compiled | undefined

/** The pack that comes with Relay. */
export const defaultRules = (): RuleSet => {
  pack ??= unpackRules(kept(KEPT, compiledRulePack).toString('utf8'))
  return pack.rules
}

/** Beside what the build makes. */
const KEPT = resolve(import.meta.dirname, '../../.build')

/** The pack is compiled already. */
export const compiled = (rules: RuleSet): Compiled =>
  pack && rules === pack.rules ? pack : compileRules(rules)

/** A file that was named on the command line. @throws UserError when it cannot be read */
export const readGiven = (file: string): string => {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    throw new UserError(`${file} cannot be read (${code}).`, 'Is the name right?', { cause })
  }
}

export const readIfThere = (file: string): string | undefined => {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    if (/^(ENOENT|ENOTDIR|EISDIR)$/.test((error as NodeJS.ErrnoException).code ?? '')) return undefined
    throw error
  }
}
