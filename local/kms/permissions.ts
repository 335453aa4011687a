import type { Call, Caller, Permission } from '../gateway/service.ts'
import { grantToRetire, mayRetire } from './grants.ts'
import type { GrantRecord, KeyRecord, Keys } from './keys.ts'
import { type EncryptionContext, sealedBy } from './seal.ts'

/** Operations that name no key that exists already (Service Authorization Reference, "AWS Key Management Service"). */
const WITHOUT_KEY = new Set(['CreateKey', 'ListKeys', 'ListAliases', 'GenerateRandom', 'ListRetirableGrants'])

/** Fields of inputs that decide what is asked for. */
interface Named {
  readonly KeyId?: string
  readonly TargetKeyId?: string
  readonly SourceKeyId?: string
  readonly DestinationKeyId?: string
  readonly AliasName?: string
  readonly GrantId?: string
  readonly GrantToken?: string
  readonly CiphertextBlob?: Uint8Array
  readonly EncryptionContext?: EncryptionContext
  readonly SourceEncryptionContext?: EncryptionContext
  readonly DestinationEncryptionContext?: EncryptionContext
}

/** `kms:<Operation>` on the key, as the key's policy and the caller's identity policies say (KMS developer guide, "Key policies in AWS KMS"). */
export const permissionsOf = (
  keys: Pick<Keys, 'find' | 'findById' | 'grants' | 'alias' | 'aliases'>,
  operation: string,
  input: Named,
  call: Call,
): readonly Permission[] => {
  if (WITHOUT_KEY.has(operation)) return [{ action: `kms:${operation}`, resource: '*' }]
  const on = (keyId: string, action: string, encryptionContext: EncryptionContext = {}): Permission[] => {
    const key = keys.find(call, keyId)
    const granted = isGranted(keys, key, call.caller, action, encryptionContext)
    return granted ? [] : [policyPermission(keys, key, action, { caller: call.caller, encryptionContext })]
  }
  if (operation === 'ReEncrypt') {
    return [
      ...on(input.SourceKeyId ?? sealer(input), 'kms:ReEncryptFrom', input.SourceEncryptionContext),
      ...on(input.DestinationKeyId ?? '', 'kms:ReEncryptTo', input.DestinationEncryptionContext),
    ]
  }
  const action = `kms:${operation}`
  if (operation === 'RetireGrant') {
    const grant = grantToRetire(keys, input, call)
    return mayRetire(grant, call.caller) ? [] : on(grant.keyArn, action)
  }
  if (input.AliasName !== undefined) {
    const alias: Permission = {
      action,
      resource: `arn:aws:kms:${call.region}:${call.account}:${input.AliasName}`,
    }
    const old = operation === 'CreateAlias' ? undefined : keys.alias(call, input.AliasName)?.keyId
    const targets = [old, input.TargetKeyId].filter((id) => id !== undefined)
    return [alias, ...targets.flatMap((id) => on(id, action))]
  }
  const keyId = input.KeyId ?? (operation === 'Decrypt' ? sealer(input) : undefined)
  return keyId === undefined ? [] : on(keyId, action, input.EncryptionContext)
}

/** A ciphertext names its key itself. */
const sealer = ({ CiphertextBlob }: Named): string => sealedBy(CiphertextBlob ?? new Uint8Array())

/**
 * One action on one key: the key's policy must take part. Services that ask for themselves bring neither caller nor `via`, the service
 * that asks on a caller's behalf (KMS developer guide, "AWS KMS condition keys").
 */
export const policyPermission = (
  keys: Pick<Keys, 'aliases'>,
  key: KeyRecord,
  action: string,
  {
    caller,
    via,
    encryptionContext,
  }: { caller?: Pick<Caller, 'account'>; via?: string; encryptionContext: EncryptionContext },
): Permission => {
  const context = Object.entries(encryptionContext)
  const aliases = keys.aliases(key).filter(({ keyId }) => keyId === key.id)
  return {
    action,
    resource: key.arn,
    resourcePolicy: key.policy,
    policyMustAllow: true,
    context: {
      ...(caller && { 'kms:CallerAccount': caller.account }),
      ...(via !== undefined && { 'kms:ViaService': `${via}.${key.region}.amazonaws.com` }),
      ...(aliases.length > 0 && { 'kms:ResourceAliases': aliases.map(({ name }) => name) }),
      ...(context.length > 0 && { 'kms:EncryptionContextKeys': context.map(([name]) => name) }),
      ...Object.fromEntries(context.map(([name, value]) => [`kms:EncryptionContext:${name}`, value])),
      ...Object.fromEntries(
        Object.entries(key.tags).map(([name, value]) => [`aws:ResourceTag/${name}`, value]),
      ),
    },
  }
}

/** Whether a grant on the key lets the caller do this, whatever policies say. */
export const isGranted = (
  { grants }: Pick<Keys, 'grants'>,
  key: KeyRecord,
  caller: Caller,
  action: string,
  encryptionContext: EncryptionContext,
): boolean =>
  grants
    .entries(`${key.arn}|`)
    .some(([, grant]) => grantAllows(grant, caller, action.slice('kms:'.length), encryptionContext))

const grantAllows = (
  grant: GrantRecord,
  caller: Caller,
  operation: string,
  context: EncryptionContext,
): boolean => {
  const subset = Object.entries(grant.subset ?? {}).every(([name, value]) => context[name] === value)
  const equals =
    grant.equals === undefined ||
    (Object.keys(context).length === Object.keys(grant.equals).length &&
      Object.entries(grant.equals).every(([name, value]) => context[name] === value))
  return (
    [caller.arn, caller.roleArn].includes(grant.granteePrincipal) &&
    grant.operations.includes(operation) &&
    subset &&
    equals
  )
}
