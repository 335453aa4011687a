import { randomInt } from 'node:crypto'
import type { InvocationResponse, InvokeCommandInput } from '@aws-sdk/client-lambda'
import type { Parts } from '../contracts.ts'
import { AwsError, type Call } from '../gateway/service.ts'
import type { AsyncInvoker } from './async.ts'
import { invalid, tooLarge, violated, violation } from './errors.ts'
import { assertSettled, type Functions, type Target } from './functions.ts'
import { functionArn, namedFunction } from './names.ts'
import type { Pool } from './pool.ts'
import { versionOf } from './records.ts'

export interface InvokeParts {
  readonly parts: Parts
  readonly functions: Functions
  readonly pool: Pool
  readonly asynchronous: AsyncInvoker
}

/** Service quotas: payload of a synchronous invocation. */
const MAX_REQUEST_BYTES = 6_291_456
const MILLION = 1_000_000

/** The version that an invocation gets: an alias may share its invocations between two. */
export const routed = (functions: Functions, target: Target): Target => {
  const [[version, weight] = ['', 0]] = Object.entries(target.alias?.weights ?? {})
  if (weight === 0 || randomInt(MILLION) >= weight * MILLION) return target
  return { ...target, version: functions.version(target.function, version) ?? target.version }
}

/** Invoke: API reference; the three ways of asking, and what the answer's headers say. */
export const invoke = async (
  given: InvokeParts,
  input: InvokeCommandInput,
  call: Call,
): Promise<InvocationResponse> => {
  const { parts, functions, pool, asynchronous } = given
  const type = input.InvocationType ?? 'RequestResponse'
  checkEnums(input)
  const named = namedFunction(input.FunctionName, call, input.Qualifier, true)
  const target = routed(functions, functions.target(named))
  const payload = textOf(input.Payload)
  if (type === 'RequestResponse' && Buffer.byteLength(payload) > MAX_REQUEST_BYTES)
    throw tooLarge(`Request must be smaller than ${MAX_REQUEST_BYTES} bytes for the InvokeFunction operation`)
  if (type === 'DryRun') return { StatusCode: 204 }
  const clientContext = contextOf(input.ClientContext)
  if (type === 'Event') {
    asynchronous.accept(target, checkedJson(payload))
    return { StatusCode: 202 }
  }
  assertSettled(target.version, parts.now())
  const {
    payload: answer,
    error,
    logTail,
  } = await pool.run({
    version: target.version,
    invokedArn: functionArn(named, named.name, named.qualifier),
    reservedConcurrency: target.function.reservedConcurrency,
    payload: checkedJson(payload),
    requestId: call.requestId,
    clientContext,
    wantsTail: input.LogType === 'Tail',
  })
  return {
    StatusCode: 200,
    ExecutedVersion: versionOf(target.version),
    Payload: new TextEncoder().encode(answer),
    ...(error ? { FunctionError: error } : {}),
    ...(logTail === undefined ? {} : { LogResult: logTail }),
  }
}

const checkEnums = ({ InvocationType: type, LogType: log }: InvokeCommandInput): void => {
  const wrong: string[] = []
  if (type !== undefined && !['Event', 'RequestResponse', 'DryRun'].includes(type))
    wrong.push(
      violation(
        type,
        'invocationType',
        'Member must satisfy enum value set: [Event, RequestResponse, DryRun]',
      ),
    )
  if (log !== undefined && !['None', 'Tail'].includes(log))
    wrong.push(violation(log, 'logType', 'Member must satisfy enum value set: [None, Tail]'))
  if (wrong.length > 0) throw violated(...wrong)
}

const textOf = (payload: unknown): string => {
  if (payload === undefined || payload === null) return '{}'
  const text = typeof payload === 'string' ? payload : new TextDecoder().decode(payload as Uint8Array)
  return text === '' ? '{}' : text
}

/** @throws AwsError InvalidRequestContentException */
export const checkedJson = (payload: string): string => {
  try {
    JSON.parse(payload)
    return payload
  } catch (cause) {
    // the parser's own words would quote the payload
    throw Object.assign(
      new AwsError(
        'InvalidRequestContentException',
        'Could not parse request body into json: Could not parse payload into json',
        400,
        { Type: 'User' },
      ),
      { cause },
    )
  }
}

const contextOf = (encoded: string | undefined): string | undefined => {
  if (encoded === undefined) return undefined
  const text = Buffer.from(encoded, 'base64').toString('utf8')
  try {
    JSON.parse(text)
    return text
  } catch (cause) {
    throw Object.assign(invalid('Client context must be a valid Base64-encoded JSON object.'), { cause })
  }
}
