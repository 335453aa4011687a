import type { CapacityProviderStrategyItem, Cluster, ClusterSetting } from '@aws-sdk/client-ecs'
import type { Parts } from '../contracts.ts'
import { AwsError, type Operation } from '../gateway/service.ts'
import { pageOf } from './page.ts'
import {
  arnOf,
  type ClusterRecord,
  clusterMissing,
  invalidParameter,
  keyOf,
  nameOf,
  type Place,
  type TaskRecord,
} from './records.ts'

export interface Clusters {
  readonly operations: Readonly<Record<string, Operation>>
  /** by ARN or name; `default` when absent; throws ClusterNotFoundException */
  get(given: string | undefined, place: Place): ClusterRecord
  put(record: ClusterRecord): void
}

const PROVIDERS = ['FARGATE', 'FARGATE_SPOT']
const MAX_DESCRIBED = 100

/** Clusters: groups of tasks, with settings, tags and capacity providers. Fargate's two are all that there are. */
export const createClusters = (
  { store }: Pick<Parts, 'store'>,
  tasksOf: (cluster: ClusterRecord) => readonly TaskRecord[],
): Clusters => {
  const records = store.collection<ClusterRecord>('ecs.clusters')
  const put = (record: ClusterRecord) => records.put(keyOf(record, record.name), record)
  const get = (given: string | undefined, place: Place) => {
    const record = records.get(keyOf(place, nameOf(given ?? 'default')))
    if (record) return record
    throw clusterMissing()
  }
  const describe = (record: ClusterRecord, include: readonly string[] = ['TAGS', 'SETTINGS']): Cluster => {
    const states = tasksOf(record).map(({ lastStatus }) => lastStatus)
    return {
      clusterArn: record.arn,
      clusterName: record.name,
      status: 'ACTIVE',
      registeredContainerInstancesCount: 0,
      runningTasksCount: states.filter((state) => state === 'RUNNING').length,
      pendingTasksCount: states.filter((state) => state === 'PENDING' || state === 'PROVISIONING').length,
      activeServicesCount: 0,
      statistics: [],
      tags: include.includes('TAGS') ? [...(record.tags ?? [])] : [],
      settings: include.includes('SETTINGS') ? settingsOf(record) : [],
      capacityProviders: [...(record.capacityProviders ?? [])],
      defaultCapacityProviderStrategy: [...(record.defaultStrategy ?? [])],
    }
  }

  return {
    get,
    put,
    operations: {
      CreateCluster: (input, call) => {
        const name: string = input.clusterName ?? 'default'
        if (!/^[A-Za-z0-9_-]{1,255}$/.test(name)) throw invalidParameter('Invalid cluster name.')
        checkProviders(input.capacityProviders ?? [], input.defaultCapacityProviderStrategy ?? [])
        // asked for again it is what it was
        const known = records.get(keyOf(call, name))
        const record: ClusterRecord = known ?? {
          account: call.account,
          region: call.region,
          name,
          arn: arnOf(call, `cluster/${name}`),
          ...(input.tags ? { tags: input.tags } : {}),
          ...(input.settings ? { settings: input.settings } : {}),
          ...(input.capacityProviders ? { capacityProviders: input.capacityProviders } : {}),
          ...(input.defaultCapacityProviderStrategy
            ? { defaultStrategy: input.defaultCapacityProviderStrategy }
            : {}),
        }
        put(record)
        return { cluster: describe(record) }
      },
      DescribeClusters: (input, call) => {
        const given: string[] = input.clusters ?? ['default']
        if (given.length > MAX_DESCRIBED)
          throw invalidParameter(`Clusters can have at most ${MAX_DESCRIBED} items.`)
        const found = given.map((name) => records.get(keyOf(call, nameOf(name))))
        return {
          clusters: found.flatMap((record) => (record ? [describe(record, input.include ?? [])] : [])),
          failures: given
            .filter((_name, index) => !found[index])
            .map((name) => ({ arn: arnOf(call, `cluster/${nameOf(name)}`), reason: 'MISSING' })),
        }
      },
      ListClusters: (input, call) =>
        pageOf(
          'clusterArns',
          records.entries(keyOf(call, '')).map(([, { arn }]) => arn),
          input,
        ),
      UpdateClusterSettings: (input, call) => {
        const record = { ...get(input.cluster, call), settings: input.settings }
        put(record)
        return { cluster: describe(record) }
      },
      UpdateCluster: (input, call) => {
        const record = {
          ...get(input.cluster, call),
          ...(input.settings ? { settings: input.settings } : {}),
        }
        put(record)
        return { cluster: describe(record) }
      },
      PutClusterCapacityProviders: (input, call) => {
        checkProviders(input.capacityProviders, input.defaultCapacityProviderStrategy)
        const record = {
          ...get(input.cluster, call),
          capacityProviders: input.capacityProviders,
          defaultStrategy: input.defaultCapacityProviderStrategy,
        }
        put(record)
        return { cluster: describe(record) }
      },
      DeleteCluster: (input, call) => {
        const record = get(input.cluster, call)
        if (tasksOf(record).some(({ lastStatus }) => lastStatus !== 'STOPPED'))
          throw new AwsError(
            'ClusterContainsTasksException',
            'The Cluster cannot be deleted while Tasks are active.',
          )
        records.delete(keyOf(call, record.name))
        return { cluster: { ...describe(record), status: 'INACTIVE' } }
      },
    },
  }
}

const settingsOf = ({ settings }: ClusterRecord): ClusterSetting[] => [
  ...(settings ?? [{ name: 'containerInsights', value: 'disabled' }]),
]

const checkProviders = (
  providers: readonly string[],
  strategy: readonly CapacityProviderStrategyItem[],
): void => {
  if ([...providers, ...strategy.map(({ capacityProvider = '' }) => capacityProvider)].some(unknown))
    throw invalidParameter('The specified capacity provider was not found.')
}

const unknown = (provider: string): boolean => !PROVIDERS.includes(provider)

/**
 * What a task runs on: launch type, strategy, or the cluster's default strategy; in this order, and not two at once.
 * @throws AwsError InvalidParameterException
 */
export const chooseCapacity = (
  input: {
    readonly launchType?: string | undefined
    readonly capacityProviderStrategy?: readonly CapacityProviderStrategyItem[] | undefined
  },
  cluster: ClusterRecord,
): { launchType?: 'FARGATE'; capacityProvider?: string } => {
  const { launchType, capacityProviderStrategy: strategy = [] } = input
  if (launchType && strategy.length > 0)
    throw invalidParameter('Specifying both a launch type and capacity provider strategy is not supported.')
  if (launchType === 'FARGATE') return { launchType }
  const chosen = strategy.length > 0 ? strategy : launchType ? [] : (cluster.defaultStrategy ?? [])
  if (chosen.length === 0) throw invalidParameter('No Container Instances were found in your cluster.')
  checkProviders([], chosen)
  const foreign = chosen.find(
    ({ capacityProvider = '' }) => !cluster.capacityProviders?.includes(capacityProvider),
  )
  if (foreign)
    throw invalidParameter(
      `The specified capacity provider strategy cannot contain a capacity provider that is not associated with the cluster. Associate the capacity provider ${foreign.capacityProvider} with the cluster and try again.`,
    )
  const [heaviest] = [...chosen].sort(
    (a, b) => (b.base ?? 0) - (a.base ?? 0) || (b.weight ?? 0) - (a.weight ?? 0),
  )
  return { launchType: 'FARGATE', capacityProvider: heaviest?.capacityProvider ?? 'FARGATE' }
}
