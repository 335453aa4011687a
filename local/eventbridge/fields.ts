/** A value at the end of a path in an event. */
export type Leaf = string | number | boolean | null

/** One leaf, and which element of which arrays it stands in, by the arrays' numbers. */
export interface Field {
  readonly value: Leaf
  readonly within: ReadonlyMap<number, number>
}

/**
 * The leaves of an event by their dotted path. Elements of an array share its path; empty arrays and objects leave no trace,
 * so that `exists` does not see them (aws/event-ruler, README).
 */
export const fieldsOf = (event: unknown): ReadonlyMap<string, readonly Field[]> => {
  const fields = new Map<string, Field[]>()
  let arrays = 0
  const walk = (value: unknown, path: string, within: ReadonlyMap<number, number>): void => {
    if (Array.isArray(value)) {
      arrays += 1
      const array = arrays
      value.forEach((element, index) => {
        walk(element, path, new Map(within).set(array, index))
      })
    } else if (typeof value === 'object' && value !== null) {
      for (const [name, inner] of Object.entries(value)) walk(inner, path ? `${path}.${name}` : name, within)
    } else if (value !== undefined) {
      const known = fields.get(path)
      const field = { value: value as Leaf, within }
      if (known) known.push(field)
      else fields.set(path, [field])
    }
  }
  walk(event, '', new Map())
  return fields
}
