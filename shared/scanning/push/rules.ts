import { createHash } from 'node:crypto'
import { addressText, type RepositoryAddress } from '../../codecommit/address.ts'
import { MAX_NAMED_FINDINGS } from '../../events/types.ts'
import { held } from '../../git/pack/held.ts'
import { readGitleaksConfig } from '../conventions/gitleaks-config.ts'
import { type IgnoreFile, readIgnoreFile } from '../conventions/ignore-file.ts'
import { isRefused, type Mistake, renderMistake } from '../conventions/mistakes.ts'
import { compileRules } from '../engine/compile.ts'
import { type Mask, maskOf } from '../report/redact.ts'
import type { Engines } from '../walk/engines.ts'
import type { Contents, ScanParts } from './ports.ts'

/** Where a team says what is a secret, and what is none. */
const CONFIG_FILE = '.gitleaks.toml'
const IGNORE_FILE = '.gitleaksignore'

/** The rules in force for a repository. */
export interface TeamRules {
  readonly engines: Engines
  readonly ignores: IgnoreFile
  /** the branch that they were read from: the default one, never the one that was pushed */
  readonly branch?: string
  /** what is wrong in the team's files; the file's name, and its content's id */
  readonly mistakes: readonly {
    readonly file: string
    readonly blob: string
    readonly mistakes: readonly Mistake[]
  }[]
}

/** Compiled rules of teams that are kept while the process lives: each some megabytes. */
const KEPT = 20

/** The rules of a repository's team: as they are, and as they were before what is scanned now. */
export interface RulesInForce {
  /** by which what was pushed is judged: a push to the default branch does not allow what it brings */
  readonly judging: TeamRules
  /** by which what was found before is looked at again */
  readonly now: TeamRules
}

/**
 * Reads a repository's rules from its default branch, the same contents once.
 * @param before tip of a branch that was searched last (full name); undefined: none was, and the branch is taken as it is
 * @returns from the function: undefined where there is no such repository
 */
export const teamRules = (
  parts: Pick<ScanParts, 'contents' | 'shipped' | 'enginesOf'>,
): ((
  repository: RepositoryAddress,
  before: (ref: string) => string | undefined,
) => Promise<RulesInForce | undefined>) => {
  const kept = held<string, Promise<TeamRules>>(KEPT, () => 1)
  const rulesAt = async (
    repository: RepositoryAddress,
    branch: string | undefined,
    commit: string | undefined,
  ): Promise<TeamRules> => {
    const read = async (path: string) =>
      commit === undefined ? undefined : parts.contents.fileAt(repository, commit, path)
    const [config, ignore] = await Promise.all([read(CONFIG_FILE), read(IGNORE_FILE)])
    const texts = { config: contentOf(config), ignore: contentOf(ignore) }
    const load = async (path: string) => contentOf(await read(path))?.text
    const key = createHash('sha256')
      .update(JSON.stringify([texts.config?.text, texts.ignore?.text]))
      .digest('hex')
    // a file that another one extends may change by itself
    if (
      texts.config &&
      /^\s*\[\s*extend\s*\]/m.test(texts.config.text) &&
      /^\s*path\s*=/m.test(texts.config.text)
    )
      return make(parts, texts, branch, load)
    const known = kept.get(key) ?? make(parts, texts, branch, load)
    kept.add(key, known)
    known.catch(() => kept.release(key))
    return { ...(await known), ...(branch === undefined ? {} : { branch }) }
  }
  return async (repository, before) => {
    const description = await parts.contents.describe(repository)
    if (!description) return undefined
    const branch = description.defaultBranch
    const ref = branch === undefined ? undefined : `refs/heads/${branch}`
    const searched = ref === undefined ? undefined : before(ref)
    const now = await rulesAt(repository, branch, ref)
    return { now, judging: searched === undefined ? now : await rulesAt(repository, branch, searched) }
  }
}

interface Content {
  readonly text: string
  readonly blob: string
}

const contentOf = (file: Awaited<ReturnType<Contents['fileAt']>>): Content | undefined => {
  if (file === undefined || file === 'unnameable') return undefined
  // told as a mistake of the file, not passed over
  if (file === 'too-large') return { text: TOO_LARGE, blob: 'too-large' }
  return { text: file.content.toString('utf8'), blob: file.blob }
}

