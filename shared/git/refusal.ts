import type http from 'node:http'
import { type Code, type ErrorData, RelayError } from '../runtime/errors.ts'
import { type Conversation, Impatience } from './http.ts'
import { reasonOf } from './text.ts'

/** How much of a refusal's body is looked at for its wording. A longer one costs the connection. */
const MAX_REFUSAL_BYTES = 4_096

/** A status as a coded error, with the server's words in short and without what it may have echoed. */
export const refusalOf = async (
  { statusCode: status = 0, headers }: http.IncomingMessage,
  conversation: Conversation,
  authorization: string,
): Promise<RelayError> => {
  const words = await startOf(conversation)
  const reason = reasonOf(words, authorization)
  const code = codeOfStatus(status, words)
  const retryAfterMs = code === 'REMOTE_THROTTLED' ? waitAsked(headers) : undefined
  return new RelayError(code, {
    status,
    ...(reason && { reason }),
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  })
}

/**
 * Milliseconds that Retry-After asks to wait; undefined where it says nothing that can be read. It holds seconds or a date (RFC 9110,
 * section 10.2.3), which is held against the answer's own Date: the server's clock need not be ours.
 */
const waitAsked = ({
  'retry-after': asked = '',
  date = '',
}: http.IncomingHttpHeaders): number | undefined => {
  if (/^\d{1,9}$/.test(asked)) return Number(asked) * 1_000
  const wait = Date.parse(asked) - Date.parse(date)
  return /GMT$/.test(asked) && Number.isFinite(wait) ? Math.max(0, wait) : undefined
}

const codeOfStatus = (status: number, words: string): Code => {
  if (status === 429 || status === 503 || /rate exceeded/i.test(words)) return 'REMOTE_THROTTLED'
  return status === 401 || status === 403 ? 'REMOTE_DENIED' : 'REMOTE_FAILED'
}

const startOf = async (conversation: Conversation): Promise<string> => {
  const pieces: Buffer[] = []
  let length = 0
  try {
    for await (const piece of conversation.body()) {
      pieces.push(piece)
      length += piece.length
      if (length > MAX_REFUSAL_BYTES) break
    }
  } catch {
    // The status says enough: what is lost is part of its explanation.
  }
  return Buffer.concat(pieces).toString('utf8').slice(0, MAX_REFUSAL_BYTES)
}

/** Whatever went wrong in an exchange as a coded error that names the repository. */
export const failureOf = (
  error: unknown,
  facts: ErrorData,
  authorization: string,
  signal: AbortSignal | undefined,
): RelayError => {
  if (error instanceof RelayError) {
    const { reason, ...data } = error.data
    const words = reason !== undefined && { reason: reasonOf(String(reason), authorization) }
    return new RelayError(error.code, { ...facts, ...data, ...words }, { cause: error.cause })
  }
  if (signal?.aborted) {
    const late = (signal.reason as { name?: unknown } | null)?.name === 'TimeoutError'
    return new RelayError('REMOTE_UNREACHABLE', { ...facts, error: late ? 'timeout' : 'aborted' })
  }
  if (error instanceof Impatience)
    return new RelayError('REMOTE_UNREACHABLE', { ...facts, error: 'timeout', ...error.data })
  const { code = 'unknown' } = error as NodeJS.ErrnoException
  if (/^Z_/.test(code)) return new RelayError('GIT_PROTOCOL', { ...facts, problem: 'gzip' })
  // Node's parser hands the bytes at hand along with its errors; they stay out of ours.
  const cause = code.startsWith('HPE_') ? undefined : error
  return new RelayError('REMOTE_UNREACHABLE', { ...facts, error: code }, { cause })
}
