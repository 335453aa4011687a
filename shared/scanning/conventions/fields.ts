import { shown, type Weight } from './mistakes.ts'
import type { TomlTable } from './toml.ts'

/** Takes the mistakes of one file; without a weight they are refused. */
export type Report = (path: string, expected: string, found: string, weight?: Weight, meant?: Meant) => void

/** A name that is not known, and those that may have been meant. */
export interface Meant {
  readonly word: string
  readonly known: readonly string[]
}

/** One table of the file, read key by key; whatever the case of its keys, as gitleaks reads them. */
export interface Fields {
  readonly path: string
  has(key: string): boolean
  /** empty where it is not there or not a text */
  text(key: string): string
  texts(key: string): readonly string[]
  number(key: string, least: number, whole: boolean): number | undefined
  flag(key: string): boolean
  /** of a list of tables; one table alone is a list of one; `known` are their keys */
  tables(key: string, known: readonly string[]): readonly Fields[]
  /** something is wrong with this key's value */
  mistake(key: string, expected: string, found: string, weight?: Weight, meant?: Meant): void
}

/** @param known the names of all keys; others are told and passed over, as gitleaks passes over them in silence */
export type Fieldset = (table: TomlTable, path: string, known: readonly string[]) => Fields

export const fieldsOf =
  (report: Report): Fieldset =>
  (table, path, known) => {
    const values = new Map(Object.entries(table).map(([key, value]) => [key.toLowerCase(), value]))
    const at = (key: string): string => (path === '' ? key : `${path}.${key}`)
    const accepted = new Set(known.map((name) => name.toLowerCase()))
    for (const key of Object.keys(table)) {
      if (accepted.has(key.toLowerCase())) continue
      report(at(key), `one of ${known.join(', ')}`, `the key ${shown(key)}`, 'ignored', { word: key, known })
    }
    const of = (key: string): unknown => values.get(key.toLowerCase())
    const mistake = (key: string, expected: string, found: string, weight?: Weight, meant?: Meant): void =>
      report(at(key), expected, found, weight, meant)
    return {
      path,
      has: (key) => of(key) !== undefined,
      text: (key) => {
        const value = of(key)
        if (value === undefined || typeof value === 'string') return value ?? ''
        mistake(key, 'a text', kindOf(value))
        return ''
      },
      texts: (key) => {
        const value = of(key)
        // gitleaks cuts a text at its commas where a list is due
        const list = typeof value === 'string' ? (value === '' ? [] : value.split(',')) : (value ?? [])
        if (Array.isArray(list)) return list.filter((one, index) => isText(one, `${key}[${index}]`, mistake))
        mistake(key, 'a list of texts', kindOf(value))
        return []
      },
      number: (key, least, whole) => {
        const value = of(key)
        if (value === undefined) return undefined
        const number = typeof value === 'number' && Number.isFinite(value) ? value : undefined
        if (number !== undefined && number >= least && (!whole || Number.isSafeInteger(number))) return number
        const found = number === undefined ? kindOf(value) : `${number}`
        mistake(key, `a ${whole ? 'whole ' : ''}number of at least ${least}`, found)
        return undefined
      },
      flag: (key) => {
        const value = of(key)
        if (value === undefined || typeof value === 'boolean') return value ?? false
        mistake(key, 'true or false', kindOf(value))
        return false
      },
      tables: (key, names) => {
        const value = of(key)
        const list = value === undefined ? [] : Array.isArray(value) ? value : [value]
        return list.flatMap((one, index) => {
          const name = Array.isArray(value) ? `${key}[${index}]` : key
          if (isTable(one)) return [fieldsOf(report)(one, at(name), names)]
          mistake(name, 'a table', kindOf(one))
          return []
        })
      },
      mistake,
    }
  }

const isText = (
  value: unknown,
  key: string,
  mistake: (key: string, expected: string, found: string) => void,
): value is string => {
  if (typeof value === 'string') return true
  mistake(key, 'a text', kindOf(value))
  return false
}

const isTable = (value: unknown): value is TomlTable =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date)

const kindOf = (value: unknown): string => {
  if (Array.isArray(value)) return `a list of ${value.length}`
  if (value instanceof Date) return 'a date'
  if (isTable(value)) return 'a table'
  if (typeof value === 'string') return 'a text'
  return `${value}`
}
