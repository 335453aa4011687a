import { isAscii } from '../pattern/expression.ts'

const codePoint =
  /[\0-\x7f]|[\xc2-\xdf][\x80-\xbf]|(?:\xe0[\xa0-\xbf]|[\xe1-\xec\xee\xef][\x80-\xbf]|\xed[\x80-\x9f])[\x80-\xbf]|(?:\xf0[\x90-\xbf]|[\xf1-\xf3][\x80-\xbf]|\xf4[\x80-\x8f])[\x80-\xbf]{2}|([\x80-\xff])/g
const UNKNOWN = '\xef\xbf\xbd'

/** of ASCII's letters, cleared after each use */
const letters = new Uint32Array(128)

/**
 * Shannon's entropy of latin1 text as gitleaks counts it: UTF-8's code points by their share of the bytes, each byte that is none
 * as U+FFFD; bits per byte.
 */
export const entropyOf = (latin1: string): number =>
  isAscii(latin1) ? entropyOfAscii(latin1) : entropyOfBytes(latin1)

const bitsOf = (count: number, length: number): number => -(count / length) * Math.log2(count / length)

const entropyOfAscii = (text: string): number => {
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at)
    letters[code] = (letters[code] as number) + 1
  }
  let bits = 0
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at)
    const count = letters[code] as number
    if (count > 0) bits += bitsOf(count, text.length)
    letters[code] = 0
  }
  return bits
}

const entropyOfBytes = (latin1: string): number => {
  const counts = new Map<string, number>()
  for (const [char, stray] of latin1.matchAll(codePoint)) {
    const letter = stray === undefined ? char : UNKNOWN
    counts.set(letter, (counts.get(letter) ?? 0) + 1)
  }
  return [...counts.values()].reduce((bits, count) => bits + bitsOf(count, latin1.length), 0)
}
