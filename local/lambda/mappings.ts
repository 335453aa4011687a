import type { EventSourceMappingConfiguration } from '@aws-sdk/client-lambda'
import type { Iam, Parts } from '../contracts.ts'
import { missingResource } from './errors.ts'
import { functionArn, type Place } from './names.ts'
import type { FunctionRecord } from './records.ts'

/** An event source mapping from a queue, as the store keeps it. */
export interface MappingRecord extends Place {
  readonly uuid: string
  /** with its qualifier, if one was given */
  readonly functionArn: string
  readonly queueArn: string
  readonly batchSize: number
  readonly windowSeconds: number
  readonly enabled: boolean
  readonly reportFailures: boolean
  readonly maximumConcurrency?: number
  /** patterns of which one must fit */
  readonly filters?: readonly string[]
  readonly tags?: Readonly<Record<string, string>>
  readonly lastModified: number
}

export interface Mappings {
  /** throws ResourceNotFoundException */
  get(place: Place, uuid: string | undefined): MappingRecord
  find(place: Place, uuid: string): MappingRecord | undefined
  list(place: Place): MappingRecord[]
  all(): MappingRecord[]
  put(record: MappingRecord): MappingRecord
  remove(record: MappingRecord): void
}

export const openMappings = ({ store }: Pick<Parts, 'store'>): Mappings => {
  const records = store.collection<MappingRecord>('lambda.mappings')
  const keyOf = ({ account, region }: Place, uuid: string) => `${account}/${region}/${uuid}`
  const find = (place: Place, uuid: string) => records.get(keyOf(place, uuid))
  return {
    find,
    get: (place, uuid) => {
      const record = find(place, uuid ?? '')
      if (record) return record
      throw missingResource()
    },
    list: (place) => records.entries(keyOf(place, '')).map(([, record]) => record),
    all: () => records.entries().map(([, record]) => record),
    put: (record) => {
      records.put(keyOf(record, record.uuid), record)
      return record
    },
    remove: (record) => {
      records.delete(keyOf(record, record.uuid))
    },
  }
}

/** What a function's role needs on its queue: developer guide, "Using Lambda with Amazon SQS", execution role permissions. */
const QUEUE_ACTIONS = ['ReceiveMessage', 'DeleteMessage', 'GetQueueAttributes'] as const

/**
 * Whether the function's role may read the queue.
 * @throws Error with the first action that it may not do as `action`, and why as `cause`
 */
export const assertMayRead = (
  iam: Pick<Iam, 'authorize' | 'callerOfRole'>,
  record: Pick<FunctionRecord, 'role' | 'name'>,
  queueArn: string,
): void => {
  for (const action of QUEUE_ACTIONS)
    try {
      const caller = iam.callerOfRole(record.role, record.name)
      iam.authorize(caller, { action: `sqs:${action}`, resource: queueArn })
    } catch (cause) {
      throw Object.assign(
        new Error(`The function execution role does not have permissions to call ${action} on SQS`, {
          cause,
        }),
        { name: 'MayNotRead' },
      )
    }
}

type State = 'Creating' | 'Enabling' | 'Enabled' | 'Disabling' | 'Disabled' | 'Updating' | 'Deleting'

/** As the API shows it; @param state what is under way, in the answer of the change itself */
export const describeMapping = (record: MappingRecord, state?: State): EventSourceMappingConfiguration => ({
  UUID: record.uuid,
  BatchSize: record.batchSize,
  MaximumBatchingWindowInSeconds: record.windowSeconds,
  EventSourceArn: record.queueArn,
  EventSourceMappingArn: mappingArn(record, record.uuid),
  FunctionArn: record.functionArn,
  LastModified: new Date(record.lastModified),
  State: state ?? (record.enabled ? 'Enabled' : 'Disabled'),
  StateTransitionReason: 'USER_INITIATED',
  FunctionResponseTypes: record.reportFailures ? ['ReportBatchItemFailures'] : [],
  ...(record.maximumConcurrency === undefined
    ? {}
    : { ScalingConfig: { MaximumConcurrency: record.maximumConcurrency } }),
  ...(record.filters?.length
    ? { FilterCriteria: { Filters: record.filters.map((Pattern) => ({ Pattern })) } }
    : {}),
})

export const mappingArn = ({ account, region }: Place, uuid: string): string =>
  functionArn({ account, region }, '').replace(/function:$/, `event-source-mapping:${uuid}`)
