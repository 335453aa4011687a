import { request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'

/** How long a web server may take to answer: SNS developer guide, "Amazon SNS message delivery retries". */
const TIMEOUT_MS = 15_000

/** A web server that was reached and refused, or was not reached. */
export class HttpFailure extends Error {
  /** trying again is useless */
  readonly permanent: boolean

  constructor(message: string, permanent: boolean) {
    super(message)
    this.permanent = permanent
  }
}

/**
 * Posts one message; the answer's body does not matter.
 * @param trust PEM of further certificates that https servers may show
 * @throws {HttpFailure} unless the status is 2xx; 4xx but 429, and redirects, are permanent
 */
export const post = (
  endpoint: string,
  headers: Readonly<Record<string, string>>,
  body: string,
  trust?: string,
): Promise<void> =>
  new Promise((resolve, reject) => {
    const url = new URL(endpoint)
    const bytes = Buffer.from(body)
    const options = {
      method: 'POST',
      timeout: TIMEOUT_MS,
      headers: {
        ...headers,
        'content-length': bytes.length,
        'user-agent': 'Amazon Simple Notification Service Agent',
        'accept-encoding': 'gzip,deflate',
      },
      ...(trust === undefined ? {} : { ca: trust }),
    }
    const request = (url.protocol === 'https:' ? requestHttps : requestHttp)(url, options, (answer) => {
      answer.resume()
      const status = answer.statusCode ?? 0
      if (status >= 200 && status < 300) return resolve()
      reject(
        new HttpFailure(`the endpoint answered ${status}`, status >= 300 && status < 500 && status !== 429),
      )
    })
    request.on('timeout', () => request.destroy(new Error('the endpoint did not answer in time')))
    request.on('error', (error) => reject(new HttpFailure(error.message, false)))
    request.end(bytes)
  })
