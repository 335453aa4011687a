import { awsName } from './aws-failures.ts'
import { codeOf } from './errors.ts'

export type Facts = Readonly<Record<string, unknown>>

/** Lines for people and queries: a constant message, and facts beside it. Never a secret, never a payload. */
export interface Log {
  info(message: string, facts?: Facts): void
  warn(message: string, facts?: Facts): void
  error(message: string, facts?: Facts): void
}

/** Facts about a failure: code, class, message, and the names of what caused it. */
export const describeFailure = (error: unknown): Facts => {
  const code = codeOf(error)
  const causes: string[] = []
  let cause = (error as { cause?: unknown } | null | undefined)?.cause
  while (cause instanceof Error && causes.length < 5) {
    causes.push(`${awsName(cause)}: ${cause.message}`)
    cause = cause.cause
  }
  return {
    ...(code ? { code } : {}),
    errorClass: awsName(error),
    reason: error instanceof Error ? error.message : 'thrown value is no Error',
    ...(causes.length > 0 ? { causes } : {}),
  }
}
