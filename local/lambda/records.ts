import type { DestinationConfig, FunctionConfiguration } from '@aws-sdk/client-lambda'
import { functionArn, LATEST, type Place } from './names.ts'

/** Code and configuration of one version of a function, as the store keeps it. */
export interface VersionRecord extends Place {
  readonly name: string
  /** without qualifier */
  readonly arn: string
  /** absent: `$LATEST` */
  readonly version?: string
  readonly role: string
  readonly handler: string
  readonly runtime: string
  readonly description: string
  readonly timeout: number
  readonly memorySize: number
  readonly architecture: string
  readonly variables?: Readonly<Record<string, string>>
  readonly deadLetterArn?: string
  readonly logGroup: string
  readonly logging?: {
    readonly format: string
    readonly applicationLevel?: string
    readonly systemLevel?: string
  }
  readonly tracing?: string
  readonly ephemeralMb?: number
  readonly kmsKeyArn?: string
  /** base64, as the API shows it */
  readonly codeSha256: string
  readonly codeSize: number
  readonly revisionId: string
  /** changes with code and configuration: a process started for another one is not used again. Absent: the revision's id */
  readonly buildId?: string
  /** as the API shows it: `2031-05-17T09:04:30.005+0000` */
  readonly lastModified: string
  /** until when it is shown as being created or updated, and refuses what AWS refuses then; milliseconds since the epoch */
  readonly settlesAt?: number
  readonly settling?: 'creation' | 'update'
}

/** A function: its newest code and configuration, and what belongs to all its versions. */
export interface FunctionRecord extends VersionRecord {
  readonly reservedConcurrency?: number
  /** of the function itself; those of versions and aliases are in `qualified` */
  readonly policy: readonly PolicyStatement[]
  readonly invokeConfig?: InvokeConfig
  readonly qualified?: Readonly<Record<string, Qualified>>
  readonly aliases?: Readonly<Record<string, AliasRecord>>
  readonly tags?: Readonly<Record<string, string>>
  /** number of the version published last */
  readonly published?: number
}

/** What a version or an alias has of its own. */
interface Qualified {
  readonly policy?: readonly PolicyStatement[]
  readonly invokeConfig?: InvokeConfig
}

export interface AliasRecord {
  readonly name: string
  readonly version: string
  readonly description: string
  readonly revisionId: string
  /** share of the invocations that go to another version */
  readonly weights?: Readonly<Record<string, number>>
}

export interface PolicyStatement {
  readonly Sid: string
  readonly Effect: 'Allow'
  readonly Principal: object | string
  readonly Action: string
  readonly Resource: string
  readonly Condition?: object
}

export interface InvokeConfig {
  readonly maximumRetryAttempts?: number
  readonly maximumEventAgeInSeconds?: number
  readonly destinationConfig?: DestinationConfig
  readonly lastModified: number
}

export const versionOf = (record: VersionRecord): string => record.version ?? LATEST

/** Of an alias or a version, or (`$LATEST`, undefined) of the function itself. */
export const qualifiedOf = (record: FunctionRecord, qualifier: string | undefined): Qualified =>
  qualifier === undefined || qualifier === LATEST
    ? { policy: record.policy, ...(record.invokeConfig ? { invokeConfig: record.invokeConfig } : {}) }
    : (record.qualified?.[qualifier] ?? {})

/** The function with another policy or other settings of one qualifier; `undefined` takes them away. */
export const withQualified = (
  record: FunctionRecord,
  qualifier: string | undefined,
  change: { policy?: readonly PolicyStatement[]; invokeConfig?: InvokeConfig | undefined },
): FunctionRecord => {
  if (qualifier === undefined || qualifier === LATEST) {
    const { invokeConfig: _, ...rest } = record
    const next = 'invokeConfig' in change ? change.invokeConfig : record.invokeConfig
    return { ...rest, policy: change.policy ?? record.policy, ...(next ? { invokeConfig: next } : {}) }
  }
  const { invokeConfig, ...kept } = { ...record.qualified?.[qualifier], ...change }
  return {
    ...record,
    qualified: { ...record.qualified, [qualifier]: { ...kept, ...(invokeConfig ? { invokeConfig } : {}) } },
  }
}

