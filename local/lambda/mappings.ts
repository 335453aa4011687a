import { randomUUID } from 'node:crypto'
import type {
  CreateEventSourceMappingCommandInput,
  EventSourceMappingConfiguration,
  UpdateEventSourceMappingCommandInput,
} from '@aws-sdk/client-lambda'
import type { Iam, Parts } from '../contracts.ts'
import { AwsError, type Call, type Operation } from '../gateway/service.ts'
import type { Collection } from '../state/store.ts'
import type { Functions } from './functions.ts'
import { type FunctionRecord, invalid, placeOf } from './records.ts'

/** An event source mapping from a queue, as the store keeps it. */
export interface MappingRecord {
  readonly uuid: string
  readonly account: string
  readonly region: string
  readonly functionArn: string
  readonly queueArn: string
  readonly batchSize: number
  readonly windowSeconds: number
  readonly enabled: boolean
  readonly reportFailures: boolean
  readonly maximumConcurrency?: number
  readonly lastModified: number
}

export interface Mappings {
  readonly operations: Readonly<Record<string, Operation>>
  all(): MappingRecord[]
}

/** What a function's role needs on its queue: developer guide, "Using Lambda with Amazon SQS", execution role permissions. */
const QUEUE_ACTIONS = ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'] as const

/** Throws AccessDeniedException unless the function's role may read the queue. */
export const assertMayRead = (
  iam: Pick<Iam, 'authorize' | 'callerOfRole'>,
  record: FunctionRecord,
  queueArn: string,
): void => {
  const caller = iam.callerOfRole(record.role, record.name)
  for (const action of QUEUE_ACTIONS) iam.authorize(caller, { action, resource: queueArn })
}

/**
 * Operations on mappings in the SDK's shapes, for SQS queues only. Filters are refused rather than read over.
 * @param changed hears of each mapping that is new, changed, or (second argument undefined) gone
 */
export const createMappings = (
  { store, now }: Parts,
  iam: Pick<Iam, 'authorize' | 'callerOfRole'>,
  functions: Functions,
  changed: (uuid: string, record: MappingRecord | undefined) => void,
): Mappings => {
  const records: Collection<MappingRecord> = store.collection('lambda.mappings')
  const keyOf = (place: { account: string; region: string }, uuid: string) =>
    `${place.account}/${place.region}/${uuid}`
  const get = (input: { UUID?: string | undefined }, call: Call) => {
    const record = records.get(keyOf(call, input.UUID ?? ''))
    if (record) return record
    throw new AwsError('ResourceNotFoundException', 'The resource you requested does not exist.', 404)
  }
  const save = (record: MappingRecord) => {
    records.put(keyOf(record, record.uuid), record)
    changed(record.uuid, record)
    return describe(record)
  }

  const create = (input: CreateEventSourceMappingCommandInput, call: Call) => {
    const queueArn = input.EventSourceArn ?? ''
    if (!/^arn:aws:sqs:[a-z0-9-]+:\d{12}:[\w-]+(\.fifo)?$/.test(queueArn))
      throw invalid(`Unrecognized event source ${queueArn}: this local cloud reads SQS queues.`)
    const target = functions.get(input.FunctionName, call)
    const twin = records
      .entries(keyOf(call, ''))
      .find(([, record]) => record.queueArn === queueArn && record.functionArn === target.arn)
    if (twin)
      throw new AwsError(
        'ResourceConflictException',
        `The event source arn (" ${queueArn} ") and function (" ${target.name} ") provided mapping already exists. Please update or delete the existing mapping with UUID ${twin[1].uuid}`,
        409,
      )
    try {
      assertMayRead(iam, target, queueArn)
    } catch (cause) {
      throw Object.assign(
        invalid(
          `The provided execution role does not have permissions to call ReceiveMessage on SQS (${(cause as Error).message})`,
        ),
        { cause },
      )
    }
    return save({
      uuid: randomUUID(),
      account: call.account,
      region: call.region,
      functionArn: target.arn,
      queueArn,
      ...settings(input, { batchSize: 10, windowSeconds: 0, enabled: true, reportFailures: false }, now()),
    })
  }

  const update = (input: UpdateEventSourceMappingCommandInput, call: Call) => {
    const record = get(input, call)
    const { maximumConcurrency, ...rest } = record
    const target = input.FunctionName ? functions.get(input.FunctionName, call).arn : record.functionArn
    const kept = input.ScalingConfig || maximumConcurrency === undefined ? {} : { maximumConcurrency }
    return save({ ...rest, ...kept, functionArn: target, ...settings(input, record, now()) })
  }

  return {
    all: () => records.entries().map(([, record]) => record),
    operations: {
      CreateEventSourceMapping: create,
      UpdateEventSourceMapping: update,
      GetEventSourceMapping: (input, call) => describe(get(input, call)),
      DeleteEventSourceMapping: (input, call) => {
        const record = get(input, call)
        records.delete(keyOf(record, record.uuid))
        changed(record.uuid, undefined)
        return { ...describe(record), State: 'Deleting' }
      },
      ListEventSourceMappings: (input, call) => {
        const name = input.FunctionName ? placeOf(input.FunctionName, call).name : undefined
        return {
          EventSourceMappings: records
            .entries(keyOf(call, ''))
            .map(([, record]) => record)
            .filter((record) => name === undefined || record.functionArn.endsWith(`:function:${name}`))
            .filter((record) => !input.EventSourceArn || record.queueArn === input.EventSourceArn)
            .map(describe),
        }
      },
    },
  }
}

