import { type FileHandle, open, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'

/** How much of a pack is read at once: small objects lie close together, the inside of large ones is passed over. */
const WINDOW_BYTES = 64 * 1024

/** gitformat-pack, "pack-*.pack files have the following format": object types. */
const BLOB = 3
const OFFSET_DELTA = 6

/** What CodeCommit answers to an offset delta (src-d/go-git issue 945). */
export const NO_OFFSET_DELTAS = 'protocol error (offset deltas are not supported)'

/**
 * Why the packs of a push, which git has just indexed, are not taken: offset deltas, or a file larger than `maxBlobBytes`. Only the first
 * bytes of each object are read, at the places that the index names: nothing is inflated, whatever the size. A file that comes as a delta is
 * not measured: git itself makes none of files above 512 MB (git-config, `core.bigFileThreshold`).
 * @param quarantine object folder of the push; empty when it brought none
 */
export const packProblem = async (quarantine: string, maxBlobBytes: number): Promise<string | undefined> => {
  if (quarantine === '') return undefined
  const folder = join(quarantine, 'pack')
  const indexes = (await readdir(folder)).filter((name) => name.endsWith('.idx'))
  for (const name of indexes) {
    const index = await readFile(join(folder, name))
    const pack = await open(join(folder, name.replace(/\.idx$/, '.pack')))
    try {
      const problem = await firstProblem(pack, offsetsOf(index), maxBlobBytes)
      if (problem !== undefined) return problem
    } finally {
      await pack.close()
    }
  }
  return undefined
}

/**
 * Where the objects of a pack begin, in order (gitformat-pack, "pack-*.idx files": version 2, as git writes them since 2008). Offsets above
 * 2 GiB stand in a table of their own.
 */
export const offsetsOf = (index: Buffer): number[] => {
  if (index.readUInt32BE(0) !== 0xff744f63 || index.readUInt32BE(4) !== 2) {
    throw new Error('a pack index that is not of version 2')
  }
  const count = index.readUInt32BE(8 + 255 * 4)
  const table = 8 + 256 * 4 + count * (20 + 4)
  const large = table + count * 4
  const offsets = Array.from({ length: count }, (_, place) => {
    const offset = index.readUInt32BE(table + place * 4)
    return offset < 0x8000_0000 ? offset : Number(index.readBigUInt64BE(large + (offset - 0x8000_0000) * 8))
  })
  return offsets.sort((a, b) => a - b)
}

const firstProblem = async (
  pack: FileHandle,
  offsets: readonly number[],
  maxBlobBytes: number,
): Promise<string | undefined> => {
  const window = Buffer.alloc(WINDOW_BYTES)
  let start = 0
  let end = 0
  for (const offset of offsets) {
    // a header is at most ten bytes long: seven bits each for a size of 64
    if (offset + 10 > end) {
      const { bytesRead } = await pack.read(window, 0, WINDOW_BYTES, offset)
      start = offset
      end = offset + bytesRead
    }
    const { type, size } = headerOf(window, offset - start)
    if (type === OFFSET_DELTA) return NO_OFFSET_DELTAS
    if (type === BLOB && size > maxBlobBytes) {
      return `a file of ${size} bytes is larger than the ${maxBlobBytes} bytes that a Git blob may have`
    }
  }
  return undefined
}

/** Three bits of type, then the inflated size, seven bits in each byte after the first four (gitformat-pack, "Size encoding"). */
const headerOf = (bytes: Buffer, at: number): { type: number; size: number } => {
  let byte = bytes[at] ?? 0
  const type = (byte >> 4) & 7
  let size = byte & 15
  for (let place = 1, weight = 16; byte & 0x80 && place < 10; place += 1, weight *= 128) {
    byte = bytes[at + place] ?? 0
    size += (byte & 0x7f) * weight
  }
  return { type, size }
}
