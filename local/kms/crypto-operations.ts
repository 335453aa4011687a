import { randomBytes } from 'node:crypto'
import { AwsError, type Call, type Operation } from '../gateway/service.ts'
import { type KeyRecord, type Keys, materialIdOf, requireUsable } from './keys.ts'
import { type EncryptionContext, seal, sealedBy, unseal } from './seal.ts'
import { SPECS } from './specs.ts'

interface Input {
  readonly KeyId: string
  readonly Plaintext: Uint8Array
  readonly CiphertextBlob: Uint8Array
  readonly EncryptionContext?: EncryptionContext
  readonly SourceKeyId?: string
  readonly SourceEncryptionContext?: EncryptionContext
  readonly DestinationKeyId: string
  readonly DestinationEncryptionContext?: EncryptionContext
  readonly NumberOfBytes?: number
  readonly KeySpec?: string
  readonly EncryptionAlgorithm?: string
}

const ALGORITHM = 'SYMMETRIC_DEFAULT'

/** Encryption with symmetric keys: KMS API reference, Encrypt, Decrypt, ReEncrypt, GenerateDataKey, GenerateRandom. */
export const cryptoOperations = ({ keys }: { readonly keys: Keys }): Readonly<Record<string, Operation>> => {
  const usable = (call: Call, keyId: string, algorithm = ALGORITHM): KeyRecord => {
    const key = keys.find(call, keyId)
    requireUsable(key)
    if (key.usage !== 'ENCRYPT_DECRYPT')
      throw invalidUsage(`${key.arn} key usage is ${key.usage} which is not valid for ${call.operation}.`)
    if (!SPECS[key.spec]?.[key.usage]?.includes(algorithm))
      throw invalidUsage(`Algorithm ${algorithm} is incompatible with key spec ${key.spec}.`)
    if (key.spec !== ALGORITHM)
      throw new AwsError('UnsupportedOperationException', `Encryption with ${key.spec} is not served here.`)
    return key
  }
  const encrypt = (key: KeyRecord, plaintext: Uint8Array, context: EncryptionContext = {}) =>
    new Uint8Array(seal(key.arn, Buffer.from(key.material, 'base64'), plaintext, context))
  const decrypt = (
    call: Call,
    ciphertext: Uint8Array,
    keyId: string | undefined,
    context: EncryptionContext = {},
    algorithm?: string,
  ): { key: KeyRecord; plaintext: Uint8Array } => {
    const key = usable(call, sealedBy(ciphertext), algorithm)
    if (keyId !== undefined && keys.find(call, keyId).arn !== key.arn)
      throw new AwsError(
        'IncorrectKeyException',
        'The key ID in the request does not identify a CMK that can perform this operation.',
      )
    const plaintext = unseal(Buffer.from(key.material, 'base64'), ciphertext, context)
    return { key, plaintext: new Uint8Array(plaintext) }
  }
  const dataKey = (input: Input, call: Call) => {
    const key = usable(call, input.KeyId)
    if ((input.NumberOfBytes === undefined) === (input.KeySpec === undefined))
      throw new AwsError('ValidationException', 'Please specify either number of bytes or key spec.')
    const plaintext = new Uint8Array(
      randomBytes(input.NumberOfBytes ?? (input.KeySpec === 'AES_128' ? 16 : 32)),
    )
    return {
      KeyId: key.arn,
      KeyMaterialId: materialIdOf(key),
      plaintext,
      CiphertextBlob: encrypt(key, plaintext, input.EncryptionContext),
    }
  }
  return {
    Encrypt: (input: Input, call) => {
      const key = usable(call, input.KeyId, input.EncryptionAlgorithm)
      return {
        KeyId: key.arn,
        CiphertextBlob: encrypt(key, input.Plaintext, input.EncryptionContext),
        EncryptionAlgorithm: ALGORITHM,
      }
    },
    Decrypt: (input: Input, call) => {
      const { key, plaintext } = decrypt(
        call,
        input.CiphertextBlob,
        input.KeyId,
        input.EncryptionContext,
        input.EncryptionAlgorithm,
      )
      return {
        KeyId: key.arn,
        KeyMaterialId: materialIdOf(key),
        Plaintext: plaintext,
        EncryptionAlgorithm: ALGORITHM,
      }
    },
    ReEncrypt: (input: Input, call) => {
      const from = decrypt(call, input.CiphertextBlob, input.SourceKeyId, input.SourceEncryptionContext)
      const to = usable(call, input.DestinationKeyId)
      return {
        CiphertextBlob: encrypt(to, from.plaintext, input.DestinationEncryptionContext),
        SourceKeyId: from.key.arn,
        KeyId: to.arn,
        SourceKeyMaterialId: materialIdOf(from.key),
        DestinationKeyMaterialId: materialIdOf(to),
        SourceEncryptionAlgorithm: ALGORITHM,
        DestinationEncryptionAlgorithm: ALGORITHM,
      }
    },
    GenerateDataKey: (input: Input, call) => {
      const { plaintext, ...rest } = dataKey(input, call)
      return { ...rest, Plaintext: plaintext }
    },
    GenerateDataKeyWithoutPlaintext: (input: Input, call) => {
      const { plaintext: _, ...rest } = dataKey(input, call)
      return rest
    },
    GenerateRandom: ({ NumberOfBytes }: Input) => {
      if (NumberOfBytes === undefined) throw new AwsError('ValidationException', 'NumberOfBytes is required.')
      return { Plaintext: new Uint8Array(randomBytes(NumberOfBytes)) }
    },
  }
}

const invalidUsage = (message: string) => new AwsError('InvalidKeyUsageException', message)
