/** Code points as sorted, disjoint, inclusive ranges: `[from, to, from, to, …]`. */
export type CodeSet = readonly number[]

export const LAST_CODE = 0x10ffff

/** Sorts ranges and joins those that touch. */
export const normalise = (ranges: readonly number[]): CodeSet => {
  const pairs: [number, number][] = []
  for (let at = 0; at < ranges.length; at += 2) pairs.push([ranges[at] as number, ranges[at + 1] as number])
  pairs.sort((a, b) => a[0] - b[0])
  const joined: number[] = []
  for (const [from, to] of pairs) {
    const last = joined.length - 1
    if (last > 0 && from <= (joined[last] as number) + 1) joined[last] = Math.max(joined[last] as number, to)
    else joined.push(from, to)
  }
  return joined
}

export const negate = (set: CodeSet): CodeSet => {
  const rest: number[] = []
  let from = 0
  for (let at = 0; at < set.length; at += 2) {
    if ((set[at] as number) > from) rest.push(from, (set[at] as number) - 1)
    from = (set[at + 1] as number) + 1
  }
  if (from <= LAST_CODE) rest.push(from, LAST_CODE)
  return rest
}

export const intersect = (a: CodeSet, b: CodeSet): CodeSet => {
  const both: number[] = []
  for (let i = 0, j = 0; i < a.length && j < b.length; ) {
    const from = Math.max(a[i] as number, b[j] as number)
    const to = Math.min(a[i + 1] as number, b[j + 1] as number)
    if (from <= to) both.push(from, to)
    if ((a[i + 1] as number) < (b[j + 1] as number)) i += 2
    else j += 2
  }
  return both
}

export const holds = (set: CodeSet, code: number): boolean => {
  for (let at = 0; at < set.length; at += 2)
    if (code >= (set[at] as number) && code <= (set[at + 1] as number)) return true
  return false
}

export const sizeOf = (set: CodeSet): number => {
  let size = 0
  for (let at = 0; at < set.length; at += 2) size += (set[at + 1] as number) - (set[at] as number) + 1
  return size
}

export const asciiOf = (set: CodeSet): CodeSet => intersect(set, [0, 0x7f])

// of larger sets the letters that have a case are looked for, in place of a case for each code point
const FOLDED_MOST = 3000

/**
 * The set with every code point's simple case variants (Unicode; what Go's `(?i)` does: `k` brings the Kelvin sign, `s` the
 * long s).
 */
export const foldCase = (set: CodeSet): CodeSet => {
  const more: number[] = [...set]
  if (sizeOf(set) > FOLDED_MOST)
    for (const [code, forms] of allOrbits()) {
      if (holds(set, code)) more.push(...forms)
    }
  else
    for (let at = 0; at < set.length; at += 2)
      for (let code = set[at] as number; code <= (set[at + 1] as number); code += 1)
        more.push(...variants(code))
  return normalise(more)
}

/** of one code point, as ranges */
const variants = (code: number): readonly number[] => {
  if (code > 0x7f) return allOrbits().get(code) ?? []
  if (!/[A-Za-z]/.test(String.fromCharCode(code))) return []
  const other = code ^ 0x20
  const beyond = other === 0x4b || other === 0x6b ? 0x212a : other === 0x53 || other === 0x73 ? 0x17f : other
  return [other, other, beyond, beyond]
}

let orbits: ReadonlyMap<number, readonly number[]> | undefined

const allOrbits = (): ReadonlyMap<number, readonly number[]> => {
  orbits ??= findOrbits()
  return orbits
}

/**
 * What case makes one, as ranges, by each of its code points: `σ`, `ς` and `Σ`. No mapping alone leads to all of them (`ς` is
 * never mapped to), so that all are looked at, once, when a rule first has a letter beyond ASCII: some milliseconds.
 */
const findOrbits = (): ReadonlyMap<number, readonly number[]> => {
  const found = new Map<number, readonly number[]>()
  for (let code = 0x41; code <= LAST_CASED; code += 1) {
    // East Asian signs have no case
    if (code === 0x2e00) code = 0xa640
    if (code === 0xac00) code = 0xfb00
    const char = String.fromCodePoint(code)
    for (const other of [char.toLowerCase(), char.toUpperCase()]) {
      const only = other.codePointAt(0) as number
      // a mapping to more than one code point is not a simple one; İ and ı fold to nothing in Go
      if (only === code || other.length !== (only > 0xffff ? 2 : 1) || code === 0x130 || code === 0x131)
        continue
      const mine = found.get(code) ?? [code, code]
      const joined = mine.includes(only) ? mine : [...mine, ...(found.get(only) ?? [only, only])]
      for (const one of joined) found.set(one, joined)
    }
  }
  return found
}

// the last of Adlam's letters
const LAST_CASED = 0x1e943
