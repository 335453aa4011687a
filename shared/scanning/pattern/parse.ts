// Over the usual length: one grammar, whose rules call one another.
import type { Node, Pattern, PatternMistake } from './ast.ts'
import { perlClasses, posixClasses, unicodeClass } from './classes.ts'
import { type CodeSet, foldCase, LAST_CODE, negate, normalise } from './set.ts'

/** Go's own bounds (regexp/syntax): a count, and all counts that lie within one another multiplied; depth of nesting. */
const REPEAT_MOST = 1000
const DEPTH_MOST = 250
const SOURCE_MOST = 64_000

interface Flags {
  readonly fold: boolean
  readonly lines: boolean
  readonly dotAll: boolean
  readonly swap: boolean
}

class Wrong extends Error {
  readonly at: number
  constructor(mistake: string, at: number) {
    super(mistake)
    this.at = at
  }
}

/**
 * Reads an expression in Go's syntax (RE2's, Perl flags) into a tree. Source: Go's regexp/syntax. A pattern that Go refuses
 * comes back as what is wrong and where.
 */
export const parsePattern = (source: string): Pattern | PatternMistake => {
  try {
    if (source.length > SOURCE_MOST) throw new Wrong(`longer than ${SOURCE_MOST} characters`, SOURCE_MOST)
    return new Parser(source).whole()
  } catch (error) {
    if (error instanceof Wrong) return { mistake: error.message, at: error.at }
    throw error
  }
}

class Parser {
  private readonly source: string
  private at = 0
  private groups = 0
  private depth = 0
  private flags: Flags = { fold: false, lines: false, dotAll: false, swap: false }

  constructor(source: string) {
    this.source = source
  }

  whole(): Pattern {
    const root = this.either()
    if (this.at < this.source.length) throw new Wrong('unexpected )', this.at)
    checkRepeats(root, 1)
    return { source: this.source, root, groups: this.groups }
  }

  private either(): Node {
    const opened = this.at
    if (++this.depth > DEPTH_MOST) throw new Wrong('nests too deeply', opened)
    const choices = [this.concat()]
    while (this.take('|')) choices.push(this.concat())
    this.depth -= 1
    return choices.length === 1 ? (choices[0] as Node) : { kind: 'either', choices }
  }

  private concat(): Node {
    const parts: Node[] = []
    // whether the last part can be repeated: a repeat not at once again
    let repeatable = false
    while (this.at < this.source.length && !this.sees('|') && !this.sees(')')) {
      const began = this.at
      const counts = this.counts()
      if (counts) {
        const of = parts.pop()
        if (!of || !repeatable)
          throw new Wrong(of ? 'a repeat of a repeat' : 'nothing to repeat before it', began)
        const lazy = this.take('?')
        parts.push({ kind: 'repeat', of, ...counts, greedy: lazy === this.flags.swap })
        repeatable = false
        continue
      }
      const atoms = this.atom()
      parts.push(...atoms)
      repeatable = parts.length > 0
    }
    if (parts.length === 0) return { kind: 'empty' }
    return parts.length === 1 ? (parts[0] as Node) : { kind: 'concat', parts }
  }

  private counts(): { min: number; max: number } | undefined {
    if (this.take('*')) return { min: 0, max: Number.POSITIVE_INFINITY }
    if (this.take('+')) return { min: 1, max: Number.POSITIVE_INFINITY }
    if (this.take('?')) return { min: 0, max: 1 }
    if (!this.sees('{')) return undefined
    const found = /^\{(\d+)(,(\d*))?\}/.exec(this.source.slice(this.at, this.at + 40))
    if (!found) return undefined
    const min = Number(found[1])
    const max = found[2] === undefined ? min : found[3] === '' ? Number.POSITIVE_INFINITY : Number(found[3])
    if (min > REPEAT_MOST || (max > REPEAT_MOST && max !== Number.POSITIVE_INFINITY) || max < min)
      throw new Wrong(`a count must be at most ${REPEAT_MOST} and not less than its minimum`, this.at)
    this.at += found[0].length
    return { min, max }
  }

