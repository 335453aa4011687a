import { parse, TomlError } from 'smol-toml'
import type { Mistake } from './mistakes.ts'
import { type TomlLines, tomlLines } from './toml-lines.ts'

/** gitleaks' own default rules are 190,000 characters. */
export const CONFIG_MOST = 2_000_000

export type TomlTable = Readonly<Record<string, unknown>>

export interface TomlText extends TomlLines {
  readonly value: TomlTable
}

/** Reads a TOML text with the lines of its keys; or says what keeps it from being read. */
export const readToml = (text: string, file: string): TomlText | Mistake => {
  if (text.length > CONFIG_MOST) {
    return refused(file, 1, `at most ${CONFIG_MOST} characters`, `${text.length}`)
  }
  try {
    return { value: parse(text, { maxDepth: 20 }), ...tomlLines(text) }
  } catch (error) {
    if (!(error instanceof TomlError)) throw error
    // the message goes on with lines of the text, which may hold secrets
    const [what = ''] = error.message.replace(/^Invalid TOML document: /, '').split('\n')
    return refused(file, error.line, 'valid TOML', `this at column ${error.column}: ${what}`)
  }
}

const refused = (file: string, line: number, expected: string, found: string): Mistake => ({
  file,
  line,
  path: '',
  expected,
  found,
  weight: 'refused',
})
