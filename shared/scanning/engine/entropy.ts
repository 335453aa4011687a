const codePoint =
  /[\0-\x7f]|[\xc2-\xdf][\x80-\xbf]|(?:\xe0[\xa0-\xbf]|[\xe1-\xec\xee\xef][\x80-\xbf]|\xed[\x80-\x9f])[\x80-\xbf]|(?:\xf0[\x90-\xbf]|[\xf1-\xf3][\x80-\xbf]|\xf4[\x80-\x8f])[\x80-\xbf]{2}|([\x80-\xff])/g
const UNKNOWN = '\xef\xbf\xbd'

/**
 * Shannon's entropy of latin1 text as gitleaks counts it: UTF-8's code points by their share of the bytes, each byte that is none
 * as U+FFFD; bits per byte.
 */
export const entropyOf = (latin1: string): number => {
  const counts = new Map<string, number>()
  const add = (char: string): void => void counts.set(char, (counts.get(char) ?? 0) + 1)
  if (/[\x80-\xff]/.test(latin1))
    for (const [char, stray] of latin1.matchAll(codePoint)) add(stray === undefined ? char : UNKNOWN)
  else for (const char of latin1) add(char)
  let bits = 0
  for (const count of counts.values()) bits -= (count / latin1.length) * Math.log2(count / latin1.length)
  return bits
}
