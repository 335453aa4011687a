/** Where keys and tables stand in a TOML text, which its parser does not tell. */
export interface TomlLines {
  /** of `rules[2].regex`, or of the nearest part around it; from 1 */
  lineOf(path: string): number
}

/** Reads a text that a parser has accepted: only so much of the grammar as separates keys from values. */
export const tomlLines = (text: string): TomlLines => {
  const lines = new Map<string, number>()
  const counts = new Map<string, number>()
  let table = ''
  for (const { head, line } of statementsOf(text)) {
    const header = /^\[(\[?)\s*(.*?)\s*\]?\]$/.exec(head)
    if (header) {
      table = tableOf(namesOf(header[2] ?? ''), header[1] === '[', counts)
      note(lines, table, line)
    } else {
      note(lines, [...(table === '' ? [] : [table]), ...namesOf(head)].join('.').toLowerCase(), line)
    }
  }
  return {
    lineOf(path) {
      for (let at = path.toLowerCase(); at !== ''; at = at.replace(/(?:\.|^)[^.[\]]+$|\[\d+\]$/, '')) {
        const line = lines.get(at)
        if (line !== undefined) return line
      }
      return 1
    },
  }
}

const note = (lines: Map<string, number>, path: string, line: number): void => {
  if (!lines.has(path)) lines.set(path, line)
}

/** `[[rules.allowlists]]` is the next list item within the last rule. */
const tableOf = (names: readonly string[], item: boolean, counts: Map<string, number>): string => {
  let path = ''
  for (const [index, name] of names.entries()) {
    path = `${path}${path === '' ? '' : '.'}${name.toLowerCase()}`
    const count = counts.get(path)
    const last = index === names.length - 1
    if (last && item) {
      counts.set(path, (count ?? 0) + 1)
      path = `${path}[${count ?? 0}]`
    } else if (count !== undefined) path = `${path}[${count - 1}]`
  }
  return path
}

/** `a . "b.c" . 'd'` → its names */
const namesOf = (keys: string): string[] =>
  [...keys.matchAll(/"((?:[^"\\]|\\.)*)"|'([^']*)'|([^\s.]+)/g)].map(
    ([, basic, literal, bare]) => basic ?? literal ?? bare ?? '',
  )

interface Statement {
  /** a header with its brackets, or the key before `=` */
  readonly head: string
  readonly line: number
}

const TOKENS =
  /"""(?:[^\\]|\\[\s\S])*?"{3,5}|'''[\s\S]*?'{3,5}|"(?:[^"\\\n]|\\.)*"|'[^'\n]*'|#[^\n]*|\n|[[\]{}=]/g

function* statementsOf(text: string): Generator<Statement> {
  let line = 1
  let depth = 0
  let began = 0
  let value = false
  for (const token of text.matchAll(TOKENS)) {
    const [word] = token
    if (word === '=' && depth === 0 && !value) {
      yield { head: text.slice(began, token.index).trim(), line }
      value = true
    } else if (value && (word === '[' || word === '{')) depth += 1
    else if (value && (word === ']' || word === '}')) depth -= 1
    else if (word === '\n' && depth === 0) {
      const head = text.slice(began, token.index).replace(/#.*$/, '').trim()
      if (!value && head.startsWith('[')) yield { head, line }
      began = token.index + 1
      value = false
    }
    for (const char of word) if (char === '\n') line += 1
  }
  const head = text.slice(began).replace(/#.*$/, '').trim()
  if (!value && head.startsWith('[')) yield { head, line }
}
