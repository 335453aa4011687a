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
  /** an empty text is none, as to gitleaks */
  has(key: string): boolean
  /** empty where it is not there or not a text */
  text(key: string): string
  texts(key: string): readonly string[]
  /** one below 0 is told, and is no bound */
  number(key: string, whole: boolean): number | undefined
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
      has: (key) => of(key) !== undefined && of(key) !== '',
      text: (key) => {
        const value = of(key)
        if (value === undefined || typeof value === 'string') return value ?? ''
        const text = asText(value)
        mistake(key, 'a text', kindOf(value), text === undefined ? 'refused' : 'ignored')
        return text ?? ''
      },
      texts: (key) => {
        const value = of(key)
        // gitleaks cuts a text at its commas where a list is due
        const list = typeof value === 'string' ? (value === '' ? [] : value.split(',')) : (value ?? [])
        if (Array.isArray(list))
          return list.flatMap((one, index) => {
            const text = typeof one === 'string' ? one : asText(one)
            const weight = text === undefined ? 'refused' : 'ignored'
            if (typeof one !== 'string') mistake(`${key}[${index}]`, 'a text', kindOf(one), weight)
            return text === undefined ? [] : [text]
          })
        mistake(key, 'a list of texts', kindOf(value))
        return []
      },
      number: (key, whole) => {
        const value = of(key)
        if (value === undefined) return undefined
        const given = asNumber(value)
        const number = given !== undefined && whole ? Math.trunc(given) : given
        if (number !== value || number < 0) {
          const found = typeof value === 'number' ? `${value}` : kindOf(value)
          const weight = number === undefined ? 'refused' : 'ignored'
          mistake(key, `a ${whole ? 'whole ' : ''}number of at least 0`, found, weight)
        }
        return number
      },
      flag: (key) => {
        const value = of(key)
        if (value === undefined || typeof value === 'boolean') return value ?? false
        const flag = asFlag(value)
        mistake(key, 'true or false', kindOf(value), flag === undefined ? 'refused' : 'ignored')
        return flag ?? false
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

// A value of another type that still says what is meant gitleaks takes (mapstructure's weak typing); so do we, and tell it.

const asText = (value: unknown): string | undefined =>
  typeof value === 'number' ? `${value}` : typeof value === 'boolean' ? (value ? '1' : '0') : undefined

const asNumber = (value: unknown): number | undefined => {
  const number = typeof value === 'string' && value.trim() === value ? Number(value) : value
  if (typeof number === 'boolean') return Number(number)
  return typeof number === 'number' && Number.isFinite(number) ? number : undefined
}

const asFlag = (value: unknown): boolean | undefined => {
  if (typeof value === 'number') return value !== 0
  if (typeof value !== 'string') return undefined
  if (/^(?:1|t|T|true|TRUE|True)$/.test(value)) return true
  return /^(?:0|f|F|false|FALSE|False)?$/.test(value) ? false : undefined
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
