import type { IncomingMessage } from 'node:http'

/** The largest API request: DynamoDB's BatchWriteItem, 16 MB, is the largest of the services here. */
export const BODY_LIMIT_BYTES = 16 * 1024 * 1024
/** A function's code in base64: 50 MB zipped (Lambda developer guide, "Lambda quotas"). */
export const CODE_LIMIT_BYTES = 70 * 1024 * 1024

/** A body that says nothing for so long, or takes so long as a whole, is given up. */
const SILENCE_MS = 60_000
const WHOLE_MS = 300_000

/**
 * The whole body of a request.
 * @returns `too large` past the limit, by its announced length or by its bytes; `gone` when the client left, or is too slow
 */
export const readBody = (request: IncomingMessage, limit: number): Promise<Buffer | 'too large' | 'gone'> => {
  if (Number(request.headers['content-length'] ?? 0) > limit) return Promise.resolve('too large')
  return new Promise((resolve) => {
    const chunks: Buffer[] = []
    let size = 0
    let whole: NodeJS.Timeout | undefined
    let over = false
    const done = (result: Buffer | 'too large' | 'gone') => {
      // 'close' comes once more when all is well: the connection's clock is no longer ours then
      if (over) return
      over = true
      clearTimeout(whole)
      request.setTimeout(0)
      request.removeListener('data', take)
      resolve(result)
    }
    const give = () => {
      done('gone')
      request.destroy()
    }
    const take = (chunk: Buffer) => {
      size += chunk.length
      if (size > limit) return done('too large')
      // most bodies come in one piece and need no clock
      whole ??= setTimeout(give, WHOLE_MS).unref()
      chunks.push(chunk)
    }
    request.on('data', take)
    request.on('end', () => done(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks, size)))
    request.on('error', () => done('gone'))
    request.on('close', () => done('gone'))
    request.setTimeout(SILENCE_MS, give)
  })
}
