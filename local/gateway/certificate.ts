import { createPrivateKey, X509Certificate } from 'node:crypto'
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { join } from 'node:path'

export interface Certificate {
  /** PEM */
  readonly key: string
  readonly cert: string
  /** for GIT_SSL_CAINFO, AWS_CA_BUNDLE, NODE_EXTRA_CA_CERTS */
  readonly certFile: string
}

const DAY_MS = 86_400_000
/** Clients on macOS refuse server certificates that are good for longer (Apple, "About upcoming limits on trusted certificates"). */
const LIFETIME_DAYS = 397
/** Made anew so long before its end, so that it does not end while somebody works. */
const RENEW_DAYS = 14

/**
 * The names that the local cloud is reached by: itself, and AWS's host names of the given regions, with and without `.localhost`.
 * A wildcard covers one label (RFC 6125, section 6.4.3), so that `sqs.eu-west-1...` needs `*.eu-west-1...`.
 */
export const certificateNames = (regions: readonly string[]): readonly string[] => {
  const aws = regions.flatMap((region) => [
    `*.${region}.amazonaws.com`,
    `git-codecommit.${region}.amazonaws.com`,
  ])
  const global = ['iam.amazonaws.com', 'sts.amazonaws.com']
  return [
    ...['localhost', '127.0.0.1', '::1', '*.localhost'],
    ...[...aws, ...global].flatMap((name) => [name, `${name}.localhost`]),
  ]
}

/**
 * The self-made certificate of a state folder: taken up where it was left, made anew when it ends soon, does not name what it
 * must, or cannot be read. The key's file is its owner's alone.
 * @param folder made if missing
 * @param names host names and addresses, see {@link certificateNames}
 * @param now milliseconds since the epoch
 */
export const loadOrMakeCertificate = async (
  folder: string,
  names: readonly string[],
  now: number,
): Promise<Certificate> => {
  const keyFile = join(folder, 'tls-key.pem')
  const certFile = join(folder, 'tls-cert.pem')
  const known = readPair(keyFile, certFile)
  if (known && isGood(known, names, now)) return { ...known, certFile }
  const made = await make(names, now)
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  writeWhole(keyFile, made.key, 0o600)
  writeWhole(certFile, made.cert, 0o644)
  return { ...made, certFile }
}

interface Pair {
  readonly key: string
  readonly cert: string
}

const readPair = (keyFile: string, certFile: string): Pair | undefined => {
  try {
    return { key: readFileSync(keyFile, 'utf8'), cert: readFileSync(certFile, 'utf8') }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

const isGood = ({ key, cert }: Pair, names: readonly string[], now: number): boolean => {
  let read: X509Certificate
  try {
    read = new X509Certificate(cert)
    if (!read.checkPrivateKey(createPrivateKey(key))) return false
  } catch {
    // half written, or somebody else's: it is made anew
    return false
  }
  if (Date.parse(read.validFrom) > now || Date.parse(read.validTo) < now + RENEW_DAYS * DAY_MS) return false
  return names.every((name) => covers(read, name))
}

/** By what the certificate says, not by what one verifier would let pass: OpenSSL takes no `*.localhost`, others do. */
const covers = (certificate: X509Certificate, name: string): boolean =>
  isIP(name)
    ? certificate.checkIP(name) !== undefined
    : (certificate.subjectAltName ?? '').split(', ').includes(`DNS:${name}`)

/** Its own issuer, so that trusting this one file is enough; not an authority: it cannot vouch for anybody else. */
const make = async (names: readonly string[], now: number): Promise<Pair> => {
  const { generate } = await import('selfsigned')
  const pems = await generate([{ name: 'commonName', value: 'CodeCommit Relay local cloud' }], {
    keyType: 'ec',
    curve: 'P-256',
    algorithm: 'sha256',
    notBeforeDate: new Date(now - DAY_MS),
    notAfterDate: new Date(now + LIFETIME_DAYS * DAY_MS - DAY_MS),
    extensions: [
      { name: 'basicConstraints', cA: false, critical: true },
      { name: 'keyUsage', digitalSignature: true, keyCertSign: false, critical: true },
      { name: 'extKeyUsage', serverAuth: true },
      {
        name: 'subjectAltName',
        altNames: names.map((name) => (isIP(name) ? { type: 7, ip: name } : { type: 2, value: name })),
      },
    ],
  })
  return { key: pems.private, cert: pems.cert }
}

/** Through a second name: a killed process leaves the old file or the new one. */
const writeWhole = (file: string, text: string, mode: number): void => {
  writeFileSync(`${file}.new`, text, { mode })
  renameSync(`${file}.new`, file)
}
