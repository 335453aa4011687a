import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Caller } from '../../gateway/service.ts'
import { bareOf, type Context } from '../context.ts'
import { may } from '../permissions.ts'
import type { Repository, RepositoryKey } from '../repositories.ts'
import { advertisement } from './advertise.ts'
import { type Address, authenticate } from './authenticate.ts'
import { FETCH_CAPABILITIES, PUSH_CAPABILITIES } from './capabilities.ts'
import { ProtocolError } from './pkt.ts'
import { servePush } from './receive-pack.ts'
import { chunksOf, send } from './streams.ts'
import { serveFetch } from './upload-pack.ts'

/** A peer that neither sends nor reads for so long is cut off; git itself may be silent for minutes while it checks a pack. */
const IDLE_MS = 10 * 60_000

type GitService = 'git-upload-pack' | 'git-receive-pack'

interface GitRequest {
  readonly address: Address
  readonly name: string
  readonly service: GitService
  readonly advertise: boolean
}

/** An answer in place of Git's. */
interface Refusal {
  readonly status: number
  readonly text: string
  readonly headers?: Readonly<Record<string, string>>
}

/** Git over smart HTTP. Never rejects: what goes wrong is answered, or the connection is cut, and logged. */
export const createGitEndpoint =
  (context: Context) =>
  async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    request.socket.setTimeout(IDLE_MS)
    try {
      const asked = parseRequest(request)
      if ('status' in asked) return refuse(request, response, asked)
      const entrance = admit(context, request, asked)
      if ('status' in entrance) return refuse(request, response, entrance)
      await serve(context, asked, entrance, request, response)
    } catch (error) {
      fail(context, request, response, error)
    }
  }

const HOST = /^git-codecommit(?:-fips)?\.([a-z]{2}(?:-[a-z]+)+-\d+)\.amazonaws\.com(?:\.localhost)?(?::\d+)?$/
const PATH = /^(\/v1\/repos\/([A-Za-z0-9._-]{1,100}))\/(info\/refs|git-upload-pack|git-receive-pack)$/

/** CodeCommit knows no dumb HTTP, takes no trailing slash and adds no `.git` (codecommit user guide, troubleshooting). */
const parseRequest = (request: IncomingMessage): GitRequest | Refusal => {
  const host = (request.headers.host ?? '').toLowerCase()
  const region = HOST.exec(host)?.[1]
  if (region === undefined) return { status: 404, text: 'This is not a Git endpoint of CodeCommit.' }
  const { pathname: path, searchParams } = new URL(`http://git${request.url ?? '/'}`)
  const [, clonePath, name, action] = PATH.exec(path) ?? []
  if (clonePath === undefined || name === undefined) return { status: 404, text: 'Repository not found.' }
  const advertise = action === 'info/refs'
  const service = advertise ? searchParams.get('service') : action
  const method = advertise ? 'GET' : 'POST'
  if (request.method !== method) {
    return { status: 405, text: `${method} is needed here.`, headers: { Allow: method } }
  }
  if (service !== 'git-upload-pack' && service !== 'git-receive-pack') {
    return { status: 400, text: 'Only the smart HTTP protocol is served.' }
  }
  if (!advertise && request.headers['content-type'] !== `application/x-${service}-request`) {
    return { status: 415, text: 'The content type is not that of a Git request.' }
  }
  const hosts = [...new Set([host, host.replace(/:\d+$/, '')])]
  return { address: { region, hosts, path: clonePath }, name, service, advertise }
}

/** First who it is, then what they may, then whether it exists: strangers learn of no repository. */
const admit = (
  context: Context,
  request: IncomingMessage,
  { address, name, service }: GitRequest,
): { caller: Caller; repository: Repository } | Refusal => {
  const { iam, parts, repositories } = context
  const identity = authenticate(iam, request.headers.authorization, address, parts.now())
  if (identity.kind === 'nobody') {
    const headers = { 'WWW-Authenticate': 'Basic realm="AWS CodeCommit"' }
    return { status: 401, text: 'Credentials are needed.', headers }
  }
  const denied = (caller: string | undefined, why: string): Refusal => {
    parts.log('codecommit', 'Git access was refused', { repository: name, service, caller, why })
    return { status: 403, text: 'Access denied.' }
  }
  if (identity.kind === 'refused') return denied(undefined, identity.why)
  const { caller } = identity
  const key: RepositoryKey = { account: caller.account, region: address.region, name }
  const action = service === 'git-upload-pack' ? 'GitPull' : 'GitPush'
  if (!may(context, caller, action, key)) return denied(caller.arn, `codecommit:${action} is not allowed`)
  const repository = repositories.find(key)
  return repository === undefined ? { status: 404, text: 'Repository not found.' } : { caller, repository }
}

const serve = (
  context: Context,
  { service, advertise }: GitRequest,
  { caller, repository }: { caller: Caller; repository: Repository },
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> => {
  if (advertise) return serveRefs(context, service, repository, response)
  return service === 'git-upload-pack'
    ? serveFetch(context, repository, request, response)
    : servePush(context, repository, caller, request, response)
}

/** Version 0 whatever the client asks for: git falls back by itself. */
const serveRefs = async (
  context: Context,
  service: GitService,
  repository: Repository,
  response: ServerResponse,
): Promise<void> => {
  const { directory } = bareOf(context, repository)
  const talk = context.git.converse([service.slice(4), '--stateless-rpc', '--advertise-refs', directory])
  talk.stdin.end()
  const offered = service === 'git-upload-pack' ? FETCH_CAPABILITIES : PUSH_CAPABILITIES
  try {
    for await (const bytes of advertisement(service, chunksOf(talk.stdout), offered)) {
      if (!response.headersSent) {
        response.writeHead(200, {
          'Content-Type': `application/x-${service}-advertisement`,
          'Cache-Control': 'no-cache',
        })
      }
      if (!(await send(response, bytes))) break
    }
  } finally {
    talk.abort()
  }
  const { code, stderr } = await talk.done
  if (code !== 0 && code !== null) throw new Error(`git ${service} ended with ${code}: ${stderr.trim()}`)
  response.end()
}

const refuse = (
  request: IncomingMessage,
  response: ServerResponse,
  { status, text, headers = {} }: Refusal,
): void => {
  // what the client still sends is read and dropped, so that it comes to read this answer
  request.resume()
  response.writeHead(status, { 'Content-Type': 'text/plain', 'Cache-Control': 'no-cache', ...headers })
  response.end(`${text}\n`)
}

/** CodeCommit hangs up on clients that leave the protocol; so does this, and says why in its log. */
const fail = (
  { parts }: Context,
  request: IncomingMessage,
  response: ServerResponse,
  error: unknown,
): void => {
  const what = error instanceof ProtocolError ? 'a Git client was cut off' : 'a Git request failed'
  parts.log('codecommit', what, { path: request.url, error: String(error) })
  if (error instanceof ProtocolError || response.headersSent || request.destroyed) {
    request.socket.destroy()
  } else {
    refuse(request, response, { status: 500, text: 'CodeCommit failed; see the log.' })
  }
}
