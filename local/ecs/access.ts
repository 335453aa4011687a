import type { RunTaskCommandInput } from '@aws-sdk/client-ecs'
import type { Call, Permission } from '../gateway/service.ts'
import type { Definitions } from './definitions.ts'
import { arnOf, type DefinitionRecord, nameOf } from './records.ts'

interface Input {
  readonly cluster?: string
  readonly clusterName?: string
  readonly task?: string
  readonly tasks?: readonly string[]
  readonly taskDefinition?: string
  readonly resourceArn?: string
  readonly tags?: readonly object[]
  readonly executionRoleArn?: string
  readonly taskRoleArn?: string
}

const OF_A_CLUSTER = new Set([
  'DeleteCluster',
  'UpdateCluster',
  'UpdateClusterSettings',
  'PutClusterCapacityProviders',
])

/**
 * Actions, resources and condition keys: service authorization reference of ECS. RunTask is judged on the revision it
 * resolves to, and passing the task's roles on needs `iam:PassRole`.
 */
export const permissionsOf =
  (definitions: Definitions) =>
  (operation: string, input: Input, call: Call): readonly Permission[] => {
    const action = `ecs:${operation}`
    const cluster = clusterArn(input.cluster, call)
    const name = nameOf(cluster)
    const context = { 'ecs:cluster': cluster }
    const taskArn = (task: string) => arnOf(call, `task/${name}/${nameOf(task)}`)
    if (input.resourceArn) return [{ action, resource: input.resourceArn }]
    if (OF_A_CLUSTER.has(operation)) return [{ action, resource: cluster }]
    switch (operation) {
      case 'RunTask': {
        const definition = definitions.find(input.taskDefinition, call)
        const given = input.taskDefinition ?? ''
        const named = given.startsWith('arn:') ? given : arnOf(call, `task-definition/${given}`)
        return [
          { action, resource: definition?.arn ?? named, context },
          ...(definition ? rolesOf(definition, input as RunTaskCommandInput).map(passRole) : []),
          ...tagging(input, arnOf(call, `task/${name}/*`), 'RunTask'),
        ]
      }
      case 'RegisterTaskDefinition':
        return [
          { action, resource: '*' },
          ...[input.executionRoleArn, input.taskRoleArn].filter((role) => role !== undefined).map(passRole),
          ...tagging(input, arnOf(call, 'task-definition/*'), 'RegisterTaskDefinition'),
        ]
      case 'CreateCluster':
        return [
          { action, resource: '*' },
          ...tagging(input, arnOf(call, `cluster/${input.clusterName ?? 'default'}`), 'CreateCluster'),
        ]
      case 'StopTask':
        return [{ action, resource: taskArn(input.task ?? ''), context }]
      case 'DescribeTasks':
        return (input.tasks ?? []).map((task) => ({ action, resource: taskArn(task), context }))
      case 'ListTasks':
        return [{ action, resource: '*', context }]
      default:
        return [{ action, resource: '*' }]
    }
  }

const clusterArn = (given: string | undefined, call: Call): string =>
  given?.startsWith('arn:') ? given : arnOf(call, `cluster/${given ?? 'default'}`)

const rolesOf = (definition: DefinitionRecord, input: RunTaskCommandInput): string[] =>
  [
    input.overrides?.executionRoleArn ?? definition.input.executionRoleArn,
    input.overrides?.taskRoleArn ?? definition.input.taskRoleArn,
  ].filter((role): role is string => Boolean(role))

const passRole = (resource: string): Permission => ({
  action: 'iam:PassRole',
  resource,
  context: { 'iam:PassedToService': 'ecs-tasks.amazonaws.com' },
})

/** Tags given while something is made need a permission of their own. */
const tagging = ({ tags }: Input, resource: string, createAction: string): Permission[] =>
  tags?.length ? [{ action: 'ecs:TagResource', resource, context: { 'ecs:CreateAction': createAction } }] : []
