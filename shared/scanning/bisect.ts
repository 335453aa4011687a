/**
 * By halving.
 * @param isBefore true of the first few of `count` places, false of all after them
 * @returns how many those few are: the first place of which it is false
 */
export const bisect = (count: number, isBefore: (place: number) => boolean): number => {
  let low = 0
  let high = count
  while (low < high) {
    const middle = (low + high) >> 1
    if (isBefore(middle)) low = middle + 1
    else high = middle
  }
  return low
}
