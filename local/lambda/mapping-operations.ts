import { randomUUID } from 'node:crypto'
import type {
  CreateEventSourceMappingCommandInput,
  UpdateEventSourceMappingCommandInput,
} from '@aws-sdk/client-lambda'
import type { Iam, Parts, QueueReader } from '../contracts.ts'
import type { Call, Operation } from '../gateway/service.ts'
import { conflict, invalid, within } from './errors.ts'
import { compileFilters } from './filter.ts'
import type { Functions, Target } from './functions.ts'
import { assertMayRead, describeMapping, type MappingRecord, type Mappings } from './mappings.ts'
import { functionArn, namedFunction } from './names.ts'
import { pageOf } from './page.ts'
import { checkTags } from './tags.ts'

export interface MappingParts {
  readonly parts: Parts
  readonly iam: Pick<Iam, 'authorize' | 'callerOfRole'>
  readonly queues: Pick<QueueReader, 'visibilitySeconds'>
  readonly functions: Functions
  readonly mappings: Mappings
  /** hears of each mapping that is new, changed, or (second argument undefined) gone */
  readonly changed: (uuid: string, record: MappingRecord | undefined) => void
}

/** Operations on event source mappings in the SDK's shapes, for SQS queues only. */
export const mappingOperations = (given: MappingParts): Record<string, Operation> => {
  const { mappings, changed } = given
  const save = (record: MappingRecord) => {
    mappings.put(record)
    changed(record.uuid, record)
    return record
  }
  return {
    CreateEventSourceMapping: (input: CreateEventSourceMappingCommandInput, call) =>
      describeMapping(save(newMapping(given, input, call)), 'Creating'),
    UpdateEventSourceMapping: (input: UpdateEventSourceMappingCommandInput, call) => {
      const before = mappings.get(call, input.UUID)
      const after = save(changedMapping(given, before, input, call))
      if (after.enabled === before.enabled) return describeMapping(after, 'Updating')
      return describeMapping(after, after.enabled ? 'Enabling' : 'Disabling')
    },
    GetEventSourceMapping: (input, call) => describeMapping(mappings.get(call, input.UUID)),
    DeleteEventSourceMapping: (input, call) => {
      const record = mappings.get(call, input.UUID)
      mappings.remove(record)
      changed(record.uuid, undefined)
      return describeMapping(record, 'Deleting')
    },
    ListEventSourceMappings: (input, call) => {
      const named = input.FunctionName ? namedFunction(input.FunctionName, call) : undefined
      const arn = named && functionArn(named, named.name, named.qualifier)
      const found = mappings
        .list(call)
        .filter((record) => arn === undefined || record.functionArn === arn)
        .filter((record) => !input.EventSourceArn || record.queueArn === input.EventSourceArn)
      return pageOf(
        'EventSourceMappings',
        found.map((record) => describeMapping(record)),
        ({ UUID = '' }) => UUID,
        input,
      )
    },
  }
}

const newMapping = (
  given: MappingParts,
  input: CreateEventSourceMappingCommandInput,
  call: Call,
): MappingRecord => {
  const queueArn = checkedSource(input.EventSourceArn)
  if (input.StartingPosition !== undefined || input.StartingPositionTimestamp !== undefined)
    throw invalid('StartingPosition is not valid for SQS event sources.')
  const target = targetOf(given.functions, input.FunctionName, call)
  const arn = functionArn(target.function, target.function.name, target.qualifier)
  const settings = settingsOf(input, queueArn, {
    batchSize: 10,
    windowSeconds: 0,
    enabled: true,
    reportFailures: false,
  })
  const twin = given.mappings
    .list(call)
    .find((record) => record.queueArn === queueArn && record.functionArn === arn)
  if (twin)
    throw conflict(
      `An event source mapping with SQS arn (" ${queueArn} ") and function (" ${target.function.name} ") already exists. Please update or delete the existing mapping with UUID ${twin.uuid}`,
    )
  checkSource(given, target, queueArn)
  return {
    uuid: randomUUID(),
    account: call.account,
    region: call.region,
    functionArn: arn,
    queueArn,
    ...settings,
    ...(input.Tags && Object.keys(input.Tags).length > 0 ? { tags: checkTags(input.Tags) } : {}),
    lastModified: given.parts.now(),
  }
}

