import type { EcsParameters } from '@aws-sdk/client-eventbridge'

/** EcsParameters of EventBridge and of Scheduler: the same, but for the case of a few names. */
export type TaskParameters = EcsParameters

/** The input of RunTask (ECS API Reference) for a target; `input` is the target's input, if it has one: the task's overrides. */
export const runTaskInput = (
  cluster: string,
  parameters: TaskParameters,
  startedBy: string,
  input: string | undefined,
): object => {
  const { awsvpcConfiguration: network } = parameters.NetworkConfiguration ?? {}
  const overrides = input === undefined ? undefined : asObject(input)
  return defined({
    cluster,
    taskDefinition: parameters.TaskDefinitionArn,
    count: parameters.TaskCount ?? 1,
    launchType: parameters.LaunchType,
    platformVersion: parameters.PlatformVersion,
    group: parameters.Group,
    capacityProviderStrategy: parameters.CapacityProviderStrategy,
    enableECSManagedTags: parameters.EnableECSManagedTags,
    enableExecuteCommand: parameters.EnableExecuteCommand,
    propagateTags: parameters.PropagateTags,
    referenceId: parameters.ReferenceId,
    tags: parameters.Tags?.map(({ Key, Value }) => ({ key: Key, value: Value })),
    networkConfiguration: network && {
      awsvpcConfiguration: defined({
        subnets: network.Subnets,
        securityGroups: network.SecurityGroups,
        assignPublicIp: network.AssignPublicIp,
      }),
    },
    startedBy: startedBy.slice(0, 128),
    overrides,
  })
}

const asObject = (text: string): object | undefined => {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? value : undefined
  } catch {
    return undefined
  }
}

const defined = (members: object): object =>
  Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined))
