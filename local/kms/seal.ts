import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { AwsError } from '../gateway/service.ts'

/** Names and values that were given at encryption and must be given again (KMS developer guide, "Encryption context"). */
export type EncryptionContext = Readonly<Record<string, string>>

const VERSION = 1
const NONCE = 12
const TAG = 16

const bytesOf = (context: EncryptionContext): Buffer =>
  Buffer.from(JSON.stringify(Object.entries(context).sort(([a], [b]) => (a < b ? -1 : 1))))

/**
 * Ciphertext of our own form: version, length and text of the key's ARN, nonce, AES-256-GCM over the plaintext with the ARN and the
 * encryption context as authenticated data, tag.
 * @param material 32 bytes
 */
export const seal = (
  arn: string,
  material: Buffer,
  plaintext: Uint8Array,
  context: EncryptionContext,
): Buffer => {
  const name = Buffer.from(arn)
  const head = Buffer.concat([Buffer.from([VERSION, name.length]), name])
  const nonce = randomBytes(NONCE)
  const cipher = createCipheriv('aes-256-gcm', material, nonce)
  cipher.setAAD(Buffer.concat([head, bytesOf(context)]))
  return Buffer.concat([head, nonce, cipher.update(plaintext), cipher.final(), cipher.getAuthTag()])
}

/** ARN of the key that sealed it. @throws {AwsError} InvalidCiphertextException */
export const sealedBy = (ciphertext: Uint8Array): string => {
  const length = ciphertext[1] ?? 0
  if (ciphertext[0] !== VERSION || ciphertext.length < 2 + length + NONCE + TAG) throw invalid()
  return Buffer.from(ciphertext.subarray(2, 2 + length)).toString('utf8')
}

/** @throws {AwsError} InvalidCiphertextException, without a word about why, as KMS */
export const unseal = (material: Buffer, ciphertext: Uint8Array, context: EncryptionContext): Buffer => {
  const start = 2 + Buffer.byteLength(sealedBy(ciphertext))
  const decipher = createDecipheriv('aes-256-gcm', material, ciphertext.subarray(start, start + NONCE), {
    authTagLength: TAG,
  })
  decipher.setAAD(Buffer.concat([ciphertext.subarray(0, start), bytesOf(context)]))
  decipher.setAuthTag(ciphertext.subarray(-TAG))
  try {
    return Buffer.concat([decipher.update(ciphertext.subarray(start + NONCE, -TAG)), decipher.final()])
  } catch {
    throw invalid()
  }
}

const invalid = () => new AwsError('InvalidCiphertextException', '')
