import { RelayError } from './errors.ts'

/** One setting: the variable it is read from, and what it must look like. */
export interface Setting<T> {
  readonly name: string
  /** for people: `a number above 0` */
  readonly expected: string
  /** the value, or undefined when the text is not what is expected; `text` is undefined when the variable is missing or empty */
  readonly read: (text: string | undefined) => { readonly value: T } | undefined
}

type Values<S> = { readonly [K in keyof S]: S[K] extends Setting<infer T> ? T : never }

const present =
  <T>(read: (text: string) => { readonly value: T } | undefined): Setting<T>['read'] =>
  (text) =>
    text === undefined ? undefined : read(text)

export const text = (name: string): Setting<string> => ({
  name,
  expected: 'some text',
  read: present((value) => ({ value })),
})

export const optionalText = (name: string): Setting<string | undefined> => ({
  name,
  expected: 'some text, or nothing',
  read: (value) => ({ value }),
})

export const matching = (name: string, expected: string, pattern: RegExp): Setting<string> => ({
  name,
  expected,
  read: present((value) => (pattern.test(value) ? { value } : undefined)),
})

/** An account id: 12 digits. */
export const account = (name: string): Setting<string> => matching(name, '12 digits', /^\d{12}$/)

export const url = (name: string): Setting<string> => ({
  name,
  expected: 'an http or https URL',
  read: present((value) => (/^https?:$/.test(URL.parse(value)?.protocol ?? '') ? { value } : undefined)),
})

/** A whole number of at least 1. */
export const count = (name: string): Setting<number> => ({
  name,
  expected: 'a whole number of at least 1',
  read: present((value) => (/^[1-9]\d{0,8}$/.test(value) ? { value: Number(value) } : undefined)),
})

/** `a,b,c`, at least one. */
export const list = (name: string): Setting<readonly string[]> => ({
  name,
  expected: 'names parted by commas',
  read: present((value) => {
    const parts = value.split(',').map((part) => part.trim())
    return parts.every((part) => part !== '') ? { value: parts } : undefined
  }),
})

export const oneOf = <const T extends string>(name: string, choices: readonly T[]): Setting<T> => ({
  name,
  expected: `one of ${choices.join(', ')}`,
  read: present((value) => {
    const choice = choices.find((candidate) => candidate === value)
    return choice === undefined ? undefined : { value: choice }
  }),
})

/** A JSON object whose values are text. */
export const textMap = (name: string): Setting<Readonly<Record<string, string>>> => ({
  name,
  expected: 'a JSON object of texts',
  read: present((value) => {
    const parsed = parseJson(value)
    if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) return undefined
    const entries = Object.entries(parsed)
    return entries.every(([, entry]) => typeof entry === 'string')
      ? { value: Object.fromEntries(entries) as Record<string, string> }
      : undefined
  }),
})

const parseJson = (value: string): unknown => {
  try {
    return JSON.parse(value)
  } catch {
    return undefined
  }
}

/**
 * Reads a closed set of settings.
 * @param environment the process's variables; an empty one counts as missing
 * @throws RelayError ENVIRONMENT_INVALID naming every missing and malformed variable at once, never a value
 */
export const readEnvironment = <S extends Readonly<Record<string, Setting<unknown>>>>(
  environment: Readonly<Record<string, string | undefined>>,
  settings: S,
): Values<S> => {
  const problems: string[] = []
  const values = Object.entries(settings).map(([key, setting]) => {
    const given = environment[setting.name]
    const read = setting.read(given === '' ? undefined : given)
    if (!read) problems.push(`${setting.name}: ${given ? '' : 'missing, '}expected ${setting.expected}`)
    return [key, read?.value]
  })
  if (problems.length > 0) throw new RelayError('ENVIRONMENT_INVALID', { problems: problems.join('; ') })
  return Object.fromEntries(values) as Values<S>
}
