import { randomUUID } from 'node:crypto'
import type {
  CreateFunctionCommandInput,
  Environment,
  UpdateFunctionCodeCommandInput,
  UpdateFunctionConfigurationCommandInput,
} from '@aws-sdk/client-lambda'
import type { Parts } from '../contracts.ts'
import { AwsError, type Call, type Operation } from '../gateway/service.ts'
import type { Collection } from '../state/store.ts'
import type { CodeStore } from './code.ts'
import {
  configurationOf,
  type FunctionRecord,
  functionArn,
  functionKey,
  invalid,
  missingFunction,
  type Place,
  placeOf,
} from './records.ts'

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

export interface Functions {
  readonly operations: Readonly<Record<string, Operation>>
  /** throws ResourceNotFoundException */
  get(name: unknown, place: Place): FunctionRecord
  find(arn: string): FunctionRecord | undefined
  change(record: FunctionRecord, change: Partial<FunctionRecord>): FunctionRecord
  all(): FunctionRecord[]
}

/** Create, update, read and delete of functions, in the SDK's shapes. `changed` hears of each that is no longer what it was. */
export const createFunctions = (
  { store, now }: Parts,
  code: CodeStore,
  changed: (arn: string) => void,
): Functions => {
  const records: Collection<FunctionRecord> = store.collection('lambda.functions')

  const find = (given: unknown, place: Place) => {
    const { account, region, name } = placeOf(given, place)
    return records.get(functionKey({ account, region }, name))
  }
  const get = (given: unknown, place: Place) => {
    const record = find(given, place)
    if (record) return record
    const { account, region, name } = placeOf(given, place)
    throw missingFunction(functionArn({ account, region }, name))
  }
  const change = (record: FunctionRecord, changes: Partial<FunctionRecord>) => {
    const next = { ...record, ...changes }
    records.put(functionKey(next, next.name), next)
    return next
  }
  const stamp = () => ({ revisionId: randomUUID(), lastModified: new Date(now()).toISOString() })

  const create = (input: CreateFunctionCommandInput, call: Call) => {
    const { name } = placeOf(input.FunctionName, call)
    if (find(name, call))
      throw new AwsError('ResourceConflictException', `Function already exist: ${name}`, 409)
    if (!input.Handler)
      throw invalid(
        'Handler and Runtime are mandatory parameters for functions created with deployment packages.',
      )
    if (!/^nodejs\d+\.x$/.test(input.Runtime ?? ''))
      throw invalid(
        `The runtime ${input.Runtime} is not run by this local cloud: it runs nodejs functions with its own Node.`,
      )
    if (input.PackageType === 'Image' || input.Layers?.length)
      throw invalid('Images and layers are not run by this local cloud.')
    const record: FunctionRecord = {
      account: call.account,
      region: call.region,
      name,
      arn: functionArn(call, name),
      role: checkedRole(input.Role),
      handler: input.Handler,
      runtime: input.Runtime ?? '',
      description: input.Description ?? '',
      timeout: within('timeout', input.Timeout ?? 3, 1, 900),
      memorySize: within('memorySize', input.MemorySize ?? 128, 128, 10_240),
      architecture: input.Architectures?.[0] ?? 'x86_64',
      variables: checkedVariables(input.Environment),
      ...deadLetter(input.DeadLetterConfig?.TargetArn),
      logGroup: input.LoggingConfig?.LogGroup ?? `/aws/lambda/${name}`,
      ...code.put(zipOf(input.Code?.ZipFile)),
      ...stamp(),
      policy: [],
    }
    return configurationOf(change(record, {}))
  }

  const updateConfiguration = (input: UpdateFunctionConfigurationCommandInput, call: Call) => {
    const record = get(input.FunctionName, call)
    const { deadLetterArn: _, ...rest } = record
    const next: FunctionRecord = {
      ...(input.DeadLetterConfig ? rest : record),
      ...deadLetter(input.DeadLetterConfig?.TargetArn),
      ...(input.Role ? { role: checkedRole(input.Role) } : {}),
      handler: input.Handler ?? record.handler,
      runtime: input.Runtime ?? record.runtime,
      description: input.Description ?? record.description,
      timeout: within('timeout', input.Timeout ?? record.timeout, 1, 900),
      memorySize: within('memorySize', input.MemorySize ?? record.memorySize, 128, 10_240),
      ...(input.Environment ? { variables: checkedVariables(input.Environment) } : {}),
      logGroup: input.LoggingConfig?.LogGroup ?? record.logGroup,
      ...stamp(),
    }
    change(next, {})
    changed(record.arn)
    return configurationOf(next)
  }

  const updateCode = (input: UpdateFunctionCodeCommandInput, call: Call) => {
    const record = get(input.FunctionName, call)
    const stored = code.put(zipOf(input.ZipFile))
    if (input.DryRun) return configurationOf({ ...record, ...stored })
    const next = change(record, { ...stored, ...stamp() })
    if (next.codeSha256 !== record.codeSha256) changed(record.arn)
    return configurationOf(next)
  }

  return {
    get,
    find: (arn) => find(arn, { account: '', region: '' }),
    change,
    all: () => records.entries().map(([, record]) => record),
    operations: {
      CreateFunction: create,
      UpdateFunctionConfiguration: updateConfiguration,
      UpdateFunctionCode: updateCode,
      GetFunctionConfiguration: (input, call) => configurationOf(get(input.FunctionName, call)),
      GetFunction: (input, call) => {
        const record = get(input.FunctionName, call)
        return {
          Configuration: configurationOf(record),
          Code: { RepositoryType: 'S3', Location: `file://${code.folderOf(record)}` },
          ...(record.reservedConcurrency === undefined
            ? {}
            : { Concurrency: { ReservedConcurrentExecutions: record.reservedConcurrency } }),
        }
      },
      DeleteFunction: (input, call) => {
        const record = get(input.FunctionName, call)
        records.delete(functionKey(record, record.name))
        changed(record.arn)
        return {}
      },
      // One page: a laptop has few functions.
      ListFunctions: (_input, call) => ({
        Functions: records.entries(functionKey(call, '')).map(([, record]) => configurationOf(record)),
      }),
      PutFunctionConcurrency: (input, call) => {
        const reserved = within('reservedConcurrentExecutions', input.ReservedConcurrentExecutions, 0, 1000)
        change(get(input.FunctionName, call), { reservedConcurrency: reserved })
        return { ReservedConcurrentExecutions: reserved }
      },
      DeleteFunctionConcurrency: (input, call) => {
        const { reservedConcurrency: _, ...record } = get(input.FunctionName, call)
        change(record, {})
        return {}
      },
    },
  }
}

