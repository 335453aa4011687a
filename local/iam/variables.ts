import { literally } from './glob.ts'

/** Condition keys of a request, asked for in lower case (keys are not case-sensitive); no values: the key is absent. */
export interface Context {
  get(key: string): readonly string[] | undefined
}

interface Variable {
  /** in lower case */
  readonly key: string
  /** as the policy wrote it */
  readonly name: string
  readonly fallback?: string
}

/** A text of a policy, with places for policy variables where it has any. */
export type Text = string | readonly (string | { readonly literal: string } | Variable)[]

/** IAM user guide, "Policy variables": special characters that stand for themselves. */
const SPECIAL = new Set(['*', '?', '$'])

/**
 * Reads `${aws:username}`, `${aws:username, 'default'}`, `${*}`: IAM user guide, "Policy variables".
 * @param variables false: the older policy language, in which they are mere text
 */
export const parseText = (text: string, variables: boolean): Text => {
  if (!variables || !text.includes('${')) return text
  const parts: Exclude<Text, string>[number][] = []
  let end = 0
  for (const found of text.matchAll(/\$\{([^}]*)\}/g)) {
    if (found.index > end) parts.push(text.slice(end, found.index))
    parts.push(placeOf(found[1] ?? ''))
    end = found.index + found[0].length
  }
  if (end < text.length) parts.push(text.slice(end))
  return end === 0 ? text : parts
}

const placeOf = (inner: string): Variable | { literal: string } => {
  if (SPECIAL.has(inner)) return { literal: inner }
  const [name = '', ...rest] = inner.split(',')
  const fallback = /^\s*'(.*)'\s*$/.exec(rest.join(','))?.[1]
  const key = name.trim()
  return { key: key.toLowerCase(), name: key, ...(fallback !== undefined && { fallback }) }
}

/**
 * The text with values in its places.
 * @param pattern the text is a pattern: then what a variable puts in means itself, wildcards included
 * @returns undefined when a variable has no value, or several
 */
export const resolveText = (text: Text, context: Context, pattern: boolean): string | undefined => {
  if (typeof text === 'string') return text
  const itself = pattern ? literally : (value: string) => value
  let resolved = ''
  for (const part of text) {
    if (typeof part === 'string') resolved += part
    else if ('literal' in part) resolved += itself(part.literal)
    else {
      const values = context.get(part.key) ?? []
      const value = values.length === 1 ? values[0] : part.fallback
      if (value === undefined) return undefined
      resolved += itself(value)
    }
  }
  return resolved
}

/** Names of the keys that a text asks for, as written. */
export const keysIn = (text: Text): readonly string[] =>
  typeof text === 'string'
    ? []
    : text.flatMap((part) => (typeof part === 'object' && 'name' in part ? [part.name] : []))
