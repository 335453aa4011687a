import { AwsError, type Call } from '../gateway/service.ts'
import { readKeyPolicy } from './key-policy.ts'
import { defaultPolicy, type Keys } from './keys.ts'
import { SPECS } from './specs.ts'

interface Tag {
  readonly TagKey: string
  readonly TagValue: string
}

export interface NewKeyInput {
  readonly Description?: string
  readonly KeySpec?: string
  readonly CustomerMasterKeySpec?: string
  readonly KeyUsage?: string
  readonly Origin?: string
  readonly MultiRegion?: boolean
  readonly Policy?: string
  readonly BypassPolicyLockoutSafetyCheck?: boolean
  readonly Tags?: readonly Tag[]
}

/** Of a key: KMS developer guide, "Quotas". */
const MOST_TAGS = 50

/**
 * The key that CreateKey asks for (KMS API reference).
 * @throws {AwsError} ValidationException, UnsupportedOperationException, MalformedPolicyDocumentException, TagException
 */
export const newKey = (
  input: NewKeyInput,
  call: Call,
  arn: string,
  now: number,
): Parameters<Keys['add']>[1] => {
  const spec = input.KeySpec ?? input.CustomerMasterKeySpec ?? 'SYMMETRIC_DEFAULT'
  const usages = SPECS[spec]
  if (!usages) throw new AwsError('UnsupportedOperationException', `KeySpec ${spec} is not served here.`)
  if (input.KeyUsage === undefined && spec !== 'SYMMETRIC_DEFAULT')
    throw new AwsError(
      'ValidationException',
      'You must specify a KeyUsage value for all KMS keys except for symmetric encryption keys.',
    )
  const usage = input.KeyUsage ?? 'ENCRYPT_DECRYPT'
  if (!Object.hasOwn(usages, usage))
    throw new AwsError('ValidationException', `KeyUsage ${usage} is not compatible with KeySpec ${spec}`)
  if ((input.Origin ?? 'AWS_KMS') !== 'AWS_KMS' || input.MultiRegion)
    throw new AwsError(
      'UnsupportedOperationException',
      'Only single-region keys made by KMS are served here.',
    )
  const { caller } = call
  const policy =
    input.Policy === undefined
      ? defaultPolicy(call.account)
      : readKeyPolicy(input.Policy, {
          caller,
          keyArn: arn,
          now,
          bypass: input.BypassPolicyLockoutSafetyCheck,
        })
  return {
    description: input.Description ?? '',
    enabled: true,
    spec,
    usage,
    manager: 'CUSTOMER',
    policy,
    tags: tagsOf(input.Tags),
    rotates: false,
  }
}

/**
 * A key's tags with these added.
 * @throws {AwsError} TagException
 */
export const tagsOf = (
  added: readonly Tag[] = [],
  before: Readonly<Record<string, string>> = {},
): Record<string, string> => {
  for (const { TagKey } of added)
    if (TagKey.startsWith('aws:')) throw new AwsError('TagException', 'Tags beginning with aws: are reserved')
  const tags = { ...before, ...Object.fromEntries(added.map(({ TagKey, TagValue }) => [TagKey, TagValue])) }
  if (Object.keys(tags).length > MOST_TAGS) throw new AwsError('TagException', 'Too many tags')
  return tags
}
