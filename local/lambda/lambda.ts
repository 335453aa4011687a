import { join } from 'node:path'
import type { InvokeCommandInput, PutFunctionEventInvokeConfigCommandInput } from '@aws-sdk/client-lambda'
import type { Faults, Iam, Lambda, Parts, QueueReader } from '../contracts.ts'
import { AwsError, type Call, type Operation, type Permission } from '../gateway/service.ts'
import type { Wires } from '../gateway/wires.ts'
import type { Logs } from '../logs/logs.ts'
import { createAsyncInvoker } from './async.ts'
import { createCodeStore } from './code.ts'
import { createFunctions, type Functions } from './functions.ts'
import { createMappings, type MappingRecord } from './mappings.ts'
import { permissionOperations, policyOf } from './permissions.ts'
import { writePlainBootstrap } from './plain-bootstrap.ts'
import { type Held, type Poller, startPoller } from './poller.ts'
import { type Counts, createPool } from './pool.ts'
import { type FunctionRecord, functionArn, invalid, missingFunction, placeOf } from './records.ts'

export interface LambdaOptions {
  readonly parts: Parts
  readonly iam: Iam
  readonly queues: QueueReader
  readonly wires: Pick<Wires, 'sendMessage'>
  /** unzipped code lives below it */
  readonly folder: string
  /** what every function finds in its environment besides its own variables and what Lambda sets */
  readonly environment: Readonly<Record<string, string>>
  readonly logs: Logs
  /** asked when an invocation or task has started; absent: nothing goes wrong on purpose */
  readonly faults?: Pick<Faults, 'process'>
  /** the Node that runs functions; default: ours */
  readonly nodePath?: string
  /** multiplies the waits between asynchronous tries; default 1, as on AWS */
  readonly retryDelayFactor?: number
  /** see local/lambda/poller.ts; default: as on AWS */
  readonly retryVisibilitySeconds?: number
  /** after which an unused process ends; default 60 */
  readonly idleSeconds?: number
  /** processes of one function without reserved concurrency; default 10 */
  readonly maxConcurrency?: number
}

export interface LocalLambda extends Lambda {
  /** since the cloud started */
  counts(functionArn: string): Counts
}

/** Lambda: functions in child processes under their roles, event source mappings, asynchronous invocations. */
export const createLambda = (options: LambdaOptions): LocalLambda => {
  const { parts, iam, queues, retryVisibilitySeconds } = options
  const code = createCodeStore(join(options.folder, 'code'))
  const held = parts.store.collection<Held>('lambda.held')
  const pollers = new Map<string, Poller>()
  const ending = new Set<Promise<void>>()
  let polling = false
  let bootstrap: string | undefined

  const functions = createFunctions(parts, code, (arn) => pool.retire(arn))
  const pool = createPool({
    parts,
    iam,
    logs: options.logs,
    nodePath: options.nodePath ?? process.execPath,
    bootstrap: () => {
      bootstrap ??= writePlainBootstrap(options.folder)
      return bootstrap
    },
    environment: options.environment,
    folderOf: code.folderOf,
    idleSeconds: options.idleSeconds ?? 60,
    maxConcurrency: options.maxConcurrency ?? 10,
  })
  const asynchronous = createAsyncInvoker(
    parts,
    functions,
    pool,
    options.wires,
    options.retryDelayFactor ?? 1,
  )

  const poll = (mapping: MappingRecord) => {
    pollers.set(
      mapping.uuid,
      startPoller(mapping, {
        parts,
        iam,
        queues,
        functions,
        pool,
        held,
        ...(retryVisibilitySeconds === undefined ? {} : { retryVisibilitySeconds }),
      }),
    )
  }
  const mappings = createMappings(parts, iam, functions, (uuid, record) => {
    const former = pollers.get(uuid)
    pollers.delete(uuid)
    if (former) {
      const end: Promise<void> = former.stop().finally(() => ending.delete(end))
      ending.add(end)
    }
    if (polling && record?.enabled) poll(record)
  })

  const find = (arn: string) => {
    const record = functions.find(arn)
    if (record) return record
    throw missingFunction(arn)
  }
  const runSync = (record: FunctionRecord, payload: string) => pool.run(record, checkedJson(payload))

  return {
    service: {
      name: 'lambda',
      operations: {
        ...functions.operations,
        ...permissionOperations(functions),
        ...mappings.operations,
        ...invokeConfigOperations(functions, parts.now),
        Invoke: async (input: InvokeCommandInput, call) => {
          const record = functions.get(input.FunctionName, call)
          const payload = textOf(input.Payload)
          if (input.InvocationType === 'DryRun') return { StatusCode: 204 }
          if (input.InvocationType === 'Event') {
            asynchronous.accept(record, checkedJson(payload))
            return { StatusCode: 202 }
          }
          const result = await runSync(record, payload)
          return {
            StatusCode: 200,
            ExecutedVersion: '$LATEST',
            Payload: new TextEncoder().encode(result.payload),
            ...(result.error ? { FunctionError: result.error } : {}),
          }
        },
      },
      permissions,
    },
    invoke: async (arn, payload) => runSync(find(arn), payload),
    invokeAsync: async (arn, payload, sender) => {
      const record = find(arn)
      iam.authorizeSender(policyOf(record), sender, { action: 'lambda:InvokeFunction', resource: record.arn })
      asynchronous.accept(record, checkedJson(payload))
    },
    counts: pool.counts,
    start: () => {
      polling = true
      code
        .prune(functions.all())
        .catch((error) => parts.log('lambda', 'old code could not be removed', { error: String(error) }))
      giveBackHeld()
      asynchronous.start()
      for (const mapping of mappings.all()) if (mapping.enabled && !pollers.has(mapping.uuid)) poll(mapping)
    },
    stop: async () => {
      polling = false
      const stops = [...pollers.values()].map((poller) => poller.stop())
      pollers.clear()
      await asynchronous.stop()
      await Promise.all([...stops, ...ending])
    },
  }

  /** Messages that a killed cloud had taken out: nobody works on them any more. */
  function giveBackHeld(): void {
    for (const [key, { queueArn, receiptHandles }] of held.entries()) {
      held.delete(key)
      try {
        queues.release(queueArn, receiptHandles)
      } catch (error) {
        parts.log('lambda', 'messages of a former run could not be given back', {
          queueArn,
          error: String(error),
        })
      }
    }
  }
}

