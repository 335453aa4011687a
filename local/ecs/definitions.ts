import type {
  ContainerDefinition,
  RegisterTaskDefinitionCommandInput,
  TaskDefinition,
} from '@aws-sdk/client-ecs'
import type { Parts } from '../contracts.ts'
import type { Call, Operation } from '../gateway/service.ts'
import { checkFargate, cpuUnits, memoryUnits } from './fargate.ts'
import { pageOf } from './page.ts'
import { arnOf, clientError, type DefinitionRecord, keyOf, nameOf, type Place } from './records.ts'

export interface Definitions {
  readonly operations: Readonly<Record<string, Operation>>
  /** by ARN, `family:revision`, or `family` for its newest active revision */
  find(given: string | undefined, place: Place): DefinitionRecord | undefined
  put(record: DefinitionRecord): void
}

/** Task definitions, in the SDK's shapes. One container per task: that is all a local task is. */
export const createDefinitions = ({ store, now }: Parts): Definitions => {
  const definitions = store.collection<DefinitionRecord>('ecs.definitions')
  const revisionKey = (place: Place, family: string, revision: number) =>
    keyOf(place, `${family}:${String(revision).padStart(8, '0')}`)
  const revisions = (place: Place, family: string) =>
    definitions.entries(keyOf(place, `${family}:`)).map(([, record]) => record)
  const put = (record: DefinitionRecord) =>
    definitions.put(revisionKey(record, record.family, record.revision), record)

  const find = (given: string | undefined, place: Place) => {
    const [family = '', revision] = nameOf(given ?? '').split(':')
    if (revision !== undefined) return definitions.get(revisionKey(place, family, Number(revision)))
    return revisions(place, family)
      .filter(({ status }) => status === 'ACTIVE')
      .at(-1)
  }
  const get = (given: string | undefined, place: Place) => {
    const record = find(given, place)
    if (record) return record
    throw clientError('Unable to describe task definition.')
  }
  const all = (place: Place) => definitions.entries(keyOf(place, '')).map(([, record]) => record)

  const register = (input: RegisterTaskDefinitionCommandInput, call: Call) => {
    const { family = '' } = input
    const container = checkedContainer(input)
    const revision = (revisions(call, family).at(-1)?.revision ?? 0) + 1
    const record: DefinitionRecord = {
      account: call.account,
      region: call.region,
      family,
      revision,
      arn: arnOf(call, `task-definition/${family}:${revision}`),
      status: 'ACTIVE',
      registeredAt: now(),
      registeredBy: call.caller.arn,
      input: {
        ...input,
        ...(input.cpu ? { cpu: cpuUnits(input.cpu) } : {}),
        ...(input.memory ? { memory: memoryUnits(input.memory) } : {}),
      },
      container,
    }
    put(record)
    return { taskDefinition: describe(record), ...(input.tags ? { tags: input.tags } : {}) }
  }
  const families = (input: { familyPrefix?: string; status?: string }, place: Place) => {
    const states = new Map<string, boolean>()
    for (const { family, status } of all(place))
      states.set(family, (states.get(family) ?? false) || status === 'ACTIVE')
    const { status = 'ACTIVE' } = input
    return [...states]
      .filter(([family]) => family.startsWith(input.familyPrefix ?? ''))
      .filter(([, active]) => status === 'ALL' || active === (status === 'ACTIVE'))
      .map(([family]) => family)
  }

  return {
    find,
    put,
    operations: {
      RegisterTaskDefinition: register,
      DescribeTaskDefinition: (input, call) => {
        const record = get(input.taskDefinition, call)
        return {
          taskDefinition: describe(record),
          ...(input.include?.includes('TAGS') ? { tags: record.input.tags ?? [] } : {}),
        }
      },
      DeregisterTaskDefinition: (input, call) => {
        if (!/:\d+$/.test(input.taskDefinition ?? '')) throw clientError('Revision is missing.')
        const record: DefinitionRecord = {
          ...get(input.taskDefinition, call),
          status: 'INACTIVE',
          deregisteredAt: now(),
        }
        put(record)
        return { taskDefinition: describe(record) }
      },
      ListTaskDefinitions: (input, call) => {
        const arns = all(call)
          .filter(({ status }) => status === (input.status ?? 'ACTIVE'))
          .filter(({ family }) => !input.familyPrefix || family === input.familyPrefix)
          .map(({ arn }) => arn)
        return pageOf('taskDefinitionArns', input.sort === 'DESC' ? arns.reverse() : arns, input)
      },
      ListTaskDefinitionFamilies: (input, call) => pageOf('families', families(input, call), input),
    },
  }
}

/** @throws AwsError ClientException for a definition that ECS would refuse, or that is more than a local task can be */
const checkedContainer = (
  input: RegisterTaskDefinitionCommandInput,
): ContainerDefinition & { name: string } => {
  const { family = '', containerDefinitions = [] } = input
  if (!/^[A-Za-z0-9_-]{1,255}$/.test(family))
    throw clientError('Invalid family: up to 255 letters, digits, hyphens and underscores are allowed.')
  const [container, ...others] = containerDefinitions
  if (!container) throw clientError('Container list cannot be empty.')
  for (const { name, image } of containerDefinitions) {
    if (!name) throw clientError('Container.name should not be null or empty.')
    if (!image) throw clientError('Container.image should not be null or empty.')
  }
  if (others.length > 0) throw clientError('This local cloud runs one container per task.')
  if (container.essential === false)
    throw clientError('A TaskDefinition must have at least one essential container.')
  if (container.secrets?.length || container.logConfiguration?.secretOptions?.length)
    throw clientError(
      'Secrets (valueFrom) are not served by this local cloud: give the value in environment.',
    )
  if (input.requiresCompatibilities?.includes('FARGATE')) checkFargate(input)
  const { logDriver, options = {} } = container.logConfiguration ?? {}
  if (logDriver === 'awslogs' && !(options['awslogs-group'] && options['awslogs-region']))
    throw clientError('Log driver awslogs requires options: awslogs-region, awslogs-group')
  const stop = container.stopTimeout
  if (stop !== undefined && !(stop >= 0 && stop <= 120))
    throw clientError('Container.stopTimeout must be between 0 and 120 seconds.')
  return { ...container, name: container.name ?? '' }
}

const describe = (record: DefinitionRecord): TaskDefinition => {
  const { tags: _, ...input } = record.input
  const { status, deregisteredAt } = record
  return {
    ...input,
    containerDefinitions: [
      {
        cpu: 0,
        portMappings: [],
        essential: true,
        environment: [],
        mountPoints: [],
        volumesFrom: [],
        systemControls: [],
        ...record.container,
      },
    ],
    volumes: input.volumes ?? [],
    placementConstraints: input.placementConstraints ?? [],
    taskDefinitionArn: record.arn,
    revision: record.revision,
    status,
    compatibilities: input.networkMode === 'awsvpc' ? ['EC2', 'FARGATE'] : ['EC2'],
    registeredAt: new Date(record.registeredAt),
    ...(record.registeredBy === undefined ? {} : { registeredBy: record.registeredBy }),
    ...(deregisteredAt === undefined ? {} : { deregisteredAt: new Date(deregisteredAt) }),
  }
}
