import type { IncomingMessage } from 'node:http'
import type { GitService } from '../wire/visit.ts'
import { type Answer, plain } from './answers.ts'
import type { Address } from './authenticate.ts'

export interface GitRequest {
  readonly address: Address
  readonly name: string
  readonly service: GitService
  readonly advertise: boolean
}

/**
 * Hosts of the Git endpoint (codecommit user guide, "Regions and Git connection endpoints" and "Using AWS CodeCommit with interface VPC
 * endpoints"); `.localhost` behind them leads to this machine.
 */
const HOST =
  /^(?:vpce-[a-z0-9-]+\.)?git-codecommit(?:-fips)?\.([a-z]{2}(?:-[a-z]+)+-\d+)\.(?:vpce\.)?amazonaws\.com(?:\.cn)?(?:\.localhost)?(?::\d+)?$/
/** what git-remote-codecommit is given as `CODE_COMMIT_ENDPOINT`: a host that names no region */
const LOOPBACK = /^(?:127\.0\.0\.1|localhost|\[::1\])(?::\d+)?$/
const PATH = /^(\/v1\/repos\/([A-Za-z0-9._-]{1,100}))\/(info\/refs|git-upload-pack|git-receive-pack)$/

/**
 * CodeCommit knows no dumb HTTP, takes no trailing slash and adds no `.git` (codecommit user guide, troubleshooting).
 * @param served regions, one of which a loopback address must mean
 */
export const parseRequest = (request: IncomingMessage, served: readonly string[]): GitRequest | Answer => {
  const host = (request.headers.host ?? '').toLowerCase()
  const regions = LOOPBACK.test(host) ? served : [HOST.exec(host)?.[1]].filter((name) => name !== undefined)
  if (regions.length === 0) return plain(404, 'This is not a Git endpoint of CodeCommit.')
  const [path = '', query = ''] = (request.url ?? '/').split('?', 2)
  const [, clonePath, name, action] = PATH.exec(path) ?? []
  if (clonePath === undefined || name === undefined) return plain(404, 'Repository not found.')
  const advertise = action === 'info/refs'
  const service = advertise ? new URLSearchParams(query).get('service') : action
  const method = advertise ? 'GET' : 'POST'
  if (request.method !== method) return plain(405, `${method} is needed here.`, { Allow: method })
  if (service !== 'git-upload-pack' && service !== 'git-receive-pack') {
    return plain(400, 'Only the smart HTTP protocol is served.')
  }
  if (!advertise && request.headers['content-type'] !== `application/x-${service}-request`) {
    return plain(415, 'The content type is not that of a Git request.')
  }
  const hosts = [...new Set([host, host.replace(/:\d+$/, '')])]
  return { address: { regions, hosts, path: clonePath }, name, service, advertise }
}
