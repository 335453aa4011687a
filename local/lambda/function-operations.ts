import { randomUUID } from 'node:crypto'
import type {
  CreateFunctionCommandInput,
  FunctionConfiguration,
  UpdateFunctionCodeCommandInput,
  UpdateFunctionConfigurationCommandInput,
} from '@aws-sdk/client-lambda'
import type { Parts } from '../contracts.ts'
import type { Call, Operation } from '../gateway/service.ts'
import {
  checkedArchitecture,
  checkedDeadLetter,
  checkedMemory,
  checkedRole,
  checkedStorage,
  checkedTimeout,
  checkedVariables,
  loggingOf,
} from './checks.ts'
import type { CodeStore } from './code.ts'
import { conflict, invalid, staleRevision } from './errors.ts'
import { assertSettled, changeMarks, type Functions, type RoleJudge } from './functions.ts'
import { functionArn, isVersion, LATEST, namedFunction, newFunctionName } from './names.ts'
import { pageOf } from './page.ts'
import { configurationOf, type FunctionRecord, listedOf, versionOf } from './records.ts'
import { checkedRuntime } from './runtimes.ts'
import { checkTags } from './tags.ts'
import { publish } from './versions.ts'

export interface FunctionOptions {
  readonly parts: Parts
  readonly iam: RoleJudge
  readonly functions: Functions
  readonly code: CodeStore
  /** path of the machine's python3, where it has one */
  readonly python: () => Promise<string | undefined>
  /** how long a change is under way */
  readonly settleMs: number
  /** hears of each function that is no longer what it was */
  readonly changed: (arn: string) => void
}

/** Create, update, read and delete of functions, in the SDK's shapes. */
export const functionOperations = (options: FunctionOptions): Record<string, Operation> => {
  const { functions, code } = options
  const now = options.parts.now
  return {
    CreateFunction: (input: CreateFunctionCommandInput, call) => create(options, input, call),
    UpdateFunctionConfiguration: (input: UpdateFunctionConfigurationCommandInput, call) =>
      updateConfiguration(options, input, call),
    UpdateFunctionCode: (input: UpdateFunctionCodeCommandInput, call) => updateCode(options, input, call),
    GetFunctionConfiguration: (input, call) => {
      const named = namedFunction(input.FunctionName, call, input.Qualifier, true)
      const { version } = functions.target(named)
      return configurationOf(version, { qualifier: named.qualifier, now: now() })
    },
    GetFunction: (input, call) => {
      const named = namedFunction(input.FunctionName, call, input.Qualifier, true)
      const { version, function: record } = functions.target(named)
      return {
        Configuration: configurationOf(version, { qualifier: named.qualifier, now: now() }),
        Code: { RepositoryType: 'S3', Location: `file://${code.folderOf(version)}` },
        ...(Object.keys(record.tags ?? {}).length > 0 ? { Tags: record.tags } : {}),
        ...(record.reservedConcurrency === undefined
          ? {}
          : { Concurrency: { ReservedConcurrentExecutions: record.reservedConcurrency } }),
      }
    },
    ListFunctions: (input, call) => {
      const all = functions
        .list(call)
        .flatMap((record) =>
          input.FunctionVersion === 'ALL' ? [record, ...functions.versions(record)] : [record],
        )
      const shown = all.map((record) =>
        listedOf(record, {
          now: now(),
          qualifier: input.FunctionVersion === 'ALL' ? versionOf(record) : undefined,
        }),
      )
      return pageOf('Functions', shown, ({ FunctionArn = '' }) => FunctionArn, input)
    },
    DeleteFunction: (input, call) => remove(functions, input, call),
  }
}

const create = async (options: FunctionOptions, input: CreateFunctionCommandInput, call: Call) => {
  const { functions, iam, code, parts } = options
  const name = newFunctionName(input.FunctionName, call)
  const architecture = checkedArchitecture(input.Architectures)
  const variables = checkedVariables(input.Environment)
  if (input.PackageType === 'Image' || input.Code?.ImageUri)
    throw invalid(
      'Container images are not run as functions by this local cloud: give a zip of a nodejs or python3 function.',
    )
  if (input.Layers?.length) throw invalid('Layers are not served by this local cloud.')
  const role = checkedRole(iam, input.Role)
  if (!input.Handler || !input.Runtime)
    throw invalid(
      'Runtime and Handler are mandatory parameters for functions created with deployment packages.',
    )
  const runtime = checkedRuntime(input.Runtime, (await options.python()) !== undefined)
  if (functions.list(call).some((record) => record.name === name))
    throw conflict(`Function already exist: ${name}`)
  const kind = 'creation'
  const record: FunctionRecord = {
    account: call.account,
    region: call.region,
    name,
    arn: functionArn(call, name),
    role,
    handler: input.Handler,
    runtime,
    description: input.Description ?? '',
    timeout: checkedTimeout(input.Timeout ?? 3),
    memorySize: checkedMemory(input.MemorySize ?? 128),
    architecture,
    ...(variables === undefined ? {} : { variables }),
    ...checkedDeadLetter(iam, role, input.DeadLetterConfig?.TargetArn),
    ...loggingOf(input.LoggingConfig, { logGroup: `/aws/lambda/${name}` }),
    ...(input.TracingConfig?.Mode ? { tracing: input.TracingConfig.Mode } : {}),
    ...(input.EphemeralStorage?.Size ? { ephemeralMb: checkedStorage(input.EphemeralStorage.Size) } : {}),
    ...(input.KMSKeyArn ? { kmsKeyArn: input.KMSKeyArn } : {}),
    ...code.put(zipOf(input.Code ?? {})),
    ...changeMarks(parts.now(), options.settleMs, kind),
    policy: [],
    ...(input.Tags && Object.keys(input.Tags).length > 0 ? { tags: checkTags(input.Tags) } : {}),
  }
  functions.put(record)
  const shown = input.Publish ? publish(functions, record, {}) : record
  return answered(shown, { now: parts.now(), settling: kind })
}

