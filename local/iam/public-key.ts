import { createHash, createPublicKey, type KeyObject } from 'node:crypto'

/** An RSA public key of a user, in the forms that IAM and SSH want. */
export interface RsaPublicKey {
  /** `ssh-rsa AAAA...` without comment */
  readonly line: string
  /** MD5 over the key's bytes: `12:34:...` */
  readonly fingerprint: string
}

/** IAM API reference, UploadSSHPublicKey: "The minimum bit-length of the public key is 2048 bits." */
const BITS_MIN = 2_048

/**
 * Reads `ssh-rsa AAAA... comment`, or PEM.
 * @returns `encoding`: it is neither; `invalid`: it is one of them, but no RSA key that will do
 */
export const readPublicKey = (body: string): RsaPublicKey | 'encoding' | 'invalid' => {
  const text = body.trim()
  if (text.startsWith('-----BEGIN ')) return fromPem(text)
  const [type = '', base64 = ''] = text.split(/\s+/)
  if (type !== 'ssh-rsa') return 'encoding'
  const bytes = Buffer.from(base64, 'base64')
  // no other spelling of the same bytes: what is shown is what was given
  if (base64 === '' || bytes.toString('base64').replace(/=+$/, '') !== base64.replace(/=+$/, ''))
    return 'invalid'
  const [name, exponent, modulus, ...more] = fields(bytes) ?? []
  if (name?.toString('latin1') !== 'ssh-rsa' || !exponent || !modulus || more.length > 0) return 'invalid'
  return checked(keyOf(exponent, modulus))
}

/** SubjectPublicKeyInfo in PEM: what `GetSSHPublicKey` gives for `Encoding` PEM. */
export const toPem = (line: string): string => {
  const [, exponent = Buffer.alloc(0), modulus = Buffer.alloc(0)] =
    fields(Buffer.from(line.split(' ')[1] ?? '', 'base64')) ?? []
  const key = keyOf(exponent, modulus)
  return key ? String(key.export({ type: 'spki', format: 'pem' })) : ''
}

const fromPem = (text: string): RsaPublicKey | 'encoding' | 'invalid' => {
  if (!/^-----BEGIN (RSA )?PUBLIC KEY-----/.test(text)) return 'encoding'
  try {
    return checked(createPublicKey(text))
  } catch {
    return 'invalid'
  }
}

const checked = (key: KeyObject | undefined): RsaPublicKey | 'invalid' => {
  if (key?.asymmetricKeyType !== 'rsa') return 'invalid'
  if ((key.asymmetricKeyDetails?.modulusLength ?? 0) < BITS_MIN) return 'invalid'
  const { n = '', e = '' } = key.export({ format: 'jwk' })
  const bytes = Buffer.concat([
    field(Buffer.from('ssh-rsa')),
    field(mpint(Buffer.from(e, 'base64url'))),
    field(mpint(Buffer.from(n, 'base64url'))),
  ])
  return {
    line: `ssh-rsa ${bytes.toString('base64')}`,
    fingerprint: createHash('md5')
      .update(bytes)
      .digest('hex')
      .replace(/..(?=.)/g, '$&:'),
  }
}

const keyOf = (exponent: Buffer, modulus: Buffer): KeyObject | undefined => {
  const number = (bytes: Buffer) => bytes.subarray(bytes[0] === 0 ? 1 : 0).toString('base64url')
  try {
    return createPublicKey({
      key: { kty: 'RSA', e: number(exponent), n: number(modulus) },
      format: 'jwk',
    })
  } catch {
    return undefined
  }
}

// RFC 4251, section 5: strings with their length before them; numbers with a leading zero where the first bit is set

const fields = (bytes: Buffer): Buffer[] | undefined => {
  const found: Buffer[] = []
  for (let at = 0; at < bytes.length; ) {
    if (at + 4 > bytes.length) return undefined
    const end = at + 4 + bytes.readUInt32BE(at)
    if (end > bytes.length) return undefined
    found.push(bytes.subarray(at + 4, end))
    at = end
  }
  return found
}

const field = (bytes: Buffer): Buffer => {
  const length = Buffer.alloc(4)
  length.writeUInt32BE(bytes.length)
  return Buffer.concat([length, bytes])
}

const mpint = (bytes: Buffer): Buffer =>
  (bytes[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.from([0]), bytes]) : bytes
