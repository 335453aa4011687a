import { type Comparable, JsonNumber, LIMIT_IN_MILLIONTHS, millionths } from './numbers.ts'

/** A value at the end of a path in an event. */
export type Leaf = string | number | boolean | null | JsonNumber

/** One leaf, and which elements of arrays hold the objects it stands in, by the arrays' numbers. */
export interface Field {
  readonly value: Leaf
  readonly within: ReadonlyMap<number, number>
}

/** The leaves of an event by their dotted path. */
export type Fields = ReadonlyMap<string, readonly Field[]>

const NOWHERE: ReadonlyMap<number, number> = new Map()

/**
 * Finds the leaves of an event. Elements of an array share its path, a dot in a name counts as a step, empty arrays and objects
 * leave no trace, so that `exists` does not see them (aws/event-ruler, Event and README).
 */
export const fieldsOf = (event: unknown): Fields => {
  const fields = new Map<string, Field[]>()
  let arrays = 0
  const add = (path: string, value: unknown, within: Field['within']) => {
    const field = { value: value as Leaf, within }
    const known = fields.get(path)
    if (known) known.push(field)
    else fields.set(path, [field])
  }
  const walkArray = (elements: readonly unknown[], path: string, within: Field['within']) => {
    arrays += 1
    const array = arrays
    elements.forEach((element, index) => {
      if (isLeaf(element)) add(path, element, within)
      else walk(element, path, new Map(within).set(array, index))
    })
  }
  const walk = (value: unknown, path: string, within: Field['within']): void => {
    if (Array.isArray(value)) walkArray(value, path, within)
    else if (isLeaf(value)) add(path, value, within)
    else {
      const prefix = path === '' ? '' : `${path}.`
      for (const [name, inner] of Object.entries(value as object))
        if (inner !== undefined) walk(inner, `${prefix}${name}`, within)
    }
  }
  walk(event, '', NOWHERE)
  return fields
}

const isLeaf = (value: unknown): boolean =>
  typeof value !== 'object' || value === null || value instanceof JsonNumber

/** A numeric leaf as numbers are compared; undefined for other leaves. */
export const comparableOf = (leaf: Leaf): Comparable | undefined => {
  if (typeof leaf === 'number')
    return Number.isInteger(leaf) && Math.abs(leaf) <= LIMIT_IN_MILLIONTHS / 1e6
      ? leaf * 1e6
      : millionths(String(leaf))
  return leaf instanceof JsonNumber ? millionths(leaf.text) : undefined
}
