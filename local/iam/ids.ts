import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

/** A unique id as IAM makes them: `AIDA`, `AROA`, `AKIA` ... and letters (IAM user guide, "IAM identifiers"). */
export const newId = (prefix: string, length: 20 | 21): string =>
  prefix + Array.from(randomBytes(length - prefix.length), (byte) => ALPHABET[byte & 31]).join('')

/** 40 characters, as AWS's secret keys are. */
export const newSecret = (): string => randomBytes(30).toString('base64')

/** 60 characters that end in `=`, as CodeCommit's Git passwords are. */
export const newGitPassword = (): string => randomBytes(44).toString('base64')

export const newSessionToken = (): string => randomBytes(240).toString('base64')

/** In constant time, whatever the lengths. */
export const sameSecret = (a: string, b: string): boolean =>
  timingSafeEqual(createHash('sha256').update(a).digest(), createHash('sha256').update(b).digest())
