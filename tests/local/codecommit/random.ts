/** Numbers that a seed repeats (a linear congruential generator, modulus 2^32). */
export const seeded = (seed: number) => {
  let state = seed >>> 0
  const next = (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
  return {
    below: (end: number): number => Math.floor(next() * end),
    bytes: (length: number): Buffer => Buffer.from(Array.from({ length }, () => Math.floor(next() * 256))),
  }
}
