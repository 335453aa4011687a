import {
  type Consumer,
  FUNCTION_NAMES,
  FUNCTIONS,
  type FunctionName,
  type FunctionShape,
  MAX_RECEIVES,
  TRIGGER_RETRIES,
} from './consumers.ts'
import { CLUSTER_ID, deadLettersId, functionId, queueId, roleId, topicId } from './ids.ts'
import { taskNetwork } from './network.ts'
import {
  ACCOUNT,
  arn,
  att,
  named,
  type Plan,
  type Resource,
  type Resources,
  ref,
  stackName,
  sub,
  type Value,
} from './resources.ts'
import { SCAN_TASK_DEFINITION_ID } from './scan-task.ts'
import { fingerprintKeyArn } from './scanning.ts'
import { TABLE_ID } from './table.ts'
import { TASK_DEFINITION_ID } from './task.ts'

/** Settings by name, each as the template says it. */
type Environment = { readonly [name: string]: Value }

/** One entry of `functions:` in serverless.yml. */
export interface ServerlessFunction {
  readonly name: string
  readonly description: string
  readonly handler: string
  readonly memorySize: number
  readonly timeout: number
  readonly ephemeralStorageSize?: number
  readonly role: string
  readonly environment: Environment
  readonly package: { readonly artifact: string }
  readonly events?: readonly Value[]
  readonly onError?: Value
  readonly maximumRetryAttempts?: number
}

/** The functions as serverless.yml wants them. */
export const serverlessFunctions = (plan: Plan): Readonly<Record<FunctionName, ServerlessFunction>> =>
  Object.fromEntries(FUNCTION_NAMES.map((name) => [name, serverlessFunction(plan, name)])) as Record<
    FunctionName,
    ServerlessFunction
  >

const serverlessFunction = (plan: Plan, name: FunctionName): ServerlessFunction => {
  const { description, memory, timeout, storage }: FunctionShape = FUNCTIONS[name]
  return {
    name: named(plan, name),
    description,
    handler: 'index.handler',
    memorySize: memory,
    timeout,
    ...(storage !== undefined && { ephemeralStorageSize: storage }),
    role: roleId(name),
    environment: environmentOf(plan, name),
    package: { artifact: `.build/functions/${name}.zip` },
    ...(name === 'trigger'
      ? { onError: att(deadLettersId('trigger')), maximumRetryAttempts: TRIGGER_RETRIES }
      : { events: [{ sqs: mapping(name) }] }),
  }
}

const mapping = (consumer: Consumer): Value => {
  const { batchSize, window, concurrency }: NonNullable<FunctionShape['queue']> = FUNCTIONS[consumer].queue
  return {
    arn: att(queueId(consumer)),
    batchSize,
    ...(window !== undefined && { maximumBatchingWindow: window }),
    ...(concurrency !== undefined && { maximumConcurrency: concurrency }),
    functionResponseType: 'ReportBatchItemFailures',
  }
}

/** What each function finds in its environment: exactly what it uses. */
const environmentOf = (plan: Plan, name: FunctionName): Environment => {
  const all = environment(plan)
  return Object.fromEntries(SETTINGS[name].map((setting) => [setting, all[setting]]))
}

type Setting = keyof ReturnType<typeof environment>

