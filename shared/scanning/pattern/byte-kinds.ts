/** kinds up to this one are letters, digits and `_` */
export const WORD_LAST = 5
/** kinds up to this one may stand between a name and the sign that gives it a value: those, `-`, `.`, white space, quotes */
export const GAP_LAST = 14

/** the kind that stands for the text's edges */
export const EDGE = 31
const HIGH = 30
/** Bytes that expressions most often tell apart, a kind each; what is left of ASCII is the kind of its own that follows. */
const KINDS = ['abcdef', 'ghijklmnopqrstuvwxyz', 'ABCDEF', 'GHIJKLMNOPQRSTUVWXYZ', '0123456789'].concat(
  ...'_-. \t\n\r"\'`=:/\\(),;<>'.split(''),
  ['[]', '{}', '@+', '|&'],
)

const kindsOfBytes = (): Uint8Array => {
  const kinds = new Uint8Array(256).fill(KINDS.length, 0, 0x80).fill(HIGH, 0x80)
  for (const [kind, bytes] of KINDS.entries())
    for (let at = 0; at < bytes.length; at += 1) kinds[bytes.charCodeAt(at)] = kind
  return kinds
}

/** of each byte: its kind, from 0 to 30 */
export const byteKinds: Uint8Array = kindsOfBytes()