const zipOf = (zip: Uint8Array | undefined): Uint8Array => {
  if (!zip?.byteLength)
    throw invalid('Please provide the code as Code.ZipFile: this local cloud reads none from S3.')
  return zip
}

const checkedRole = (role: string | undefined): string => {
  if (!role || !/^arn:aws:iam::\d{12}:role\/.+$/.test(role))
    throw invalid(`Value '${role}' at 'role' failed to satisfy constraint: it must be the ARN of an IAM role`)
  return role
}

const within = (name: string, value: unknown, least: number, most: number): number => {
  if (typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most) return value
  throw new AwsError(
    'ValidationException',
    `1 validation error detected: Value '${value}' at '${name}' failed to satisfy constraint: Member must be between ${least} and ${most}`,
  )
}

const deadLetter = (arn: string | undefined): { deadLetterArn?: string } => {
  if (!arn) return {}
  if (!/^arn:aws:sqs:/.test(arn))
    throw invalid(`The dead letter target ${arn} is not served here: it must be an SQS queue`)
  return { deadLetterArn: arn }
}

const checkedVariables = (environment: Environment | undefined): Record<string, string> => {
  const variables = environment?.Variables ?? {}
  const reserved = Object.keys(variables).filter((name) => RESERVED.has(name))
  if (reserved.length > 0)
    throw invalid(
      `Lambda was unable to configure your environment variables because the environment variables you have provided contains reserved keys that are currently not supported for modification. Reserved keys used in this request: ${reserved.join(', ')}`,
    )
  if (Buffer.byteLength(JSON.stringify(variables)) > MAX_ENVIRONMENT_BYTES)
    throw invalid(
      `Lambda was unable to configure your environment variables because the environment variables you have provided exceeded the ${MAX_ENVIRONMENT_BYTES / 1024}KB limit.`,
    )
  return variables
}
