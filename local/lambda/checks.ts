import type { Environment, LoggingConfig } from '@aws-sdk/client-lambda'
import type { Iam } from '../contracts.ts'
import { invalid, violated, violation, within } from './errors.ts'
import type { VersionRecord } from './records.ts'

/** Developer guide, "Defined runtime environment variables": reserved ones cannot be set by a function. */
const RESERVED = new Set([
  ...['_HANDLER', '_X_AMZN_TRACE_ID', 'AWS_DEFAULT_REGION', 'AWS_REGION', 'AWS_EXECUTION_ENV'],
  ...['AWS_LAMBDA_FUNCTION_NAME', 'AWS_LAMBDA_FUNCTION_MEMORY_SIZE', 'AWS_LAMBDA_FUNCTION_VERSION'],
  ...['AWS_LAMBDA_INITIALIZATION_TYPE', 'AWS_LAMBDA_LOG_GROUP_NAME', 'AWS_LAMBDA_LOG_STREAM_NAME'],
  ...['AWS_ACCESS_KEY', 'AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN'],
  ...['AWS_LAMBDA_RUNTIME_API', 'LAMBDA_TASK_ROOT', 'LAMBDA_RUNTIME_DIR'],
])
/** Service quotas: all environment variables of a function together. */
const MAX_ENVIRONMENT_BYTES = 4096
const MAX_MEMORY_MB = 10_240
const MAX_TIMEOUT_SECONDS = 900
const ROLE_PATTERN = 'arn:(aws[a-zA-Z-]*)?:iam::\\d{12}:role/?[a-zA-Z_0-9+=,.@\\-_/]+'

export const checkedTimeout = (seconds: number): number => within('timeout', seconds, 1, MAX_TIMEOUT_SECONDS)

export const checkedMemory = (megabytes: number): number => {
  if (megabytes > MAX_MEMORY_MB)
    throw invalid(
      `'MemorySize' value failed to satisfy constraint: Member must have value less than or equal to ${MAX_MEMORY_MB}`,
    )
  return within('memorySize', megabytes, 128, MAX_MEMORY_MB)
}

export const checkedStorage = (megabytes: number): number =>
  within('ephemeralStorage.size', megabytes, 512, 10_240)

/** @throws AwsError ValidationException, or InvalidParameterValueException when Lambda may not assume it */
export const checkedRole = (iam: Pick<Iam, 'assumeForService'>, role: string | undefined): string => {
  if (!role || !/^arn:aws[a-zA-Z-]*:iam::\d{12}:role\/?[a-zA-Z_0-9+=,.@\-/]+$/.test(role))
    throw violated(violation(role, 'role', `Member must satisfy regular expression pattern: ${ROLE_PATTERN}`))
  try {
    iam.assumeForService(role, 'lambda.amazonaws.com', 'lambda-check', 900)
  } catch (cause) {
    throw Object.assign(invalid('The role defined for the function cannot be assumed by Lambda.'), { cause })
  }
  return role
}

/** What the role of a function must be allowed on a dead-letter target, and how Lambda names it. */
const DEAD_LETTER = {
  sqs: { action: 'sqs:SendMessage', call: 'SendMessage on SQS' },
  sns: { action: 'sns:Publish', call: 'Publish on SNS' },
} as const

/** @throws AwsError InvalidParameterValueException for what is no queue or topic, or one that the role may not write to */
export const checkedDeadLetter = (
  iam: Pick<Iam, 'authorize' | 'callerOfRole'>,
  role: string,
  arn: string | undefined,
): { deadLetterArn?: string } => {
  if (!arn) return {}
  const service = /^arn:aws:(sqs|sns):[a-z0-9-]+:\d{12}:[\w-]+$/.exec(arn)?.[1] as 'sqs' | 'sns' | undefined
  if (!service) throw invalid(`The provided dead letter target ${arn} is no standard SQS queue or SNS topic.`)
  const { action, call } = DEAD_LETTER[service]
  try {
    iam.authorize(iam.callerOfRole(role, 'lambda-check'), { action, resource: arn })
  } catch (cause) {
    throw Object.assign(invalid(`The provided execution role does not have permissions to call ${call}`), {
      cause,
    })
  }
  return { deadLetterArn: arn }
}

/** @throws AwsError for reserved names, names that are none, and more than four kilobytes */
export const checkedVariables = (
  environment: Environment | undefined,
): Record<string, string> | undefined => {
  const variables = environment?.Variables
  if (!variables) return environment && {}
  const bad = Object.keys(variables).find((name) => !/^[a-zA-Z][a-zA-Z0-9_]+$/.test(name))
  if (bad !== undefined && !RESERVED.has(bad))
    throw violated(
      `Value at 'environment.variables' failed to satisfy constraint: Map keys must satisfy constraint: [Member must satisfy regular expression pattern: [a-zA-Z]([a-zA-Z0-9_])+, Member must not be null]`,
    )
  const reserved = Object.keys(variables).filter((name) => RESERVED.has(name))
  if (reserved.length > 0)
    throw invalid(
      `Lambda was unable to configure your environment variables because the environment variables you have provided contains reserved keys that are currently not supported for modification. Reserved keys used in this request: ${reserved.join(', ')}`,
    )
  const measured = JSON.stringify(variables)
  if (Buffer.byteLength(measured) > MAX_ENVIRONMENT_BYTES)
    throw invalid(
      `Lambda was unable to configure your environment variables because the environment variables you have provided exceeded the ${MAX_ENVIRONMENT_BYTES / 1024}KB limit. String measured: ${measured}`,
    )
  return variables
}

export const checkedArchitecture = (given: readonly string[] | undefined): string => {
  if (!given) return 'x86_64'
  const [architecture = ''] = given
  if (given.length !== 1)
    throw violated(
      violation(`[${given.join(', ')}]`, 'architectures', 'Member must have length less than or equal to 1'),
    )
  if (architecture !== 'arm64' && architecture !== 'x86_64')
    throw violated(
      violation(
        `[${architecture}]`,
        'architectures',
        'Member must satisfy constraint: [Member must satisfy enum value set: [x86_64, arm64], Member must not be null]',
      ),
    )
  return architecture
}

/** Developer guide, "Configuring JSON and plain text log formats": levels exist in JSON alone, and are INFO unless said. */
export const loggingOf = (
  given: LoggingConfig | undefined,
  before: Pick<VersionRecord, 'logGroup' | 'logging'>,
): Pick<VersionRecord, 'logGroup' | 'logging'> => {
  const format = given?.LogFormat ?? before.logging?.format ?? 'Text'
  const logGroup = given?.LogGroup ?? before.logGroup
  if (format !== 'JSON') {
    if (given?.ApplicationLogLevel || given?.SystemLogLevel)
      throw invalid(
        'Log level is not supported for text log format. Set the log format to JSON to set a log level.',
      )
    return { logGroup, logging: { format } }
  }
  return {
    logGroup,
    logging: {
      format,
      applicationLevel: given?.ApplicationLogLevel ?? before.logging?.applicationLevel ?? 'INFO',
      systemLevel: given?.SystemLogLevel ?? before.logging?.systemLevel ?? 'INFO',
    },
  }
}
