/** What a line says of one attribute: its value, set (true), unset (false, `-name`), or unspecified (`!name`). */
export interface Assignment {
  readonly name: string
  readonly value: string | boolean | undefined
}

export interface AttributeLine {
  readonly pattern: string
  readonly assignments: readonly Assignment[]
}

export type Macros = ReadonlyMap<string, readonly Assignment[]>

export interface AttributesFile {
  readonly lines: readonly AttributeLine[]
  readonly macros: Macros
}

/** Longer lines are ignored by git (attr.h, ATTR_MAX_LINE_LENGTH). */
const MAX_LINE = 2_048
const MACRO = '[attr]'

/**
 * Reads a `.gitattributes` (gitattributes(5)): comments, quoted patterns, macros. Lines that git ignores are left out: with an
 * attribute name that cannot be, with a negative pattern, too long. Never throws.
 */
export const parseAttributes = (text: string): AttributesFile => {
  const lines: AttributeLine[] = []
  const macros = new Map<string, readonly Assignment[]>()
  for (const raw of text.replace(/^\uFEFF/, '').split('\n')) {
    if (raw.length > MAX_LINE) continue
    const line = trim(raw)
    if (line === '' || line.startsWith('#')) continue
    const { pattern, rest, quoted } = patternOf(line)
    const assignments = assignmentsOf(rest)
    if (!assignments) continue
    if (!quoted && pattern.startsWith(MACRO) && pattern.length > MACRO.length) {
      const name = pattern.slice(MACRO.length)
      if (isName(name)) macros.set(name, assignments)
    } else if (!pattern.startsWith('!')) lines.push({ pattern, assignments })
  }
  return { lines, macros }
}

const trim = (text: string): string => text.replace(/^[ \t\r]+|[ \t\r]+$/g, '')

const isName = (name: string): boolean => /^[\w.][\w.-]*$/.test(name)

const patternOf = (line: string): { pattern: string; rest: string; quoted: boolean } => {
  const quoted = /^"((?:[^"\\]|\\.)*)"/.exec(line)
  const unquoted = quoted && unquote(quoted[1] ?? '')
  if (quoted && typeof unquoted === 'string') {
    return { pattern: unquoted, rest: line.slice(quoted[0].length), quoted: true }
  }
  const end = line.search(/[ \t\r]/)
  return end < 0
    ? { pattern: line, rest: '', quoted: false }
    : { pattern: line.slice(0, end), rest: line.slice(end), quoted: false }
}

const ESCAPES = new Map(
  Object.entries({ a: 7, b: 8, t: 9, n: 10, v: 11, f: 12, r: 13, '"': 34, '\\': 92 }).map(
    ([letter, byte]) => [letter, Buffer.from([byte])],
  ),
)

/** C-style quoting, as git unquotes it (quote.c, unquote_c_style); undefined where it would not. */
const unquote = (text: string): string | undefined => {
  const bytes: Buffer[] = []
  let at = 0
  for (const found of text.matchAll(/\\([0-3][0-7]{2}|.)/gs)) {
    const code = found[1] ?? ''
    const meant = code.length === 3 ? Buffer.from([Number.parseInt(code, 8)]) : ESCAPES.get(code)
    if (meant === undefined) return undefined
    bytes.push(Buffer.from(text.slice(at, found.index)), meant)
    at = found.index + found[0].length
  }
  // octal escapes are single bytes of UTF-8
  return Buffer.concat([...bytes, Buffer.from(text.slice(at))]).toString('utf8')
}

/** Undefined when a name cannot be: git then ignores the whole line. */
const assignmentsOf = (text: string): readonly Assignment[] | undefined => {
  const words = text.split(/[ \t\r]+/).filter((word) => word !== '')
  const assignments = words.map(assignmentOf)
  return assignments.every(({ name }) => isName(name)) ? assignments : undefined
}

const assignmentOf = (word: string): Assignment => {
  const equals = word.indexOf('=')
  const name = equals < 0 ? word : word.slice(0, equals)
  if (name.startsWith('-')) return { name: name.slice(1), value: false }
  if (name.startsWith('!')) return { name: name.slice(1), value: undefined }
  return { name, value: equals < 0 ? true : word.slice(equals + 1) }
}

/** Patterns that every path matches. */
const EVERYTHING = new Set(['*', '**', '/**', '**/*'])

/**
 * The patterns of a file for which `filter` ends up as `lfs`, judged by the lines that surely speak of whatever the pattern
 * matches: of the same pattern, of its last part alone, or of everything.
 * @param macros of the root's `.gitattributes`, where only macros can be defined (gitattributes(5))
 */
export const lfsPatterns = ({ lines }: AttributesFile, macros: Macros): readonly string[] => {
  const numbers = Map.groupBy(lines.keys(), (number) => lines[number]?.pattern ?? '')
  const patterns = [...numbers.keys()].filter((pattern) => !pattern.endsWith('/'))
  const always = [...EVERYTHING].flatMap((pattern) => numbers.get(pattern) ?? [])
  return patterns.filter((pattern) => {
    const own = numbers.get(pattern) ?? []
    const byName = numbers.get(pattern.slice(pattern.lastIndexOf('/') + 1)) ?? []
    const speaking = [...new Set([...own, ...byName, ...always])].sort((a, b) => b - a)
    return (
      filterOf(
        speaking.map((number) => lines[number]?.assignments ?? []),
        macros,
      ) === 'lfs'
    )
  })
}

/** From the last line to the first, and within a line from right to left: who speaks first wins (git's attr.c, fill_one). */
const filterOf = (lines: readonly (readonly Assignment[])[], macros: Macros): Assignment['value'] => {
  const known = new Map<string, Assignment['value']>()
  const fill = (assignments: readonly Assignment[]) => {
    for (const { name, value } of assignments.toReversed()) {
      if (known.has(name)) continue
      known.set(name, value)
      if (value === true) fill(macros.get(name) ?? [])
    }
  }
  for (const line of lines) fill(line)
  return known.get('filter')
}
