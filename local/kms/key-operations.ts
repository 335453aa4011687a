import type { Parts, PolicyDocument } from '../contracts.ts'
import { AwsError, type Call, type Operation } from '../gateway/service.ts'
import { defaultPolicy, invalidState, type KeyRecord, type Keys, stateOf } from './keys.ts'
import { listed } from './paging.ts'

interface Needs {
  readonly parts: Parts
  readonly keys: Keys
}

interface Tag {
  readonly TagKey: string
  readonly TagValue: string
}

interface Input {
  readonly KeyId: string
  readonly Description?: string
  readonly KeySpec?: string
  readonly CustomerMasterKeySpec?: string
  readonly KeyUsage?: string
  readonly Origin?: string
  readonly MultiRegion?: boolean
  readonly Policy?: string
  readonly PolicyName?: string
  readonly Tags?: readonly Tag[]
  readonly TagKeys?: readonly string[]
  readonly PendingWindowInDays?: number
  readonly Limit?: number
  readonly Marker?: string
}

const DAY_MS = 86_400_000
const SPECS: Readonly<Record<string, readonly string[]>> = {
  SYMMETRIC_DEFAULT: ['ENCRYPT_DECRYPT'],
  RSA_2048: ['SIGN_VERIFY', 'ENCRYPT_DECRYPT'],
  RSA_3072: ['SIGN_VERIFY', 'ENCRYPT_DECRYPT'],
  RSA_4096: ['SIGN_VERIFY', 'ENCRYPT_DECRYPT'],
  ECC_NIST_P256: ['SIGN_VERIFY', 'KEY_AGREEMENT'],
  HMAC_256: ['GENERATE_VERIFY_MAC'],
}

/** Keys, their policies, states and tags (KMS API reference). */
export const keyOperations = ({ parts, keys }: Needs): Readonly<Record<string, Operation>> => {
  /** AWS managed keys can be looked at only. */
  const own = (input: Input, call: Call): KeyRecord => {
    const key = keys.find(call, input.KeyId)
    if (key.manager === 'AWS')
      throw new AwsError('AccessDeniedException', `${key.arn} is an AWS managed key: it cannot be changed.`)
    return key
  }
  const change = (input: Input, call: Call, to: (key: KeyRecord) => Partial<KeyRecord>): object => {
    const key = own(input, call)
    if (key.deletion !== undefined) throw invalidState(key)
    keys.save({ ...key, ...to(key) })
    return {}
  }
  return {
    CreateKey: (input: Input, call) => {
      const key = keys.add(call, newKey(input, call.account))
      return { KeyMetadata: describe(key) }
    },
    DescribeKey: (input: Input, call) => ({ KeyMetadata: describe(keys.find(call, input.KeyId)) }),
    ListKeys: (input: Input, call) => {
      const all = keys.list(call).map(({ id, arn }) => ({ KeyId: id, KeyArn: arn }))
      return listed('Keys', all, input)
    },
    EnableKey: (input: Input, call) => change(input, call, () => ({ enabled: true })),
    DisableKey: (input: Input, call) => change(input, call, () => ({ enabled: false })),
    UpdateKeyDescription: (input: Input, call) =>
      change(input, call, () => ({ description: input.Description ?? '' })),
    EnableKeyRotation: (input: Input, call) => change(input, call, () => ({ rotates: true })),
    DisableKeyRotation: (input: Input, call) => change(input, call, () => ({ rotates: false })),
    GetKeyRotationStatus: (input: Input, call) => {
      const key = keys.find(call, input.KeyId)
      return {
        KeyId: key.arn,
        KeyRotationEnabled: key.rotates,
        ...(key.rotates && { RotationPeriodInDays: 365 }),
      }
    },
    ScheduleKeyDeletion: (input: Input, call) => {
      const days = input.PendingWindowInDays ?? 30
      const key = own(input, call)
      if (key.deletion !== undefined) throw invalidState(key)
      const doomed = { ...key, enabled: false, deletion: parts.now() + days * DAY_MS }
      keys.save(doomed)
      return {
        KeyId: key.arn,
        DeletionDate: new Date(doomed.deletion),
        KeyState: stateOf(doomed),
        PendingWindowInDays: days,
      }
    },
    CancelKeyDeletion: (input: Input, call) => {
      const { deletion, ...key } = own(input, call)
      if (deletion === undefined)
        throw new AwsError('KMSInvalidStateException', `${key.arn} is not pending deletion.`)
      // AWS leaves it disabled: KMS API reference, CancelKeyDeletion
      keys.save({ ...key, enabled: false })
      return { KeyId: key.arn }
    },
    GetKeyPolicy: (input: Input, call) => {
      requireDefault(input.PolicyName)
      const { policy } = keys.find(call, input.KeyId)
      return { Policy: JSON.stringify(policy, null, 2), PolicyName: 'default' }
    },
    PutKeyPolicy: (input: Input, call) => {
      requireDefault(input.PolicyName)
      return change(input, call, () => ({ policy: parsePolicy(input.Policy) }))
    },
    ListKeyPolicies: (input: Input, call) => {
      keys.find(call, input.KeyId)
      return { PolicyNames: ['default'], Truncated: false }
    },
    TagResource: (input: Input, call) =>
      change(input, call, ({ tags }) => ({ tags: { ...tags, ...tagsOf(input.Tags) } })),
    UntagResource: (input: Input, call) =>
      change(input, call, ({ tags }) => ({
        tags: Object.fromEntries(Object.entries(tags).filter(([name]) => !input.TagKeys?.includes(name))),
      })),
    ListResourceTags: (input: Input, call) => {
      const { tags } = keys.find(call, input.KeyId)
      const all = Object.entries(tags).map(([TagKey, TagValue]) => ({ TagKey, TagValue }))
      return listed('Tags', all, input)
    },
  }
}

