import type { RegisterTaskDefinitionCommandInput, TaskDefinition } from '@aws-sdk/client-ecs'
import type { Parts } from '../contracts.ts'
import { AwsError, type Call, type Operation } from '../gateway/service.ts'
import {
  arnOf,
  type ClusterRecord,
  clientError,
  type DefinitionRecord,
  keyOf,
  nameOf,
  type Place,
} from './records.ts'

export interface Definitions {
  readonly operations: Readonly<Record<string, Operation>>
  /** by ARN, `family:revision`, or `family` for its newest active revision */
  find(given: string | undefined, place: Place): DefinitionRecord | undefined
  /** by ARN or name; `default` when absent; throws ClusterNotFoundException */
  cluster(given: string | undefined, place: Place): ClusterRecord
}

/** Clusters and task definitions, in the SDK's shapes. One container per task: that is all a local task is. */
export const createDefinitions = ({ store, now }: Parts): Definitions => {
  const clusters = store.collection<ClusterRecord>('ecs.clusters')
  const definitions = store.collection<DefinitionRecord>('ecs.definitions')
  const revisionKey = (place: Place, family: string, revision: number) =>
    keyOf(place, `${family}:${String(revision).padStart(8, '0')}`)
  const revisions = (place: Place, family: string) =>
    definitions.entries(keyOf(place, `${family}:`)).map(([, record]) => record)

  const find = (given: string | undefined, place: Place) => {
    const [family = '', revision] = nameOf(given ?? '').split(':')
    if (revision !== undefined) return definitions.get(revisionKey(place, family, Number(revision)))
    return revisions(place, family)
      .filter(({ status }) => status === 'ACTIVE')
      .at(-1)
  }
  const cluster = (given: string | undefined, place: Place) => {
    const record = clusters.get(keyOf(place, nameOf(given ?? 'default')))
    if (record) return record
    throw new AwsError('ClusterNotFoundException', 'Cluster not found.')
  }
  const get = (given: string | undefined, place: Place) => {
    const record = find(given, place)
    if (record) return record
    throw clientError('Unable to describe task definition.')
  }

  const register = (input: RegisterTaskDefinitionCommandInput, call: Call) => {
    const { family = '', containerDefinitions = [] } = input
    if (!/^[A-Za-z0-9_-]{1,255}$/.test(family))
      throw clientError('Invalid family: up to 255 letters, digits, hyphens and underscores are allowed.')
    const [container, ...others] = containerDefinitions
    if (!container?.name || !container.image)
      throw clientError('Container.name and Container.image should not be null or empty.')
    if (others.length > 0) throw clientError('This local cloud runs one container per task.')
    if (input.requiresCompatibilities?.includes('FARGATE')) {
      if (input.networkMode !== 'awsvpc') throw clientError("Fargate only supports network mode 'awsvpc'.")
      if (!input.cpu || !input.memory)
        throw clientError("Fargate requires task definition to have 'cpu' and 'memory' at the task level.")
    }
    const revision = (revisions(call, family).at(-1)?.revision ?? 0) + 1
    const record: DefinitionRecord = {
      account: call.account,
      region: call.region,
      family,
      revision,
      arn: arnOf(call, `task-definition/${family}:${revision}`),
      status: 'ACTIVE',
      registeredAt: now(),
      input,
      container: { ...container, name: container.name },
    }
    definitions.put(revisionKey(call, family, revision), record)
    return { taskDefinition: describe(record) }
  }

  return {
    find,
    cluster,
    operations: {
      CreateCluster: (input, call) => {
        const name: string = input.clusterName ?? 'default'
        if (!/^[A-Za-z0-9_-]{1,255}$/.test(name))
          throw new AwsError('InvalidParameterException', 'Invalid cluster name.')
        const record = {
          account: call.account,
          region: call.region,
          name,
          arn: arnOf(call, `cluster/${name}`),
        }
        clusters.put(keyOf(call, name), record)
        return { cluster: describeCluster(record) }
      },
      DescribeClusters: (input, call) => {
        const names: string[] = (input.clusters ?? ['default']).map(nameOf)
        const found = names.flatMap((name) => clusters.get(keyOf(call, name)) ?? [])
        return {
          clusters: found.map(describeCluster),
          failures: names
            .filter((name) => !found.some((record) => record.name === name))
            .map((name) => ({ arn: arnOf(call, `cluster/${name}`), reason: 'MISSING' })),
        }
      },
      ListClusters: (_input, call) => ({
        clusterArns: clusters.entries(keyOf(call, '')).map(([, { arn }]) => arn),
      }),
      DeleteCluster: (input, call) => {
        const record = cluster(input.cluster, call)
        clusters.delete(keyOf(call, record.name))
        return { cluster: { ...describeCluster(record), status: 'INACTIVE' } }
      },
      RegisterTaskDefinition: register,
      DescribeTaskDefinition: (input, call) => ({
        taskDefinition: describe(get(input.taskDefinition, call)),
      }),
      DeregisterTaskDefinition: (input, call) => {
        if (!/:\d+$/.test(input.taskDefinition ?? '')) throw clientError('Revision is missing.')
        const record: DefinitionRecord = { ...get(input.taskDefinition, call), status: 'INACTIVE' }
        definitions.put(revisionKey(call, record.family, record.revision), record)
        return { taskDefinition: describe(record) }
      },
      ListTaskDefinitions: (input, call) => ({
        taskDefinitionArns: definitions
          .entries(keyOf(call, ''))
          .map(([, record]) => record)
          .filter(({ status }) => status === (input.status ?? 'ACTIVE'))
          .filter(({ family }) => !input.familyPrefix || family === input.familyPrefix)
          .map(({ arn }) => arn),
      }),
    },
  }
}

const describeCluster = ({ arn, name }: ClusterRecord) => ({
  clusterArn: arn,
  clusterName: name,
  status: 'ACTIVE',
})

const describe = (record: DefinitionRecord): TaskDefinition => {
  const { tags: _, ...input } = record.input
  return {
    ...input,
    taskDefinitionArn: record.arn,
    revision: record.revision,
    status: record.status,
    compatibilities: input.requiresCompatibilities ?? [],
    registeredAt: new Date(record.registeredAt),
  }
}
