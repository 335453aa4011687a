import type { NormalizedSchema } from '@smithy/core/schema'

/** Longer values than this are cut in an error: it would be larger than what it complains about. */
const SHOWN_MAX = 65_536

/**
 * A value of an input as AWS's services, which are written in Java, print it in an error.
 * @param path of the value below `root`
 */
export const shownValue = (root: NormalizedSchema, path: string, value: unknown): string => {
  let schema: NormalizedSchema | undefined = root
  for (const part of path.split('.')) {
    if (schema?.isStructSchema()) {
      const members: readonly (readonly [string, NormalizedSchema])[] = [...schema.structIterator()]
      schema = members.find(([name]) => name.toLowerCase() === part.toLowerCase())?.[1]
    } else if (part !== 'member') schema = schema?.getValueSchema()
  }
  return javaText(schema, value).slice(0, SHOWN_MAX)
}

/** Members that AWS's own model has and nobody else sees, but in this text. */
const HIDDEN_MEMBERS: Readonly<Record<string, readonly string[]>> = {
  PutEventsRequestEntry: ['kmsKeyIdentifier', 'internalMetadata'],
}

/** As Java prints it: `[PutEventsRequestEntry(time=null, source=a)]`, `{key=value}`. */
const javaText = (schema: NormalizedSchema | undefined, value: unknown): string => {
  if (value === undefined || value === null) return 'null'
  if (value instanceof Date) return value.toISOString()
  if (value instanceof Uint8Array)
    return `java.nio.HeapByteBuffer[pos=0 lim=${value.byteLength} cap=${value.byteLength}]`
  if (Array.isArray(value)) {
    const item = schema?.isListSchema() ? schema.getValueSchema() : undefined
    return `[${value.map((entry) => javaText(item, entry)).join(', ')}]`
  }
  if (typeof value !== 'object') return String(value)
  const object = value as Readonly<Record<string, unknown>>
  if (!schema?.isStructSchema())
    return `{${Object.entries(object)
      .map(([key, entry]) => `${key}=${javaText(undefined, entry)}`)
      .join(', ')}}`
  const name = (schema.getName() ?? '').replace(/.*#/, '')
  const members = [...schema.structIterator()].map(
    ([member, inner]) =>
      `${member.charAt(0).toLowerCase()}${member.slice(1)}=${javaText(inner, object[member])}`,
  )
  const hidden = (HIDDEN_MEMBERS[name] ?? []).map((member) => `${member}=null`)
  return `${name}(${[...members, ...hidden].join(', ')})`
}
