import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { GitFault } from '../../contracts.ts'
import type { Context } from '../context.ts'
import { admit } from '../wire/admit.ts'
import { cutEnds, type Ends, passed } from '../wire/cut.ts'
import { converseFetch } from '../wire/fetch.ts'
import { ProtocolError, readPackets } from '../wire/pkt.ts'
import { readPush, takePush } from '../wire/push.ts'
import { type Attempt, recordRefs } from '../wire/record.ts'
import { tellRefs } from '../wire/refs.ts'
import { chunksOf, drain } from '../wire/streams.ts'
import type { Visit } from '../wire/visit.ts'
import { readWants } from '../wire/wants.ts'
import { type GitRequest, parseRequest } from './address.ts'
import { type Answer, named, plain, refusal, throttled, unknownCaller, write } from './answers.ts'
import { authenticate } from './authenticate.ts'
import { requestBody } from './body.ts'

/** A peer that neither sends nor reads for so long is cut off; git itself may be silent for minutes while it checks a pack. */
const IDLE_MS = 10 * 60_000

/** Git over smart HTTP. Never rejects: what goes wrong is answered, or the connection is cut, and logged. */
export const createGitEndpoint =
  (context: Context) =>
  async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    request.socket.setTimeout(IDLE_MS)
    const requestId = randomUUID()
    response.setHeader('x-amzn-RequestId', requestId)
    try {
      const asked = parseRequest(request, context.regions)
      if ('status' in asked) return write(request, response, asked)
      const attempt = recognise(context, request, asked, requestId)
      if ('status' in attempt) return write(request, response, attempt)
      const { advertise, service } = asked
      const { key } = attempt
      const fault = context.faults?.git({ ...key, repository: key.name, service, advertise }) ?? {}
      if (fault.status !== undefined) return write(request, response, onPurpose(fault.status))
      const entrance = admit(context, attempt)
      if ('refused' in entrance) return write(request, response, refusal(entrance))
      const visit: Visit = { ...attempt, repository: entrance }
      await serve(context, asked, visit, fault, request, response)
    } catch (error) {
      fail(context, request, response, error)
    }
  }

const onPurpose = (status: number): Answer =>
  status === 429 ? throttled() : plain(status, 'Failed on purpose.')

/** Who it is, and which repository is meant. */
const recognise = (
  { iam, parts, repositories }: Context,
  request: IncomingMessage,
  { address, name, service }: GitRequest,
  requestId: string,
): Attempt | Answer => {
  const identity = authenticate(iam, request.headers.authorization, address, parts.now())
  if (identity.kind === 'nobody') return unknownCaller()
  if (identity.kind === 'refused') {
    parts.log('codecommit', 'Git credentials were refused', { repository: name, service, why: identity.why })
    return named(403, 'AccessDeniedException', 'Invalid request')
  }
  const { caller } = identity
  const keyIn = (region: string) => ({ account: caller.account, region, name })
  // a static credential at an address without a region means the first region that has such a repository
  const has = (region: string) => repositories.find(keyIn(region)) !== undefined
  const [first = ''] = address.regions
  const key = keyIn(identity.region ?? address.regions.find(has) ?? first)
  const found = repositories.find(key)
  const length = request.headers['content-length']
  const { remoteAddress } = request.socket
  return {
    service,
    caller,
    key,
    via: 'HTTP',
    requestId,
    secure: 'encrypted' in request.socket,
    ...(length !== undefined && { size: Number(length) }),
    ...(found !== undefined && { repositoryId: found.id }),
    ...(remoteAddress !== undefined && { sourceIp: remoteAddress.replace(/^::ffff:/, '') }),
    ...(request.headers['user-agent'] !== undefined && { userAgent: request.headers['user-agent'] }),
  }
}

const serve = async (
  context: Context,
  { service, advertise }: GitRequest,
  visit: Visit,
  fault: GitFault,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> => {
  const whole = { input: chunksOf(advertise ? request : requestBody(request)), client: response }
  const ends = cutEnds(whole, fault, () => request.socket.destroy())
  const begin = (kind: 'advertisement' | 'result') => () =>
    void response.writeHead(200, {
      'Content-Type': `application/x-${service}-${kind}`,
      'Cache-Control': 'no-cache',
    })
  if (advertise) {
    await tellRefs(context, visit, service, ends.client, { http: true, begin: begin('advertisement') })
    recordRefs(context, { ...visit, service, key: visit.repository, repositoryId: visit.repository.id })
  } else {
    const exchange = service === 'git-upload-pack' ? serveFetch : servePush
    await exchange(context, visit, ends, begin('result'), request)
  }
  await passed(whole, ends)
  response.end()
}

type Exchange = (
  context: Context,
  visit: Visit,
  ends: Ends,
  begin: () => void,
  request: IncomingMessage,
) => Promise<void>

const serveFetch: Exchange = async (context, visit, { input, client }, begin, request) => {
  // CodeCommit hangs up on fetches without a length (isomorphic-git, `commands/fetch.js`)
  if (request.headers['content-length'] === undefined) {
    throw new ProtocolError('a fetch without Content-Length; with git, raise http.postBuffer')
  }
  const reader = readPackets(input)
  const wants = await readWants(reader)
  begin()
  if (wants === undefined) return
  const directory = context.repositories.directory(visit.repository)
  const talk = context.git.converse(['upload-pack', '--strict', '--stateless-rpc', directory])
  await converseFetch(context, visit, talk, {
    wants: Promise.resolve(wants),
    reader,
    output: chunksOf(talk.stdout),
    client,
  })
  const { code, stderr } = await talk.done
  if (code === 0) return
  const facts = { repository: visit.repository.name, code, stderr: stderr.trim() }
  context.parts.log('codecommit', 'git upload-pack ended with an error', facts)
  // without output there is nothing yet that git's client could read as an error
  if (code === null) client.destroy()
}

const servePush: Exchange = async (context, visit, { input, client }, begin) => {
  const reader = readPackets(input)
  const head = await readPush(reader)
  begin()
  // git asks without commands before it sends a large push (git's `remote-curl.c`, `probe_rpc`)
  if (head.commands.length === 0) await drain(reader.rest())
  else await takePush(context, visit, head, reader, client)
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
  if (error instanceof ProtocolError || response.headersSent || request.destroyed) request.socket.destroy()
  else write(request, response, plain(500, 'CodeCommit failed; see the log.'))
}
