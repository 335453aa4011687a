const NEWLINE = 0x0a
const RETURN = 0x0d
/** git cuts texts at the ends of lines and after so many bytes (diffcore-delta) */
const CHUNK_BYTES = 64

/** How many bytes of a text stand in each of its chunks. */
export const chunksOf = (text: Buffer): ReadonlyMap<string, number> => {
  const chunks = new Map<string, number>()
  const isText = !text.subarray(0, 8_000).includes(0)
  for (let from = 0; from < text.length; ) {
    let to = from
    const most = Math.min(from + CHUNK_BYTES, text.length)
    while (to < most && text[to] !== NEWLINE) to += 1
    if (to < most) to += 1
    const isReturn = isText && to - from >= 2 && text[to - 1] === NEWLINE && text[to - 2] === RETURN
    const chunk = isReturn ? `${text.toString('latin1', from, to - 2)}\n` : text.toString('latin1', from, to)
    chunks.set(chunk, (chunks.get(chunk) ?? 0) + chunk.length)
    from = to
  }
  return chunks
}

/** The share of a text that comes from another one, 0 to 1, of the larger of both: as git judges renames. */
export const similarity = (is: Buffer, chunks: ReadonlyMap<string, number>, was: Buffer): number => {
  const larger = Math.max(is.length, was.length)
  const smaller = Math.min(is.length, was.length)
  if (smaller === 0 || (larger - smaller) * 2 > larger) return 0
  let copied = 0
  for (const [chunk, bytes] of chunksOf(was)) copied += Math.min(bytes, chunks.get(chunk) ?? 0)
  return copied / larger
}

/** from here on git takes a new file for a renamed one */
export const RENAMED = 0.5
