import { UserError } from './errors.ts'
import type { Terminal } from './terminal.ts'

/**
 * Aborted at the first Ctrl-C or SIGTERM, with what is then told as the reason; the second one ends the process where it
 * stands.
 */
export const stopSignal = (message: string, remedy: string): AbortSignal => {
  const controller = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (controller.signal.aborted) process.exit(130)
      controller.abort(new UserError(message, remedy))
    })
  }
  return controller.signal
}

/** What the person can mend in one sentence; anything else with where it happened, for whoever mends Relay. */
export const tellFailure = (error: unknown, terminal: Terminal): void => {
  terminal.progressEnd()
  if (error instanceof UserError) terminal.failure(error.message, error.remedy)
  else terminal.failure((error as Error).stack ?? String(error))
}
