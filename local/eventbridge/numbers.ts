/** A JSON number by its own digits, so that none is lost: what a reader of the text found. */
export class JsonNumber {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

/** Numbers are compared from -5e9 to 5e9, with six decimals: aws/event-ruler, ComparableNumber. */
export const LIMIT_IN_MILLIONTHS = 5e15
const DECIMALS = 6
const PARTS = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/

export type Comparable = number | 'too precise' | 'out of range'

/**
 * A decimal in millionths, exactly: `3.0e2` and `300` are the same number.
 * @returns why not, when the number has more than six decimals or lies beyond the range
 */
export const millionths = (text: string): Comparable => {
  const [, sign, whole = '', fraction = '', exponent = '0'] = PARTS.exec(text) ?? []
  const digits = `${whole}${fraction}`.replace(/^0+/, '')
  const significant = digits.replace(/0+$/, '')
  if (significant === '') return 0
  // the value is significant × 10^power
  const power = Number(exponent) - fraction.length + (digits.length - significant.length)
  if (-power > DECIMALS) return 'too precise'
  if (significant.length + power > 10) return 'out of range'
  const size = Number(significant + '0'.repeat(power + DECIMALS))
  if (size > LIMIT_IN_MILLIONTHS) return 'out of range'
  return sign === '-' ? -size : size
}