  /** nothing for flags; several for `\Q…\E` */
  private atom(): Node[] {
    const began = this.at
    if (this.take('(')) return this.group(began)
    if (this.take('[')) return [{ kind: 'set', codes: this.bracket(began) }]
    if (this.take('.'))
      return [{ kind: 'set', codes: this.flags.dotAll ? [0, LAST_CODE] : [0, 9, 11, LAST_CODE] }]
    if (this.take('^')) return [{ kind: 'assert', what: this.flags.lines ? 'line-start' : 'start' }]
    if (this.take('$')) return [{ kind: 'assert', what: this.flags.lines ? 'line-end' : 'end' }]
    if (!this.sees('\\')) return [this.literal(this.code())]
    return this.escaped(began)
  }

  private escaped(began: number): Node[] {
    const next = this.source[this.at + 1] ?? ''
    const asserts = { A: 'start', z: 'end', b: 'edge', B: 'no-edge' } as const
    if (next in asserts) {
      this.at += 2
      return [{ kind: 'assert', what: asserts[next as keyof typeof asserts] }]
    }
    if (next === 'Q') {
      const end = this.source.indexOf('\\E', this.at)
      const text = this.source.slice(this.at + 2, end < 0 ? undefined : end)
      this.at = end < 0 ? this.source.length : end + 2
      return [...text].map((char) => this.literal(char.codePointAt(0) as number))
    }
    const codes = this.classEscape()
    if (codes) return [{ kind: 'set', codes }]
    return [this.literal(this.codeEscape(began))]
  }

