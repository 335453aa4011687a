import { generateKeyPair } from 'node:crypto'
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'

/**
 * The key by which SSH clients know the cloud: made at the first call, then kept in the folder, readable by its owner alone. One for all
 * regions, where AWS has one for each: clients remember host and port together.
 * @returns an RSA private key as PEM
 */
export const hostKey = async (folder: string): Promise<string> => {
  const file = join(folder, '.ssh-host-key')
  if (existsSync(file)) return readFileSync(file, 'utf8')
  const { privateKey } = await promisify(generateKeyPair)('rsa', { modulusLength: 2048 })
  const pem = privateKey.export({ type: 'pkcs1', format: 'pem' }).toString()
  // a cloud killed in between must not leave half a key
  writeFileSync(`${file}.new`, pem, { mode: 0o600 })
  renameSync(`${file}.new`, file)
  return pem
}
