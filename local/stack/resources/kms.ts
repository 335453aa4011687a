import { type Context, type Former, type Handler, type Handlers, unless } from '../handler.ts'
import { defined, document, flag, needText, number, objects, text } from '../properties.ts'
import type { JsonObject } from '../values.ts'

const MISSING = ['NotFound']

/** What makes another key of it: CloudFormation user guide, AWS::KMS::Key, "Update requires: Replacement". */
const FIXED = ['KeySpec', 'KeyUsage', 'MultiRegion', 'Origin']

const bypass = (properties: JsonObject) => ({
  BypassPolicyLockoutSafetyCheck: flag(properties, 'BypassPolicyLockoutSafetyCheck'),
})

const tagsOf = (properties: JsonObject) =>
  objects(properties, 'Tags').map((tag) => ({
    TagKey: needText(tag, 'Key'),
    TagValue: text(tag, 'Value') ?? '',
  }))

/** The key of an earlier deployment, if it is there and can still become what is wanted. */
const known = async (former: Former | undefined, properties: JsonObject, context: Context) => {
  if (!former || FIXED.some((name) => text(former.properties, name) !== text(properties, name)))
    return undefined
  const found = await unless(MISSING, context.call('kms', 'DescribeKey', { KeyId: former.physicalId }))
  return found?.KeyMetadata
}

const key: Handler = {
  apply: async ({ properties, former }, context) => {
    const Policy = document(properties, 'KeyPolicy')
    const Description = text(properties, 'Description') ?? ''
    const there = await known(former, properties, context)
    const metadata = there ?? (await make(properties, context))
    const KeyId = metadata.KeyId
    if (there) {
      await context.call('kms', 'UpdateKeyDescription', { KeyId, Description })
      if (Policy !== undefined)
        await context.call('kms', 'PutKeyPolicy', defined({ KeyId, Policy, ...bypass(properties) }))
      await retag(KeyId, former, properties, context)
    }
    const rotates = flag(properties, 'EnableKeyRotation') ?? false
    if (rotates || there)
      await context.call('kms', rotates ? 'EnableKeyRotation' : 'DisableKeyRotation', { KeyId })
    const enabled = flag(properties, 'Enabled') ?? true
    // one that somebody disabled by hand stays so unless the template says something else than before
    const before = former ? (flag(former.properties, 'Enabled') ?? true) : true
    if (there ? enabled !== before : !enabled)
      await context.call('kms', enabled ? 'EnableKey' : 'DisableKey', { KeyId })
    return { physicalId: KeyId, attributes: { Arn: metadata.Arn, KeyId } }
  },
  remove: async ({ physicalId, properties }, context) => {
    const days = number(properties, 'PendingWindowInDays')
    await unless(
      [...MISSING, 'KMSInvalidState'],
      context.call('kms', 'ScheduleKeyDeletion', defined({ KeyId: physicalId, PendingWindowInDays: days })),
    )
  },
}

const make = async (properties: JsonObject, context: Context) => {
  const tags = tagsOf(properties)
  const { KeyMetadata } = await context.call(
    'kms',
    'CreateKey',
    defined({
      Policy: document(properties, 'KeyPolicy'),
      Description: text(properties, 'Description'),
      KeySpec: text(properties, 'KeySpec'),
      KeyUsage: text(properties, 'KeyUsage'),
      Origin: text(properties, 'Origin'),
      MultiRegion: flag(properties, 'MultiRegion'),
      Tags: tags.length > 0 ? tags : undefined,
      ...bypass(properties),
    }),
  )
  return KeyMetadata
}

const retag = async (
  KeyId: string,
  former: Former | undefined,
  properties: JsonObject,
  context: Context,
): Promise<void> => {
  const Tags = tagsOf(properties)
  const stay = new Set(Tags.map(({ TagKey }) => TagKey))
  const TagKeys = (former ? tagsOf(former.properties) : []).flatMap(({ TagKey }) =>
    stay.has(TagKey) ? [] : [TagKey],
  )
  if (TagKeys.length > 0) await context.call('kms', 'UntagResource', { KeyId, TagKeys })
  if (Tags.length > 0) await context.call('kms', 'TagResource', { KeyId, Tags })
}

const alias: Handler = {
  apply: async ({ properties }, context) => {
    const AliasName = needText(properties, 'AliasName')
    const TargetKeyId = needText(properties, 'TargetKeyId')
    const made = await unless(
      ['AlreadyExists'],
      context.call('kms', 'CreateAlias', { AliasName, TargetKeyId }),
    )
    if (!made) await context.call('kms', 'UpdateAlias', { AliasName, TargetKeyId })
    return { physicalId: AliasName, attributes: {} }
  },
  remove: async ({ physicalId }, context) => {
    await unless(MISSING, context.call('kms', 'DeleteAlias', { AliasName: physicalId }))
  },
}

export const kmsHandlers: Handlers = { 'AWS::KMS::Key': key, 'AWS::KMS::Alias': alias }
