import type { IncomingHttpHeaders } from 'node:http'
import type { Answer } from './answers.ts'

/** What is asked of the cloud itself, below `/_relay/`. */
export interface ControlRequest {
  readonly method: string
  readonly path: string
  /** without the question mark */
  readonly query: string
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

/** Answers what is asked of the cloud itself; undefined for a path that it does not know. */
export type Control = (request: ControlRequest) => Promise<Answer | undefined>

/**
 * Why a request to the cloud itself is not let in, or undefined. It carries no signature, so that a web page must not be able to
 * make it: not from another origin, and not under a name of the page's own that leads to this machine (DNS rebinding).
 * @param port ours
 */
export const refusedControl = (headers: IncomingHttpHeaders, port: number): string | undefined => {
  const host = (headers.host ?? '').toLowerCase()
  const ours = /^(localhost|127\.0\.0\.1|\[::1\]|([a-z0-9-]+\.)+localhost):(\d+)$/.exec(host)
  if (!ours || Number(ours[3]) !== port)
    return `This address is for localhost:${port} alone, and the request is for another host.`
  const { origin } = headers
  if (origin !== undefined && origin !== `http://${host}` && origin !== `https://${host}`)
    return 'Web pages of other origins may not call this address.'
  if (headers['sec-fetch-site'] === 'cross-site' || headers['sec-fetch-site'] === 'same-site')
    return 'Web pages of other origins may not call this address.'
  return undefined
}

/** An answer in plain JSON: the cloud's own words, not AWS's. */
export const plainJson = (status: number, value: object): Answer => ({
  status,
  headers: { 'content-type': 'application/json' },
  body: `${JSON.stringify(value)}\n`,
})
