import { createHash } from 'node:crypto'
import type { StoredAttribute } from './types.ts'

export const md5 = (text: string): string => createHash('md5').update(text, 'utf8').digest('hex')

/**
 * MD5 of message attributes as SDKs check it: per attribute, sorted by name, the length-prefixed name, data type, one byte for
 * the transport (1 text, 2 bytes) and value (SQS developer guide, "Calculating the MD5 message digest for message attributes").
 * @returns hex, or undefined when there are none
 */
export const md5OfAttributes = (
  attributes: Readonly<Record<string, StoredAttribute>>,
): string | undefined => {
  const names = Object.keys(attributes).sort()
  if (names.length === 0) return undefined
  const hash = createHash('md5')
  const field = (bytes: Buffer) => {
    const length = Buffer.alloc(4)
    length.writeUInt32BE(bytes.length)
    hash.update(length).update(bytes)
  }
  for (const name of names) {
    const attribute = attributes[name] as StoredAttribute
    field(Buffer.from(name))
    field(Buffer.from(attribute.type))
    hash.update(Uint8Array.of(attribute.base64 === undefined ? 1 : 2))
    field(
      attribute.base64 === undefined
        ? Buffer.from(attribute.text ?? '')
        : Buffer.from(attribute.base64, 'base64'),
    )
  }
  return hash.digest('hex')
}
