import { request } from 'node:http'
import type { Readable } from 'node:stream'
import type { Harness } from './harness.ts'

export interface RawAnswer {
  readonly status: number
  readonly headers: Record<string, unknown>
  readonly body: Buffer
}

/** HTTP as a client other than git may speak it; rejects when the server hangs up. */
export const ask = (
  cloud: Harness,
  path: string,
  {
    method = 'GET',
    headers = {},
    body,
  }: { method?: string; headers?: Record<string, string>; body?: Buffer | Readable } = {},
): Promise<RawAnswer> =>
  new Promise((resolve, reject) => {
    const call = request(
      { host: '127.0.0.1', port: cloud.port, path, method, headers: { Host: cloud.host(), ...headers } },
      (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('error', reject)
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body: Buffer.concat(chunks),
          }),
        )
      },
    )
    call.on('error', reject)
    if (body === undefined) call.end()
    else if (Buffer.isBuffer(body)) call.end(body)
    else body.pipe(call)
  })

export const basic = (user: string, password: string): string =>
  `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`

export const line = (text: string): Buffer => {
  const bytes = Buffer.from(text)
  return Buffer.concat([Buffer.from((bytes.length + 4).toString(16).padStart(4, '0')), bytes])
}

export const ZERO = '0'.repeat(40)
/** a pack without objects: header, version 2, none, and its SHA-1 (gitformat-pack) */
export const EMPTY_PACK = Buffer.from(
  '5041434b0000000200000000029d08823bd8a8eab510ad6ac75c823cfd3ed31e',
  'hex',
)

/** Posts a push of these `[old, new, ref]` lines. */
export const rawPush = (
  cloud: Harness,
  name: string,
  commands: readonly (readonly [string, string, string])[],
  { capabilities = 'report-status', pack = EMPTY_PACK }: { capabilities?: string; pack?: Buffer } = {},
): Promise<RawAnswer> => {
  const lines = commands.map((command, index) =>
    line(command.join(' ') + (index === 0 ? `\0 ${capabilities}` : '')),
  )
  return ask(cloud, `/v1/repos/${name}/git-receive-pack`, {
    method: 'POST',
    headers: {
      Authorization: basic(cloud.olive.gitUser, cloud.olive.gitPassword),
      'Content-Type': 'application/x-git-receive-pack-request',
    },
    body: Buffer.concat([...lines, Buffer.from('0000'), pack]),
  })
}

/** Lines of a report-status without sideband. */
export const reportLines = (body: Buffer): string[] => {
  const lines: string[] = []
  for (let at = 0; at < body.length; ) {
    const length = Number.parseInt(body.toString('latin1', at, at + 4), 16)
    if (length === 0) return lines
    lines.push(body.toString('utf8', at + 4, at + length).trimEnd())
    at += length
  }
  return lines
}
