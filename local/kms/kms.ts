import type { Iam, Kms, Parts } from '../contracts.ts'
import { AwsError, type Call, type Permission } from '../gateway/service.ts'
import { aliasOperations } from './alias-operations.ts'
import { cryptoOperations } from './crypto-operations.ts'
import { grantOperations } from './grant-operations.ts'
import { keyOperations } from './key-operations.ts'
import { type KeyRecord, type Keys, managedPolicy, openKeys } from './keys.ts'
import { permissionsOf } from './permissions.ts'
import { createUse } from './use.ts'

/** KMS: keys by account and region, with their policies, aliases and grants; symmetric keys really encrypt. */
export const createKms = ({
  parts,
  iam,
}: {
  readonly parts: Parts
  readonly iam: Pick<Iam, 'authorize' | 'authorizeSender'>
}): Kms => {
  const keys = openKeys(parts)
  const managed = (place: { account: string; region: string }, service: string): KeyRecord => {
    const name = `alias/aws/${service}`
    const alias = keys.alias(place, name)
    if (alias) return keys.find(place, name)
    return parts.store.transaction(() => {
      const key = keys.add(place, {
        description: `Default key that protects my ${SERVICES[service] ?? service} data when no other key is defined`,
        enabled: true,
        spec: 'SYMMETRIC_DEFAULT',
        usage: 'ENCRYPT_DECRYPT',
        manager: 'AWS',
        policy: managedPolicy(place, service),
        tags: {},
        rotates: true,
      })
      keys.putAlias({ ...place, name, keyId: key.id, created: parts.now(), updated: parts.now() })
      return key
    })
  }
  /** Service keys are there as soon as somebody names their alias: in an account of any age they were made long ago. */
  const find: Keys['find'] = (place, keyId) => {
    const service = /^(?:arn:aws:kms:[^:]+:\d{12}:)?alias\/aws\/([a-z0-9-]+)$/.exec(keyId)?.[1]
    if (service !== undefined && SERVICES[service] !== undefined && service !== 'codecommit')
      managed(place, service)
    return keys.find(place, keyId)
  }
  const needs = { parts, keys: { ...keys, find } }
  return {
    service: {
      name: 'kms',
      operations: {
        ...keyOperations(needs),
        ...aliasOperations(needs),
        ...grantOperations(needs),
        ...cryptoOperations(needs),
      },
      permissions: (operation: string, input: object, call: Call): readonly Permission[] =>
        permissionsOf(needs.keys, operation, input, call),
    },
    managedKey: (account, region, service) => managed({ account, region }, service).arn,
    resolve: (place, keyId) => {
      const key = find(place, keyId)
      if (key.spec !== 'SYMMETRIC_DEFAULT' || key.usage !== 'ENCRYPT_DECRYPT')
        throw new AwsError('InvalidKeyUsageException', `${key.arn} is not a key that encrypts symmetrically.`)
      return key.arn
    },
    ...createUse(keys, iam),
  }
}

/** Services whose AWS managed keys exist here, as their descriptions name them. */
const SERVICES: Readonly<Record<string, string>> = {
  codecommit: 'CodeCommit',
  sns: 'SNS',
  sqs: 'SQS',
  lambda: 'Lambda',
  dynamodb: 'DynamoDB',
}
