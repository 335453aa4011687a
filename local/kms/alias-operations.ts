import type { Parts } from '../contracts.ts'
import { AwsError, type Call, type Operation } from '../gateway/service.ts'
import { type AliasRecord, invalidState, type Keys, notFound, type Place } from './keys.ts'
import { listed } from './paging.ts'

interface Input {
  readonly AliasName: string
  readonly TargetKeyId: string
  readonly KeyId?: string
  readonly Limit?: number
  readonly Marker?: string
}

const arnOf = ({ account, region }: Place, name: string) => `arn:aws:kms:${region}:${account}:${name}`

const NO_PREFIX =
  'Alias must start with the prefix "alias/". Please see https://docs.aws.amazon.com/kms/latest/developerguide/kms-alias.html'

/** Aliases (KMS API reference, CreateAlias and others). */
export const aliasOperations = ({
  parts,
  keys,
}: {
  readonly parts: Parts
  readonly keys: Keys
}): Readonly<Record<string, Operation>> => {
  const existing = (call: Call, name: string): AliasRecord => {
    checkName(name)
    const alias = keys.alias(call, name)
    if (!alias) throw notFound(`Alias ${arnOf(call, name)} is not found.`)
    return alias
  }
  const target = (input: Input, call: Call): string => {
    if (/(^|:)alias\//.test(input.TargetKeyId))
      throw new AwsError('ValidationException', 'Aliases must refer to keys. Not aliases')
    const key = keys.find(call, input.TargetKeyId)
    if (key.deletion !== undefined) throw invalidState(key)
    return key.id
  }
  return {
    CreateAlias: (input: Input, call) => {
      if (!input.AliasName.startsWith('alias/')) throw new AwsError('ValidationException', NO_PREFIX)
      checkName(input.AliasName)
      if (keys.alias(call, input.AliasName))
        throw new AwsError(
          'AlreadyExistsException',
          `An alias with the name ${arnOf(call, input.AliasName)} already exists`,
        )
      const { account, region } = call
      const at = parts.now()
      keys.putAlias({
        account,
        region,
        name: input.AliasName,
        keyId: target(input, call),
        created: at,
        updated: at,
      })
      return {}
    },
    UpdateAlias: (input: Input, call) => {
      const alias = existing(call, input.AliasName)
      keys.putAlias({ ...alias, keyId: target(input, call), updated: parts.now() })
      return {}
    },
    DeleteAlias: (input: Input, call) => {
      keys.deleteAlias(existing(call, input.AliasName))
      return {}
    },
    ListAliases: (input: Input, call) => {
      const of = input.KeyId === undefined ? undefined : keys.findById(call, input.KeyId).id
      const all = keys
        .aliases(call)
        .filter(({ keyId }) => of === undefined || keyId === of)
        .map((alias) => ({
          AliasName: alias.name,
          AliasArn: arnOf(alias, alias.name),
          TargetKeyId: alias.keyId,
          CreationDate: new Date(alias.created),
          LastUpdatedDate: new Date(alias.updated),
        }))
      return listed('Aliases', all, input)
    },
  }
}

const checkName = (name: string): void => {
  if (!name.startsWith('alias/')) throw new AwsError('ValidationException', 'Invalid identifier')
  if (!/^alias\/[a-zA-Z0-9/_-]{1,250}$/.test(name))
    throw new AwsError('InvalidAliasNameException', `${name} contains invalid characters for an alias`)
  if (name.startsWith('alias/aws/')) throw new AwsError('NotAuthorizedException', '')
}