const SETTINGS: Readonly<Record<FunctionName, readonly Setting[]>> = {
  replicate: [
    'RELAY_TABLE',
    'RELAY_BUS',
    'RELAY_ACCOUNT',
    'RELAY_STACK',
    'RELAY_OWN_QUEUE_URL',
    'RELAY_CLUSTER',
    'RELAY_TASK_DEFINITION',
    'RELAY_SUBNETS',
    'RELAY_SECURITY_GROUPS',
    'RELAY_ASSIGN_PUBLIC_IP',
    'RELAY_MAX_RECEIVES',
  ],
  'mirror-stopped': [
    'RELAY_TABLE',
    'RELAY_REPLICATE_QUEUE_URL',
    'RELAY_REPLICATE_DLQ_URL',
    'RELAY_SCAN_QUEUE_URL',
    'RELAY_SCAN_DLQ_URL',
    'RELAY_BUS',
    'RELAY_STACK',
    'RELAY_ACCOUNT',
  ],
  sweep: [
    'RELAY_TABLE',
    'RELAY_REPLICATE_QUEUE_URL',
    'RELAY_SWEEP_QUEUE_URL',
    'RELAY_BUS',
    'RELAY_ACCOUNT',
    'RELAY_STACK',
  ],
  scan: [
    'RELAY_TABLE',
    'RELAY_BUS',
    'RELAY_ACCOUNT',
    'RELAY_SCAN_QUEUE_URL',
    'RELAY_MAX_RECEIVES',
    'RELAY_FINGERPRINT_SECRET',
    'RELAY_CLUSTER',
    'RELAY_SCAN_TASK_DEFINITION',
    'RELAY_SUBNETS',
    'RELAY_SECURITY_GROUPS',
    'RELAY_ASSIGN_PUBLIC_IP',
  ],
  notify: ['RELAY_TABLE', 'RELAY_TOPICS'],
  trigger: ['RELAY_REPLICATE_QUEUE_URL', 'RELAY_NOTIFY_QUEUE_URL', 'RELAY_SCAN_QUEUE_URL'],
}

const environment = (plan: Plan) => {
  const network = taskNetwork(plan)
  return {
    RELAY_TABLE: ref(TABLE_ID),
    RELAY_REPLICATE_QUEUE_URL: ref(queueId('replicate')),
    RELAY_OWN_QUEUE_URL: ref(queueId('replicate')),
    RELAY_REPLICATE_DLQ_URL: ref(deadLettersId('replicate')),
    RELAY_SWEEP_QUEUE_URL: ref(queueId('sweep')),
    RELAY_NOTIFY_QUEUE_URL: ref(queueId('notify')),
    RELAY_SCAN_QUEUE_URL: ref(queueId('scan')),
    RELAY_SCAN_DLQ_URL: ref(deadLettersId('scan')),
    RELAY_SCAN_TASK_DEFINITION: ref(SCAN_TASK_DEFINITION_ID),
    RELAY_FINGERPRINT_SECRET: fingerprintKeyArn(plan),
    RELAY_BUS: 'default',
    RELAY_STACK: stackName(plan),
    RELAY_ACCOUNT: ACCOUNT,
    RELAY_CLUSTER: att(CLUSTER_ID),
    RELAY_TASK_DEFINITION: ref(TASK_DEFINITION_ID),
    RELAY_SUBNETS: commaList(network.subnets),
    RELAY_SECURITY_GROUPS: commaList(network.securityGroups),
    RELAY_ASSIGN_PUBLIC_IP: network.assignPublicIp,
    RELAY_TOPICS: topicArns(plan),
    RELAY_MAX_RECEIVES: String(MAX_RECEIVES),
  } satisfies Environment
}

const commaList = (values: readonly Value[]): Value => ({ 'Fn::Join': [',', values] })

/** JSON: topic name of relay.yml → ARN. Topic names hold nothing that JSON or Fn::Sub would have to escape. */
const topicArns = (plan: Plan): Value => {
  const pairs = Object.keys(plan.config.topics).map((name) => `"${name}":"\${${topicId(name)}}"`)
  return pairs.length === 0 ? '{}' : sub(`{${pairs.join(',')}}`)
}

/** Lets built-in triggers of this account's repositories in this region call `trigger` (CodeCommit user guide, "Create triggers"). */
export const triggerPermission = (): Resources => ({
  TriggerPermission: {
    Type: 'AWS::Lambda::Permission',
    Properties: {
      Action: 'lambda:InvokeFunction',
      FunctionName: att(functionId('trigger')),
      Principal: 'codecommit.amazonaws.com',
      SourceAccount: ACCOUNT,
      SourceArn: arn('codecommit', '*'),
    },
  } satisfies Resource,
})
