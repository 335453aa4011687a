import { nearest } from '../../runtime/nearest.ts'

/** What a mistake does: `refused`: the file is not used; `ignored`: the file is used without this. */
export type Weight = 'refused' | 'ignored'

/**
 * One thing that is wrong in a team's file, and where. Says nothing of what expressions, stop-words and baselines hold: they may hold
 * secrets.
 */
export interface Mistake {
  readonly file: string
  /** from 1 */
  readonly line: number
  /** `rules[2].allowlists[0].regexTarget`; empty for the file, or a line of it, as a whole */
  readonly path: string
  readonly expected: string
  readonly found: string
  /** the known name that was probably meant */
  readonly nearest?: string
  readonly weight: Weight
}

/** Further ones are not kept, but for the first that is refused. */
export const MISTAKES_MOST = 1_000
/** Later ones do not say what was meant: looking for it among thousands of names takes time. */
const MEANT_MOST = 20

/** Adds one mistake, with the known name that is nearest to `meant.word`. */
export const addMistake = (
  mistakes: Mistake[],
  mistake: Mistake,
  meant?: { readonly word: string; readonly known: readonly string[] },
): void => {
  if (mistakes.length >= MISTAKES_MOST && (mistake.weight === 'ignored' || isRefused(mistakes))) return
  const name = meant && mistakes.length < MEANT_MOST ? nearest(meant.word, meant.known) : undefined
  mistakes.push(name === undefined ? mistake : { ...mistake, nearest: name })
}

export const isRefused = (mistakes: readonly Mistake[]): boolean =>
  mistakes.some(({ weight }) => weight === 'refused')

/** `.gitleaks.toml:7 rules[0].regexTarget: expected …, found …; did you mean …?` */
export const renderMistake = ({ file, line, path, expected, found, nearest, weight }: Mistake): string => {
  const key = path === '' ? '' : ` ${path}:`
  const hint = nearest === undefined ? '' : `; did you mean ${nearest}?`
  const without = weight === 'ignored' ? ' (ignored)' : ''
  return `${file}:${line}${key} expected ${expected}, found ${found}${hint}${without}`
}

const SHOWN_MOST = 60

/** A name as it may be shown: short, in quotes, on one line. */
export const shown = (name: string): string => {
  const points = [...name]
  return JSON.stringify(points.length > SHOWN_MOST ? `${points.slice(0, SHOWN_MOST).join('')}…` : name)
}