type Settings = Pick<MappingRecord, 'batchSize' | 'windowSeconds' | 'enabled' | 'reportFailures'>

/** The settings of a request over those before; limits as in the API reference, CreateEventSourceMapping. */
const settings = (
  input: CreateEventSourceMappingCommandInput | UpdateEventSourceMappingCommandInput,
  before: Settings,
  at: number,
) => {
  if (input.FilterCriteria?.Filters?.length)
    throw invalid('FilterCriteria is not served by this local cloud.')
  const batchSize = input.BatchSize ?? before.batchSize
  const windowSeconds = input.MaximumBatchingWindowInSeconds ?? before.windowSeconds
  const maximum = input.ScalingConfig?.MaximumConcurrency
  if (!between(windowSeconds, 0, 300))
    throw invalid('MaximumBatchingWindowInSeconds must be between 0 and 300.')
  if (!between(batchSize, 1, 10_000)) throw invalid('BatchSize must be between 1 and 10000.')
  if (batchSize > 10 && windowSeconds === 0)
    throw invalid(
      'Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10',
    )
  if (maximum !== undefined && !between(maximum, 2, 1000))
    throw invalid('MaximumConcurrency must be between 2 and 1000.')
  return {
    batchSize,
    windowSeconds,
    enabled: input.Enabled ?? before.enabled,
    reportFailures: input.FunctionResponseTypes
      ? input.FunctionResponseTypes.includes('ReportBatchItemFailures')
      : before.reportFailures,
    ...(maximum === undefined ? {} : { maximumConcurrency: maximum }),
    lastModified: at,
  }
}

const between = (value: number, least: number, most: number) =>
  Number.isInteger(value) && value >= least && value <= most

const describe = (record: MappingRecord): EventSourceMappingConfiguration => ({
  UUID: record.uuid,
  BatchSize: record.batchSize,
  MaximumBatchingWindowInSeconds: record.windowSeconds,
  EventSourceArn: record.queueArn,
  FunctionArn: record.functionArn,
  LastModified: new Date(record.lastModified),
  State: record.enabled ? 'Enabled' : 'Disabled',
  StateTransitionReason: 'USER_INITIATED',
  FunctionResponseTypes: record.reportFailures ? ['ReportBatchItemFailures'] : [],
  ...(record.maximumConcurrency === undefined
    ? {}
    : { ScalingConfig: { MaximumConcurrency: record.maximumConcurrency } }),
})
