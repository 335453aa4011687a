import type * as z from 'zod/mini'
import type { Path } from './yaml-source.ts'

interface Definition {
  readonly shape?: Readonly<Record<string, z.core.$ZodType>>
  readonly element?: z.core.$ZodType
  readonly valueType?: z.core.$ZodType
  readonly innerType?: z.core.$ZodType
}

/** The keys that a schema knows at a path; none where the path leads to no mapping with fixed keys. */
export const knownKeys = (schema: z.core.$ZodType, path: Path): readonly string[] => {
  let at: z.core.$ZodType | undefined = schema
  for (const step of path) {
    const { shape, element, valueType } = definitionOf(at)
    at = shape?.[step] ?? element ?? valueType
  }
  return Object.keys(definitionOf(at).shape ?? {})
}

const definitionOf = (schema: z.core.$ZodType | undefined): Definition => {
  const definition = (schema?._zod.def ?? {}) as Definition
  return definition.innerType ? definitionOf(definition.innerType) : definition
}
