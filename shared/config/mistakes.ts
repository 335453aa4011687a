import { RelayError } from '../runtime/errors.ts'

/** One thing that is wrong in relay.yml, and where. */
export interface Mistake {
  /** from 1 */
  readonly line: number
  /** from 1 */
  readonly column: number
  /** `replicate[0].to[1].region`; empty for the file as a whole */
  readonly path: string
  readonly expected: string
  readonly found: string
  /** the known name that was probably meant */
  readonly nearest?: string
}

/** relay.yml is not usable: carries every mistake of the file, in the order in which they stand in it. */
export class ConfigError extends RelayError {
  readonly fileName: string
  readonly mistakes: readonly Mistake[]

  /** @param text the file's text, to show the lines; left out of the message when it is not there */
  constructor(fileName: string, mistakes: readonly Mistake[], text: string, options?: { cause?: unknown }) {
    super('CONFIG_INVALID', { file: fileName, mistakes: mistakes.length }, options)
    this.name = 'ConfigError'
    this.fileName = fileName
    this.mistakes = mistakes
    this.message = `CONFIG_INVALID: ${renderMistakes(mistakes, text, fileName)}`
  }
}

/** `relay.yml:7:15 replicate[0].to[1].region: expected …, found …; did you mean …?` */
export const renderMistake = (mistake: Mistake, fileName = 'relay.yml'): string => {
  const where = `${fileName}:${mistake.line}:${mistake.column}`
  const path = mistake.path === '' ? '' : ` ${mistake.path}:`
  const hint = mistake.nearest === undefined ? '' : `; did you mean ${mistake.nearest}?`
  return `${where}${path} expected ${mistake.expected}, found ${mistake.found}${hint}`
}

const MAX_EXCERPT = 100
const MAX_SHOWN = 50

/** All mistakes for people: one line each, under it the line of the file with a mark at the place. */
export const renderMistakes = (
  mistakes: readonly Mistake[],
  text: string,
  fileName = 'relay.yml',
): string => {
  const lines = text.split(/\r\n|\r|\n/)
  const shown = mistakes.slice(0, MAX_SHOWN).map((mistake) => {
    const excerpt = excerptOf(lines[mistake.line - 1], mistake)
    return excerpt === ''
      ? renderMistake(mistake, fileName)
      : `${renderMistake(mistake, fileName)}\n${excerpt}`
  })
  const more = mistakes.length - shown.length
  return [
    `${fileName} has ${mistakes.length === 1 ? 'a mistake' : `${mistakes.length} mistakes`}`,
    '',
    ...shown,
    ...(more > 0 ? [`… and ${more} more`] : []),
  ].join('\n')
}

const excerptOf = (line: string | undefined, { line: number, column }: Mistake): string => {
  if (line === undefined || line.trim() === '' || column > MAX_EXCERPT) return ''
  const gutter = `${number} | `.padStart(8)
  // a tab takes one column here as it does in the count
  const shown = line.slice(0, MAX_EXCERPT).replaceAll('\t', ' ')
  return `${gutter}${shown}\n${'| '.padStart(8)}${' '.repeat(column - 1)}^`
}
