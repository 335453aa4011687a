import { randomUUID } from 'node:crypto'
import type { Envelope, OutgoingMessage, Sender, Wires } from '../gateway/wires.ts'
import type { InvokeResult } from './pool.ts'

/** How an event came to its end. */
export type Condition = 'Success' | 'RetriesExhausted' | 'EventAgeExceeded'

export interface Ended {
  readonly requestId: string
  /** with qualifier, as invoked */
  readonly functionArn: string
  readonly executedVersion: string
  readonly payload: string
  readonly invokeCount: number
  readonly condition: Condition
  /** of the last try; undefined when there was none */
  readonly result: InvokeResult | undefined
  /** milliseconds since the epoch */
  readonly at: number
}

const MAX_ERROR_MESSAGE = 1024

/** Developer guide, "Capturing records of Lambda asynchronous invocations", example of an invocation record. */
export const recordOf = (ended: Ended): object => ({
  version: '1.0',
  timestamp: new Date(ended.at).toISOString(),
  requestContext: {
    requestId: ended.requestId,
    functionArn: ended.functionArn,
    condition: ended.condition,
    approximateInvokeCount: ended.invokeCount,
  },
  requestPayload: JSON.parse(ended.payload),
  ...(ended.result
    ? {
        responseContext: {
          statusCode: 200,
          executedVersion: ended.executedVersion,
          ...(ended.result.error ? { functionError: ended.result.error } : {}),
        },
        responsePayload: JSON.parse(ended.result.payload),
      }
    : {}),
})

/** As above, "Adding a dead-letter queue": the event as it came, and what happened in attributes. */
export const deadLetterOf = ({ requestId, payload, result }: Ended): OutgoingMessage => ({
  body: payload,
  attributes: {
    RequestID: { DataType: 'String', StringValue: requestId },
    ErrorCode: { DataType: 'Number', StringValue: result ? '200' : '429' },
    ErrorMessage: {
      DataType: 'String',
      StringValue: (messageOf(result) || 'Event age exceeded').slice(0, MAX_ERROR_MESSAGE),
    },
  },
})

const messageOf = (result: InvokeResult | undefined): string =>
  result === undefined
    ? ''
    : String((JSON.parse(result.payload) as { errorMessage?: unknown } | null)?.errorMessage ?? '')

export type DestinationWires = Pick<Wires, 'sendMessage' | 'publish' | 'invokeAsync' | 'putEvent'>

/**
 * Hands an invocation record on: to a queue, a topic, another function or a bus, whichever the ARN names.
 * @throws AwsError when the destination is not there, or the function's role may not write to it
 */
export const sendRecord = async (
  wires: DestinationWires,
  arn: string,
  ended: Ended,
  sender: Sender,
): Promise<void> => {
  const record = recordOf(ended)
  const body = JSON.stringify(record)
  const [, , service, region = '', account = ''] = arn.split(':')
  if (service === 'sqs') return wires.sendMessage(arn, { body }, sender)
  if (service === 'sns') return wires.publish(arn, { body }, sender)
  if (service === 'lambda') return wires.invokeAsync(arn, body, sender)
  const envelope: Envelope = {
    version: '0',
    id: randomUUID(),
    'detail-type': `Lambda Function Invocation Result - ${ended.condition === 'Success' ? 'Success' : 'Failure'}`,
    source: 'lambda',
    account,
    time: `${new Date(ended.at).toISOString().slice(0, 19)}Z`,
    region,
    resources: [arn, ended.functionArn],
    detail: record,
  }
  await wires.putEvent?.(arn, envelope, sender)
}
