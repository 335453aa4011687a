import { createHash } from 'node:crypto'
import type { RefMap } from '../git/refs.ts'

/** `sha256:<hex>` over the lines `name SP oid LF`, sorted by the bytes of the name: equal refs, equal digest. */
export const digestOf = (refs: RefMap): string => {
  const lines = [...refs].map(([name, oid]) => Buffer.from(`${name} ${oid}\n`)).sort(Buffer.compare)
  const hash = createHash('sha256')
  for (const line of lines) hash.update(line)
  return `sha256:${hash.digest('hex')}`
}
