import { spawn } from 'node:child_process'
import type { RequestListener, ServerResponse } from 'node:http'
import type { Readable } from 'node:stream'

/**
 * What every guide to Git over HTTP shows: `git http-backend` as a CGI program, and nothing around it. Bytes flow as fast as
 * the slower side takes them.
 * @param root bare repositories lie in it, by name
 * @param seen called with every request before git gets it
 */
export const httpBackend =
  (root: string, seen?: RequestListener): RequestListener =>
  (request, response) => {
    seen?.(request, response)
    const { pathname, search } = new URL(request.url ?? '/', 'http://git')
    const { headers } = request
    const backend = spawn('git', ['http-backend'], {
      env: {
        PATH: process.env.PATH,
        GIT_PROJECT_ROOT: root,
        GIT_HTTP_EXPORT_ALL: '1',
        GIT_CONFIG_NOSYSTEM: '1',
        GIT_CONFIG_GLOBAL: '/dev/null',
        PATH_INFO: pathname,
        QUERY_STRING: search.slice(1),
        REQUEST_METHOD: request.method,
        REMOTE_USER: 'bench',
        CONTENT_TYPE: headers['content-type'] ?? '',
        ...(headers['content-length'] && { CONTENT_LENGTH: headers['content-length'] }),
        ...(headers['content-encoding'] && { HTTP_CONTENT_ENCODING: headers['content-encoding'] }),
        ...(headers['git-protocol'] && { GIT_PROTOCOL: String(headers['git-protocol']) }),
      },
      stdio: ['pipe', 'pipe', 'ignore'],
    })
    // a client that goes away ends the upload; git then ends by itself
    backend.stdin.on('error', () => undefined)
    request.pipe(backend.stdin)
    response.on('close', () => backend.kill())
    answer(backend.stdout, response)
  }

/** CGI's header block becomes HTTP's; what follows is the body. */
const answer = (stdout: Readable, response: ServerResponse): void => {
  let head = Buffer.alloc(0)
  const untilHead = (piece: Buffer) => {
    head = Buffer.concat([head, piece])
    const end = head.indexOf('\r\n\r\n')
    if (end < 0) return
    stdout.off('data', untilHead)
    const fields = head.toString('latin1', 0, end).split('\r\n')
    const pairs = fields.map((line) => line.split(/:\s*/, 2) as [string, string])
    const status = Number(pairs.find(([key]) => key === 'Status')?.[1].slice(0, 3) ?? 200)
    response.writeHead(status, Object.fromEntries(pairs.filter(([key]) => key !== 'Status')))
    response.write(head.subarray(end + 4))
    stdout.pipe(response)
  }
  stdout.on('data', untilHead)
  stdout.on('end', () => {
    if (!response.headersSent) response.writeHead(500).end()
  })
}
