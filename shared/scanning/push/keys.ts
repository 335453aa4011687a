import { createHash } from 'node:crypto'
import type { SecretValues } from '../../runtime/aws-clients.ts'
import { asFailure, awsName } from '../../runtime/aws-failures.ts'
import { RelayError } from '../../runtime/errors.ts'
import type { FingerprintKey } from '../finding.ts'
import type { FingerprintKeys } from './ports.ts'

/** A rotation is seen within this time by a function that stays warm. */
const KEPT_MS = 5 * 60_000

const ID_DIGITS = 12

/** A key's id says nothing of the key, and is the same wherever the key is read. */
const keyOf = (text: string): FingerprintKey => ({
  id: createHash('sha256').update(`fingerprint key ${text}`).digest('hex').slice(0, ID_DIGITS),
  key: Buffer.from(text, 'utf8'),
})

/**
 * The key of fingerprints from the secret with this ARN, and the one that it took the place of (stages AWSCURRENT and AWSPREVIOUS:
 * Secrets Manager user guide, "Secret versions").
 * @throws RelayError (from the returned function) KEY_UNREADABLE
 */
export const readKeys = (
  secrets: SecretValues,
  arn: string,
  now: () => number,
): (() => Promise<FingerprintKeys>) => {
  let kept: { readonly at: number; readonly keys: Promise<FingerprintKeys> } | undefined
  const stage = async (name: string): Promise<string | undefined> => {
    try {
      return (await secrets.getSecretValue({ SecretId: arn, VersionStage: name })).SecretString
    } catch (error) {
      if (name === 'AWSPREVIOUS' && awsName(error) === 'ResourceNotFoundException') return undefined
      throw asFailure('KEY_UNREADABLE', error, { stage: name })
    }
  }
  const read = async (): Promise<FingerprintKeys> => {
    const [current, previous] = await Promise.all([stage('AWSCURRENT'), stage('AWSPREVIOUS')])
    if (current === undefined)
      throw new RelayError('KEY_UNREADABLE', { stage: 'AWSCURRENT', found: 'no text' })
    return { current: keyOf(current), ...(previous === undefined ? {} : { previous: keyOf(previous) }) }
  }
  return () => {
    if (kept && kept.at + KEPT_MS > now()) return kept.keys
    const keys = read()
    const mine = { at: now(), keys }
    kept = mine
    keys.catch(() => {
      if (kept === mine) kept = undefined
    })
    return keys
  }
}
