import type { IncomingMessage } from 'node:http'
import type { Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { ProtocolError } from '../wire/pkt.ts'

/** Git gzips request bodies above 1 kB (git's `remote-curl.c`, `rpc_service`). Throws {@link ProtocolError} on other encodings. */
export const requestBody = (request: IncomingMessage): Readable => {
  const encoding = request.headers['content-encoding']
  if (encoding === undefined || encoding === 'identity') return request
  if (encoding !== 'gzip' && encoding !== 'x-gzip') {
    throw new ProtocolError(`content encoding ${encoding} is not known`)
  }
  const inflated = createGunzip()
  request.once('error', (error) => inflated.destroy(error))
  request.once('close', () => {
    if (!request.complete) inflated.destroy(new ProtocolError('the request was cut'))
  })
  return request.pipe(inflated)
}
