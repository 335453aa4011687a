import type { DescribeTasksCommandInput, RunTaskCommandInput } from '@aws-sdk/client-ecs'
import type { PutEventsCommandInput } from '@aws-sdk/client-eventbridge'
import type {
  ChangeMessageVisibilityCommandInput,
  SendMessageBatchCommandInput,
  SendMessageCommandInput,
} from '@aws-sdk/client-sqs'

/** What the product asks of EventBridge. */
export interface Bus {
  putEvents(input: PutEventsCommandInput): Promise<{
    FailedEntryCount?: number | undefined
    Entries?: { ErrorCode?: string | undefined }[] | undefined
  }>
}

/** What the product asks of SQS. */
export interface Queues {
  sendMessage(input: SendMessageCommandInput): Promise<unknown>
  sendMessageBatch(input: SendMessageBatchCommandInput): Promise<{
    Failed?:
      | { Id: string | undefined; Code: string | undefined; SenderFault: boolean | undefined }[]
      | undefined
  }>
}

/** What a consumer asks of its own queue. */
export interface OwnQueue {
  changeMessageVisibility(input: ChangeMessageVisibilityCommandInput): Promise<unknown>
}

/** What the product asks of ECS. */
export interface Tasks {
  runTask(input: RunTaskCommandInput): Promise<{
    tasks?: { taskArn?: string | undefined }[] | undefined
    failures?: TaskFailure[] | undefined
  }>
  describeTasks(input: DescribeTasksCommandInput): Promise<{
    tasks?:
      | { taskArn?: string | undefined; lastStatus?: string | undefined; stoppedAt?: Date | undefined }[]
      | undefined
    failures?: TaskFailure[] | undefined
  }>
}

export interface TaskFailure {
  arn?: string | undefined
  reason?: string | undefined
  detail?: string | undefined
}

/** A call that neither connects nor answers ends before the function's own time does. */
const patience = { requestHandler: { connectionTimeout: 3_000, requestTimeout: 10_000 } }

const lazy = <T>(make: () => Promise<T>): (() => Promise<T>) => {
  let made: Promise<T> | undefined
  return () => {
    made ??= make()
    return made
  }
}

// Each client costs about 60 ms of a cold start: it is loaded by the first call that needs it.

export const lazyBus = (): Bus => {
  const load = lazy(async () => {
    const { EventBridgeClient, PutEventsCommand } = await import('@aws-sdk/client-eventbridge')
    return { client: new EventBridgeClient(patience), PutEventsCommand }
  })
  return {
    putEvents: async (input) => {
      const { client, PutEventsCommand } = await load()
      return client.send(new PutEventsCommand(input))
    },
  }
}

export const lazyQueues = (): Queues & OwnQueue => {
  const load = lazy(async () => {
    const { ChangeMessageVisibilityCommand, SQSClient, SendMessageBatchCommand, SendMessageCommand } =
      await import('@aws-sdk/client-sqs')
    return {
      client: new SQSClient(patience),
      ChangeMessageVisibilityCommand,
      SendMessageBatchCommand,
      SendMessageCommand,
    }
  })
  return {
    sendMessage: async (input) => {
      const { client, SendMessageCommand } = await load()
      return client.send(new SendMessageCommand(input))
    },
    sendMessageBatch: async (input) => {
      const { client, SendMessageBatchCommand } = await load()
      return client.send(new SendMessageBatchCommand(input))
    },
    changeMessageVisibility: async (input) => {
      const { client, ChangeMessageVisibilityCommand } = await load()
      return client.send(new ChangeMessageVisibilityCommand(input))
    },
  }
}

/** What the product asks of Secrets Manager. */
export interface SecretValues {
  getSecretValue(input: {
    SecretId: string
    VersionStage: string
  }): Promise<{ SecretString?: string | undefined }>
}

export const lazySecrets = (): SecretValues => {
  const load = lazy(async () => {
    const { GetSecretValueCommand, SecretsManagerClient } = await import('@aws-sdk/client-secrets-manager')
    return { client: new SecretsManagerClient(patience), GetSecretValueCommand }
  })
  return {
    getSecretValue: async (input) => {
      const { client, GetSecretValueCommand } = await load()
      return client.send(new GetSecretValueCommand(input))
    },
  }
}

export const lazyTasks = (): Tasks => {
  const load = lazy(async () => {
    const { DescribeTasksCommand, ECSClient, RunTaskCommand } = await import('@aws-sdk/client-ecs')
    return { client: new ECSClient(patience), DescribeTasksCommand, RunTaskCommand }
  })
  return {
    runTask: async (input) => {
      const { client, RunTaskCommand } = await load()
      return client.send(new RunTaskCommand(input))
    },
    describeTasks: async (input) => {
      const { client, DescribeTasksCommand } = await load()
      return client.send(new DescribeTasksCommand(input))
    },
  }
}
