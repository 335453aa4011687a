import { openPack } from '../../../../shared/git/pack/open.ts'
import type { Pack, PackOptions } from '../../../../shared/git/pack/types.ts'
import { idOf } from './build.ts'

/** A pack's bytes as they may come over the network. */
export async function* inChunks(bytes: Uint8Array, size = 65_515): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

export const openBytes = (bytes: Uint8Array, options?: PackOptions, size?: number): Promise<Pack> =>
  openPack(inChunks(bytes, size), options)

/**
 * `id type size` of every object that the walk gives, in its order. An object whose bytes are not those of its id is `wrong`,
 * which no pack has.
 */
export const walked = (pack: Pack): string[] =>
  Array.from(pack.walk(), (object) => {
    const data = 'data' in object ? object.data : Buffer.concat([...copies(object.pieces())])
    const size = 'data' in object ? object.data.length : object.size
    const isRight = idOf(object.type, data) === object.oid && data.length === size
    return isRight ? `${object.oid} ${object.type} ${size}` : `wrong ${object.oid}`
  })

function* copies(pieces: Iterable<Buffer>): Generator<Buffer> {
  for (const piece of pieces) yield Buffer.from(piece)
}

export const readAll = async (bytes: Uint8Array, options?: PackOptions, size?: number) => {
  const pack = await openBytes(bytes, options, size)
  try {
    const objects = walked(pack)
    return { objects, unread: pack.unread() }
  } finally {
    await pack.close()
  }
}
