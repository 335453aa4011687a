import { randomUUID } from 'node:crypto'
import type {
  ConnectionHttpParameters,
  CreateConnectionAuthRequestParameters,
  CreateConnectionCommandInput,
  ListConnectionsCommandInput,
  UpdateConnectionCommandInput,
} from '@aws-sdk/client-eventbridge'
import type { Parts } from '../contracts.ts'
import { AwsError, type Call, type Operation } from '../gateway/service.ts'
import { type NamedRecords, openNamed } from './named.ts'
import { pageOf } from './page.ts'

/** How API destinations are let in. Its secrets leave the store in requests to its endpoint only. Times are milliseconds since the epoch. */
export interface Connection {
  readonly name: string
  readonly arn: string
  readonly secretArn: string
  readonly description?: string
  readonly type: 'BASIC' | 'OAUTH_CLIENT_CREDENTIALS' | 'API_KEY'
  readonly auth: CreateConnectionAuthRequestParameters
  readonly state: 'AUTHORIZED' | 'AUTHORIZING' | 'DEAUTHORIZED'
  readonly createdAt: number
  readonly modifiedAt: number
  readonly authorizedAt?: number
}

export type Connections = NamedRecords<Connection>

export const openConnections = ({ store }: Pick<Parts, 'store'>): Connections =>
  openNamed(store, 'events.connections')

const invalid = (reason: string) => new AwsError('ValidationException', reason)

/** Which member of AuthParameters each type of authorization needs. */
const NEEDS = {
  BASIC: 'BasicAuthParameters',
  API_KEY: 'ApiKeyAuthParameters',
  OAUTH_CLIENT_CREDENTIALS: 'OAuthParameters',
} as const

const checkAuth = (type: Connection['type'], auth: CreateConnectionAuthRequestParameters): void => {
  if (auth[NEEDS[type]] === undefined)
    throw invalid(
      `Parameter AuthParameters is not valid. Reason: ${NEEDS[type]} is required for AuthorizationType ${type}.`,
    )
}

/** OAuth is authorized when its token was got, which the first delivery does; the others at once. */
const stateOf = (type: Connection['type'], now: number) =>
  type === 'OAUTH_CLIENT_CREDENTIALS'
    ? ({ state: 'AUTHORIZING', authorizedAt: now } as const)
    : ({ state: 'AUTHORIZED', authorizedAt: now } as const)

