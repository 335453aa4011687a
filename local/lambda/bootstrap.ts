import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { format } from 'node:util'
import type { FromWorker, FunctionError, ToWorker } from './protocol.ts'

// The program of a Node.js function's process: loads the handler, then answers invocations one at a time.

type Callback = (error: unknown, result?: unknown) => void
type Handler = (event: unknown, context: object, callback?: Callback) => unknown

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

// Developer guide, "Logging and monitoring Node.js Lambda functions": time, request, level, text; one event however many lines.
const write = (level: string, text: string) =>
  process.stdout.write(
    `${new Date().toISOString()}\t${current?.requestId ?? 'undefined'}\t${level}\t${text.replaceAll('\n', '\r')}\n`,
  )
const LEVELS = { log: 'INFO', info: 'INFO', debug: 'DEBUG', trace: 'TRACE', warn: 'WARN', error: 'ERROR' }
for (const [method, level] of Object.entries(LEVELS))
  Object.assign(console, { [method]: (...values: unknown[]) => void write(level, format(...values)) })

const report = (kind: string, error: FunctionError) =>
  write('ERROR', `${kind} \t${JSON.stringify({ ...error, stack: error.trace, trace: undefined })}`)

const crash = (error: unknown, errorType?: string) => {
  const described = describe(error, errorType)
  report(errorType === undefined ? 'Uncaught Exception' : 'Unhandled Promise Rejection', described)
  // No request id: the whole process failed, and takes no more work. 129 is how the Node.js runtime ends then.
  send({ type: 'failed', requestId: undefined, error: described }, () => process.exit(129))
}
process.on('uncaughtException', (error) => crash(error))
process.on('unhandledRejection', (reason) => {
  const name = 'Runtime.UnhandledPromiseRejection'
  const error = Object.assign(new Error(String(reason)), { name })
  error.stack = `${name}: ${String(reason)}${reason instanceof Error ? `\n${(reason.stack ?? '').split('\n').slice(1).join('\n')}` : ''}`
  crash(error, name)
})

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

const invoke = (handler: Handler, message: ToWorker) => {
  const { requestId } = message
  const deadline = Date.now() + message.timeoutMs
  current = { requestId }
  // The channel alone must not keep a function alive whose promise nothing can settle any more: see beforeExit.
  process.channel?.unref()
  const succeed = (result: unknown) => {
    if (current?.requestId !== requestId) return
    try {
      finish({ type: 'done', requestId, payload: encode(result) })
    } catch (error) {
      fail(error)
    }
  }
  const fail = (error: unknown) => {
    if (current?.requestId !== requestId) return
    const described = describe(error)
    report('Invoke Error', described)
    finish({ type: 'failed', requestId, error: described })
  }
  const callback: Callback = (error, result) =>
    error === undefined || error === null ? succeed(result) : fail(error)
  const context = {
    ...message.context,
    awsRequestId: requestId,
    callbackWaitsForEmptyEventLoop: true,
    ...(message.clientContext === undefined ? {} : { clientContext: JSON.parse(message.clientContext) }),
    getRemainingTimeInMillis: () => Math.max(0, deadline - Date.now()),
    done: callback,
    succeed,
    fail,
  }
  try {
    const event = JSON.parse(message.payload)
    const result = withCallbacks ? handler(event, context, callback) : handler(event, context)
    // a handler with a callback answers by it, unless it returns a promise
    if (isPromise(result)) result.then(succeed, fail)
    else if (!withCallbacks || handler.length < 3) succeed(result)
  } catch (error) {
    fail(error)
  }
}

const isPromise = (value: unknown): value is Promise<unknown> =>
  typeof (value as { then?: unknown } | undefined)?.then === 'function'

/** Handlers with a callback are gone since nodejs24.x: developer guide, "Define Lambda function handler in Node.js". */
const withCallbacks = Number(/nodejs(\d+)/.exec(process.env.AWS_EXECUTION_ENV ?? '')?.[1] ?? 0) < 24

const encode = (result: unknown): string => {
  try {
    return JSON.stringify(result) ?? 'null'
  } catch (cause) {
    throw Object.assign(new Error('Unable to stringify response body', { cause }), {
      name: 'Runtime.MarshalError',
    })
  }
}

/** `folder/file.export`, as the developer guide writes it under "Define Lambda function handler in Node.js". */
const load = async (): Promise<Handler> => {
  const { LAMBDA_TASK_ROOT: root = '', _HANDLER: name = '' } = process.env
  const match = /^(.*?[^/.]+)\.(.+)$/.exec(name)
  if (!match) throw named('Runtime.MalformedHandlerName', `Bad handler ${name}`)
  const [, path = '', exported = ''] = match
  const file = ['.js', '.mjs', '.cjs'].map((ending) => join(root, path + ending)).find(existsSync)
  if (!file)
    throw named(
      'Runtime.ImportModuleError',
      `Error: Cannot find module '${path}'\nRequire stack:\n- /var/runtime/index.mjs`,
    )
  const handler: unknown = exported
    .split('.')
    .reduce<unknown>(
      (value, key) => (value as Record<string, unknown> | undefined)?.[key],
      await imported(file),
    )
  if (typeof handler !== 'function')
    throw named('Runtime.HandlerNotFound', `${name} is undefined or not exported`)
  if (!withCallbacks && handler.length >= 3)
    throw named(
      'Runtime.CallbackHandlerDeprecated',
      'ERROR: AWS Lambda has removed support for callback-based function handlers starting with Node.js 24.',
    )
  return handler as Handler
}

/** What the module itself throws stays what it is, but for code that cannot be read and modules that are not there. */
const imported = async (file: string): Promise<unknown> => {
  try {
    const module = (await import(pathToFileURL(file).href)) as Record<string, unknown>
    // a CommonJS file whose exports no reader of its text could name
    return module.default && typeof module.default === 'object' ? { ...module.default, ...module } : module
  } catch (error) {
    if (error instanceof SyntaxError)
      throw named('Runtime.UserCodeSyntaxError', `SyntaxError: ${error.message}`)
    const { code } = error as { code?: unknown }
    if (code === 'MODULE_NOT_FOUND' || code === 'ERR_MODULE_NOT_FOUND')
      throw named('Runtime.ImportModuleError', `Error: ${(error as Error).message}`)
    throw error
  }
}

const named = (name: string, message: string) => {
  const error = Object.assign(new Error(message), { name })
  error.stack = `${name}: ${error.stack?.replace(/^Error: /, '') ?? message}`
  return error
}

try {
  const handler = await load()
  process.on('message', (message: ToWorker) => invoke(handler, message))
  send({ type: 'ready' })
} catch (error) {
  const described = describe(error)
  report('Uncaught Exception', described)
  send({ type: 'failed', requestId: undefined, error: described }, () => process.exit(1))
}
