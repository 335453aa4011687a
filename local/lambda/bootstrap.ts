import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { FromWorker, FunctionError, ToWorker } from './protocol.ts'

// The program of a function's process: loads the handler, then answers invocations one at a time.

type Handler = (event: unknown, context: object) => unknown

let current: { requestId: string } | undefined

const send = (message: FromWorker, then?: () => void) => {
  process.send?.(message, undefined, {}, () => then?.())
}

const describe = (error: unknown, errorType?: string): FunctionError =>
  error instanceof Error
    ? {
        errorType: errorType ?? error.name,
        errorMessage: error.message,
        trace: (error.stack ?? '').split('\n'),
      }
    : { errorType: errorType ?? typeof error, errorMessage: String(error), trace: [] }

// Ours is the leader of its group: what the function started ends with it. The cloud is gone, so nobody wants an answer.
process.on('disconnect', () => process.kill(-process.pid, 'SIGKILL'))

const crash = (error: unknown, errorType?: string) => {
  // No request id: the whole process failed, and takes no more work. 129 is how the Node.js runtime ends then.
  send({ type: 'failed', requestId: undefined, error: describe(error, errorType) }, () => process.exit(129))
}
process.on('uncaughtException', (error) => crash(error))
process.on('unhandledRejection', (reason) => crash(reason, 'Runtime.UnhandledPromiseRejection'))

process.on('beforeExit', () => {
  if (current === undefined) return
  const { requestId } = current
  finish({
    type: 'failed',
    requestId,
    error: {
      errorType: 'Runtime.NodeJsExit',
      errorMessage: 'The Lambda function exited without fulfilling the handler promise',
      trace: [],
    },
  })
})

const finish = (message: FromWorker) => {
  current = undefined
  process.channel?.ref()
  send(message)
}

const invoke = async (handler: Handler, message: ToWorker) => {
  const { requestId } = message
  const deadline = Date.now() + message.timeoutMs
  current = { requestId }
  // The channel alone must not keep a function alive whose promise nothing can settle any more: see beforeExit.
  process.channel?.unref()
  const context = {
    ...message.context,
    awsRequestId: requestId,
    callbackWaitsForEmptyEventLoop: true,
    getRemainingTimeInMillis: () => Math.max(0, deadline - Date.now()),
  }
  try {
    const result = await handler(JSON.parse(message.payload), context)
    if (current?.requestId === requestId) finish({ type: 'done', requestId, payload: encode(result) })
  } catch (error) {
    if (current?.requestId === requestId) finish({ type: 'failed', requestId, error: describe(error) })
  }
}

const encode = (result: unknown): string => {
  try {
    return JSON.stringify(result) ?? 'null'
  } catch (cause) {
    const error = new Error(`Unable to stringify response body: ${cause}`, { cause })
    error.name = 'Runtime.MarshalError'
    throw error
  }
}

/** `folder/file.export`, as the developer guide writes it under "Lambda function handler in Node.js". */
const load = async (): Promise<Handler> => {
  const { LAMBDA_TASK_ROOT: root = '', _HANDLER: name = '' } = process.env
  const match = /^(.*?[^/.]+)\.(.+)$/.exec(name)
  if (!match) throw named('Runtime.MalformedHandlerName', `Bad handler ${name}`)
  const [, path = '', exported = ''] = match
  const file = ['.js', '.mjs', '.cjs'].map((ending) => join(root, path + ending)).find(existsSync)
  if (!file) throw named('Runtime.ImportModuleError', `Error: Cannot find module '${path}'`)
  const handler: unknown = exported
    .split('.')
    .reduce<unknown>(
      (value, key) => (value as Record<string, unknown> | undefined)?.[key],
      await import(pathToFileURL(file).href),
    )
  if (typeof handler !== 'function')
    throw named('Runtime.HandlerNotFound', `${name} is undefined or not exported`)
  return handler as Handler
}

const named = (name: string, message: string) => Object.assign(new Error(message), { name })

try {
  const handler = await load()
  process.on('message', (message: ToWorker) => void invoke(handler, message))
  send({ type: 'ready' })
} catch (error) {
  send({ type: 'failed', requestId: undefined, error: describe(error) }, () => process.exit(1))
}