const updateConfiguration = async (
  options: FunctionOptions,
  input: UpdateFunctionConfigurationCommandInput,
  call: Call,
) => {
  const { functions, iam, parts } = options
  const record = functions.get(input.FunctionName, call)
  if (input.RevisionId && input.RevisionId !== record.revisionId) throw staleRevision()
  assertSettled(record, parts.now())
  if (input.Layers?.length) throw invalid('Layers are not served by this local cloud.')
  const { deadLetterArn, variables, ...rest } = record
  const role = input.Role ? checkedRole(iam, input.Role) : record.role
  const runtime = input.Runtime
    ? checkedRuntime(input.Runtime, (await options.python()) !== undefined)
    : record.runtime
  const next = input.Environment ? checkedVariables(input.Environment) : variables
  const dead = input.DeadLetterConfig
    ? checkedDeadLetter(iam, role, input.DeadLetterConfig.TargetArn)
    : deadLetterArn === undefined
      ? {}
      : { deadLetterArn }
  functions.put({
    ...rest,
    ...dead,
    ...(next === undefined ? {} : { variables: next }),
    role,
    runtime,
    handler: input.Handler ?? record.handler,
    description: input.Description ?? record.description,
    timeout: checkedTimeout(input.Timeout ?? record.timeout),
    memorySize: checkedMemory(input.MemorySize ?? record.memorySize),
    ...(input.LoggingConfig ? loggingOf(input.LoggingConfig, record) : {}),
    ...(input.TracingConfig?.Mode ? { tracing: input.TracingConfig.Mode } : {}),
    ...(input.EphemeralStorage?.Size ? { ephemeralMb: checkedStorage(input.EphemeralStorage.Size) } : {}),
    ...(input.KMSKeyArn === undefined ? {} : { kmsKeyArn: input.KMSKeyArn }),
    ...changeMarks(parts.now(), options.settleMs, 'update'),
  })
  options.changed(record.arn)
  return answered(functions.get(record.arn, call), { now: parts.now(), settling: 'update' })
}

const updateCode = (options: FunctionOptions, input: UpdateFunctionCodeCommandInput, call: Call) => {
  const { functions, code, parts } = options
  const record = functions.get(input.FunctionName, call)
  if (input.RevisionId && input.RevisionId !== record.revisionId) throw staleRevision()
  assertSettled(record, parts.now())
  if (input.ImageUri)
    throw invalid("Please don't provide ImageUri when updating a function with packageType Zip.")
  const architecture = input.Architectures ? checkedArchitecture(input.Architectures) : record.architecture
  const stored = code.put(zipOf(input))
  if (input.DryRun) return answered({ ...record, ...stored, architecture }, { now: parts.now() })
  const marks = changeMarks(parts.now(), options.settleMs, 'update')
  // the same code again: what runs may go on running
  const same = stored.codeSha256 === record.codeSha256
  const next = functions.put({
    ...record,
    ...stored,
    architecture,
    ...marks,
    ...(same ? { buildId: record.buildId ?? record.revisionId } : {}),
  })
  if (!same) options.changed(record.arn)
  if (!input.Publish) return answered(next, { now: parts.now(), settling: 'update' })
  const version = publish(functions, next, {})
  return answered(version, { now: parts.now(), settling: 'creation', qualifier: versionOf(version) })
}

/** A change answers with a revision that is no longer the newest once the change is done, as on AWS. */
const answered = (
  record: Parameters<typeof configurationOf>[0],
  shown: Parameters<typeof configurationOf>[1],
): FunctionConfiguration => ({ ...configurationOf(record, shown), RevisionId: randomUUID() })

const remove = (
  functions: Functions,
  input: { FunctionName?: string; Qualifier?: string },
  call: Call,
): object => {
  const named = namedFunction(input.FunctionName, call, input.Qualifier)
  const { qualifier } = named
  if (qualifier === LATEST) throw invalid('$LATEST version cannot be deleted without deleting the function.')
  const record = functions.get(functionArn(named, named.name), call)
  if (qualifier === undefined) {
    functions.remove(record)
    return { StatusCode: 204 }
  }
  if (!isVersion(qualifier)) throw invalid('Deletion of aliases is not currently supported.')
  const pointing = Object.values(record.aliases ?? {}).find(
    ({ version, weights }) => version === qualifier || Object.hasOwn(weights ?? {}, qualifier),
  )
  if (pointing) throw conflict(`Version ${qualifier} can't be deleted: alias ${pointing.name} points to it.`)
  functions.removeVersion(record, qualifier)
  return { StatusCode: 204 }
}

const zipOf = (given: { ZipFile?: Uint8Array | undefined; S3Bucket?: string | undefined }): Uint8Array => {
  if (given.S3Bucket)
    throw invalid(
      'Error occurred while GetObject. S3 Error Code: NoSuchBucket. S3 Error Message: The specified bucket does not exist. (This local cloud serves no S3: give the code as ZipFile.)',
    )
  if (!given.ZipFile) throw invalid('Please provide a source for function code.')
  if (given.ZipFile.byteLength === 0) throw invalid('Uploaded file must be a non-empty zip')
  return given.ZipFile
}
