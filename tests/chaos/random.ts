/** Pseudo-random numbers by a seed: what is tried is the same again, who wins is not. */
export interface Dice {
  /** 0 ≤ x < 1 */
  roll(): number
  /** whole, from 0 to below `limit` */
  below(limit: number): number
  chance(probability: number): boolean
  pick<T>(list: readonly T[]): T
}

/** mulberry32 */
export const createDice = (seed: number): Dice => {
  let state = seed >>> 0
  const roll = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
  const below = (limit: number) => Math.floor(roll() * limit)
  return {
    roll,
    below,
    chance: (probability) => roll() < probability,
    pick: (list) => list[below(list.length)]!,
  }
}
