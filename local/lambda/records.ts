import type { DestinationConfig, FunctionConfiguration } from '@aws-sdk/client-lambda'
import { AwsError, type Call } from '../gateway/service.ts'

/** A function as the store keeps it. */
export interface FunctionRecord {
  readonly account: string
  readonly region: string
  readonly name: string
  readonly arn: string
  readonly role: string
  readonly handler: string
  readonly runtime: string
  readonly description: string
  readonly timeout: number
  readonly memorySize: number
  readonly architecture: string
  readonly variables: Readonly<Record<string, string>>
  readonly deadLetterArn?: string
  readonly logGroup: string
  /** base64, as the API shows it */
  readonly codeSha256: string
  readonly codeSize: number
  /** changes with code and configuration: a process started for another revision is not used again */
  readonly revisionId: string
  /** ISO 8601 */
  readonly lastModified: string
  readonly reservedConcurrency?: number
  readonly policy: readonly PolicyStatement[]
  readonly invokeConfig?: InvokeConfig
}

export interface PolicyStatement {
  readonly Sid: string
  readonly Effect: 'Allow'
  readonly Principal: object
  readonly Action: string
  readonly Resource: string
  readonly Condition?: object
}

interface InvokeConfig {
  readonly maximumRetryAttempts?: number
  readonly maximumEventAgeInSeconds?: number
  readonly destinationConfig?: DestinationConfig
  readonly lastModified: number
}

export const functionKey = (place: { account: string; region: string }, name: string): string =>
  `${place.account}/${place.region}/${name}`

export const functionArn = (place: { account: string; region: string }, name: string): string =>
  `arn:aws:lambda:${place.region}:${place.account}:function:${name}`

const NAME =
  /^(?:arn:aws:lambda:(?<region>[a-z0-9-]+):(?<arnAccount>\d{12}):function:|(?:(?<account>\d{12}):)?(?:function:)?)(?<name>[A-Za-z0-9_-]{1,64})(?::(?<qualifier>\$LATEST|[A-Za-z0-9_-]+))?$/

export interface FunctionPlace {
  readonly account: string
  readonly region: string
  readonly name: string
}

/**
 * Where a function is, from its name, partial ARN or ARN (API reference, `FunctionName`). A qualifier is read over: there is
 * one version here.
 */
export const placeOf = (given: unknown, call: { account: string; region: string }): FunctionPlace => {
  const groups = typeof given === 'string' ? NAME.exec(given)?.groups : undefined
  if (!groups)
    throw new AwsError(
      'ValidationException',
      `1 validation error detected: Value '${given}' at 'functionName' failed to satisfy constraint: Member must satisfy regular expression pattern: ${NAME.source}`,
    )
  return {
    account: groups.arnAccount ?? groups.account ?? call.account,
    region: groups.region ?? call.region,
    name: groups.name ?? '',
  }
}

export const missingFunction = (arn: string) =>
  new AwsError('ResourceNotFoundException', `Function not found: ${arn}`, 404)

export const invalid = (message: string) => new AwsError('InvalidParameterValueException', message)

export const configurationOf = (record: FunctionRecord): FunctionConfiguration => ({
  FunctionName: record.name,
  FunctionArn: record.arn,
  Runtime: record.runtime as NonNullable<FunctionConfiguration['Runtime']>,
  Role: record.role,
  Handler: record.handler,
  CodeSize: record.codeSize,
  CodeSha256: record.codeSha256,
  Description: record.description,
  Timeout: record.timeout,
  MemorySize: record.memorySize,
  LastModified: record.lastModified,
  Version: '$LATEST',
  Environment: { Variables: { ...record.variables } },
  ...(record.deadLetterArn === undefined ? {} : { DeadLetterConfig: { TargetArn: record.deadLetterArn } }),
  TracingConfig: { Mode: 'PassThrough' },
  RevisionId: record.revisionId,
  State: 'Active',
  LastUpdateStatus: 'Successful',
  PackageType: 'Zip',
  Architectures: [record.architecture as 'arm64'],
  EphemeralStorage: { Size: 512 },
  LoggingConfig: { LogFormat: 'Text', LogGroup: record.logGroup },
})

export type Place = Pick<Call, 'account' | 'region'>
