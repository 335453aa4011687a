import { randomUUID } from 'node:crypto'
import type {
  PutEventsCommandInput,
  PutEventsRequestEntry,
  PutEventsResultEntry,
} from '@aws-sdk/client-eventbridge'
import { AwsError, type Call } from '../gateway/service.ts'
import type { Envelope } from '../gateway/wires.ts'

const MAX_ENTRIES = 10
/** Of all entries together. 1 MB is announced in most regions; the smaller, older limit holds in all. */
export const MAX_BYTES = 262_144
const MAX_DETAIL_TYPE = 128
/** API Reference, PutEvents. */
const MAX_DEPTH = 1_000

/** Bytes that count: EventBridge user guide, "Calculating PutEvents event entry size". */
const entrySize = (entry: PutEventsRequestEntry): number =>
  [entry.Source, entry.DetailType, entry.Detail, ...(entry.Resources ?? [])].reduce(
    (sum, text) => sum + Buffer.byteLength(text ?? ''),
    entry.Time ? 14 : 0,
  )

/**
 * Accepts entries one by one: each becomes an envelope, or an error in its place.
 * @param accept takes an envelope for the bus that the entry names; stored when it returns
 * @throws AwsError ValidationException when the request as a whole is too long or too large
 */
export const putEvents = (
  input: PutEventsCommandInput,
  call: Call,
  { now, maxBytes }: { readonly now: number; readonly maxBytes: number },
  accept: (envelope: Envelope, bus: string | undefined) => void,
): object => {
  const entries = input.Entries ?? []
  checkRequest(entries, maxBytes)
  const results = entries.map((entry): PutEventsResultEntry => {
    const detail = parseDetail(entry.Detail)
    const refusal = refuse(entry, detail)
    if (refusal) return { ErrorCode: refusal[0], ErrorMessage: refusal[1] }
    const id = randomUUID()
    accept(
      {
        version: '0',
        id,
        'detail-type': entry.DetailType ?? '',
        source: entry.Source ?? '',
        account: call.account,
        time: wholeSeconds(entry.Time?.getTime() ?? now),
        region: call.region,
        resources: entry.Resources ?? [],
        detail: detail ?? {},
      },
      entry.EventBusName,
    )
    return { EventId: id }
  })
  return {
    FailedEntryCount: results.filter((result) => result.ErrorCode !== undefined).length,
    Entries: results,
  }
}

const checkRequest = (entries: readonly PutEventsRequestEntry[], maxBytes: number): void => {
  if (entries.length < 1 || entries.length > MAX_ENTRIES)
    throw new AwsError(
      'ValidationException',
      `1 validation error detected: Value '[${entries.map(asJava).join(', ')}]' at 'entries' failed to satisfy constraint: Member must have length ${
        entries.length < 1 ? 'greater than or equal to 1' : `less than or equal to ${MAX_ENTRIES}`
      }`,
    )
  if (entries.reduce((sum, entry) => sum + entrySize(entry), 0) >= maxBytes)
    throw new AwsError('ValidationException', 'Total size of the entries in the request is over the limit.')
}

/** An entry as EventBridge's errors show it: seen in recorded answers. */
const asJava = (entry: PutEventsRequestEntry): string => {
  const members = {
    time: entry.Time?.toISOString(),
    source: entry.Source,
    resources: entry.Resources && `[${entry.Resources.join(', ')}]`,
    detailType: entry.DetailType,
    detail: entry.Detail,
    eventBusName: entry.EventBusName,
    traceHeader: entry.TraceHeader,
    kmsKeyIdentifier: undefined,
    internalMetadata: undefined,
  }
  const shown = Object.entries(members).map(([name, value]) => `${name}=${value ?? 'null'}`)
  return `PutEventsRequestEntry(${shown.join(', ')})`
}

const wholeSeconds = (time: number): string => `${new Date(time).toISOString().slice(0, 19)}Z`

/** Codes and texts of entries as EventBridge answers them, seen with the AWS CLI. */
const refuse = (
  entry: PutEventsRequestEntry,
  detail: object | undefined,
): readonly [code: string, message: string] | undefined => {
  for (const name of ['Source', 'DetailType', 'Detail'] as const)
    if (!entry[name])
      return ['InvalidArgument', `Parameter ${name} is not valid. Reason: ${name} is a required argument.`]
  if (entry.Source?.startsWith('aws.'))
    return ['NotAuthorizedForSourceException', 'Not authorized for the source.']
  if ((entry.DetailType ?? '').length > MAX_DETAIL_TYPE)
    return [
      'InvalidArgument',
      `Parameter DetailType is not valid. Reason: DetailType must not be longer than ${MAX_DETAIL_TYPE} characters.`,
    ]
  return detail ? undefined : ['MalformedDetail', 'Detail is malformed.']
}

const parseDetail = (text: string | undefined): object | undefined => {
  try {
    const detail: unknown = JSON.parse(text ?? '')
    const isObject = typeof detail === 'object' && detail !== null && !Array.isArray(detail)
    return isObject && !isDeeper(text ?? '') ? detail : undefined
  } catch {
    return undefined
  }
}

/** Whether a JSON text nests deeper than EventBridge reads. */
const isDeeper = (json: string): boolean => {
  let depth = 0
  for (const token of json.match(/"(?:[^"\\]|\\.)*"|[[\]{}]/gs) ?? []) {
    if (token === '{' || token === '[') depth += 1
    if (token === '}' || token === ']') depth -= 1
    if (depth > MAX_DEPTH) return true
  }
  return false
}
