/** What a failed invocation's payload says: developer guide, "Understanding function errors". */
export interface FunctionError {
  readonly errorType: string
  readonly errorMessage: string
  /** of the Node.js runtime; what befell the process itself has none */
  readonly trace?: readonly string[]
  /** of the Python runtime, with the request's id beside it */
  readonly stackTrace?: readonly string[]
  readonly requestId?: string
  /** of an unhandled rejection */
  readonly reason?: object
}

/** One invocation, from the cloud to the function's process. */
export interface ToWorker {
  readonly requestId: string
  /** JSON text */
  readonly payload: string
  readonly timeoutMs: number
  readonly context: Readonly<Record<string, string>>
  /** JSON text of what the caller sent along */
  readonly clientContext?: string
}

/** From the function's process: loaded, answered, or failed; without a request id the process itself failed. */
export type FromWorker =
  | { readonly type: 'ready' }
  | { readonly type: 'done'; readonly requestId: string; readonly payload: string }
  | { readonly type: 'failed'; readonly requestId: string | undefined; readonly error: FunctionError }
