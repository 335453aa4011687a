import { createHash, randomBytes, randomUUID } from 'node:crypto'
import type { Parts, PolicyDocument } from '../contracts.ts'
import { AwsError } from '../gateway/service.ts'
import { remembered } from '../state/remembered.ts'
import type { Collection } from '../state/store.ts'

export interface Place {
  readonly account: string
  readonly region: string
}

export interface KeyRecord extends Place {
  readonly id: string
  readonly arn: string
  /** milliseconds since the epoch */
  readonly created: number
  readonly description: string
  readonly enabled: boolean
  /** when it will be gone, milliseconds since the epoch; absent: not scheduled */
  readonly deletion?: number
  /** `SYMMETRIC_DEFAULT`, or one whose key only has a description here */
  readonly spec: string
  readonly usage: string
  readonly manager: 'CUSTOMER' | 'AWS'
  readonly policy: PolicyDocument
  readonly tags: Readonly<Record<string, string>>
  readonly rotates: boolean
  /** days between rotations, where somebody said so, and when they said it, milliseconds since the epoch */
  readonly rotation?: { readonly days: number; readonly since: number }
  /** 32 bytes, base64; never leaves the store */
  readonly material: string
}

export interface AliasRecord extends Place {
  /** `alias/...` */
  readonly name: string
  readonly keyId: string
  readonly created: number
  readonly updated: number
}

export interface GrantRecord {
  readonly id: string
  readonly token: string
  readonly keyArn: string
  readonly granteePrincipal: string
  readonly retiringPrincipal?: string
  readonly operations: readonly string[]
  readonly equals?: Readonly<Record<string, string>>
  readonly subset?: Readonly<Record<string, string>>
  readonly name?: string
  readonly issuer: string
  readonly created: number
}

/** All that KMS remembers. */
export interface Keys {
  readonly grants: Collection<GrantRecord>
  /** @param id of the new key; made up unless given */
  add(
    place: Place,
    key: Omit<KeyRecord, 'account' | 'region' | 'id' | 'arn' | 'created' | 'material'>,
    id?: string,
  ): KeyRecord
  save(key: KeyRecord): void
  /** in order of id */
  list(place: Place): readonly KeyRecord[]
  aliases(place: Place): readonly AliasRecord[]
  alias(place: Place, name: string): AliasRecord | undefined
  putAlias(alias: AliasRecord): void
  deleteAlias(alias: AliasRecord): void
  /**
   * the key behind an id, an ARN, an alias or an alias ARN (KMS developer guide, "Key identifiers")
   * @throws {AwsError} NotFoundException, in KMS's words
   */
  find(place: Place, keyId: string): KeyRecord
  /**
   * the same by id or ARN alone: whatever changes or lists does not take aliases
   * @throws {AwsError} NotFoundException
   */
  findById(place: Place, keyId: string): KeyRecord
}

