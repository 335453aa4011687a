import type { ConnectionHttpParameters, HttpParameters } from '@aws-sdk/client-eventbridge'
import type { Parts } from '../contracts.ts'
import { AwsError } from '../gateway/service.ts'
import type { Connection, Connections } from './connections.ts'
import type { Destination, Destinations } from './destinations.ts'
import { type HttpAnswer, send } from './http.ts'

/** Calls API destinations, each no faster than its rate. */
export interface Invoker {
  /** @throws AwsError: what the endpoint answered, or that there is no such destination */
  invoke(destinationArn: string, parameters: HttpParameters | undefined, body: string): Promise<void>
  /** ends the calls under way */
  stop(): void
}

/** An endpoint that answers in this way is called again: EventBridge user guide, "API destinations". */
const PASSING = [401, 407, 409, 429]

const USER_AGENT = 'Amazon/EventBridge/ApiDestinations'

export const createInvoker = (
  { now }: Pick<Parts, 'now'>,
  destinations: Destinations,
  connections: Connections,
): Invoker => {
  const stopping = new AbortController()
  const nextAt = new Map<string, number>()
  const tokens = new Map<string, { readonly token: string; readonly expires: number }>()

  /** waits for the destination's turn */
  const turn = async ({ arn, rate }: Destination): Promise<void> => {
    const at = Math.max(nextAt.get(arn) ?? 0, now())
    nextAt.set(arn, at + 1_000 / rate)
    const wait = at - now()
    if (wait <= 0) return
    await new Promise<void>((resolve, reject) => {
      const stop = () => {
        clearTimeout(timer)
        reject(new AwsError('InternalException', 'the cloud is stopping', 500))
      }
      const timer = setTimeout(() => {
        stopping.signal.removeEventListener('abort', stop)
        resolve()
      }, wait)
      stopping.signal.addEventListener('abort', stop, { once: true })
    })
  }
  const tokenOf = async (connection: Connection): Promise<string> => {
    const known = tokens.get(connection.arn)
    if (known && known.expires > now()) return known.token
    const [, , , region = '', account = ''] = connection.arn.split(':')
    try {
      const { token, seconds } = await askForToken(connection, stopping.signal)
      tokens.set(connection.arn, { token, expires: now() + seconds * 1_000 })
      if (connection.state !== 'AUTHORIZED')
        connections.save({ account, region }, { ...connection, state: 'AUTHORIZED', authorizedAt: now() })
      return token
    } catch (error) {
      connections.save({ account, region }, { ...connection, state: 'DEAUTHORIZED' })
      throw error
    }
  }
  return {
    invoke: async (arn, parameters = {}, body) => {
      const destination = destinations.find(arn)
      if (!destination) throw missing(`API destination ${arn} does not exist.`)
      const connection = connections.find(destination.connectionArn)
      if (!connection) throw missing(`Connection ${destination.connectionArn} does not exist.`)
      await turn(destination)
      const token = connection.type === 'OAUTH_CLIENT_CREDENTIALS' ? await tokenOf(connection) : undefined
      const request = requestOf(destination, connection, parameters, body, token)
      const answer = await send({ ...request, signal: stopping.signal })
      if (answer.status === 401 || answer.status === 407) tokens.delete(connection.arn)
      if (answer.status < 200 || answer.status > 299) throw refused(answer)
    },
    stop: () => stopping.abort(),
  }
}

const missing = (message: string) => new AwsError('ResourceNotFoundException', message, 404)

/** Status 500 or 429 make the delivery come back, others do not. The endpoint's body is not told: it may hold anything. */
const refused = ({ status, retryAfter }: HttpAnswer): AwsError => {
  const passing = status >= 500 || PASSING.includes(status)
  const again = retryAfter === undefined ? '' : `, Retry-After: ${retryAfter}`
  return new AwsError(
    passing ? 'ThrottlingException' : 'SDK_CLIENT_ERROR',
    `The endpoint answered with HTTP status ${status}${again}`,
    status >= 500 ? 500 : passing ? 429 : status < 400 ? 400 : status,
  )
}

