import { randomUUID } from 'node:crypto'
import type { RunTaskCommandInput } from '@aws-sdk/client-ecs'
import type { Ecs, Faults, Iam, Parts } from '../contracts.ts'
import { AwsError } from '../gateway/service.ts'
import type { Wires } from '../gateway/wires.ts'
import type { Logs } from '../logs/logs.ts'
import { permissionsOf } from './access.ts'
import { taskSearchPath } from './child-environment.ts'
import { createClusters } from './clusters.ts'
import { createDefinitions } from './definitions.ts'
import { type ImageCommand, imageFinder } from './images.ts'
import type { LocalImage } from './launch.ts'
import { tagOperations } from './tags.ts'
import { runTasks, taskOperations } from './task-operations.ts'
import { createTasks } from './tasks.ts'

export interface EcsOptions {
  readonly parts: Parts
  readonly iam: Iam
  readonly emit: Wires['emit']
  /** private folders of tasks are below it */
  readonly folder: string
  /** what every task finds in its environment besides its own variables and what ECS sets */
  readonly environment: Readonly<Record<string, string>>
  readonly logs: Logs
  /** asked when a task has started; absent: nothing goes wrong on purpose */
  readonly faults?: Pick<Faults, 'process'>
  /** the folder that stands for an image's working directory; undefined: there is no such image */
  readonly images: Readonly<Record<string, LocalImage>> | ((image: string) => LocalImage | undefined)
  /** what runs in the place of an image that is not among `images`, by its name, in which `*` stands for anything */
  readonly commands?: Readonly<Record<string, ImageCommand>>
  /** the Node that `node` in a command means; default: ours */
  readonly nodePath?: string
  /** where tasks find commands, colon-separated; default: the folder of our git, and the usual ones */
  readonly searchPath?: string
  /** tasks at a time, beyond which RunTask answers with `failures`; default 16 */
  readonly capacity?: number
}

/** ECS on Fargate: RunTask starts the task definition's command as a process of this machine. */
export const createEcs = (options: EcsOptions): Ecs => {
  const { parts } = options
  const definitions = createDefinitions(parts)
  const tasks = createTasks(
    {
      ...options,
      imageOf: imageFinder(options.images, options.commands),
      nodePath: options.nodePath ?? process.execPath,
      searchPath: options.searchPath ?? taskSearchPath(),
    },
    definitions,
  )
  const clusters = createClusters(parts, (cluster) =>
    tasks.all(cluster).filter(({ clusterArn }) => clusterArn === cluster.arn),
  )
  const taskParts = { parts, clusters, definitions, tasks, capacity: options.capacity ?? 16 }
  const permissions = permissionsOf(definitions)
  return {
    service: {
      name: 'ecs',
      operations: {
        ...clusters.operations,
        ...definitions.operations,
        ...taskOperations(taskParts),
        ...tagOperations(clusters, definitions, tasks),
      },
      permissions,
    },
    runTask: async (clusterArn, input, sender) => {
      const [, , , region = '', account = ''] = clusterArn.split(':')
      const caller = { account, arn: sender.service, userId: sender.service, kind: 'service' as const }
      const call = { service: 'ecs', operation: 'RunTask', region, account, caller, requestId: randomUUID() }
      const request = { ...input, cluster: clusterArn } as RunTaskCommandInput
      for (const permission of permissions('RunTask', request as object, call))
        options.iam.authorizeSender(undefined, sender, permission)
      const { started, failures } = runTasks(taskParts, request, call)
      // a target that started nothing has not been reached: it is tried again
      if (started.length === 0)
        throw new AwsError('ServerException', failures[0]?.reason ?? 'no task was started', 500)
    },
    start: () => {
      tasks
        .recover()
        .catch((error) =>
          parts.log('ecs', 'tasks of a former run could not be ended', { error: String(error) }),
        )
    },
    stop: () => tasks.close(),
  }
}
