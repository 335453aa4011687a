import { randomBytes } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import type { FingerprintKey } from '../../shared/scanning/finding.ts'
import { UserError } from '../errors.ts'

const BYTES = 32

/**
 * The key of fingerprints: RELAY_FINGERPRINT_KEY (`ID:HEX`, as a stack's), or else one of this user's own, made at the first scan, so
 * that reports of one machine can be compared. Where none can be kept, one for this run.
 * @throws UserError for a variable of another form
 */
export const fingerprintKey = (environment: NodeJS.ProcessEnv): FingerprintKey => {
  const given = environment.RELAY_FINGERPRINT_KEY
  if (given) {
    const [, id = '', hex = ''] = /^([\w-]{1,32}):((?:[0-9a-f]{2}){32,})$/.exec(given) ?? []
    if (id === '')
      throw new UserError('RELAY_FINGERPRINT_KEY is not of the form ID:HEX.', 'HEX has at least 64 digits.')
    return { id, key: Buffer.from(hex, 'hex') }
  }
  const folder = join(
    environment.XDG_CONFIG_HOME || join(environment.HOME || homedir(), '.config'),
    'codecommit-relay',
  )
  return keptIn(folder) ?? { id: 'run', key: randomBytes(BYTES) }
}

const keptIn = (folder: string): FingerprintKey | undefined => {
  const file = join(folder, 'fingerprint.key')
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    writeFileSync(file, randomBytes(BYTES).toString('hex'), { mode: 0o600, flag: 'wx' })
  } catch {
    // it is there already, or cannot be made: reading tells
  }
  try {
    const key = Buffer.from(readFileSync(file, 'utf8').trim(), 'hex')
    return key.length >= BYTES ? { id: 'local', key } : undefined
  } catch {
    return undefined
  }
}
