import { countUpTo } from './location.ts'

/** What a file is, by its first bytes. */
export type TextKind = 'text' | 'utf-16le' | 'utf-16be' | 'binary' | 'archive'

const HEAD = 8_000

// Compressed or packed: what lies within is not to be seen from here.
const archives = [
  'PK\x03\x04',
  'PK\x05\x06',
  'PK\x07\x08',
  '\x1f\x8b\x08',
  'BZh',
  '\xfd7zXZ\0',
  '7z\xbc\xaf\x27\x1c',
  'Rar!\x1a\x07',
  '\x28\xb5\x2f\xfd',
  'LZIP',
  '\x1f\xa0',
  '\x1f\x9d',
  '!<arch>',
  'MSCF',
  '\xed\xab\xee\xdb',
  'Cr24',
  '\x04\x22\x4d\x18',
]
// Programs, documents, fonts, databases: those that gitleaks passes over as "application" types.
const binaries = [
  '\x7fELF',
  'MZ',
  '\xca\xfe\xba\xbe',
  '\xfe\xed\xfa\xce',
  '\xfe\xed\xfa\xcf',
  '\xce\xfa\xed\xfe',
  '\xcf\xfa\xed\xfe',
  '\0asm',
  'dex\n',
  '%PDF',
  '\xd0\xcf\x11\xe0',
  'SQLite format 3\0',
  'wOFF',
  'wOF2',
  '\0\x01\0\0\0',
  'OTTO',
  'CWS',
  'FWS',
  'NES\x1a',
]

/** bytes that one of these begins with */
const firsts = Uint8Array.from({ length: 256 }, (_, byte) =>
  [...archives, ...binaries].some((magic) => magic.charCodeAt(0) === byte) ? 1 : 0,
)

/**
 * Tells by known beginnings, and only where control bytes say that it is no text: a text that begins with `BZh` or `MZ` is looked
 * at. NUL bytes alone do not stop the scan either (gitleaks' neither): the automaton is quick on them.
 */
export const kindOf = (bytes: Buffer): TextKind => {
  const head = bytes.subarray(0, HEAD)
  const wide = utf16Of(head)
  if (wide) return wide
  // most texts are told by two bytes; 0x75: the u of ustar
  if (firsts[head[0] ?? 0] === 0 && head[257] !== 0x75) return 'text'
  const start = head.toString('latin1', 0, 262)
  const kind =
    archives.some((magic) => start.startsWith(magic)) || start.slice(257, 262) === 'ustar'
      ? 'archive'
      : binaries.some((magic) => start.startsWith(magic))
        ? 'binary'
        : 'text'
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what tells
  return kind !== 'text' && /[\0-\x06\x0e-\x1a\x7f]/.test(head.toString('latin1')) ? kind : 'text'
}

/** by a byte order mark, or since nearly every other byte is NUL */
const utf16Of = (head: Buffer): 'utf-16le' | 'utf-16be' | undefined => {
  if (head.length < 4) return undefined
  if (head[0] === 0xff && head[1] === 0xfe && (head[2] !== 0 || head[3] !== 0)) return 'utf-16le'
  if (head[0] === 0xfe && head[1] === 0xff) return 'utf-16be'
  if (!head.includes(0)) return undefined
  const nul = [0, 0]
  for (let at = 0; at < head.length; at += 1) if (head[at] === 0) nul[at & 1] = (nul[at & 1] as number) + 1
  const half = head.length >> 1
  const [even, odd] = nul as [number, number]
  if (odd > half * 0.7 && even < half * 0.05) return 'utf-16le'
  return even > half * 0.7 && odd < half * 0.05 ? 'utf-16be' : undefined
}

/** UTF-16 as UTF-8, with the way back from its offsets to the given ones. */
export interface Transcoded {
  readonly bytes: Buffer
  offset(at: number): number
}

// an offset is noted for every so many units
const STEP = 1024

export const transcoded = (given: Buffer, kind: 'utf-16le' | 'utf-16be'): Transcoded => {
  const even = given.subarray(0, given.length & ~1)
  const text = (kind === 'utf-16le' ? even : Buffer.from(even).swap16()).toString('utf16le')
  const bytes = Buffer.from(text)
  let notes: number[] | undefined
  return {
    bytes,
    offset(at) {
      notes ??= notesOf(text)
      let index = countUpTo(notes, at) - 1
      if (index < 0) index = 0
      let unit = index * STEP
      for (let byte = notes[index] as number; byte < at && unit < text.length; unit += 1)
        byte += bytesOf(text, unit)
      return unit * 2
    },
  }
}

/** UTF-8 offset at every STEP units */
const notesOf = (text: string): number[] => {
  const notes: number[] = []
  let byte = 0
  for (let unit = 0; unit < text.length; unit += 1) {
    if (unit % STEP === 0) notes.push(byte)
    byte += bytesOf(text, unit)
  }
  return notes.length > 0 ? notes : [0]
}

/** UTF-8 bytes of one unit: a pair's four come with its second half; a lone half becomes U+FFFD */
const bytesOf = (text: string, unit: number): number => {
  const code = text.charCodeAt(unit)
  if (code < 0x80) return 1
  if (code < 0x800) return 2
  if (code >= 0xd800 && code < 0xdc00 && isLow(text.charCodeAt(unit + 1))) return 0
  if (isLow(code) && unit > 0 && (text.charCodeAt(unit - 1) & 0xfc00) === 0xd800) return 4
  return 3
}

const isLow = (code: number): boolean => (code & 0xfc00) === 0xdc00
