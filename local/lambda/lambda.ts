import { join } from 'node:path'
import type { Faults, Iam, Lambda, Parts, QueueReader } from '../contracts.ts'
import type { Logs } from '../logs/logs.ts'
import { findPython } from '../processes/python.ts'
import { permissionsOf } from './access.ts'
import { aliasOperations } from './aliases.ts'
import { createAsyncInvoker } from './async.ts'
import { pythonSearchPath } from './child-environment.ts'
import { createCodeStore } from './code.ts'
import { concurrencyOperations } from './concurrency.ts'
import type { DestinationWires } from './destination.ts'
import { missingFunction } from './errors.ts'
import { functionOperations } from './function-operations.ts'
import { openFunctions } from './functions.ts'
import { checkedJson, invoke } from './invoke.ts'
import { invokeConfigOperations } from './invoke-config.ts'
import { mappingOperations } from './mapping-operations.ts'
import { type MappingRecord, openMappings } from './mappings.ts'
import { permissionOperations, policyOf } from './permissions.ts'
import { writePlainBootstrap } from './plain-bootstrap.ts'
import { type Held, type Poller, startPoller } from './poller.ts'
import { type Counts, createPool } from './pool.ts'
import { familyOf } from './runtimes.ts'
import { tagOperations } from './tags.ts'
import { versionOperations } from './versions.ts'

export interface LambdaOptions {
  readonly parts: Parts
  readonly iam: Iam
  readonly queues: QueueReader
  readonly wires: DestinationWires
  /** unzipped code lives below it */
  readonly folder: string
  /** what every function finds in its environment besides its own variables and what Lambda sets */
  readonly environment: Readonly<Record<string, string>>
  readonly logs: Logs
  /** asked when an invocation has started; absent: nothing goes wrong on purpose */
  readonly faults?: Pick<Faults, 'process'>
  /** the Node that runs functions; default: ours */
  readonly nodePath?: string
  /** the python3 that runs functions; default: the first of our PATH */
  readonly pythonPath?: string
  /** multiplies the waits between asynchronous tries; default 1, as on AWS */
  readonly retryDelayFactor?: number
  /** see local/lambda/poller.ts; default: as on AWS */
  readonly retryVisibilitySeconds?: number
  /** after which an unused process ends; default 60 */
  readonly idleSeconds?: number
  /** processes of one function without reserved concurrency; default 10 */
  readonly maxConcurrency?: number
  /** how long a function is `Pending`, or an update `InProgress`, and refuses what AWS refuses then; default 0: done at once */
  readonly settleMs?: number
}

export interface LocalLambda extends Lambda {
  /** since the cloud started */
  counts(functionArn: string): Counts
}

/** Lambda: functions in child processes under their roles, event source mappings, asynchronous invocations. */
export const createLambda = (options: LambdaOptions): LocalLambda => {
  const { parts, iam, queues, wires, retryVisibilitySeconds } = options
  const code = createCodeStore(join(options.folder, 'code'))
  const held = parts.store.collection<Held>('lambda.held')
  const pollers = new Map<string, Poller>()
  const ending = new Set<Promise<void>>()
  let polling = false
  let bootstrap: string | undefined
  let pythonPath = options.pythonPath
  let searched = pythonPath !== undefined

  const python = async () => {
    if (!searched) pythonPath = await findPython(pythonSearchPath())
    searched = true
    return pythonPath
  }
  const changed = (arn: string) => pool.retire(arn)
  const functions = openFunctions(parts, changed)
  const mappings = openMappings(parts)
  const pool = createPool({
    parts,
    iam,
    logs: options.logs,
    faults: options.faults,
    programs: () => {
      bootstrap ??= writePlainBootstrap(options.folder)
      return { nodePath: options.nodePath ?? process.execPath, bootstrap, pythonPath }
    },
    environment: options.environment,
    folderOf: code.folderOf,
    idleSeconds: options.idleSeconds ?? 60,
    maxConcurrency: options.maxConcurrency ?? 10,
  })
  const factor = options.retryDelayFactor ?? 1
  const asynchronous = createAsyncInvoker({ parts, functions, pool, wires, factor })

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
  const mappingChanged = (uuid: string, record: MappingRecord | undefined) => {
    const former = pollers.get(uuid)
    pollers.delete(uuid)
    if (former) {
      const end: Promise<void> = former.stop().finally(() => ending.delete(end))
      ending.add(end)
    }
    if (polling && record?.enabled) poll(record)
  }
  const find = (arn: string) => {
    const target = functions.find(arn)
    if (target) return target
    throw missingFunction(arn)
  }
  const settleMs = options.settleMs ?? 0

  return {
    service: {
      name: 'lambda',
      operations: {
        ...functionOperations({ parts, iam, functions, code, python, settleMs, changed }),
        ...versionOperations(parts, functions),
        ...aliasOperations(functions),
        ...permissionOperations(functions),
        ...concurrencyOperations(functions),
        ...invokeConfigOperations(functions, parts.now),
        ...mappingOperations({ parts, iam, queues, functions, mappings, changed: mappingChanged }),
        ...tagOperations(functions, mappings),
        Invoke: (input, call) => invoke({ parts, functions, pool, asynchronous }, input, call),
      },
      permissions: permissionsOf(functions),
    },
    invoke: async (arn, payload) => {
      const { version, function: record } = find(arn)
      return pool.run({
        version,
        invokedArn: arn,
        reservedConcurrency: record.reservedConcurrency,
        payload: checkedJson(payload),
      })
    },
    invokeAsync: async (arn, payload, sender) => {
      const target = find(arn)
      const resource = arn
      iam.authorizeSender(policyOf(target.function, target.qualifier), sender, {
        action: 'lambda:InvokeFunction',
        resource,
      })
      asynchronous.accept(target, checkedJson(payload))
    },
    counts: pool.counts,
    start: () => {
      polling = true
      code
        .prune(functions.allVersions())
        .catch((error) => parts.log('lambda', 'old code could not be removed', { error: String(error) }))
      // known before a python function of a former run is asked for; others need not wait for a program to be looked for
      if (functions.allVersions().some(({ runtime }) => familyOf(runtime) === 'python'))
        python().catch((error) => parts.log('lambda', 'python3 was not found', { error: String(error) }))
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