/** Actions and resources: service authorization reference of Lambda. */
const permissions = (
  operation: string,
  input: { FunctionName?: string },
  call: Call,
): readonly Permission[] => {
  const action = operation === 'Invoke' ? 'lambda:InvokeFunction' : `lambda:${operation}`
  if (!input.FunctionName || /EventSourceMapping/.test(operation)) return [{ action, resource: '*' }]
  const place = placeOf(input.FunctionName, call)
  return [{ action, resource: functionArn(place, place.name) }]
}

const textOf = (payload: unknown): string => {
  if (payload === undefined || payload === null) return '{}'
  return typeof payload === 'string' ? payload : new TextDecoder().decode(payload as Uint8Array)
}

const checkedJson = (payload: string): string => {
  try {
    JSON.parse(payload)
    return payload
  } catch (cause) {
    throw Object.assign(
      new AwsError('InvalidRequestContentException', 'Could not parse request body into json.'),
      { cause },
    )
  }
}

/** Settings of asynchronous invocation; limits as in the API reference, PutFunctionEventInvokeConfig. */
const invokeConfigOperations = (functions: Functions, now: () => number): Record<string, Operation> => {
  const shown = (record: FunctionRecord) => {
    if (!record.invokeConfig)
      throw new AwsError(
        'ResourceNotFoundException',
        `The function ${record.arn} doesn't have an EventInvokeConfig`,
        404,
      )
    return {
      FunctionArn: `${record.arn}:$LATEST`,
      LastModified: new Date(record.invokeConfig.lastModified),
      MaximumRetryAttempts: record.invokeConfig.maximumRetryAttempts,
      MaximumEventAgeInSeconds: record.invokeConfig.maximumEventAgeInSeconds,
      DestinationConfig: record.invokeConfig.destinationConfig,
    }
  }
  return {
    PutFunctionEventInvokeConfig: (input: PutFunctionEventInvokeConfigCommandInput, call: Call) => {
      const retries = input.MaximumRetryAttempts
      const age = input.MaximumEventAgeInSeconds
      const destination = input.DestinationConfig?.OnFailure?.Destination
      if (retries !== undefined && ![0, 1, 2].includes(retries))
        throw invalid('MaximumRetryAttempts must be between 0 and 2.')
      if (age !== undefined && !(age >= 60 && age <= 21_600))
        throw invalid('MaximumEventAgeInSeconds must be between 60 and 21600.')
      if (
        (destination && !destination.startsWith('arn:aws:sqs:')) ||
        input.DestinationConfig?.OnSuccess?.Destination
      )
        throw invalid('This local cloud serves SQS queues as on-failure destinations only.')
      const record = functions.get(input.FunctionName, call)
      return shown(
        functions.change(record, {
          invokeConfig: {
            ...(retries === undefined ? {} : { maximumRetryAttempts: retries }),
            ...(age === undefined ? {} : { maximumEventAgeInSeconds: age }),
            ...(input.DestinationConfig ? { destinationConfig: input.DestinationConfig } : {}),
            lastModified: now(),
          },
        }),
      )
    },
    GetFunctionEventInvokeConfig: (input, call) => shown(functions.get(input.FunctionName, call)),
    DeleteFunctionEventInvokeConfig: (input, call) => {
      const { invokeConfig: _, ...record } = functions.get(input.FunctionName, call)
      functions.change(record, {})
      return {}
    },
  }
}