/** Of a key of one region, and of several: KMS developer guide, "Key identifiers (KeyId)". */
const KEY_ID = /^([0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|mrk-[0-9a-f]{32})$/

const placed = ({ account, region }: Place, name: string): string => `${account}|${region}|${name}`

/**
 * The id of a key's material, which answers tell since there can be several (KMS API reference, `CurrentKeyMaterialId`). Made
 * from the ARN: it must not tell anything about the material itself.
 */
export const materialIdOf = ({ arn }: Pick<KeyRecord, 'arn'>): string =>
  createHash('sha256').update(`material of ${arn}`).digest('hex')

/** The ARN of a key of this id. */
export const keyArn = ({ account, region }: Place, id: string): string =>
  `arn:aws:kms:${region}:${account}:key/${id}`

export const openKeys = ({ store, now }: Parts): Keys => {
  const keys = remembered(store.collection<KeyRecord>('kms.keys'))
  const aliases = remembered(store.collection<AliasRecord>('kms.aliases'))
  const grants = remembered(store.collection<GrantRecord>('kms.grants'))
  const alive = (key: KeyRecord | undefined): KeyRecord | undefined => {
    if (key?.deletion === undefined || key.deletion > now()) return key
    store.transaction(() => {
      keys.delete(placed(key, key.id))
      for (const [name, alias] of aliases.entries(placed(key, '')))
        if (alias.keyId === key.id) aliases.delete(name)
    })
    return undefined
  }
  const find: Keys['find'] = (place, keyId) => {
    const [, service, region, account, named] =
      /^arn:aws[\w-]*:(\w+):([\w-]+):(\d{12}):(.+)$/.exec(keyId) ?? []
    if (named !== undefined && service !== 'kms') throw notFound(`Invalid arn ${keyId}`)
    if (region !== undefined && region !== place.region) throw notFound(`Invalid arn ${region}`)
    const home: Place = account === undefined ? place : { account, region: place.region }
    const name = named ?? keyId
    const arn = (of: string) => `arn:aws:kms:${home.region}:${home.account}:${of}`
    if (name.startsWith('alias/')) {
      const alias = aliases.get(placed(home, name))
      const key = alias && alive(keys.get(placed(home, alias.keyId)))
      if (!key) throw notFound(`Alias ${arn(name)} is not found.`)
      return key
    }
    const id = named === undefined ? name : /^key\/(.+)$/.exec(named)?.[1]
    if (id === undefined || !KEY_ID.test(id)) throw notFound(`Invalid keyId '${keyId}'`)
    const key = alive(keys.get(placed(home, id)))
    if (!key) throw notFound(`Key '${arn(`key/${id}`)}' does not exist`)
    return key
  }
  return {
    grants,
    find,
    findById: (place, keyId) => {
      if (/(^|:)alias\//.test(keyId)) throw notFound(`Invalid keyId '${keyId}'`)
      return find(place, keyId)
    },
    add: (place, given, id = randomUUID()) => {
      const key: KeyRecord = {
        ...given,
        account: place.account,
        region: place.region,
        id,
        arn: keyArn(place, id),
        created: now(),
        material: randomBytes(32).toString('base64'),
      }
      keys.put(placed(place, id), key)
      return key
    },
    save: (key) => keys.put(placed(key, key.id), key),
    list: (place) =>
      keys.entries(placed(place, '')).flatMap(([, key]) => {
        const live = alive(key)
        return live ? [live] : []
      }),
    aliases: (place) => aliases.entries(placed(place, '')).map(([, alias]) => alias),
    alias: (place, name) => aliases.get(placed(place, name)),
    putAlias: (alias) => aliases.put(placed(alias, alias.name), alias),
    deleteAlias: (alias) => void aliases.delete(placed(alias, alias.name)),
  }
}

export const notFound = (message: string) => new AwsError('NotFoundException', message)

/** `Enabled`, `Disabled` or `PendingDeletion`: KMS developer guide, "Key states of AWS KMS keys". */
export const stateOf = (key: KeyRecord): string =>
  key.deletion !== undefined ? 'PendingDeletion' : key.enabled ? 'Enabled' : 'Disabled'

/** @throws {AwsError} DisabledException, KMSInvalidStateException */
export const requireUsable = (key: KeyRecord): void => {
  if (key.deletion !== undefined) throw invalidState(key)
  if (!key.enabled) throw new AwsError('DisabledException', `${key.arn} is disabled.`)
}

export const invalidState = (key: KeyRecord) =>
  new AwsError('KMSInvalidStateException', `${key.arn} is pending deletion.`)

/** What a key's policy is unless one is given: the account decides by its identity policies. KMS developer guide, "Default key policy". */
export const defaultPolicy = (account: string): PolicyDocument => ({
  Version: '2012-10-17',
  ...{ Id: 'key-default-1' },
  Statement: [
    {
      Sid: 'Enable IAM User Permissions',
      Effect: 'Allow',
      Principal: { AWS: `arn:aws:iam::${account}:root` },
      Action: 'kms:*',
      Resource: '*',
    },
  ],
})

/**
 * Policy of the key that AWS makes for a service: whoever uses the service in this account may use the key through it, and nothing
 * else is allowed (KMS developer guide, "AWS managed keys"; the six actions: codecommit user guide, "AWS KMS and encryption").
 */
export const managedPolicy = ({ account, region }: Place, service: string): PolicyDocument => ({
  Version: '2012-10-17',
  ...{ Id: `auto-${service}-1` },
  Statement: [
    {
      Sid: `Allow access through ${service} for all principals in the account that are authorized to use it`,
      Effect: 'Allow',
      Principal: { AWS: '*' },
      Action: [
        ...['kms:Encrypt', 'kms:Decrypt', 'kms:ReEncrypt*', 'kms:GenerateDataKey*', 'kms:DescribeKey'],
        ...(service === 'codecommit' ? [] : ['kms:CreateGrant']),
      ],
      Resource: '*',
      Condition: {
        StringEquals: {
          'kms:ViaService': `${service}.${region}.amazonaws.com`,
          'kms:CallerAccount': account,
        },
      },
    },
    {
      Sid: 'Allow direct access to key metadata to the account',
      Effect: 'Allow',
      Principal: { AWS: `arn:aws:iam::${account}:root` },
      Action: ['kms:Describe*', 'kms:Get*', 'kms:List*', 'kms:RevokeGrant'],
      Resource: '*',
    },
  ],
})