const changedMapping = (
  given: MappingParts,
  before: MappingRecord,
  input: UpdateEventSourceMappingCommandInput,
  call: Call,
): MappingRecord => {
  const { maximumConcurrency, filters, ...rest } = before
  const target = targetOf(given.functions, input.FunctionName ?? before.functionArn, call)
  checkSource(given, target, before.queueArn)
  return {
    ...rest,
    ...(input.ScalingConfig || maximumConcurrency === undefined ? {} : { maximumConcurrency }),
    ...(input.FilterCriteria || filters === undefined ? {} : { filters }),
    functionArn: functionArn(target.function, target.function.name, target.qualifier),
    ...settingsOf(input, before.queueArn, before),
    lastModified: given.parts.now(),
  }
}

const checkedSource = (arn: string | undefined): string => {
  if (!arn) throw invalid('Unrecognized event source.')
  if (/^arn:aws:sqs:[a-z0-9-]+:\d{12}:[\w-]+(\.fifo)?$/.test(arn)) return arn
  throw invalid(
    `Unrecognized event source, must be sqs: this local cloud reads no other. Unsupported source arn : ${arn}`,
  )
}

const targetOf = (functions: Functions, given: string | undefined, call: Call): Target => {
  const named = namedFunction(given, call)
  const target = functions.find(functionArn(named, named.name, named.qualifier))
  if (target) return target
  throw invalid('Function does not exist')
}

/** The role may read the queue, and the queue hides a message for as long as the function may work on it. */
const checkSource = ({ iam, queues }: MappingParts, { version }: Target, queueArn: string): void => {
  try {
    assertMayRead(iam, version, queueArn)
  } catch (cause) {
    throw Object.assign(invalid((cause as Error).message), { cause })
  }
  const visibility = visibilityOf(queues, queueArn)
  if (visibility !== undefined && visibility < version.timeout)
    throw invalid(
      `Queue visibility timeout: ${visibility} seconds is less than Function timeout: ${version.timeout} seconds`,
    )
}

const visibilityOf = (queues: MappingParts['queues'], queueArn: string): number | undefined => {
  try {
    return queues.visibilitySeconds?.(queueArn)
  } catch (cause) {
    throw Object.assign(
      invalid(
        'Error occurred while ReceiveMessage. SQS Error Code: AWS.SimpleQueueService.NonExistentQueue. SQS Error Message: The specified queue does not exist for this wsdl version.',
      ),
      { cause },
    )
  }
}

type Settings = Pick<MappingRecord, 'batchSize' | 'windowSeconds' | 'enabled' | 'reportFailures'>

/** The settings of a request over those before; limits as in the API reference, CreateEventSourceMapping. */
const settingsOf = (
  input: CreateEventSourceMappingCommandInput | UpdateEventSourceMappingCommandInput,
  queueArn: string,
  before: Settings,
) => {
  const batchSize = within('batchSize', input.BatchSize ?? before.batchSize, 1, 10_000)
  const windowSeconds = within(
    'maximumBatchingWindowInSeconds',
    input.MaximumBatchingWindowInSeconds ?? before.windowSeconds,
    0,
    300,
  )
  const maximum = input.ScalingConfig?.MaximumConcurrency
  // what failed stays in a queue, or goes to its dead-letter queue
  if (input.DestinationConfig?.OnSuccess || input.DestinationConfig?.OnFailure)
    throw invalid('Unsupported DestinationConfig parameter for given event source mapping type.')
  const fifo = queueArn.endsWith('.fifo')
  if (fifo && windowSeconds > 0) throw invalid('Batching window is not supported for FIFO queues.')
  if (fifo && batchSize > 10) throw invalid('Batch size must be less than or equal to 10 for FIFO queues.')
  if (batchSize > 10 && windowSeconds === 0)
    throw invalid(
      'Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10',
    )
  if (maximum !== undefined) within('scalingConfig.maximumConcurrency', maximum, 2, 1000)
  const filters = input.FilterCriteria?.Filters?.map(({ Pattern = '' }) => Pattern)
  compileFilters(filters ?? [])
  return {
    batchSize,
    windowSeconds,
    enabled: input.Enabled ?? before.enabled,
    reportFailures: input.FunctionResponseTypes
      ? input.FunctionResponseTypes.includes('ReportBatchItemFailures')
      : before.reportFailures,
    ...(maximum === undefined ? {} : { maximumConcurrency: maximum }),
    ...(filters?.length ? { filters } : {}),
  }
}
