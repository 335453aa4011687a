import { randomInt, randomUUID } from 'node:crypto'
import type { Parts } from '../contracts.ts'
import { AwsError, type Call, type Operation, type Permission, type Service } from '../gateway/service.ts'
import { CURRENT, openSecrets, type SecretRecord, staged, type Version } from './secrets.ts'

interface Input {
  readonly SecretId?: string
  readonly Name?: string
  readonly Description?: string
  readonly KmsKeyId?: string
  readonly ClientRequestToken?: string
  readonly SecretString?: string
  readonly SecretBinary?: Uint8Array
  readonly VersionStages?: readonly string[]
  readonly VersionId?: string
  readonly VersionStage?: string
  readonly RecoveryWindowInDays?: number
  readonly ForceDeleteWithoutRecovery?: boolean
  readonly Tags?: readonly { readonly Key?: string; readonly Value?: string }[]
}

const DAY_MS = 86_400_000
/** Secrets Manager API reference, DeleteSecret, RecoveryWindowInDays. */
const RECOVERY_DAYS = 30

/** Secrets Manager: secrets with their versions and stages; without rotation by functions, replication and resource policies. */
export const createSecretsManager = ({
  parts,
}: {
  readonly parts: Pick<Parts, 'store' | 'now'>
}): { readonly service: Service } => {
  const secrets = openSecrets(parts)
  const { now } = parts
  return {
    service: {
      name: 'secretsmanager',
      operations: operations(parts),
      permissions: (operation: string, input: Input, call: Call): readonly Permission[] => {
        const action = `secretsmanager:${operation}`
        if (operation === 'CreateSecret') return [{ action, resource: arnOf(call, `${input.Name ?? ''}-*`) }]
        const known = input.SecretId === undefined ? undefined : secrets.find(call, input.SecretId)
        // one that is not there is judged by what was asked for, as whoever may not know is not told
        return [{ action, resource: known?.arn ?? arnOf(call, `${input.SecretId ?? '*'}-??????`) }]
      },
    },
  }

  function operations({ store }: Pick<Parts, 'store'>): Readonly<Record<string, Operation>> {
    const change = (input: Input, call: Call, to: (secret: SecretRecord) => Partial<SecretRecord>) =>
      store.transaction(() => {
        const secret = secrets.need(call, input.SecretId ?? '')
        const changed = { ...secret, ...to(secret), changed: now() }
        secrets.put(changed)
        return changed
      })
    return {
      CreateSecret: (input: Input, call) =>
        store.transaction(() => {
          const name = input.Name ?? ''
          if (secrets.find(call, name))
            throw new AwsError(
              'ResourceExistsException',
              `The operation failed because the secret ${name} already exists.`,
            )
          const version = hasValue(input) ? [versionOf(input, now())] : []
          const at = now()
          const secret: SecretRecord = {
            account: call.account,
            region: call.region,
            name,
            arn: arnOf(call, `${name}-${suffix()}`),
            ...(input.Description === undefined ? {} : { description: input.Description }),
            ...(input.KmsKeyId === undefined ? {} : { kmsKeyId: input.KmsKeyId }),
            created: at,
            changed: at,
            tags: tagsOf(input),
            versions: version,
          }
          secrets.put(secret)
          return answer(secret, version[0])
        }),
      PutSecretValue: (input: Input, call) => {
        if (!hasValue(input))
          throw new AwsError(
            'InvalidRequestException',
            'You must provide either SecretString or SecretBinary.',
          )
        const id = input.ClientRequestToken ?? randomUUID()
        const stages = input.VersionStages ?? [CURRENT]
        const changed = change(input, call, ({ versions }) => {
          const same = versions.find((version) => version.id === id)
          const version = { ...versionOf(input, now()), id, stages }
          if (!same) return { versions: staged(versions, version) }
          if (same.text === version.text && same.bytes === version.bytes) return {}
          throw new AwsError(
            'ResourceExistsException',
            `A resource with the ID you requested already exists: ${id}`,
          )
        })
        return answer(
          changed,
          changed.versions.find((version) => version.id === id),
        )
      },
      UpdateSecret: (input: Input, call) => {
        const id = input.ClientRequestToken ?? randomUUID()
        const changed = change(input, call, ({ versions }) => ({
          ...(input.Description === undefined ? {} : { description: input.Description }),
          ...(input.KmsKeyId === undefined ? {} : { kmsKeyId: input.KmsKeyId }),
          ...(hasValue(input)
            ? { versions: staged(versions, { ...versionOf(input, now()), id, stages: [CURRENT] }) }
            : {}),
        }))
        return answer(changed, hasValue(input) ? changed.versions.at(-1) : undefined)
      },
      GetSecretValue: (input: Input, call) => {
        const secret = secrets.need(call, input.SecretId ?? '')
        const version = versionAskedFor(secret, input)
        return {
          ARN: secret.arn,
          Name: secret.name,
          VersionId: version.id,
          ...(version.text === undefined ? {} : { SecretString: version.text }),
          ...(version.bytes === undefined ? {} : { SecretBinary: Buffer.from(version.bytes, 'base64') }),
          VersionStages: version.stages,
          CreatedDate: new Date(version.created),
        }
      },
      DescribeSecret: (input: Input, call) => {
        const secret = secrets.find(call, input.SecretId ?? '') ?? secrets.need(call, input.SecretId ?? '')
        return describe(secret)
      },
      ListSecrets: (_input: Input, call) => ({
        SecretList: secrets
          .list(call)
          .filter(({ deletedUntil }) => deletedUntil === undefined)
          .map(describe),
      }),
      DeleteSecret: (input: Input, call) =>
        store.transaction(() => {
          const secret = secrets.need(call, input.SecretId ?? '')
          const days = input.RecoveryWindowInDays ?? RECOVERY_DAYS
          const until = input.ForceDeleteWithoutRecovery ? now() : now() + days * DAY_MS
          if (input.ForceDeleteWithoutRecovery) secrets.remove(secret)
          else secrets.put({ ...secret, deletedUntil: until })
          return { ARN: secret.arn, Name: secret.name, DeletionDate: new Date(until) }
        }),
      RestoreSecret: (input: Input, call) =>
        store.transaction(() => {
          const secret = secrets.find(call, input.SecretId ?? '') ?? secrets.need(call, input.SecretId ?? '')
          const { deletedUntil: _gone, ...kept } = secret
          secrets.put(kept)
          return { ARN: secret.arn, Name: secret.name }
        }),
      TagResource: (input: Input, call) => {
        change(input, call, ({ tags }) => ({ tags: { ...tags, ...tagsOf(input) } }))
        return {}
      },
    }
  }
}

