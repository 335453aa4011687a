import type {
  CreateEventBusCommandInput,
  ListEventBusesCommandInput,
  PutPermissionCommandInput,
  RemovePermissionCommandInput,
  UpdateEventBusCommandInput,
} from '@aws-sdk/client-eventbridge'
import type { Parts } from '../contracts.ts'
import { AwsError, type Call, type Operation } from '../gateway/service.ts'
import type { Bus, Buses, Statement } from './buses.ts'
import { pageOf } from './page.ts'
import { busArn, DEFAULT_BUS, type Place } from './places.ts'
import type { Rules } from './rules.ts'
import type { Tags } from './tags.ts'

const invalid = (reason: string) => new AwsError('ValidationException', reason)

interface Needs {
  readonly parts: Pick<Parts, 'now'>
  readonly buses: Buses
  readonly rules: Rules
  readonly tags: Tags
}

const settings = (input: CreateEventBusCommandInput | UpdateEventBusCommandInput) => ({
  ...(input.Description === undefined ? {} : { description: input.Description }),
  ...(input.KmsKeyIdentifier === undefined ? {} : { kmsKey: input.KmsKeyIdentifier }),
  ...(input.DeadLetterConfig?.Arn === undefined ? {} : { deadLetterQueue: input.DeadLetterConfig.Arn }),
  ...(input.LogConfig === undefined ? {} : { logConfig: input.LogConfig }),
})

const showSettings = ({ description, kmsKey, deadLetterQueue, logConfig }: Bus) => ({
  ...(description === undefined ? {} : { Description: description }),
  ...(kmsKey === undefined ? {} : { KmsKeyIdentifier: kmsKey }),
  ...(deadLetterQueue === undefined ? {} : { DeadLetterConfig: { Arn: deadLetterQueue } }),
  ...(logConfig === undefined ? {} : { LogConfig: logConfig }),
})

const date = (name: string, time: number | undefined) =>
  time === undefined ? {} : { [name]: new Date(time) }

const show = (place: Place, bus: Bus) => ({
  Name: bus.name,
  Arn: busArn(place),
  ...(bus.description === undefined ? {} : { Description: bus.description }),
  ...(bus.policy ? { Policy: JSON.stringify(bus.policy) } : {}),
  ...date('CreationTime', bus.createdAt),
  ...date('LastModifiedTime', bus.modifiedAt),
})

/** Operations on buses and their resource policies: EventBridge API Reference; texts from recorded answers. */
export const busOperations = ({ parts, buses, rules, tags }: Needs): Record<string, Operation> => {
  const known = (nameOrArn: string | undefined, call: Call) => {
    const place = buses.resolve(nameOrArn, call)
    return { place, bus: buses.find(place) as Bus }
  }
  const setStatements = (place: Place, bus: Bus, statements: readonly Statement[]) => {
    const { policy, ...rest } = bus
    const changed = { ...rest, modifiedAt: parts.now() }
    buses.save(
      place,
      statements.length === 0
        ? changed
        : { ...changed, policy: { Version: '2012-10-17', ...policy, Statement: statements } },
    )
    return {}
  }
  return {
    CreateEventBus: (input: CreateEventBusCommandInput, { account, region }: Call) => {
      const name = input.Name ?? ''
      const place = { account, region, bus: name }
      if (name.includes('/')) throw invalid("Event bus name must not contain '/'.")
      if (buses.find(place))
        throw new AwsError('ResourceAlreadyExistsException', `Event bus ${name} already exists.`)
      const bus = { name, createdAt: parts.now(), modifiedAt: parts.now(), ...settings(input) }
      buses.save(place, bus)
      tags.set(busArn(place), input.Tags)
      return { EventBusArn: busArn(place), ...showSettings(bus) }
    },
    UpdateEventBus: (input: UpdateEventBusCommandInput, call: Call) => {
      const { place, bus } = known(input.Name, call)
      const changed = { ...bus, ...settings(input), modifiedAt: parts.now() }
      buses.save(place, changed)
      return { Arn: busArn(place), Name: bus.name, ...showSettings(changed) }
    },
    DeleteEventBus: ({ Name = '' }: { Name?: string }, { account, region }: Call) => {
      if (Name === DEFAULT_BUS) throw invalid('Cannot delete event bus default.')
      const place = { account, region, bus: Name }
      if (rules.list(place).length > 0) throw invalid("Event bus can't be deleted since it has rules.")
      buses.delete(place)
      tags.forget(busArn(place))
      return {}
    },
    DescribeEventBus: (input: { Name?: string }, call: Call) => {
      const { place, bus } = known(input.Name, call)
      return { ...show(place, bus), ...showSettings(bus) }
    },
    ListEventBuses: (input: ListEventBusesCommandInput, call: Call) => {
      const all = buses.list(call).filter(({ name }) => name.startsWith(input.NamePrefix ?? ''))
      const { part, ...next } = pageOf(all, ({ name }) => name, input)
      const { account, region } = call
      return { EventBuses: part.map((bus) => show({ account, region, bus: bus.name }, bus)), ...next }
    },
    PutPermission: (input: PutPermissionCommandInput, call: Call) => {
      const { place, bus } = known(input.EventBusName, call)
      if (input.Policy) return setStatements(place, bus, statementsOf(input.Policy))
      const statement = statementFrom(input, busArn(place))
      const others = (bus.policy?.Statement ?? []).filter(({ Sid }) => Sid !== statement.Sid)
      return setStatements(place, bus, [...others, statement])
    },
    RemovePermission: (input: RemovePermissionCommandInput, call: Call) => {
      const { place, bus } = known(input.EventBusName, call)
      if (input.RemoveAllPermissions) return setStatements(place, bus, [])
      if (!input.StatementId) throw invalid('Parameter StatementId is required.')
      const statements = bus.policy?.Statement ?? []
      const kept = statements.filter(({ Sid }) => Sid !== input.StatementId)
      if (kept.length === statements.length)
        throw new AwsError('ResourceNotFoundException', 'Statement with the provided id does not exist.')
      return setStatements(place, bus, kept)
    },
  }
}

const statementFrom = (input: PutPermissionCommandInput, resource: string): Statement => {
  const { Principal, Condition } = input
  if (!Principal) throw invalid('Parameter Principal must be specified.')
  if (Condition && Principal !== '*')
    throw invalid("Value of the parameter 'principal' must be '*' when the parameter 'condition' is set.")
  if (input.Action !== 'events:PutEvents')
    throw invalid("Provided value in parameter 'action' is not supported.")
  if (!input.StatementId) throw invalid('Parameter StatementId must be specified.')
  return {
    Sid: input.StatementId,
    Effect: 'Allow',
    Principal: Principal === '*' ? '*' : { AWS: `arn:aws:iam::${Principal}:root` },
    Action: input.Action,
    Resource: resource,
    ...(Condition
      ? { Condition: { [Condition.Type ?? '']: { [Condition.Key ?? '']: Condition.Value } } }
      : {}),
  }
}

/** The statements of a policy given whole. @throws AwsError ValidationException */
const statementsOf = (policy: string): readonly Statement[] => {
  let parsed: unknown
  try {
    parsed = JSON.parse(policy)
  } catch {
    throw invalid('This policy contains invalid Json')
  }
  const statement = (parsed as { Statement?: Statement | Statement[] } | null)?.Statement
  if (typeof statement !== 'object' || statement === null) throw invalid('Syntax errors in policy.')
  return Array.isArray(statement) ? statement : [statement]
}
