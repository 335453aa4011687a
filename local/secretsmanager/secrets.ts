import type { Parts } from '../contracts.ts'
import { AwsError } from '../gateway/service.ts'

export interface Place {
  readonly account: string
  readonly region: string
}

/** One version of a secret's value. Stages: Secrets Manager user guide, "Secret versions". */
export interface Version {
  readonly id: string
  readonly created: number
  readonly stages: readonly string[]
  readonly text?: string
  /** base64 */
  readonly bytes?: string
}

export interface SecretRecord extends Place {
  readonly name: string
  readonly arn: string
  readonly description?: string
  readonly kmsKeyId?: string
  readonly created: number
  readonly changed: number
  /** milliseconds since the epoch: until when it can be restored; absent: it is not being deleted */
  readonly deletedUntil?: number
  readonly tags: Readonly<Record<string, string>>
  /** newest last */
  readonly versions: readonly Version[]
}

export const CURRENT = 'AWSCURRENT'
const PREVIOUS = 'AWSPREVIOUS'
/** Versions without a stage are deprecated, and go when there are more than these (Secrets Manager user guide, "Quotas"). */
const MOST_VERSIONS = 100

export interface Secrets {
  /** by name, whole ARN, or ARN without its last six characters; undefined: none, or its time to be restored is over */
  find(place: Place, secretId: string): SecretRecord | undefined
  /** @throws {AwsError} ResourceNotFoundException, InvalidRequestException for one that is being deleted */
  need(place: Place, secretId: string): SecretRecord
  put(secret: SecretRecord): void
  remove(secret: SecretRecord): void
  list(place: Place): readonly SecretRecord[]
}

export const openSecrets = ({ store, now }: Pick<Parts, 'store' | 'now'>): Secrets => {
  const kept = store.collection<SecretRecord>('secretsmanager.secrets')
  const keyOf = ({ account, region }: Place, name: string) => `${account}|${region}|${name}`
  const find: Secrets['find'] = (place, secretId) => {
    const of = placeOf(secretId) ?? place
    const name = nameOf(secretId)
    const secret = kept.get(keyOf(of, name)) ?? kept.get(keyOf(of, name.replace(/-[A-Za-z0-9]{6}$/, '')))
    if (secret?.deletedUntil !== undefined && secret.deletedUntil <= now()) {
      kept.delete(keyOf(secret, secret.name))
      return undefined
    }
    return secret
  }
  return {
    find,
    need: (place, secretId) => {
      const secret = find(place, secretId)
      if (!secret)
        throw new AwsError('ResourceNotFoundException', "Secrets Manager can't find the specified secret.")
      if (secret.deletedUntil !== undefined)
        throw new AwsError(
          'InvalidRequestException',
          "You can't perform this operation on the secret because it was marked for deletion.",
        )
      return secret
    },
    put: (secret) => kept.put(keyOf(secret, secret.name), secret),
    remove: (secret) => {
      kept.delete(keyOf(secret, secret.name))
    },
    list: ({ account, region }) => kept.entries(`${account}|${region}|`).map(([, secret]) => secret),
  }
}

const placeOf = (secretId: string): Place | undefined => {
  const [, region, account] =
    /^arn:aws[\w-]*:secretsmanager:([a-z0-9-]+):(\d{12}):secret:/.exec(secretId) ?? []
  return region === undefined || account === undefined ? undefined : { region, account }
}

const nameOf = (secretId: string): string =>
  secretId.replace(/^arn:aws[\w-]*:secretsmanager:[^:]+:\d{12}:secret:/, '')

/**
 * The versions once a new one is there with these stages. A stage belongs to one version; who loses AWSCURRENT gets AWSPREVIOUS
 * (Secrets Manager API reference, PutSecretValue).
 */
export const staged = (versions: readonly Version[], added: Version): readonly Version[] => {
  const takes = new Set(added.stages)
  const takesCurrent = takes.has(CURRENT) && versions.some(({ stages }) => stages.includes(CURRENT))
  const before = versions.map((version) => {
    const loses = takesCurrent && version.stages.includes(CURRENT)
    const stages = version.stages.filter(
      (stage) => !takes.has(stage) && !(takesCurrent && stage === PREVIOUS),
    )
    return { ...version, stages: loses ? [...stages, PREVIOUS] : stages }
  })
  const all = [...before, added]
  const staged = all.filter(({ stages }) => stages.length > 0)
  return all.length > MOST_VERSIONS ? staged : all
}
