import { timingSafeEqual } from 'node:crypto'
import type { AuthContext, PublicKeyAuthContext } from 'ssh2'
import type { Iam } from '../../contracts.ts'
import type { Caller } from '../../gateway/service.ts'

/** ssh2's `utils.parseKey`; handed in because ssh2 is loaded only when somebody wants SSH */
export type ParseKey = typeof import('ssh2').utils.parseKey

/**
 * Whose key it is: the user name is the id of an IAM user's SSH key, and the key must be that one; RSA alone (codecommit user guide,
 * "Setup steps for SSH connections").
 * @returns the caller; or why not, for the log: the client hears no more than that its key was refused
 */
export const authenticate = (
  iam: Pick<Iam, 'resolveSshKey'>,
  attempt: AuthContext,
  parseKey: ParseKey,
): Caller | string => {
  if (attempt.method !== 'publickey') return `${attempt.method}: only public keys are taken`
  if (attempt.key.algo !== 'ssh-rsa') return `${attempt.key.algo}: only RSA keys are taken`
  const known = iam.resolveSshKey(attempt.username)
  if (known === undefined) return 'no active SSH key has this id'
  const key = parseKey(known.publicKey)
  if (key instanceof Error) return `the key cannot be read: ${key.message}`
  if (key.type !== 'ssh-rsa') return `${key.type}: only RSA keys are taken`
  if (!same(key.getPublicSSH(), attempt.key.data)) return 'another key than the one with this id'
  return proven(attempt, key) ? known.caller : 'the signature is not one by this key'
}

const same = (a: Buffer, b: Buffer): boolean => a.length === b.length && timingSafeEqual(a, b)

/** A client first asks whether the key would do, without a signature (RFC 4252, section 7). */
const proven = (
  { signature, blob, hashAlgo }: PublicKeyAuthContext,
  key: Exclude<ReturnType<ParseKey>, Error>,
): boolean => {
  if (signature === undefined) return true
  return blob !== undefined && key.verify(blob, signature, hashAlgo) === true
}
