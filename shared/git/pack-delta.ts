/**
 * Makes an object from its base and the instructions of a delta; undefined when they do not fit each other, or the result is
 * longer than `most` bytes. Source: gitformat-pack ("Deltified representation").
 */
export const applyDelta = (base: Buffer, delta: Buffer, most: number): Buffer | undefined => {
  let at = 0
  const next = (): number => delta[at++] ?? Number.NaN
  const size = (): number => {
    let value = 0
    for (let scale = 1; ; scale *= 128) {
      const byte = next()
      value += (byte & 0x7f) * scale
      if (!(byte & 0x80) || scale > 2 ** 42) return Number.isNaN(byte) ? -1 : value
    }
  }
  /** little-endian, of the bytes whose bits are set */
  const number = (bits: number, bytes: number): number => {
    let value = 0
    for (let index = 0; index < bytes; index += 1) if (bits & (1 << index)) value += next() * 256 ** index
    return value
  }

  if (size() !== base.length) return undefined
  const length = size()
  if (length < 0 || length > most) return undefined
  const result = Buffer.alloc(length)
  let filled = 0
  while (at < delta.length) {
    const code = next()
    const copies = (code & 0x80) !== 0
    const from = copies ? number(code, 4) : at
    const count = copies ? number(code >> 4, 3) & 0xffffff || 0x10000 : code
    const source = copies ? base : delta
    if (count === 0 || !(from + count <= source.length) || filled + count > length) return undefined
    source.copy(result, filled, from, from + count)
    filled += count
    if (!copies) at += count
  }
  return filled === length ? result : undefined
}
