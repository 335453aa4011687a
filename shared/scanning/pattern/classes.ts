import { type CodeSet, LAST_CODE, negate, normalise } from './set.ts'

const range = (text: string): CodeSet => normalise([...text].map((char) => char.charCodeAt(0)))
const digit = range('09')
const word = range('09AZaz__')
// Go's \s has no vertical tab (RE2, "Perl character classes")
const space: CodeSet = [0x09, 0x0a, 0x0c, 0x0d, 0x20, 0x20]

/** `\d \s \w` and their opposites */
export const perlClasses: Readonly<Record<string, CodeSet>> = {
  d: digit,
  s: space,
  w: word,
  D: negate(digit),
  S: negate(space),
  W: negate(word),
}

/** names within `[[:…:]]`; all are ASCII (RE2 syntax, "ASCII character classes") */
export const posixClasses: Readonly<Record<string, CodeSet>> = {
  alnum: range('09AZaz'),
  alpha: range('AZaz'),
  ascii: [0, 0x7f],
  blank: [0x09, 0x09, 0x20, 0x20],
  cntrl: [0, 0x1f, 0x7f, 0x7f],
  digit,
  graph: [0x21, 0x7e],
  lower: range('az'),
  print: [0x20, 0x7e],
  punct: range('!/:@[`{~'),
  space: [0x09, 0x0d, 0x20, 0x20],
  upper: range('AZ'),
  word,
  xdigit: range('09AFaf'),
}

const known = new Map<string, CodeSet | undefined>()

/** `\pL`, `\p{Greek}`: a general category or a script, as this Node's Unicode has it; undefined: no such name. */
export const unicodeClass = (name: string): CodeSet | undefined => {
  if (!known.has(name)) known.set(name, name === 'Any' ? [0, LAST_CODE] : enumerate(name))
  return known.get(name)
}

const enumerate = (name: string): CodeSet | undefined => {
  const test = tester(`\\p{gc=${name}}`) ?? tester(`\\p{Script=${name}}`)
  if (!test || !/^[A-Z]/.test(name)) return undefined
  const found: number[] = []
  let from = -1
  for (let code = 0; code <= LAST_CODE + 1; code += 1) {
    const inside =
      code <= LAST_CODE && (code < 0xd800 || code > 0xdfff) && test.test(String.fromCodePoint(code))
    if (inside && from < 0) from = code
    if (!inside && from >= 0) {
      found.push(from, code - 1)
      from = -1
    }
  }
  return found
}

const tester = (source: string): RegExp | undefined => {
  try {
    return new RegExp(source, 'u')
  } catch {
    return undefined
  }
}
