import { createSign, randomBytes } from 'node:crypto'
import type { Parts } from '../contracts.ts'

/** How the cloud's notifications are signed. */
export interface Signer {
  /** file name of the certificate */
  readonly file: string
  /** PEM */
  readonly certificate: string
  /** base64. Version 1 is SHA-1, 2 SHA-256, both with RSA (developer guide, "Verifying the signatures of Amazon SNS messages") */
  sign(text: string, version: string): string
}

interface Stored {
  readonly file: string
  readonly certificate: string
  readonly privateKey: string
}

export interface Signing {
  /** begins to make the key if there is none: it takes a while */
  prepare(): void
  signer(): Promise<Signer>
  /** PEM of the certificate of this name */
  certificate(file: string): string | undefined
  /** waits for a key that is being made */
  stop(): Promise<void>
}

const NAME = 'sns.amazonaws.com'
const DAYS = 3_650

/** One key and a certificate of its own making for all topics, kept in the store. */
export const openSigning = ({ store, now }: Parts): Signing => {
  const keys = store.collection<Stored>('sns.signing')
  let making: Promise<Signer> | undefined

  const make = async (): Promise<Stored> => {
    const { generate } = await import('selfsigned')
    const from = now()
    const made = await generate([{ name: 'commonName', value: NAME }], {
      keySize: 2048,
      algorithm: 'sha256',
      notBeforeDate: new Date(from),
      notAfterDate: new Date(from + DAYS * 86_400_000),
    })
    const file = `SimpleNotificationService-${randomBytes(16).toString('hex')}.pem`
    return { file, certificate: made.cert, privateKey: made.private }
  }
  const open = async (): Promise<Signer> => {
    const known = keys.get('key')
    const stored = known ?? (await make())
    if (!known) keys.put('key', stored)
    return {
      file: stored.file,
      certificate: stored.certificate,
      sign: (text, version) =>
        createSign(version === '2' ? 'RSA-SHA256' : 'RSA-SHA1')
          .update(text)
          .sign(stored.privateKey, 'base64'),
    }
  }
  const signer = () => {
    making ??= open().catch((error: unknown) => {
      // another delivery tries again
      making = undefined
      throw error
    })
    return making
  }

  return {
    prepare: () => {
      signer().catch(() => undefined)
    },
    signer,
    certificate: (file) => {
      const stored = keys.get('key')
      return stored?.file === file ? stored.certificate : undefined
    },
    stop: async () => {
      await making?.catch(() => undefined)
    },
  }
}