const pairs = (
  list: readonly { Key?: string | undefined; Value?: string | undefined }[] | undefined,
): Record<string, string> => Object.fromEntries((list ?? []).map(({ Key = '', Value = '' }) => [Key, Value]))

const withQuery = (url: URL, query: Readonly<Record<string, string>>): URL => {
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value)
  return url
}

/** Parameters of the connection win over the target's: user guide, "Connections for API destinations". */
const requestOf = (
  destination: Destination,
  { type, auth }: Connection,
  parameters: HttpParameters,
  body: string,
  token: string | undefined,
) => {
  const http = auth.InvocationHttpParameters ?? {}
  const values = [...(parameters.PathParameterValues ?? [])]
  const path = destination.endpoint.replaceAll('*', () => encodeURIComponent(values.shift() ?? ''))
  const bodiless = ['GET', 'HEAD'].includes(destination.method)
  return {
    url: withQuery(new URL(path), {
      ...parameters.QueryStringParameters,
      ...pairs(http.QueryStringParameters),
    }),
    method: destination.method,
    headers: {
      'User-Agent': USER_AGENT,
      'Content-Type': 'application/json; charset=utf-8',
      Range: `bytes=0-1048575`,
      ...parameters.HeaderParameters,
      ...pairs(http.HeaderParameters),
      ...authorization(type, auth, token),
    },
    ...(bodiless ? {} : { body: withMembers(body, pairs(http.BodyParameters)) }),
  }
}

const authorization = (
  type: Connection['type'],
  { BasicAuthParameters: basic, ApiKeyAuthParameters: key }: Connection['auth'],
  token: string | undefined,
): Record<string, string> => {
  if (type === 'OAUTH_CLIENT_CREDENTIALS') return { Authorization: `Bearer ${token}` }
  if (type === 'API_KEY') return { [key?.ApiKeyName ?? '']: key?.ApiKeyValue ?? '' }
  const pair = `${basic?.Username}:${basic?.Password}`
  return { Authorization: `Basic ${Buffer.from(pair).toString('base64')}` }
}

/** Adds the connection's members to a body that is a JSON object; others stay as they are. */
const withMembers = (body: string, members: Readonly<Record<string, string>>): string => {
  if (Object.keys(members).length === 0) return body
  try {
    const value: unknown = JSON.parse(body)
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return body
    return JSON.stringify({ ...value, ...members })
  } catch {
    return body
  }
}

/** OAuth 2.0, client credentials: RFC 6749, 4.4. */
const askForToken = async (
  { auth }: Connection,
  signal: AbortSignal,
): Promise<{ token: string; seconds: number }> => {
  const oauth = auth.OAuthParameters
  const http: ConnectionHttpParameters = oauth?.OAuthHttpParameters ?? {}
  const method = oauth?.HttpMethod ?? 'POST'
  const fields = {
    grant_type: 'client_credentials',
    client_id: oauth?.ClientParameters?.ClientID ?? '',
    client_secret: oauth?.ClientParameters?.ClientSecret ?? '',
    ...pairs(http.BodyParameters),
  }
  const url = withQuery(new URL(oauth?.AuthorizationEndpoint ?? ''), {
    ...(method === 'GET' ? fields : {}),
    ...pairs(http.QueryStringParameters),
  })
  const answer = await send({
    url,
    method,
    headers: {
      'User-Agent': USER_AGENT,
      'Content-Type': 'application/x-www-form-urlencoded; charset=utf-8',
      Accept: 'application/json',
      ...pairs(http.HeaderParameters),
    },
    ...(method === 'GET' ? {} : { body: new URLSearchParams(fields).toString() }),
    signal,
  })
  const denied = new AwsError('AccessDeniedException', 'The authorization endpoint gave no token.', 500)
  if (answer.status < 200 || answer.status > 299) throw denied
  try {
    const { access_token: token, expires_in: seconds } = JSON.parse(answer.body)
    if (typeof token === 'string') return { token, seconds: Number(seconds) || 300 }
  } catch {
    // falls through: an answer that is not JSON holds no token
  }
  throw denied
}
