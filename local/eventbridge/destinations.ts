import { randomUUID } from 'node:crypto'
import type {
  CreateApiDestinationCommandInput,
  ListApiDestinationsCommandInput,
  UpdateApiDestinationCommandInput,
} from '@aws-sdk/client-eventbridge'
import type { Parts } from '../contracts.ts'
import { AwsError, type Call, type Operation } from '../gateway/service.ts'
import type { Connections } from './connections.ts'
import { type NamedRecords, openNamed } from './named.ts'
import { pageOf } from './page.ts'

/** An HTTP endpoint as a target. Times are milliseconds since the epoch. */
export interface Destination {
  readonly name: string
  readonly arn: string
  readonly description?: string
  readonly connectionArn: string
  /** with `*` for each path parameter */
  readonly endpoint: string
  readonly method: string
  /** calls per second */
  readonly rate: number
  readonly createdAt: number
  readonly modifiedAt: number
}

export type Destinations = NamedRecords<Destination>

/** EventBridge API Reference, CreateApiDestination: the rate where none is given. */
const DEFAULT_RATE = 300

export const openDestinations = ({ store }: Pick<Parts, 'store'>): Destinations =>
  openNamed(store, 'events.destinations')

const checkEndpoint = (endpoint: string | undefined): void => {
  const url = endpoint === undefined || URL.canParse(endpoint.replaceAll('*', 'x')) ? endpoint : ''
  if (url !== undefined && !/^https?:\/\//.test(url))
    throw new AwsError(
      'ValidationException',
      'Parameter InvocationEndpoint is not valid. Reason: it must be a URL of an HTTP endpoint.',
    )
}

/** Operations on API destinations: EventBridge API Reference; texts from recorded answers. */
export const destinationOperations = (
  { now }: Pick<Parts, 'now'>,
  destinations: Destinations,
  connections: Connections,
): Record<string, Operation> => {
  const find = (name = '', call: Call, doing: string): Destination => {
    const destination = destinations.get(call, name)
    if (destination) return destination
    throw new AwsError(
      'ResourceNotFoundException',
      `Failed to ${doing} the api-destination(s). An api-destination '${name}' does not exist.`,
    )
  }
  const checkConnection = (arn: string | undefined): void => {
    if (arn !== undefined && !connections.find(arn))
      throw new AwsError(
        'ResourceNotFoundException',
        `Connection '${arn.split('/')[1] ?? arn}' does not exist.`,
      )
  }
  const brief = (destination: Destination) => {
    const state = connections.find(destination.connectionArn)?.state
    return {
      ApiDestinationArn: destination.arn,
      ApiDestinationState: state === 'AUTHORIZED' ? 'ACTIVE' : 'INACTIVE',
      CreationTime: new Date(destination.createdAt),
      LastModifiedTime: new Date(destination.modifiedAt),
    }
  }
  const summary = (destination: Destination) => ({
    ...brief(destination),
    Name: destination.name,
    ConnectionArn: destination.connectionArn,
    InvocationEndpoint: destination.endpoint,
    HttpMethod: destination.method,
    InvocationRateLimitPerSecond: destination.rate,
  })
  return {
    CreateApiDestination: (input: CreateApiDestinationCommandInput, call: Call) => {
      const name = input.Name ?? ''
      checkEndpoint(input.InvocationEndpoint)
      checkConnection(input.ConnectionArn)
      if (destinations.get(call, name))
        throw new AwsError('ResourceAlreadyExistsException', `An api-destination '${name}' already exists.`)
      const destination = {
        name,
        arn: `arn:aws:events:${call.region}:${call.account}:api-destination/${name}/${randomUUID()}`,
        ...(input.Description === undefined ? {} : { description: input.Description }),
        connectionArn: input.ConnectionArn ?? '',
        endpoint: input.InvocationEndpoint ?? '',
        method: input.HttpMethod ?? 'POST',
        rate: input.InvocationRateLimitPerSecond ?? DEFAULT_RATE,
        createdAt: now(),
        modifiedAt: now(),
      }
      destinations.save(call, destination)
      return brief(destination)
    },
    UpdateApiDestination: (input: UpdateApiDestinationCommandInput, call: Call) => {
      const destination = find(input.Name, call, 'update')
      checkEndpoint(input.InvocationEndpoint)
      checkConnection(input.ConnectionArn)
      const changed = {
        ...destination,
        ...(input.Description === undefined ? {} : { description: input.Description }),
        connectionArn: input.ConnectionArn ?? destination.connectionArn,
        endpoint: input.InvocationEndpoint ?? destination.endpoint,
        method: input.HttpMethod ?? destination.method,
        rate: input.InvocationRateLimitPerSecond ?? destination.rate,
        modifiedAt: now(),
      }
      destinations.save(call, changed)
      return brief(changed)
    },
    DescribeApiDestination: (input: { Name?: string }, call: Call) => {
      const destination = find(input.Name, call, 'describe')
      const { description } = destination
      return { ...summary(destination), ...(description === undefined ? {} : { Description: description }) }
    },
    ListApiDestinations: (input: ListApiDestinationsCommandInput, call: Call) => {
      const all = destinations
        .list(call)
        .filter(
          ({ name, connectionArn }) =>
            name.startsWith(input.NamePrefix ?? '') &&
            (input.ConnectionArn ?? connectionArn) === connectionArn,
        )
      const { part, ...next } = pageOf(all, ({ name }) => name, input)
      return { ApiDestinations: part.map(summary), ...next }
    },
    DeleteApiDestination: (input: { Name?: string }, call: Call) => {
      destinations.delete(call, find(input.Name, call, 'delete').name)
      return {}
    },
  }
}