const versionAskedFor = ({ versions }: SecretRecord, { VersionId, VersionStage }: Input): Version => {
  const stage = VersionStage ?? (VersionId === undefined ? CURRENT : undefined)
  const version = versions.find(
    ({ id, stages }) =>
      (VersionId === undefined || id === VersionId) && (stage === undefined || stages.includes(stage)),
  )
  if (version) return version
  throw new AwsError(
    'ResourceNotFoundException',
    VersionId === undefined
      ? `Secrets Manager can't find the specified secret value for staging label: ${stage}`
      : `Secrets Manager can't find the specified secret value for VersionId: ${VersionId}`,
  )
}

const hasValue = ({ SecretString, SecretBinary }: Input): boolean =>
  SecretString !== undefined || SecretBinary !== undefined

const versionOf = ({ SecretString, SecretBinary, ClientRequestToken }: Input, created: number): Version => ({
  id: ClientRequestToken ?? randomUUID(),
  created,
  stages: [CURRENT],
  ...(SecretString === undefined ? {} : { text: SecretString }),
  ...(SecretBinary === undefined ? {} : { bytes: Buffer.from(SecretBinary).toString('base64') }),
})

const answer = (secret: SecretRecord, version: Version | undefined): object => ({
  ARN: secret.arn,
  Name: secret.name,
  ...(version ? { VersionId: version.id, VersionStages: version.stages } : {}),
})

const describe = (secret: SecretRecord): object => ({
  ARN: secret.arn,
  Name: secret.name,
  ...(secret.description === undefined ? {} : { Description: secret.description }),
  ...(secret.kmsKeyId === undefined ? {} : { KmsKeyId: secret.kmsKeyId }),
  ...(secret.deletedUntil === undefined ? {} : { DeletedDate: new Date(secret.deletedUntil) }),
  CreatedDate: new Date(secret.created),
  LastChangedDate: new Date(secret.changed),
  Tags: Object.entries(secret.tags).map(([Key, Value]) => ({ Key, Value })),
  VersionIdsToStages: Object.fromEntries(
    secret.versions.filter(({ stages }) => stages.length > 0).map(({ id, stages }) => [id, stages]),
  ),
})

const tagsOf = ({ Tags = [] }: Input): Readonly<Record<string, string>> =>
  Object.fromEntries(Tags.map(({ Key = '', Value = '' }) => [Key, Value]))

const arnOf = ({ account, region }: Pick<Call, 'account' | 'region'>, resource: string): string =>
  `arn:aws:secretsmanager:${region}:${account}:secret:${resource}`

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'

/** Six random characters end a secret's ARN (Secrets Manager user guide, "What's in a secret?"). */
const suffix = (): string => Array.from({ length: 6 }, () => LETTERS[randomInt(LETTERS.length)]).join('')
