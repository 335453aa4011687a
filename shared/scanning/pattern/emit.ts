import type { Assertion, Node } from './ast.ts'
import { asciiOf, type CodeSet, holds } from './set.ts'
import { utf8Sequences } from './utf8.ts'

/**
 * `ascii`: right for a text of bytes below 128. `bytes`: right for any text whose bytes are chars (latin1), as Go sees UTF-8: a
 * class takes a whole code point, and a byte that is none stands for U+FFFD.
 */
export type Form = 'ascii' | 'bytes'

/** The tree as source of a JavaScript expression without flags (neither `i`: V8 may fold otherwise, nor `m`, `s`, `u`). */
export const emit = (node: Node, form: Form): string => {
  switch (node.kind) {
    case 'empty':
      return '(?:)'
    case 'set':
      return form === 'ascii' ? byteClass(asciiOf(node.codes)) : bytesOf(node.codes)
    case 'concat':
      return node.parts
        .map((part) => (part.kind === 'either' ? group(part, form) : emit(part, form)))
        .join('')
    case 'either':
      return node.choices.map((choice) => emit(choice, form)).join('|')
    case 'group':
      return `(${emit(node.of, form)})`
    case 'assert':
      return assertions[node.what]
    case 'repeat':
      return `${isOneChar(node.of, form) || node.of.kind === 'group' ? emit(node.of, form) : group(node.of, form)}${counts(node.min, node.max)}${node.greedy ? '' : '?'}`
  }
}

const group = (node: Node, form: Form): string => `(?:${emit(node, form)})`

// Go's `$` is the very end; JavaScript's too, without its flag m. Its \b looks at ASCII letters, digits and _, as Go's.
const assertions: Readonly<Record<Assertion, string>> = {
  start: '^',
  end: '$',
  'line-start': '(?<![^\\n])',
  'line-end': '(?![^\\n])',
  edge: '\\b',
  'no-edge': '\\B',
}

const counts = (min: number, max: number): string => {
  if (max === Number.POSITIVE_INFINITY) return min === 0 ? '*' : min === 1 ? '+' : `{${min},}`
  return min === 0 && max === 1 ? '?' : min === max ? `{${min}}` : `{${min},${max}}`
}

const isOneChar = (node: Node, form: Form): boolean =>
  node.kind === 'set' && (form === 'ascii' || node.codes.every((code) => code < 0x80))

const escaped = (byte: number): string => {
  const char = String.fromCharCode(byte)
  return /[\w ]/.test(char)
    ? char
    : byte > 0x20 && byte < 0x7f
      ? `\\${char}`
      : `\\x${byte.toString(16).padStart(2, '0')}`
}

const byteClass = (set: CodeSet): string => {
  if (set.length === 2 && set[0] === set[1]) return escaped(set[0] as number)
  let text = ''
  for (let at = 0; at < set.length; at += 2) {
    const from = set[at] as number
    const to = set[at + 1] as number
    text += from === to ? escaped(from) : `${escaped(from)}${to > from + 1 ? '-' : ''}${escaped(to)}`
  }
  return `[${text}]`
}

// Of UTF-8 as Go decodes it: no overlong forms, no surrogates, nothing above U+10FFFF.
const two = '[\\xc2-\\xdf][\\x80-\\xbf]'
const three = '(?:\\xe0[\\xa0-\\xbf]|[\\xe1-\\xec\\xee\\xef][\\x80-\\xbf]|\\xed[\\x80-\\x9f])[\\x80-\\xbf]'
const four = '(?:\\xf0[\\x90-\\xbf]|[\\xf1-\\xf3][\\x80-\\xbf]|\\xf4[\\x80-\\x8f])[\\x80-\\xbf][\\x80-\\xbf]'
/** a byte that neither begins a sequence nor lies within one */
const stray = `(?!${two}|${three}|${four})(?<!(?=${two}|${three}|${four})[\\xc2-\\xf4])(?<!(?=${three}|${four})[\\xe0-\\xf4][\\x80-\\xbf])(?<!(?=${four})[\\xf0-\\xf4][\\x80-\\xbf][\\x80-\\xbf])[\\x80-\\xff]`

const bytesOf = (codes: CodeSet): string => {
  const ascii = asciiOf(codes)
  if (codes.every((code) => code < 0x80)) return byteClass(ascii)
  const choices = ascii.length > 0 ? [byteClass(ascii)] : []
  for (const sequence of utf8Sequences(codes)) {
    if (sequence.length > 1) choices.push(sequence.map(([from, to]) => byteClass([from, to])).join(''))
  }
  if (holds(codes, 0xfffd)) choices.push(stray)
  return choices.length === 1 ? `(?:${choices[0]})` : `(?:${choices.join('|')})`
}

/** The tree in Go's syntax again, for re2js, where a part of an expression is to run. */
export const emitGo = (node: Node): string => {
  switch (node.kind) {
    case 'empty':
      return '(?:)'
    case 'set':
      return goClass(node.codes)
    case 'concat':
      return node.parts
        .map((part) => (part.kind === 'either' ? `(?:${emitGo(part)})` : emitGo(part)))
        .join('')
    case 'either':
      return node.choices.map(emitGo).join('|')
    case 'group':
      return `(${emitGo(node.of)})`
    case 'assert':
      return goAssertions[node.what]
    case 'repeat':
      return `(?:${emitGo(node.of)})${counts(node.min, node.max)}${node.greedy ? '' : '?'}`
  }
}

const goAssertions: Readonly<Record<Assertion, string>> = {
  start: '\\A',
  end: '\\z',
  'line-start': '(?m:^)',
  'line-end': '(?m:$)',
  edge: '\\b',
  'no-edge': '\\B',
}

const goClass = (set: CodeSet): string => {
  if (set.length === 0) return '[^\\x00-\\x{10ffff}]'
  let text = ''
  for (let at = 0; at < set.length; at += 2)
    text += `\\x{${(set[at] as number).toString(16)}}-\\x{${(set[at + 1] as number).toString(16)}}`
  return `[${text}]`
}
