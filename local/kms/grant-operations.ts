import { randomBytes } from 'node:crypto'
import type { Parts } from '../contracts.ts'
import { AwsError, type Operation } from '../gateway/service.ts'
import { grantToRetire } from './grants.ts'
import { type GrantRecord, type Keys, notFound, requireUsable } from './keys.ts'
import { listed } from './paging.ts'

interface Input {
  readonly KeyId: string
  readonly GranteePrincipal: string
  readonly RetiringPrincipal?: string
  readonly Operations: readonly string[]
  readonly Constraints?: {
    readonly EncryptionContextEquals?: Readonly<Record<string, string>>
    readonly EncryptionContextSubset?: Readonly<Record<string, string>>
  }
  readonly Name?: string
  readonly GrantId?: string
  readonly GrantToken?: string
  readonly Limit?: number
  readonly Marker?: string
}

/** Whom a grant may name: KMS API reference, CreateGrant. */
const PRINCIPAL =
  /^arn:aws[\w-]*:(iam::\d{12}:(root|(user|role)\/.+)|sts::\d{12}:(assumed-role|federated-user)\/.+)$/

/** Grants (KMS developer guide, "Grants in AWS KMS"): a grant lets its grantee do the named operations, constrained by the context. */
export const grantOperations = ({
  parts,
  keys,
}: {
  readonly parts: Parts
  readonly keys: Keys
}): Readonly<Record<string, Operation>> => {
  const { grants } = keys
  const remove = (keyArn: string, grantId: string): object => {
    if (!grants.delete(`${keyArn}|${grantId}`)) throw notFound(`Grant ID ${grantId} not found`)
    return {}
  }
  return {
    CreateGrant: (input: Input, call) => {
      const key = keys.findById(call, input.KeyId)
      requireUsable(key)
      for (const principal of [input.GranteePrincipal, input.RetiringPrincipal])
        if (principal !== undefined && !PRINCIPAL.test(principal))
          throw new AwsError('InvalidArnException', `ARN does not refer to a valid principal: ${principal}`)
      const constraints = input.Constraints
      const same = grants
        .entries(`${key.arn}|`)
        .map(([, one]) => one)
        .find((one) => input.Name !== undefined && one.name === input.Name)
      if (same) return { GrantId: same.id, GrantToken: same.token }
      const grant: GrantRecord = {
        id: randomBytes(32).toString('hex'),
        token: randomBytes(64).toString('base64'),
        keyArn: key.arn,
        granteePrincipal: input.GranteePrincipal,
        operations: input.Operations,
        issuer: call.caller.arn,
        created: parts.now(),
        ...(input.RetiringPrincipal !== undefined && { retiringPrincipal: input.RetiringPrincipal }),
        ...(constraints?.EncryptionContextEquals && { equals: constraints.EncryptionContextEquals }),
        ...(constraints?.EncryptionContextSubset && { subset: constraints.EncryptionContextSubset }),
        ...(input.Name !== undefined && { name: input.Name }),
      }
      grants.put(`${key.arn}|${grant.id}`, grant)
      return { GrantId: grant.id, GrantToken: grant.token }
    },
    ListGrants: (input: Input, call) => {
      const key = keys.findById(call, input.KeyId)
      const all = grants
        .entries(`${key.arn}|`)
        .map(([, grant]) => grant)
        .filter(({ id }) => input.GrantId === undefined || id === input.GrantId)
        .filter(
          ({ granteePrincipal }) =>
            input.GranteePrincipal === undefined || granteePrincipal === input.GranteePrincipal,
        )
      return listed('Grants', all.map(describe), input)
    },
    ListRetirableGrants: (input: Input, call) => {
      const all = grants
        .entries(`arn:aws:kms:${call.region}:${call.account}:key/`)
        .map(([, grant]) => grant)
        .filter(({ retiringPrincipal }) => retiringPrincipal === input.RetiringPrincipal)
      return listed('Grants', all.map(describe), input)
    },
    RevokeGrant: (input: Input, call) => remove(keys.findById(call, input.KeyId).arn, input.GrantId ?? ''),
    RetireGrant: (input: Input, call) => {
      const { keyArn, id } = grantToRetire(keys, input, call)
      return remove(keyArn, id)
    },
  }
}

const describe = (grant: GrantRecord) => ({
  KeyId: grant.keyArn,
  GrantId: grant.id,
  Name: grant.name ?? '',
  CreationDate: new Date(grant.created),
  GranteePrincipal: grant.granteePrincipal,
  RetiringPrincipal: grant.retiringPrincipal,
  IssuingAccount: `arn:aws:iam::${grant.keyArn.split(':')[4]}:root`,
  Operations: grant.operations,
  ...((grant.equals || grant.subset) && {
    Constraints: { EncryptionContextEquals: grant.equals, EncryptionContextSubset: grant.subset },
  }),
})
