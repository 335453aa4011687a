import { createHash } from 'node:crypto'

/** Characters that follow from a seed, so that nothing in a test's file looks like a key. */
export const letters = (seed: string, alphabet: string, length: number): string =>
  [...createHash('sha512').update(seed).digest()]
    .slice(0, length)
    .map((byte) => alphabet[byte % alphabet.length])
    .join('')

/** The id of an AWS access key, as the scanner finds it. */
export const awsKeyId = (seed: string): string =>
  ['AK', 'IA', letters(seed, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567', 16)].join('')