/** Neither TOML nor an entry of an ignore file. */
const TOO_LARGE = 'a file of more than 6 MB, which the API does not give'

const make = async (
  parts: Pick<ScanParts, 'shipped' | 'enginesOf'>,
  { config, ignore }: { readonly config: Content | undefined; readonly ignore: Content | undefined },
  branch: string | undefined,
  load: (path: string) => Promise<string | undefined>,
): Promise<TeamRules> => {
  const shipped = await parts.shipped()
  const team =
    config &&
    (await readGitleaksConfig(config.text, {
      ...{ defaultRules: shipped.rules, file: CONFIG_FILE, load },
      // a mistyped [extend] would leave the repository unwatched
      needsRules: true,
    }))
  const ignores = readIgnoreFile(ignore?.text ?? '', IGNORE_FILE)
  const own = team && !isRefused(team.mistakes)
  const engines = parts.enginesOf(own ? compileRules(team.rules) : shipped)
  // what is quoted of the files goes into events: a comment, a key, a value may hold a secret
  const masked = maskIn(engines, config?.text ?? '')
  const maskedIgnore = maskIn(engines, ignore?.text ?? '')
  return {
    engines,
    ignores: { ...ignores, entryFor: maskedEntries(ignores, engines) },
    ...(branch === undefined ? {} : { branch }),
    mistakes: [
      ...(config && team && team.mistakes.length > 0
        ? [{ file: CONFIG_FILE, blob: config.blob, mistakes: team.mistakes.map(withMask(masked)) }]
        : []),
      ...(ignore && ignores.mistakes.length > 0
        ? [{ file: IGNORE_FILE, blob: ignore.blob, mistakes: ignores.mistakes.map(withMask(maskedIgnore)) }]
        : []),
    ],
  }
}

/** Entries with the secrets in their reasons masked, each once. */
const maskedEntries = (ignores: IgnoreFile, engines: Engines): IgnoreFile['entryFor'] => {
  const reasons = new Map<number, string>()
  return (finding) => {
    const entry = ignores.entryFor(finding)
    if (!entry) return undefined
    const reason = reasons.get(entry.line) ?? maskIn(engines, entry.reason)(entry.reason)
    reasons.set(entry.line, reason)
    return { ...entry, reason }
  }
}

/** Masks, in what is said of a text, the secrets that are found in it; it is looked at only when something is said. */
const maskIn = ({ wide }: Engines, text: string): ((said: string) => string) => {
  let mask: Mask | undefined
  return (said) => {
    if (said === '') return said
    mask ??= maskOf(wide.scan(Buffer.from(text), { path: '' }).hits.map(({ secret }) => secret))
    // of a name that is cut a part of a secret may be left
    return said.includes('…') ? mask.parts(said) : mask.wholes(said)
  }
}

const withMask =
  (masked: (text: string) => string) =>
  (mistake: Mistake): Mistake => ({
    ...mistake,
    path: masked(mistake.path),
    found: masked(mistake.found),
  })

/** Once for the same content of a file. */
export const tellMistakes = async (
  { emit, once }: Pick<ScanParts, 'emit' | 'once'>,
  repository: RepositoryAddress,
  { mistakes: files }: Pick<TeamRules, 'mistakes'>,
): Promise<void> => {
  for (const { file, blob, mistakes } of files)
    await once(`scan-rules#${addressText(repository)}#${file}#${blob}`, () =>
      emit('Scan Rules Invalid', {
        repository,
        file,
        mistakes: mistakes
          .slice(0, MAX_NAMED_FINDINGS)
          .map((mistake) => renderMistake(mistake).slice(0, MAX_MISTAKE)),
        mistakesInAll: mistakes.length,
        used: !isRefused(mistakes),
        nextStep: `Mend ${file} on the default branch. Until then ${isRefused(mistakes) ? 'Relay’s own rules are in force, as if the file were not there' : 'what is wrong in it has no effect'}.`,
      }),
    )
}

const MAX_MISTAKE = 600
