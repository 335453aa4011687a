import type { NormalizedSchema } from '@smithy/core/schema'

/**
 * Paths of required members that a decoded input lacks, as AWS writes them: `entries.1.member.detail`.
 * A structure's schema lists its required members first and their number last.
 */
export const missingMembers = (schema: NormalizedSchema, value: unknown, path = ''): string[] => {
  if (schema.isStructSchema()) {
    const raw = schema.getSchema() as unknown as readonly unknown[]
    const required = typeof raw[6] === 'number' ? raw[6] : 0
    const object = (value ?? {}) as Record<string, unknown>
    const missing: string[] = []
    let index = 0
    for (const [name, member] of schema.structIterator()) {
      const at = path === '' ? lowerFirst(name) : `${path}.${lowerFirst(name)}`
      if (object[name] !== undefined) missing.push(...missingMembers(member, object[name], at))
      else if (index < required) missing.push(at)
      index += 1
    }
    return missing
  }
  if (schema.isListSchema() && Array.isArray(value))
    return value.flatMap((entry, index) =>
      missingMembers(schema.getValueSchema(), entry, `${path}.${index + 1}.member`),
    )
  if (schema.isMapSchema() && typeof value === 'object' && value !== null)
    return Object.entries(value).flatMap(([key, entry]) =>
      missingMembers(schema.getValueSchema(), entry, `${path}.${key}.member`),
    )
  return []
}

const lowerFirst = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1)