const newKey = (input: Input, account: string): Parameters<Keys['add']>[1] => {
  const spec = input.KeySpec ?? input.CustomerMasterKeySpec ?? 'SYMMETRIC_DEFAULT'
  const usages = SPECS[spec]
  if (!usages) throw new AwsError('UnsupportedOperationException', `KeySpec ${spec} is not served here.`)
  if (input.KeyUsage === undefined && spec !== 'SYMMETRIC_DEFAULT')
    throw new AwsError(
      'ValidationException',
      `You must specify a KeyUsage value for all KMS keys except for symmetric encryption keys.`,
    )
  const usage = input.KeyUsage ?? 'ENCRYPT_DECRYPT'
  if (!usages.includes(usage))
    throw new AwsError('ValidationException', `KeyUsage ${usage} is not compatible with KeySpec ${spec}`)
  if ((input.Origin ?? 'AWS_KMS') !== 'AWS_KMS' || input.MultiRegion)
    throw new AwsError(
      'UnsupportedOperationException',
      'Only single-region keys made by KMS are served here.',
    )
  return {
    description: input.Description ?? '',
    enabled: true,
    spec,
    usage,
    manager: 'CUSTOMER',
    policy: input.Policy === undefined ? defaultPolicy(account) : parsePolicy(input.Policy),
    tags: tagsOf(input.Tags),
    rotates: false,
  }
}

const parsePolicy = (text = ''): PolicyDocument => {
  const malformed = (message: string) => new AwsError('MalformedPolicyDocumentException', message)
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw malformed('The new key policy is not JSON.')
  }
  if (typeof value !== 'object' || value === null || !('Statement' in value))
    throw malformed('The new key policy has no Statement.')
  return value as PolicyDocument
}

const requireDefault = (name = 'default'): void => {
  if (name !== 'default') throw new AwsError('NotFoundException', 'No such policy exists')
}

const tagsOf = (tags: readonly Tag[] = []): Record<string, string> => {
  for (const { TagKey } of tags)
    if (TagKey.startsWith('aws:')) throw new AwsError('TagException', 'Tags beginning with aws: are reserved')
  return Object.fromEntries(tags.map(({ TagKey, TagValue }) => [TagKey, TagValue]))
}

const describe = (key: KeyRecord) => ({
  AWSAccountId: key.account,
  KeyId: key.id,
  Arn: key.arn,
  CreationDate: new Date(key.created),
  Enabled: stateOf(key) === 'Enabled',
  Description: key.description,
  KeyUsage: key.usage,
  KeyState: stateOf(key),
  ...(key.deletion !== undefined && { DeletionDate: new Date(key.deletion) }),
  Origin: 'AWS_KMS',
  KeyManager: key.manager,
  CustomerMasterKeySpec: key.spec,
  KeySpec: key.spec,
  ...(key.usage === 'ENCRYPT_DECRYPT' &&
    key.spec === 'SYMMETRIC_DEFAULT' && { EncryptionAlgorithms: ['SYMMETRIC_DEFAULT'] }),
  MultiRegion: false,
})
