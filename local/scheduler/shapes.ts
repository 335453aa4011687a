import type { Constraint, Constraints } from '../eventbridge/constraints.ts'

// EventBridge Scheduler API Reference, as botocore's model has it
const NAME: Constraint = { min: 1, max: 64, pattern: '^[0-9a-zA-Z-_.]+$' }
const TOKEN: Constraint = { min: 1, max: 64, pattern: '^[a-zA-Z0-9-_]+$' }
const ROLE: Constraint = {
  min: 1,
  max: 1_600,
  pattern: '^arn:aws(-[a-z]+)?:iam::\\d{12}:role\\/[\\w+=,.@\\/-]+$',
}
const QUEUE: Constraint = {
  min: 1,
  max: 1_600,
  pattern: '^arn:aws(-[a-z]+)?:sqs:[a-z0-9\\-]+:\\d{12}:[a-zA-Z0-9\\-_]+$',
}
const KEY: Constraint = {
  min: 1,
  max: 2_048,
  pattern: '^arn:aws(-[a-z]+)?:kms:[a-z0-9\\-]+:\\d{12}:(key|alias)\\/[0-9a-zA-Z-_]*$',
}
const GROUP_ARN: Constraint = {
  min: 1,
  max: 1_011,
  pattern: '^arn:aws(-[a-z]+)?:scheduler:[a-z0-9\\-]+:\\d{12}:schedule-group\\/[0-9a-zA-Z-_.]+$',
}
const PAGE = { nextToken: { min: 1, max: 2_048 }, maxResults: { least: 1, most: 100 } }
const TAGS = {
  tags: { max: 200 },
  'tags.*.key': { min: 1, max: 128 },
  'tags.*.value': { min: 1, max: 256 },
}

const SCHEDULE: Constraints = {
  name: NAME,
  groupName: NAME,
  scheduleExpression: { min: 1, max: 256 },
  description: { max: 512 },
  scheduleExpressionTimezone: { min: 1, max: 50 },
  state: { values: ['ENABLED', 'DISABLED'] },
  kmsKeyArn: KEY,
  'target.arn': { min: 1, max: 1_600 },
  'target.roleArn': ROLE,
  'target.deadLetterConfig.arn': QUEUE,
  'target.retryPolicy.maximumEventAgeInSeconds': { least: 60, most: 86_400 },
  'target.retryPolicy.maximumRetryAttempts': { least: 0, most: 185 },
  'target.input': { min: 1 },
  'target.ecsParameters.taskDefinitionArn': { min: 1, max: 1_600 },
  'target.ecsParameters.taskCount': { least: 1, most: 10 },
  'target.ecsParameters.launchType': { values: ['EC2', 'FARGATE', 'EXTERNAL'] },
  'target.eventBridgeParameters.detailType': { min: 1, max: 128 },
  'target.eventBridgeParameters.source': {
    min: 1,
    max: 256,
    pattern: '^(?=[/\\.\\-_A-Za-z0-9]+)((?!aws\\.).*)|(\\$(\\.[\\w_-]+(\\[(\\d+|\\*)\\])*)*)$',
  },
  'target.sqsParameters.messageGroupId': { min: 1, max: 128 },
  'flexibleTimeWindow.mode': { values: ['OFF', 'FLEXIBLE'] },
  'flexibleTimeWindow.maximumWindowInMinutes': { least: 1, most: 1_440 },
  clientToken: TOKEN,
  actionAfterCompletion: { values: ['NONE', 'DELETE'] },
}

/** What Scheduler's model demands of the input of each operation. */
export const SHAPES: Readonly<Record<string, Constraints>> = {
  CreateSchedule: SCHEDULE,
  UpdateSchedule: SCHEDULE,
  GetSchedule: { groupName: NAME, name: NAME },
  DeleteSchedule: { groupName: NAME, name: NAME, clientToken: TOKEN },
  ListSchedules: {
    groupName: NAME,
    namePrefix: NAME,
    state: { values: ['ENABLED', 'DISABLED'] },
    ...PAGE,
  },
  CreateScheduleGroup: { name: NAME, ...TAGS, clientToken: TOKEN },
  GetScheduleGroup: { name: NAME },
  DeleteScheduleGroup: { name: NAME, clientToken: TOKEN },
  ListScheduleGroups: { namePrefix: NAME, ...PAGE },
  TagResource: { resourceArn: GROUP_ARN, ...TAGS },
  UntagResource: { resourceArn: GROUP_ARN, 'tagKeys.*': { min: 1, max: 128 } },
  ListTagsForResource: { resourceArn: GROUP_ARN },
}
