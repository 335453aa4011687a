import { type Handler, type Handlers, unless } from '../handler.ts'
import { text } from '../properties.ts'
import { isObject, type Json, type JsonObject } from '../values.ts'

/** Their keys are people's own, not the API's. */
const MAPS = new Set(['Options', 'DockerLabels', 'DriverOpts', 'Labels'])
const NUMBERS = new Set([
  'SizeInGiB',
  'StopTimeout',
  'StartTimeout',
  'ContainerPort',
  'HostPort',
  'MemoryReservation',
])
const FLAGS = new Set(['Essential', 'ReadonlyRootFilesystem', 'ReadOnly', 'InitProcessEnabled', 'Privileged'])

/** CloudFormation writes `LogDriver`, the API `logDriver`. */
const toApi = (value: Json, key = ''): Json => {
  if (Array.isArray(value)) return value.map((item) => toApi(item, key))
  if (isObject(value))
    return Object.fromEntries(
      Object.entries(value).map(([name, child]) =>
        MAPS.has(key) ? [name, child] : [name.charAt(0).toLowerCase() + name.slice(1), toApi(child, name)],
      ),
    )
  if (NUMBERS.has(key)) return Number(value)
  return FLAGS.has(key) ? value === true || value === 'true' : value
}

const cluster: Handler = {
  apply: async ({ logicalId, properties }, context) => {
    const clusterName = text(properties, 'ClusterName') ?? context.generatedName(logicalId, 255)
    const answer = await context.call('ecs', 'CreateCluster', {
      ...(toApi(properties) as JsonObject),
      clusterName,
    })
    return { physicalId: clusterName, attributes: { Arn: answer.cluster.clusterArn } }
  },
  remove: async ({ physicalId }, context) => {
    await unless(['ClusterNotFound'], context.call('ecs', 'DeleteCluster', { cluster: physicalId }))
  },
}

const taskDefinition: Handler = {
  apply: async ({ logicalId, properties, former }, context) => {
    const family = text(properties, 'Family') ?? context.generatedName(logicalId, 255)
    if (former && JSON.stringify(former.properties) === JSON.stringify(properties)) {
      const { physicalId } = former
      const known = await unless(
        ['Client'],
        context.call('ecs', 'DescribeTaskDefinition', { taskDefinition: physicalId }),
      )
      if (known?.taskDefinition.status === 'ACTIVE')
        return { physicalId, attributes: { TaskDefinitionArn: physicalId } }
    }
    const { taskDefinition: made } = await context.call('ecs', 'RegisterTaskDefinition', {
      ...(toApi(properties) as JsonObject),
      family,
    })
    return {
      physicalId: made.taskDefinitionArn,
      attributes: { TaskDefinitionArn: made.taskDefinitionArn },
    }
  },
  remove: async ({ physicalId }, context) => {
    await unless(['Client'], context.call('ecs', 'DeregisterTaskDefinition', { taskDefinition: physicalId }))
  },
}

export const ecsHandlers: Handlers = {
  'AWS::ECS::Cluster': cluster,
  'AWS::ECS::TaskDefinition': taskDefinition,
}
