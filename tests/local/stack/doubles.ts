import { AwsError, type Operation, type Service } from '../../../local/gateway/service.ts'

// Small services with rules, after what their contracts say: enough to see that a deployment asks the right things.

// biome-ignore lint/suspicious/noExplicitAny: inputs are the SDK's, of many operations
type Any = any

const missing = (code: string) => new AwsError(code, 'is not there')

/** Every call in order, and the state it left. */
export const doubles = () => {
  const calls: string[] = []
  const queues = new Map<string, Any>()
  const topics = new Map<string, Any>()
  const subscriptions = new Map<string, Any>()
  const rules = new Map<string, Any>()
  const schedules = new Map<string, Any>()
  const roles = new Map<string, Any>()
  const policies = new Map<string, Any>()
  const tables = new Map<string, Any>()
  const repositories = new Map<string, Any>()
  const get = (map: Map<string, Any>, key: string, code: string): Any => {
    if (!map.has(key)) throw missing(code)
    return map.get(key)
  }
  const add = (map: Map<string, Any>, key: string, value: Any, code: string) => {
    if (map.has(key)) throw missing(code)
    map.set(key, value)
  }
  const queue = (url: string) => get(queues, url.split('/').at(-1) ?? '', 'QueueDoesNotExist')
  const role = (name: string) => get(roles, name, 'NoSuchEntityException')

  const services: Record<string, Record<string, Operation>> = {
    sqs: {
      CreateQueue: ({ QueueName, Attributes }) => {
        add(queues, QueueName, { messages: [], attributes: { ...Attributes } }, 'QueueNameExists')
        return { QueueUrl: `http://sqs/${QueueName}` }
      },
      GetQueueUrl: ({ QueueName }) => {
        get(queues, QueueName, 'QueueDoesNotExist')
        return { QueueUrl: `http://sqs/${QueueName}` }
      },
      SetQueueAttributes: ({ QueueUrl, Attributes }) => {
        Object.assign(queue(QueueUrl).attributes, Attributes)
        return {}
      },
      DeleteQueue: ({ QueueUrl }) => {
        queue(QueueUrl)
        queues.delete(QueueUrl.split('/').at(-1))
        return {}
      },
    },
    sns: {
      CreateTopic: ({ Name, Attributes }, call) => {
        const TopicArn = `arn:aws:sns:${call.region}:${call.account}:${Name}`
        topics.set(TopicArn, { ...Attributes })
        return { TopicArn }
      },
      GetTopicAttributes: ({ TopicArn }) => ({ Attributes: get(topics, TopicArn, 'NotFoundException') }),
      SetTopicAttributes: ({ TopicArn, AttributeName, AttributeValue }) => {
        get(topics, TopicArn, 'NotFoundException')[AttributeName] = AttributeValue
        return {}
      },
      DeleteTopic: ({ TopicArn }) => {
        topics.delete(TopicArn)
        return {}
      },
      Subscribe: ({ TopicArn, Protocol, Endpoint }) => {
        const SubscriptionArn = `${TopicArn}:${Protocol}:${Endpoint}`
        if (!subscriptions.has(SubscriptionArn)) subscriptions.set(SubscriptionArn, {})
        return { SubscriptionArn }
      },
      SetSubscriptionAttributes: ({ SubscriptionArn, AttributeName, AttributeValue }) => {
        get(subscriptions, SubscriptionArn, 'NotFoundException')[AttributeName] = AttributeValue
        return {}
      },
      Unsubscribe: ({ SubscriptionArn }) => {
        subscriptions.delete(SubscriptionArn)
        return {}
      },
    },
    events: {
      PutRule: (input, call) => {
        rules.set(input.Name, {
          ...rules.get(input.Name),
          ...input,
          targets: rules.get(input.Name)?.targets ?? [],
        })
        return { RuleArn: `arn:aws:events:${call.region}:${call.account}:rule/${input.Name}` }
      },
      ListTargetsByRule: ({ Rule }) => ({ Targets: get(rules, Rule, 'ResourceNotFoundException').targets }),
      PutTargets: ({ Rule, Targets }) => {
        const found = get(rules, Rule, 'ResourceNotFoundException')
        const ids = Targets.map(({ Id }: Any) => Id)
        found.targets = [...found.targets.filter(({ Id }: Any) => !ids.includes(Id)), ...Targets]
        return { FailedEntryCount: 0 }
      },
      RemoveTargets: ({ Rule, Ids }) => {
        const found = get(rules, Rule, 'ResourceNotFoundException')
        found.targets = found.targets.filter(({ Id }: Any) => !Ids.includes(Id))
        return { FailedEntryCount: 0 }
      },
      DeleteRule: ({ Name }) => {
        if (rules.get(Name)?.targets.length > 0) throw missing('ValidationException')
        rules.delete(Name)
        return {}
      },
    },
    scheduler: {
      CreateSchedule: (input) => {
        add(schedules, input.Name, input, 'ConflictException')
        return { ScheduleArn: input.Name }
      },
      UpdateSchedule: (input) => {
        schedules.set(input.Name, input)
        return { ScheduleArn: input.Name }
      },
      DeleteSchedule: ({ Name }) => {
        schedules.delete(Name)
        return {}
      },
    },
    iam: {
      CreateRole: (input) => {
        add(
          roles,
          input.RoleName,
          { inline: new Map(), attached: new Set(), trust: input.AssumeRolePolicyDocument },
          'EntityAlreadyExistsException',
        )
        return {}
      },
      UpdateAssumeRolePolicy: ({ RoleName, PolicyDocument }) => {
        role(RoleName).trust = PolicyDocument
        return {}
      },
      GetRole: ({ RoleName }, call) => {
        role(RoleName)
        return { Role: { Arn: `arn:aws:iam::${call.account}:role/${RoleName}`, RoleId: 'AROA' } }
      },
      PutRolePolicy: ({ RoleName, PolicyName, PolicyDocument }) => {
        role(RoleName).inline.set(PolicyName, PolicyDocument)
        return {}
      },
      ListRolePolicies: ({ RoleName }) => ({ PolicyNames: [...role(RoleName).inline.keys()] }),
      DeleteRolePolicy: ({ RoleName, PolicyName }) => {
        role(RoleName).inline.delete(PolicyName)
        return {}
      },
      AttachRolePolicy: ({ RoleName, PolicyArn }) => {
        role(RoleName).attached.add(PolicyArn)
        return {}
      },
      ListAttachedRolePolicies: ({ RoleName }) => ({
        AttachedPolicies: [...role(RoleName).attached].map((PolicyArn) => ({ PolicyArn })),
      }),
      DetachRolePolicy: ({ RoleName, PolicyArn }) => {
        role(RoleName).attached.delete(PolicyArn)
        return {}
      },
      DeleteRole: ({ RoleName }) => {
        if (role(RoleName).inline.size + role(RoleName).attached.size > 0)
          throw missing('DeleteConflictException')
        roles.delete(RoleName)
        return {}
      },
      CreatePolicy: ({ PolicyName, PolicyDocument }) => {
        add(policies, PolicyName, PolicyDocument, 'EntityAlreadyExistsException')
        return {}
      },
      DeletePolicy: ({ PolicyArn }) => {
        policies.delete(PolicyArn.split('/').at(-1))
        return {}
      },
    },
    dynamodb: {
      CreateTable: (input) => {
        add(tables, input.TableName, { input, items: [] }, 'ResourceInUseException')
        return {}
      },
      DescribeTable: ({ TableName }) => {
        const { input } = get(tables, TableName, 'ResourceNotFoundException')
        const { Enabled, KMSMasterKeyId } = input.SSESpecification ?? {}
        return { Table: { ...(Enabled && { SSEDescription: { KMSMasterKeyArn: KMSMasterKeyId } }) } }
      },
      UpdateTable: ({ TableName, SSESpecification }) => {
        get(tables, TableName, 'ResourceNotFoundException').input.SSESpecification = SSESpecification
        return {}
      },
      UpdateTimeToLive: ({ TableName, TimeToLiveSpecification }) => {
        const table = get(tables, TableName, 'ResourceNotFoundException')
        if (table.timeToLive) throw missing('ValidationException')
        table.timeToLive = TimeToLiveSpecification
        return {}
      },
      DeleteTable: ({ TableName }) => {
        tables.delete(TableName)
        return {}
      },
    },
    codecommit: {
      CreateRepository: (input) => {
        add(repositories, input.repositoryName, { ...input }, 'RepositoryNameExistsException')
        return {}
      },
      UpdateRepositoryDescription: ({ repositoryName, repositoryDescription }) => {
        repositories.get(repositoryName).repositoryDescription = repositoryDescription
        return {}
      },
      PutRepositoryTriggers: ({ repositoryName, triggers }) => {
        repositories.get(repositoryName).triggers = triggers
        return {}
      },
      GetRepository: ({ repositoryName }, call) => ({
        repositoryMetadata: {
          repositoryId: 'id',
          Arn: `arn:aws:codecommit:${call.region}:${call.account}:${repositoryName}`,
        },
      }),
      DeleteRepository: ({ repositoryName }) => {
        repositories.delete(repositoryName)
        return {}
      },
    },
  }
  const recorded: Service[] = Object.entries(services).map(([name, operations]) => ({
    name,
    operations: Object.fromEntries(
      Object.entries(operations).map(([operation, work]) => [
        operation,
        (input: Any, call: Any) => {
          calls.push(`${name}:${operation}`)
          if (call.caller.arn !== 'cloudformation.amazonaws.com') throw new Error('who calls?')
          return work(structuredClone(input), call)
        },
      ]),
    ),
  }))
  return {
    ...{ calls, queues, topics, subscriptions, rules, schedules, roles, policies, tables, repositories },
    services: recorded,
  }
}
