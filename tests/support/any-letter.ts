import fc from 'fast-check'

/** Code points of UTF-16's surrogates, which are no letters. */
const SURROGATES = { from: 0xd800, count: 0x800 }

/**
 * Any code point as a string, for `fc.string({ unit: anyLetter })`: what fast-check calls `unit: 'binary'`. That one writes a table of
 * all the million code points before its first string, in each suite anew: a second of it.
 */
export const anyLetter = fc.integer({ min: 0, max: 0x10ffff - SURROGATES.count }).map(
  (number) => String.fromCodePoint(number < SURROGATES.from ? number : number + SURROGATES.count),
  // lets fast-check slip in strings that are known to break things, such as __proto__
  (letter) => {
    const code = typeof letter === 'string' ? letter.codePointAt(0) : undefined
    if (code === undefined || String.fromCodePoint(code) !== letter) throw new Error('not one letter')
    if (code < SURROGATES.from) return code
    if (code < SURROGATES.from + SURROGATES.count) throw new Error('half a letter')
    return code - SURROGATES.count
  },
)