export interface Shown {
  /** as the function's ARN is written; absent: without qualifier */
  readonly qualifier?: string | undefined
  /** what a change answers itself: not finished yet */
  readonly settling?: 'creation' | 'update' | undefined
  readonly now: number
}

/** As the API shows it: API reference, FunctionConfiguration. */
export const configurationOf = (record: VersionRecord, shown: Shown): FunctionConfiguration => {
  const settling = shown.settling ?? (shown.now < (record.settlesAt ?? 0) ? record.settling : undefined)
  return {
    FunctionName: record.name,
    FunctionArn: functionArn(record, record.name, shown.qualifier),
    Runtime: record.runtime as NonNullable<FunctionConfiguration['Runtime']>,
    Role: record.role,
    Handler: record.handler,
    CodeSize: record.codeSize,
    Description: record.description,
    Timeout: record.timeout,
    MemorySize: record.memorySize,
    LastModified: record.lastModified,
    CodeSha256: record.codeSha256,
    Version: versionOf(record),
    ...(record.variables === undefined ? {} : { Environment: { Variables: { ...record.variables } } }),
    ...(record.deadLetterArn === undefined ? {} : { DeadLetterConfig: { TargetArn: record.deadLetterArn } }),
    ...(record.kmsKeyArn === undefined ? {} : { KMSKeyArn: record.kmsKeyArn }),
    TracingConfig: { Mode: (record.tracing ?? 'PassThrough') as 'Active' },
    RevisionId: record.revisionId,
    ...stateOf(record, settling),
    PackageType: 'Zip',
    Architectures: [record.architecture as 'arm64'],
    EphemeralStorage: { Size: record.ephemeralMb ?? 512 },
    SnapStart: { ApplyOn: 'None', OptimizationStatus: 'Off' },
    RuntimeVersionConfig: { RuntimeVersionArn: runtimeArn(record) },
    LoggingConfig: {
      LogFormat: (record.logging?.format ?? 'Text') as 'JSON',
      ...(record.logging?.applicationLevel === undefined
        ? {}
        : { ApplicationLogLevel: record.logging.applicationLevel as 'INFO' }),
      ...(record.logging?.systemLevel === undefined
        ? {}
        : { SystemLogLevel: record.logging.systemLevel as 'INFO' }),
      LogGroup: record.logGroup,
    },
  }
}

/** Developer guide, "Lambda function states": published versions have no update status. */
const stateOf = (record: VersionRecord, settling: Shown['settling']): Partial<FunctionConfiguration> => {
  const reason = 'The function is being created.'
  if (settling === 'creation') return { State: 'Pending', StateReason: reason, StateReasonCode: 'Creating' }
  if (versionOf(record) !== LATEST) return { State: 'Active' }
  return settling === 'update'
    ? {
        State: 'Active',
        LastUpdateStatus: 'InProgress',
        LastUpdateStatusReason: reason,
        LastUpdateStatusReasonCode: 'Creating' as 'ImageDeleted',
      }
    : { State: 'Active', LastUpdateStatus: 'Successful' }
}

const runtimeArn = ({ region, runtime }: VersionRecord): string =>
  `arn:aws:lambda:${region}::runtime:${Buffer.from(runtime).toString('hex').padEnd(64, '0')}`

/** Lists tell less: LocalStack's recordings of AWS, `ListFunctions`. */
export const listedOf = (record: VersionRecord, shown: Shown): FunctionConfiguration => {
  const {
    State: _state,
    StateReason: _reason,
    StateReasonCode: _code,
    LastUpdateStatus: _status,
    LastUpdateStatusReason: _updateReason,
    LastUpdateStatusReasonCode: _updateCode,
    RuntimeVersionConfig: _runtime,
    ...listed
  } = configurationOf(record, shown)
  return listed
}
