import { randomUUID } from 'node:crypto'
import type { Parts } from '../contracts.ts'
import { AwsError, type Call, type Operation } from '../gateway/service.ts'
import { readKeyPolicy } from './key-policy.ts'
import { invalidState, type KeyRecord, type Keys, keyArn, materialIdOf, stateOf } from './keys.ts'
import { type NewKeyInput, newKey, tagsOf } from './new-key.ts'
import { listed } from './paging.ts'
import { algorithmsOf } from './specs.ts'

interface Needs {
  readonly parts: Parts
  readonly keys: Keys
}

interface Input extends NewKeyInput {
  readonly KeyId: string
  readonly PolicyName?: string
  readonly TagKeys?: readonly string[]
  readonly PendingWindowInDays?: number
  readonly RotationPeriodInDays?: number
  readonly Limit?: number
  readonly Marker?: string
}

const DAY_MS = 86_400_000
/** between rotations, unless told otherwise: KMS API reference, EnableKeyRotation */
const YEAR_DAYS = 365
/** Keys, their policies, states and tags (KMS API reference). */
export const keyOperations = ({ parts, keys }: Needs): Readonly<Record<string, Operation>> => {
  /** AWS managed keys can be looked at only. */
  const own = (input: Input, call: Call): KeyRecord => {
    const key = keys.findById(call, input.KeyId)
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
      const id = randomUUID()
      const key = newKey(input, call, keyArn(call, id), parts.now())
      return { KeyMetadata: describe(keys.add(call, key, id)) }
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
    EnableKeyRotation: (input: Input, call) =>
      change(input, call, (key) => {
        if (key.spec !== 'SYMMETRIC_DEFAULT')
          throw new AwsError('UnsupportedOperationException', `${key.arn} is not a symmetric encryption key.`)
        const days = input.RotationPeriodInDays ?? key.rotation?.days ?? YEAR_DAYS
        return { rotates: true, rotation: { days, since: parts.now() } }
      }),
    DisableKeyRotation: (input: Input, call) => change(input, call, () => ({ rotates: false })),
    GetKeyRotationStatus: (input: Input, call) => {
      const key = keys.findById(call, input.KeyId)
      if (!key.rotates) return { KeyId: key.arn, KeyRotationEnabled: false }
      const { days, since } = key.rotation ?? { days: YEAR_DAYS, since: key.created }
      const rounds = Math.floor((parts.now() - since) / (days * DAY_MS)) + 1
      return {
        KeyId: key.arn,
        KeyRotationEnabled: true,
        RotationPeriodInDays: days,
        NextRotationDate: new Date(since + rounds * days * DAY_MS),
      }
    },
    ScheduleKeyDeletion: (input: Input, call) => {
      const days = input.PendingWindowInDays ?? 30
      if (days < 7 || days > 30)
        throw new AwsError('ValidationException', 'PendingWindowInDays must be between 7 and 30 (inclusive)')
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
      const { policy } = keys.findById(call, input.KeyId)
      return { Policy: JSON.stringify(policy, null, 2), PolicyName: 'default' }
    },
    PutKeyPolicy: (input: Input, call) => {
      requireDefault(input.PolicyName)
      return change(input, call, (key) => ({
        policy: readKeyPolicy(input.Policy ?? '', {
          caller: call.caller,
          keyArn: key.arn,
          now: parts.now(),
          bypass: input.BypassPolicyLockoutSafetyCheck,
        }),
      }))
    },
    ListKeyPolicies: (input: Input, call) => {
      keys.findById(call, input.KeyId)
      return { PolicyNames: ['default'], Truncated: false }
    },
    TagResource: (input: Input, call) =>
      change(input, call, ({ tags }) => ({ tags: tagsOf(input.Tags, tags) })),
    UntagResource: (input: Input, call) =>
      change(input, call, ({ tags }) => ({
        tags: Object.fromEntries(Object.entries(tags).filter(([name]) => !input.TagKeys?.includes(name))),
      })),
    ListResourceTags: (input: Input, call) => {
      const { tags } = keys.findById(call, input.KeyId)
      const all = Object.entries(tags).map(([TagKey, TagValue]) => ({ TagKey, TagValue }))
      return listed('Tags', all, input)
    },
  }
}

const requireDefault = (name = 'default'): void => {
  if (name !== 'default') throw new AwsError('NotFoundException', 'No such policy exists')
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
  ...algorithmsOf(key),
  ...(key.spec === 'SYMMETRIC_DEFAULT' && { CurrentKeyMaterialId: materialIdOf(key) }),
  MultiRegion: false,
})
