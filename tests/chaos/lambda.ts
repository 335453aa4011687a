import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import './clock.ts'

// A process in which functions run: real bundles, called one event at a time, as Lambda's own runtime does. It may be killed or
// frozen at any moment.

export interface Call {
  readonly id: number
  readonly requestId: string
  /** folder of the bundle, or `racer` */
  readonly name: string
  readonly event: unknown
  /** milliseconds of the world's clock until it is ended */
  readonly remaining: number
}

export type Answer =
  | { readonly id: number; readonly result: unknown }
  | { readonly id: number; readonly error: string }

type Handler = (event: unknown, context: object) => Promise<unknown>

const handlers = new Map<string, Promise<Handler>>()

const load = async (name: string): Promise<Handler> => {
  const folder = process.env.CHAOS_BUILD ?? ''
  const path = join(folder, name === 'racer' ? 'racer.mjs' : join('functions', name, 'index.mjs'))
  const module = (await import(pathToFileURL(path).href)) as { handler: Handler }
  return module.handler
}

const run = async ({ requestId, name, event, remaining }: Call): Promise<unknown> => {
  const known = handlers.get(name) ?? load(name)
  handlers.set(name, known)
  const end = Date.now() + remaining
  const context = {
    awsRequestId: requestId,
    functionName: name,
    getRemainingTimeInMillis: () => end - Date.now(),
  }
  return (await known)(event, context)
}

process.on('message', (call: Call) => {
  run(call).then(
    (result) => process.send?.({ id: call.id, result } satisfies Answer),
    (error: unknown) =>
      process.send?.({ id: call.id, error: error instanceof Error ? (error.stack ?? '') : String(error) }),
  )
})
process.on('disconnect', () => process.exit(0))
