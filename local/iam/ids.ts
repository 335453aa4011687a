import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

/** A unique id as IAM makes them: `AIDA`, `AROA`, `APKA` ... and letters (IAM user guide, "IAM identifiers"). */
export const newId = (prefix: string, length: 20 | 21): string =>
  prefix + Array.from(randomBytes(length - prefix.length), (byte) => ALPHABET[byte & 31]).join('')

const KEY_ID_LETTERS = 16
/** The account stands in 40 bits, between one that is set and chance. */
const ACCOUNT_BITS = 40n
const CHANCE_BITS = BigInt(KEY_ID_LETTERS * 5) - ACCOUNT_BITS - 1n

/** An access key id. As on AWS its letters hold the account's number, which `sts:GetAccessKeyInfo` reads. */
export const keyId = (prefix: 'AKIA' | 'ASIA', account: string): string => {
  const chance = BigInt(`0x${randomBytes(8).toString('hex')}`) & ((1n << CHANCE_BITS) - 1n)
  const bits = (1n << (ACCOUNT_BITS + CHANCE_BITS)) | (BigInt(account) << CHANCE_BITS) | chance
  const letters = Array.from({ length: KEY_ID_LETTERS }, (_, index) => {
    const shift = BigInt((KEY_ID_LETTERS - 1 - index) * 5)
    return ALPHABET[Number((bits >> shift) & 31n)]
  })
  return prefix + letters.join('')
}

/** The account in an access key id, of whatever cloud; undefined for what is none. */
export const accountOfKeyId = (id: string): string | undefined => {
  if (!/^A(KI|SI)A[A-Z2-7]{16}$/.test(id)) return undefined
  let bits = 0n
  for (const letter of id.slice(4)) bits = (bits << 5n) | BigInt(ALPHABET.indexOf(letter))
  const account = (bits >> CHANCE_BITS) & ((1n << ACCOUNT_BITS) - 1n)
  return account < 1_000_000_000_000n ? String(account).padStart(12, '0') : undefined
}

/** 40 characters, as AWS's secret keys are. */
export const newSecret = (): string => randomBytes(30).toString('base64')

/** 60 characters that end in `=`, as CodeCommit's Git passwords are. */
export const newGitPassword = (): string => randomBytes(44).toString('base64')

export const newSessionToken = (): string => randomBytes(240).toString('base64')

/** In constant time, whatever the lengths. */
export const sameSecret = (a: string, b: string): boolean =>
  timingSafeEqual(createHash('sha256').update(a).digest(), createHash('sha256').update(b).digest())
