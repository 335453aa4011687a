import { alarms } from './alarms.ts'
import { chat } from './chat.ts'
import { CONSUMERS, FUNCTION_NAMES } from './consumers.ts'
import { type ServerlessFunction, serverlessFunctions, triggerPermission } from './functions.ts'
import { CLUSTER_ID, deadLettersId, functionId, queueId, topicId, UNDELIVERED_ID } from './ids.ts'
import { keyArn, keys } from './keys.ts'
import { network } from './network.ts'
import { queues } from './queues.ts'
import { att, idOf, type Plan, type Resources, ref, type Value } from './resources.ts'
import { roles } from './roles.ts'
import { rules } from './rules.ts'
import { scanTask } from './scan-task.ts'
import { scanning } from './scanning.ts'
import { schedule } from './schedule.ts'
import { TABLE_ID, table, tableArn } from './table.ts'
import { imageRepository, TASK_DEFINITION_ID, TASK_ROLE_ID, task, taskParameters } from './task.ts'
import { ALARMS, topics } from './topics.ts'

export interface Template {
  readonly Parameters: Readonly<Record<string, Value>>
  readonly Resources: Resources
  readonly Outputs: Readonly<Record<string, { readonly Description: string; readonly Value: Value }>>
}

export interface Stack {
  /** for `functions:` of serverless.yml */
  readonly functions: Readonly<Record<string, ServerlessFunction>>
  /** for `resources:` of serverless.yml */
  readonly resources: Template
}

/**
 * Everything that serverless.yml includes.
 * @param image the mirror's image, `repository:tag` or `repository@sha256:digest`; absent: the stage's own, tag `latest`
 * @throws Error when relay.yml makes two resources of one name
 */
export const stackOf = (plan: Plan, image?: string): Stack => ({
  functions: serverlessFunctions(plan),
  resources: template(plan, image),
})

/** The template without what osls adds: functions, their log groups and event source mappings, the deployment bucket. */
export const template = (plan: Plan, image?: string): Template => ({
  Parameters: taskParameters(plan, image),
  Resources: together([
    keys(plan),
    table(plan),
    queues(plan),
    topics(plan),
    chat(plan),
    rules(plan),
    schedule(plan),
    scanning(plan),
    network(plan),
    task(plan),
    scanTask(plan),
    roles(plan),
    triggerPermission(),
    alarms(plan),
  ]),
  Outputs: outputs(plan),
})

const together = (parts: readonly Resources[]): Resources => {
  const all: Record<string, Resources[string]> = {}
  for (const [id, resource] of parts.flatMap((part) => Object.entries(part))) {
    if (all[id]) throw new Error(`relay.yml: two resources would both be called ${id}; rename the topic`)
    all[id] = resource
  }
  return all
}

/** What people and the command line need to find. */
const outputs = (plan: Plan): Template['Outputs'] => {
  const found: [string, string, Value][] = [
    ['TableName', 'Table of claims and replica status', ref(TABLE_ID)],
    ['TableArn', 'Table of claims and replica status', tableArn],
    ['KeyArn', 'Key of queues, topics and table', keyArn],
    ['ClusterArn', 'Cluster in which mirrors run', att(CLUSTER_ID)],
    ['TaskDefinitionArn', 'Task definition of the mirror', ref(TASK_DEFINITION_ID)],
    ['MirrorRoleArn', 'Role of the mirror: what other accounts trust', att(TASK_ROLE_ID)],
    ['MirrorImageRepository', "Repository of the mirror's image", imageUri(plan)],
    ['AlarmsTopicArn', 'Topic that the alarms ring', ref(topicId(ALARMS))],
    ['UndeliveredQueueUrl', 'What rules and the schedule could not deliver', ref(UNDELIVERED_ID)],
    ['TriggerDeadLetterQueueUrl', 'Trigger records that failed', ref(deadLettersId('trigger'))],
    ...CONSUMERS.flatMap((consumer): [string, string, Value][] => [
      [`${idOf(consumer)}QueueUrl`, `Queue of ${consumer}`, ref(queueId(consumer))],
      [`${idOf(consumer)}QueueArn`, `Queue of ${consumer}`, att(queueId(consumer))],
      [`${idOf(consumer)}DeadLetterQueueUrl`, `Dead letters of ${consumer}`, ref(deadLettersId(consumer))],
      [`${idOf(consumer)}DeadLetterQueueArn`, `Dead letters of ${consumer}`, att(deadLettersId(consumer))],
    ]),
    ...FUNCTION_NAMES.map((name): [string, string, Value] => [
      `${idOf(name)}FunctionArn`,
      `Function ${name}`,
      att(functionId(name)),
    ]),
    ...Object.keys(plan.config.topics).map((name): [string, string, Value] => [
      `Topic${idOf(name)}`,
      `Topic ${name} of relay.yml`,
      ref(topicId(name)),
    ]),
  ]
  return Object.fromEntries(found.map(([id, Description, value]) => [id, { Description, Value: value }]))
}

const imageUri = (plan: Plan): Value => ({
  'Fn::Sub': `\${AWS::AccountId}.dkr.ecr.\${AWS::Region}.\${AWS::URLSuffix}/${imageRepository(plan)}`,
})
