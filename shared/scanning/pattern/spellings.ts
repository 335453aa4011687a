import type { Node } from './ast.ts'
import { asciiOf, type CodeSet, intersect, sizeOf } from './set.ts'

/** More spellings than these are not written out. */
export const SPELLINGS_MOST = 512

const spelled = new WeakMap<Node, string[] | 'many'>()

/** All lower-cased texts that a node stands for, when there are few and ASCII (or a letter's own folds); asked from all sides */
export const spellings = (node: Node): string[] | undefined => {
  let all = spelled.get(node)
  if (all === undefined) {
    all = spell(node) ?? 'many'
    spelled.set(node, all)
  }
  return all === 'many' ? undefined : all
}

const spell = (node: Node): string[] | undefined => {
  switch (node.kind) {
    case 'assert':
    case 'empty':
      return ['']
    case 'set':
      return lettersOf(node.codes)
    case 'group':
      return spellings(node.of)
    case 'concat': {
      let all = ['']
      for (const part of node.parts) {
        const more = spellings(part)
        if (!more || all.length * more.length > SPELLINGS_MOST) return undefined
        all = all.flatMap((start) => more.map((end) => start + end))
      }
      return all
    }
    case 'either': {
      const all = new Set<string>()
      for (const choice of node.choices) {
        const more = spellings(choice)
        if (!more) return undefined
        for (const text of more) all.add(text)
      }
      return all.size > SPELLINGS_MOST ? undefined : [...all]
    }
    case 'repeat': {
      const one = node.max <= 64 ? spellings(node.of) : undefined
      if (!one || (one.length > 1 && node.max > 2)) return undefined
      let all = ['']
      const found: string[] = node.min === 0 ? [''] : []
      for (let count = 1; count <= node.max; count += 1) {
        all = all.flatMap((start) => one.map((end) => start + end))
        if (count >= node.min) found.push(...all)
      }
      return found.length > SPELLINGS_MOST ? undefined : found
    }
  }
}

const lettersOf = (codes: CodeSet): string[] | undefined => {
  const ascii = asciiOf(codes)
  const wide = sizeOf(codes) - sizeOf(ascii)
  const folds = sizeOf(intersect(codes, [0x17f, 0x17f, 0x212a, 0x212a]))
  if (wide !== folds || sizeOf(ascii) > 24 || codes.length === 0) return undefined
  const found = new Set<string>()
  for (let at = 0; at < ascii.length; at += 2)
    for (let code = ascii[at] as number; code <= (ascii[at + 1] as number); code += 1)
      found.add(String.fromCharCode(code).toLowerCase())
  return [...found]
}