  private group(began: number): Node[] {
    if (!this.take('?')) return [this.captured(undefined, began)]
    const named = /^P?<([^>]*)>/.exec(this.source.slice(this.at, this.at + 300))
    if (named) {
      const name = named[1] as string
      if (!/^\w+$/.test(name)) throw new Wrong('a group’s name is made of letters, digits and _', this.at)
      this.at += named[0].length
      return [this.captured(name, began)]
    }
    const changes = /^([imsU]*)(-([imsU]+))?([:)])/.exec(this.source.slice(this.at, this.at + 20))
    if (!changes) throw new Wrong('groups of this kind are not in Go’s syntax (no look-around)', began)
    this.at += changes[0].length
    const before = this.flags
    this.flags = changed(changed(before, changes[1] as string, true), changes[3] ?? '', false)
    if (changes[4] === ')') return []
    const of = this.either()
    this.close(began)
    this.flags = before
    return [of.kind === 'concat' ? { kind: 'concat', parts: [of] } : of]
  }

  private captured(name: string | undefined, began: number): Node {
    this.groups += 1
    const index = this.groups
    const before = this.flags
    const of = this.either()
    this.close(began)
    this.flags = before
    return { kind: 'group', index, of, ...(name === undefined ? {} : { name }) }
  }

  private close(began: number): void {
    if (!this.take(')')) throw new Wrong('a ) is missing', began)
  }

  private bracket(began: number): CodeSet {
    const not = this.take('^')
    const ranges: number[] = []
    for (let first = true; first || !this.sees(']'); first = false) {
      if (this.at >= this.source.length) throw new Wrong('a ] is missing', began)
      const here = this.at
      const named = this.posix(here) ?? (this.sees('\\') ? this.classEscape() : undefined)
      if (named) {
        ranges.push(...named)
        continue
      }
      const from = this.sees('\\') ? this.codeEscape(here) : this.code()
      let to = from
      if (this.sees('-') && this.at + 1 < this.source.length && this.source[this.at + 1] !== ']') {
        this.at += 1
        to = this.sees('\\') ? this.codeEscape(here) : this.code()
        if (to < from) throw new Wrong('a range runs backwards', here)
      }
      ranges.push(...(this.flags.fold ? foldCase([from, to]) : [from, to]))
    }
    this.at += 1
    const set = normalise(ranges)
    return not ? negate(set) : set
  }

  private posix(began: number): CodeSet | undefined {
    if (!this.source.startsWith('[:', this.at)) return undefined
    const end = this.source.indexOf(':]', this.at + 2)
    if (end < 0) return undefined
    const name = this.source.slice(this.at + 2, end)
    const set = posixClasses[name.replace(/^\^/, '')]
    if (!set) throw new Wrong(`no class is named ${name.slice(0, 20)}`, began)
    this.at = end + 2
    const folded = this.flags.fold ? foldCase(set) : set
    return name.startsWith('^') ? negate(folded) : folded
  }

  /** `\d`, `\pL` and the like; undefined, and nothing read, when it is another escape */
  private classEscape(): CodeSet | undefined {
    const letter = this.source[this.at + 1] ?? ''
    const perl = Object.hasOwn(perlClasses, letter) ? (perlClasses[letter] as CodeSet) : undefined
    if (perl) {
      this.at += 2
      if (!this.flags.fold) return perl
      return letter >= 'a' ? foldCase(perl) : negate(foldCase(negate(perl)))
    }
    if (letter !== 'p' && letter !== 'P') return undefined
    const found = /^\\[pP](?:\{(\^?)([^}]*)\}|(.))/su.exec(this.source.slice(this.at, this.at + 80))
    const set = found && unicodeClass(found[2] ?? (found[3] as string))
    if (!set) throw new Wrong('no such Unicode class', this.at)
    this.at += found[0].length
    const folded = this.flags.fold ? foldCase(set) : set
    return (letter === 'P') !== (found[1] === '^') ? negate(folded) : folded
  }

  private codeEscape(began: number): number {
    const rest = this.source.slice(this.at, this.at + 14)
    const hex = /^\\x(?:\{([0-9A-Fa-f]+)\}|([0-9A-Fa-f]{2}))/.exec(rest)
    const octal = /^\\(0[0-7]{0,2}|[1-7][0-7]{1,2})/.exec(rest)
    const control = { a: 7, f: 12, n: 10, r: 13, t: 9, v: 11 }[rest[1] ?? '']
    const found = hex ?? octal
    if (found) {
      const code = hex
        ? Number.parseInt(hex[1] ?? (hex[2] as string), 16)
        : Number.parseInt(found[1] as string, 8)
      if (code > LAST_CODE) throw new Wrong('no such code point', began)
      this.at += found[0].length
      return code
    }
    this.at += 2
    if (control !== undefined) return control
    if (rest.length < 2) throw new Wrong('a backslash at the end', began)
    if (/[\da-zA-Z\u0080-\uffff]/.test(rest[1] as string))
      throw new Wrong(`\\${rest[1]} is not in Go’s syntax`, began)
    return (rest[1] as string).charCodeAt(0)
  }

  private literal(code: number): Node {
    return { kind: 'set', codes: this.flags.fold ? foldCase([code, code]) : [code, code] }
  }

  private code(): number {
    const code = this.source.codePointAt(this.at) as number
    this.at += code > 0xffff ? 2 : 1
    return code
  }

  private sees(char: string): boolean {
    return this.source[this.at] === char
  }

  private take(char: string): boolean {
    if (!this.sees(char)) return false
    this.at += 1
    return true
  }
}

const changed = (flags: Flags, letters: string, on: boolean): Flags => ({
  fold: letters.includes('i') ? on : flags.fold,
  lines: letters.includes('m') ? on : flags.lines,
  dotAll: letters.includes('s') ? on : flags.dotAll,
  swap: letters.includes('U') ? on : flags.swap,
})

/** Counts within counts multiply: Go refuses what would be written out more than a thousand times. */
const checkRepeats = (node: Node, times: number): void => {
  if (node.kind === 'repeat') {
    const count = node.max === Number.POSITIVE_INFINITY ? node.min : node.max
    const product = times * Math.max(count, 1)
    if (product > REPEAT_MOST) throw new Wrong(`counts multiply to more than ${REPEAT_MOST}`, 0)
    checkRepeats(node.of, product)
  } else if (node.kind === 'concat') for (const part of node.parts) checkRepeats(part, times)
  else if (node.kind === 'either') for (const choice of node.choices) checkRepeats(choice, times)
  else if (node.kind === 'group') checkRepeats(node.of, times)
}
