import type { RuleSet } from '../types.ts'
import { type Draft, extendDraft } from './extend.ts'
import type { Fields } from './fields.ts'
import { lastOfEach, readFile } from './file.ts'
import { finished } from './finished.ts'
import { isRefused, type Mistake, shown } from './mistakes.ts'

/** Files that a file may extend one after the other, as in gitleaks. */
export const EXTEND_MOST = 2

/** The reader of the repository's files, for `[extend] path`: of the same branch; undefined: there is no such file. */
export type Load = (path: string) => Promise<string | undefined> | string | undefined

export interface ReadOptions {
  /** what `[extend] useDefault` means */
  readonly defaultRules: RuleSet
  /** for mistakes */
  readonly file?: string
  readonly load?: Load
  /** of `[extend] path`: within the repository (the default), or wherever the process may read, for a file of the operator's */
  readonly reach?: 'repository' | 'anywhere'
  /** a file that leaves no rule in force is refused; absent: it finds nothing, as in gitleaks, and says so */
  readonly needsRules?: boolean
}

export interface ReadRules {
  readonly rules: RuleSet
  /** in the order in which they stand, file by file */
  readonly mistakes: readonly Mistake[]
}

/**
 * Reads a gitleaks configuration (`.gitleaks.toml`) with all its mistakes. When one of them is refused, `rules` are the default
 * rules, so that a broken file never leaves a repository unwatched.
 *
 * @throws what `load` throws
 */
export const readGitleaksConfig = async (text: string, options: ReadOptions): Promise<ReadRules> => {
  const mistakes: Mistake[] = []
  const reader = { ...options, mistakes }
  const whole = await readDraft(text, options.file ?? '.gitleaks.toml', 0, reader)
  const rules = finished(whole.draft, whole.usesDefault)
  if (rules.rules.length === 0 && !isRefused(mistakes)) {
    mistakes.push({
      file: options.file ?? '.gitleaks.toml',
      line: 1,
      path: '',
      expected: 'rules, or [extend] with useDefault = true',
      found: options.needsRules ? 'no rule' : 'no rule: nothing will be found',
      weight: options.needsRules ? 'refused' : 'ignored',
    })
  }
  return { rules: isRefused(mistakes) ? options.defaultRules : rules, mistakes: inOrder(mistakes) }
}

/**
 * Reads the files of a pack of our own: no `[extend]`, every rule's expressions vetted. Any mistake is one to mend, whatever its
 * weight.
 */
export const readRulePack = (
  files: readonly { readonly file: string; readonly text: string }[],
): ReadRules => {
  const mistakes: Mistake[] = []
  const drafts = files.map(({ file, text }) => readFile(text, file, mistakes, true))
  const draft = {
    rules: lastOfEach(drafts.flatMap((one) => one?.rules ?? [])),
    allowlists: drafts.flatMap((one) => one?.allowlists ?? []),
  }
  for (const one of drafts) one?.extend?.mistake('', 'no [extend] in a pack', 'one')
  return { rules: finished(draft, false), mistakes: inOrder(mistakes) }
}

interface Reader extends ReadOptions {
  readonly mistakes: Mistake[]
}

interface Whole {
  readonly draft: Draft
  readonly usesDefault: boolean
}

const EMPTY: Draft = { rules: [], allowlists: [] }

/** A file and what it extends. */
const readDraft = async (text: string, file: string, depth: number, reader: Reader): Promise<Whole> => {
  const own = readFile(text, file, reader.mistakes, false)
  if (!own) return { draft: EMPTY, usesDefault: false }
  const { extend } = own
  if (!extend) return { draft: own, usesDefault: false }
  const base = await readBase(extend, depth, reader)
  if (!base) return { draft: own, usesDefault: false }
  return {
    draft: extendDraft(own, base.draft, extend.texts('disabledRules'), extend),
    usesDefault: base.usesDefault,
  }
}

/** What `[extend]` names; undefined: nothing that is used. */
const readBase = async (extend: Fields, depth: number, reader: Reader): Promise<Whole | undefined> => {
  const path = extend.text('path')
  const useDefault = extend.flag('useDefault')
  if (extend.text('url') !== '') {
    const what = 'a path within the repository (rules are not fetched from the network)'
    extend.mistake('url', what, 'a url', 'ignored')
  }
  if (path !== '' && useDefault) {
    extend.mistake('useDefault', 'either path or useDefault', 'both')
    return undefined
  }
  if (path === '' && !useDefault) return undefined
  if (depth === EXTEND_MOST) {
    const what = `a file that at most ${EXTEND_MOST} others stand upon`
    extend.mistake('', what, `one more [extend], which is not followed`, 'ignored')
    return undefined
  }
  return useDefault
    ? { draft: reader.defaultRules, usesDefault: true }
    : readExtended(path, extend, depth, reader)
}

const readExtended = async (
  path: string,
  extend: Fields,
  depth: number,
  reader: Reader,
): Promise<Whole | undefined> => {
  const name = reader.reach === 'anywhere' ? path : withinRepository(path)
  if (name === undefined) {
    extend.mistake('path', 'a path within the repository', shown(path))
    return undefined
  }
  const text = await reader.load?.(name)
  if (text === undefined) {
    extend.mistake('path', 'a file that is there', shown(path))
    return undefined
  }
  return readDraft(text, name, depth + 1, reader)
}

/** With `/`, from the repository's top; undefined for what leads out of it. */
const withinRepository = (path: string): string | undefined => {
  if (/^[\\/]|^[A-Za-z]:/.test(path)) return undefined
  const names: string[] = []
  for (const name of path.replaceAll('\\', '/').split('/')) {
    if (name === '..' && names.pop() === undefined) return undefined
    if (name !== '' && name !== '.' && name !== '..') names.push(name)
  }
  return names.length === 0 ? undefined : names.join('/')
}

const inOrder = (mistakes: readonly Mistake[]): Mistake[] => {
  const files = [...new Set(mistakes.map(({ file }) => file))]
  return [...mistakes].sort((a, b) => files.indexOf(a.file) - files.indexOf(b.file) || a.line - b.line)
}
