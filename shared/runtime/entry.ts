import { Logger } from '@aws-lambda-powertools/logger'
import middy from '@middy/core'
import type { Context } from 'aws-lambda'
import { describeFailure, type Facts, type Log } from './log.ts'

/** One invocation, as a handler sees it. */
export interface Run {
  readonly requestId: string
  readonly log: Log
  /** milliseconds until Lambda ends this invocation */
  readonly remainingMs: () => number
  /** adds facts to the outcome line */
  readonly note: (facts: Facts) => void
}

export type Handle<Result> = (event: unknown, run: Run) => Promise<Result>

export interface EntryOptions {
  readonly service: string
  readonly now: () => number
  /** where lines go; absent: standard output, as JSON */
  readonly log?: Log
}

/**
 * The pipeline around every function: request id on each line, and one line `outcome` per invocation with its duration,
 * what the handler noted, and the code and class of the error if there was one. Errors are thrown on: the queue or Lambda
 * retries.
 */
export const entry = <Result>(options: EntryOptions, handle: Handle<Result>) => {
  const log = options.log ?? standardLog(options.service)
  const begun = new WeakMap<Context, { at: number; facts: Record<string, unknown> }>()
  const finish = (context: Context, failure?: { error: unknown }) => {
    const start = begun.get(context)
    const facts = {
      requestId: context.awsRequestId,
      durationMs: Math.round(options.now() - (start?.at ?? options.now())),
      ...start?.facts,
    }
    if (failure) log.error('outcome', { outcome: 'failed', ...facts, ...describeFailure(failure.error) })
    else log.info('outcome', { outcome: 'ok', ...facts })
  }
  return middy<unknown, Result>()
    .before(({ context }) => {
      begun.set(context, { at: options.now(), facts: {} })
    })
    .after(({ context }) => finish(context))
    .onError(({ context, error }) => finish(context, { error }))
    .handler((event: unknown, context: Context) =>
      handle(event, runOf(context, log, begun.get(context)?.facts ?? {})),
    )
}

const runOf = (context: Context, log: Log, noted: Record<string, unknown>): Run => {
  const tagged = (facts: Facts = {}) => ({ requestId: context.awsRequestId, ...facts })
  return {
    requestId: context.awsRequestId,
    log: {
      info: (message, facts) => log.info(message, tagged(facts)),
      warn: (message, facts) => log.warn(message, tagged(facts)),
      error: (message, facts) => log.error(message, tagged(facts)),
    },
    remainingMs: () => context.getRemainingTimeInMillis(),
    note: (facts) => {
      Object.assign(noted, facts)
    },
  }
}

const standardLog = (service: string): Log => {
  const logger = new Logger({ serviceName: service })
  return {
    info: (message, facts = {}) => logger.info(message, facts),
    warn: (message, facts = {}) => logger.warn(message, facts),
    error: (message, facts = {}) => logger.error(message, facts),
  }
}
