import type { FunctionError } from './protocol.ts'

/** What Lambda itself says around an invocation in a function's log: developer guide, "Sending Lambda function logs to CloudWatch Logs". */

export const startLine = (requestId: string, version: string): string =>
  `START RequestId: ${requestId} Version: ${version}`

/** What befell the process, where that is not told by the function's own runtime. */
export const trouble = (requestId: string, at: number, error: FunctionError): string[] => {
  if (error.errorType === 'Sandbox.Timedout')
    return [`${new Date(at).toISOString()} ${requestId} ${error.errorMessage.replace(/^Error: /, '')}`]
  if (error.errorType === 'Runtime.ExitError')
    return [`RequestId: ${requestId} ${error.errorMessage}`, error.errorType]
  return []
}

export interface Measured {
  readonly requestId: string
  readonly durationMs: number
  readonly memorySize: number
  /** megabytes; undefined when the process was gone before anybody looked */
  readonly usedMb: number | undefined
  /** how long the start took, of a first invocation */
  readonly initMs: number | undefined
  readonly status?: 'timeout' | 'error'
}

export const endLines = (measured: Measured): string[] => {
  const { requestId, durationMs, memorySize, usedMb, initMs, status } = measured
  return [
    `END RequestId: ${requestId}`,
    [
      `REPORT RequestId: ${requestId}`,
      `Duration: ${durationMs.toFixed(2)} ms`,
      `Billed Duration: ${Math.ceil(durationMs)} ms`,
      `Memory Size: ${memorySize} MB`,
      `Max Memory Used: ${usedMb ?? '-'} MB`,
      ...(initMs === undefined ? [] : [`Init Duration: ${initMs.toFixed(2)} ms`]),
      ...(status === undefined ? [] : [`Status: ${status}`]),
    ].join('\t'),
  ]
}

const TAIL_BYTES = 4096

/** The last 4 KB of an invocation's lines, in base64: API reference, Invoke, `LogResult`. */
export const tailOf = (lines: readonly string[]): string =>
  Buffer.from(lines.map((line) => `${line}\n`).join(''))
    .subarray(-TAIL_BYTES)
    .toString('base64')
