import type { Iam } from '../contracts.ts'
import type { Logs } from '../logs/logs.ts'
import { isEcrImage } from './fargate.ts'
import { fullName } from './images.ts'
import type { DefinitionRecord, TaskRecord } from './records.ts'

export interface ExecutionParts {
  readonly iam: Pick<Iam, 'authorize' | 'callerOfRole'>
  readonly logs: Logs
}

export const executionRoleOf = (task: TaskRecord, definition: DefinitionRecord): string | undefined =>
  task.overrides.executionRoleArn ?? definition.input.executionRoleArn

/** Where a task's lines go, when they go anywhere: developer guide, "Send Amazon ECS logs to CloudWatch". */
export const logTargetOf = (task: TaskRecord, { container }: DefinitionRecord) => {
  const { logDriver, options: to = {} } = container.logConfiguration ?? {}
  const group = to['awslogs-group']
  if (logDriver !== 'awslogs' || !group) return undefined
  return {
    account: task.account,
    region: to['awslogs-region'] ?? task.region,
    group,
    stream: [to['awslogs-stream-prefix'], container.name, task.id].filter(Boolean).join('/'),
    mayCreateGroup: to['awslogs-create-group'] === 'true',
  }
}

/**
 * What the execution role does before a container runs: the registry's login and the image's layers, the log's stream.
 * @returns why the task stops, in the words of Fargate's agent; undefined when all went well
 */
export const prepareResources = (
  { iam, logs }: ExecutionParts,
  task: TaskRecord,
  definition: DefinitionRecord,
): string | undefined => {
  const roleArn = executionRoleOf(task, definition)
  const image = definition.container.image ?? ''
  const refused = (action: string, resource: string): string | undefined => {
    try {
      iam.authorize(iam.callerOfRole(roleArn ?? '', task.id), { action, resource })
      return undefined
    } catch (error) {
      return error instanceof Error ? error.message : String(error)
    }
  }
  if (isEcrImage(image)) {
    const login = refused('ecr:GetAuthorizationToken', '*')
    if (login !== undefined)
      return `ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable to retrieve ecr registry auth: service call has been retried 1 time(s): AccessDeniedException: ${login}`
    const [host = '', repository = ''] = image.split(/[:@]/)[0]?.split(/\/(.*)/s) ?? []
    const [account, , , region] = host.split('.')
    const arn = `arn:aws:ecr:${region}:${account}:repository/${repository}`
    for (const action of ['BatchCheckLayerAvailability', 'GetDownloadUrlForLayer', 'BatchGetImage'])
      if (refused(`ecr:${action}`, arn) !== undefined)
        return `CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref ${fullName(image)}: unexpected status from HEAD request: 403 Forbidden`
  }
  const target = logTargetOf(task, definition)
  if (target === undefined) return undefined
  const failed = (why: string) =>
    `ResourceInitializationError: failed to validate logger args: create stream has been retried 1 times: failed to create Cloudwatch log stream: ${why} : exit status 1`
  if (!logs.has(target, target.group) && !target.mayCreateGroup)
    return failed('ResourceNotFoundException: The specified log group does not exist.')
  const why = logs.whyNotWritten(iam, { roleArn: roleArn ?? '', session: task.id }, target)
  return why === undefined ? undefined : failed(`AccessDeniedException: ${why}`)
}
