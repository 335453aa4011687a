import type { AttributeValue } from '@aws-sdk/client-dynamodb'

/** What the table keeps: plain data without null. */
export type Value =
  | string
  | number
  | boolean
  | readonly Value[]
  | { readonly [name: string]: Value | undefined }
export type Item = { readonly [name: string]: Value | undefined }

/** DynamoDB's typed form of a value; members that are undefined are left out. */
export const toAttribute = (value: Value): AttributeValue => {
  if (typeof value === 'string') return { S: value }
  if (typeof value === 'number') return { N: String(value) }
  if (typeof value === 'boolean') return { BOOL: value }
  if (isList(value)) return { L: value.map(toAttribute) }
  return { M: toAttributes(value) }
}

export const toAttributes = (item: Item): Record<string, AttributeValue> =>
  Object.fromEntries(
    Object.entries(item).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, toAttribute(value)]],
    ),
  )

export const fromAttribute = (attribute: AttributeValue): Value | undefined => {
  if (attribute.S !== undefined) return attribute.S
  if (attribute.N !== undefined) return Number(attribute.N)
  if (attribute.BOOL !== undefined) return attribute.BOOL
  if (attribute.SS !== undefined) return attribute.SS
  if (attribute.L !== undefined) return attribute.L.map(fromAttribute).filter((each) => each !== undefined)
  return attribute.M === undefined ? undefined : fromAttributes(attribute.M)
}

export const fromAttributes = (attributes: Readonly<Record<string, AttributeValue>>): Item =>
  Object.fromEntries(Object.entries(attributes).map(([name, attribute]) => [name, fromAttribute(attribute)]))

const isList = (value: Value): value is readonly Value[] => Array.isArray(value)
