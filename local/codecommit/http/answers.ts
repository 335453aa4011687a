import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Refused } from '../wire/admit.ts'

/** An answer in place of Git's. */
export interface Answer {
  readonly status: number
  readonly text: string
  readonly headers?: Readonly<Record<string, string>>
}

export const plain = (
  status: number,
  text: string,
  headers: Readonly<Record<string, string>> = {},
): Answer => ({
  status,
  text: `${text}\n`,
  headers: { 'Content-Type': 'text/plain', ...headers },
})

/** CodeCommit's Git endpoint names its errors in XML (answers recorded in google/osv-scalibr). */
export const named = (status: number, code: string, message?: string): Answer => ({
  status,
  text:
    message === undefined
      ? `<${code}/>`
      : `<${code}>\n  <Message>${message.replace(/&/g, '&amp;').replace(/</g, '&lt;')}</Message>\n</${code}>`,
  headers: { 'Content-Type': 'application/xml' },
})

export const unknownCaller = (): Answer => ({
  ...plain(401, 'Credentials are needed.'),
  headers: { 'Content-Type': 'text/plain', 'WWW-Authenticate': 'Basic realm="AWS CodeCommit"' },
})

export const throttled = (): Answer => plain(429, 'Rate Exceeded')

/** Wrong and expired credentials and missing permissions are all 403 (codecommit user guide, troubleshooting). */
export const refusal = ({ refused, text, code }: Refused): Answer => {
  if (refused === 'throttled') return throttled()
  if (refused === 'missing') return named(404, 'RepositoryDoesNotExistException')
  return refused === 'key' ? named(403, code, text) : named(403, 'AccessDeniedException', text)
}

/** Instead of the refs or a pack. What the client still sends is read and dropped, so that it comes to read this. */
export const write = (
  request: IncomingMessage,
  response: ServerResponse,
  { status, text, headers }: Answer,
): void => {
  request.resume()
  response.writeHead(status, { 'Cache-Control': 'no-cache', ...headers })
  response.end(text)
}