/** Operations on connections: EventBridge API Reference; texts from recorded answers. */
export const connectionOperations = (
  { now }: Pick<Parts, 'now'>,
  connections: Connections,
): Record<string, Operation> => {
  const find = (name = '', call: Call, doing: string): Connection => {
    const connection = connections.get(call, name)
    if (connection) return connection
    throw new AwsError(
      'ResourceNotFoundException',
      `Failed to ${doing} the connection(s). Connection '${name}' does not exist.`,
    )
  }
  return {
    CreateConnection: (input: CreateConnectionCommandInput, call: Call) => {
      const name = input.Name ?? ''
      const type = input.AuthorizationType as Connection['type']
      const auth = input.AuthParameters ?? {}
      checkAuth(type, auth)
      if (connections.get(call, name))
        throw new AwsError('ResourceAlreadyExistsException', `Connection ${name} already exists.`)
      const arn = (service: string, rest: string) =>
        `arn:aws:${service}:${call.region}:${call.account}:${rest}`
      const connection = {
        name,
        arn: arn('events', `connection/${name}/${randomUUID()}`),
        secretArn: arn(
          'secretsmanager',
          `secret:events!connection/${name}/${randomUUID()}-${randomUUID().slice(0, 6)}`,
        ),
        ...(input.Description === undefined ? {} : { description: input.Description }),
        type,
        auth,
        createdAt: now(),
        modifiedAt: now(),
        ...stateOf(type, now()),
      }
      connections.save(call, connection)
      const { LastAuthorizedTime: _, ...answer } = brief(connection)
      return answer
    },
    UpdateConnection: (input: UpdateConnectionCommandInput, call: Call) => {
      const connection = find(input.Name, call, 'update')
      const type = (input.AuthorizationType ?? connection.type) as Connection['type']
      const auth = merge(connection.auth, input.AuthParameters ?? {}, type)
      checkAuth(type, auth)
      const changed = {
        ...connection,
        ...(input.Description === undefined ? {} : { description: input.Description }),
        type,
        auth,
        modifiedAt: now(),
        ...stateOf(type, now()),
      }
      connections.save(call, changed)
      return brief(changed)
    },
    DescribeConnection: (input: { Name?: string }, call: Call) => {
      const connection = find(input.Name, call, 'describe')
      return {
        ...brief(connection),
        Name: connection.name,
        ...(connection.description === undefined ? {} : { Description: connection.description }),
        AuthorizationType: connection.type,
        SecretArn: connection.secretArn,
        AuthParameters: withoutSecrets(connection.auth),
      }
    },
    ListConnections: (input: ListConnectionsCommandInput, call: Call) => {
      const all = connections
        .list(call)
        .filter(
          ({ name, state }) =>
            name.startsWith(input.NamePrefix ?? '') && (input.ConnectionState ?? state) === state,
        )
      const { part, ...next } = pageOf(all, ({ name }) => name, input)
      const Connections = part.map((one) => ({ ...brief(one), Name: one.name, AuthorizationType: one.type }))
      return { Connections, ...next }
    },
    DeleteConnection: (input: { Name?: string }, call: Call) => {
      const connection = find(input.Name, call, 'delete')
      connections.delete(call, connection.name)
      return { ...brief(connection), ConnectionState: 'DELETING' }
    },
    DeauthorizeConnection: (input: { Name?: string }, call: Call) => {
      const connection = find(input.Name, call, 'deauthorize')
      connections.save(call, { ...connection, state: 'DEAUTHORIZED', modifiedAt: now() })
      return { ...brief(connection), ConnectionState: 'DEAUTHORIZING' }
    },
  }
}

const brief = (connection: Connection) => ({
  ConnectionArn: connection.arn,
  ConnectionState: connection.state,
  CreationTime: new Date(connection.createdAt),
  LastModifiedTime: new Date(connection.modifiedAt),
  ...(connection.authorizedAt === undefined ? {} : { LastAuthorizedTime: new Date(connection.authorizedAt) }),
})

type Auth = CreateConnectionAuthRequestParameters

/** What is left out of an update stays, as long as the type of authorization does. */
const merge = (
  old: Auth,
  given: NonNullable<UpdateConnectionCommandInput['AuthParameters']>,
  type: Connection['type'],
): Auth => {
  const member = NEEDS[type]
  const before = old[member] as Record<string, unknown> | undefined
  const after = given[member] as Record<string, unknown> | undefined
  const http = given.InvocationHttpParameters ?? old.InvocationHttpParameters
  return {
    ...(before || after ? { [member]: { ...before, ...after } } : {}),
    ...(http ? { InvocationHttpParameters: http } : {}),
  }
}

const withoutSecrets = ({
  BasicAuthParameters: basic,
  OAuthParameters: oauth,
  ApiKeyAuthParameters: key,
  InvocationHttpParameters: http,
}: Auth) => ({
  ...(basic ? { BasicAuthParameters: { Username: basic.Username } } : {}),
  ...(oauth
    ? {
        OAuthParameters: {
          ClientParameters: { ClientID: oauth.ClientParameters?.ClientID },
          AuthorizationEndpoint: oauth.AuthorizationEndpoint,
          HttpMethod: oauth.HttpMethod,
          ...(oauth.OAuthHttpParameters ? { OAuthHttpParameters: open(oauth.OAuthHttpParameters) } : {}),
        },
      }
    : {}),
  ...(key ? { ApiKeyAuthParameters: { ApiKeyName: key.ApiKeyName } } : {}),
  ...(http ? { InvocationHttpParameters: open(http) } : {}),
})

const open = (parameters: ConnectionHttpParameters): ConnectionHttpParameters =>
  Object.fromEntries(
    Object.entries(parameters).map(([name, list]) => [
      name,
      (list as { Key?: string; Value?: string; IsValueSecret?: boolean }[]).map(({ Value, ...rest }) =>
        rest.IsValueSecret ? rest : { ...rest, Value },
      ),
    ]),
  )
