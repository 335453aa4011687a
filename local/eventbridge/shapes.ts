import type { Constraint, Constraints } from './constraints.ts'

// EventBridge API Reference; the patterns as botocore's model has them, the order of enums as AWS answers it where that is known
const NAME: Constraint = { min: 1, max: 64, pattern: '[\\.\\-_A-Za-z0-9]+' }
const ARCHIVE_NAME: Constraint = { ...NAME, max: 48 }
const BUS_NAME: Constraint = { min: 1, max: 256, pattern: '[/\\.\\-_A-Za-z0-9]+' }
const BUS: Constraint = {
  min: 1,
  max: 1_600,
  pattern: '(arn:aws[\\w-]*:events:[a-z]+-[a-z]+-[\\w-]+:[0-9]{12}:event-bus\\/)?[/\\.\\-_A-Za-z0-9]+',
}
const BUS_ARN: Constraint = {
  min: 1,
  max: 1_600,
  pattern: '^arn:aws([a-z]|\\-)*:events:([a-z]|\\d|\\-)*:([0-9]{12})?:.+\\/.+$',
}
const CONNECTION_ARN: Constraint = {
  min: 1,
  max: 1_600,
  pattern:
    '^arn:aws([a-z]|\\-)*:events:([a-z]|\\d|\\-)*:([0-9]{12})?:connection\\/[\\.\\-_A-Za-z0-9]+\\/[\\-A-Za-z0-9]+$',
}
const ENDPOINT: Constraint = {
  min: 1,
  max: 2_048,
  pattern: "^((%[0-9A-Fa-f]{2}|[-()_.!~*';/?:@\\x26=+$,A-Za-z0-9])+)([).!';/?:,])?$",
}
const ARN: Constraint = { min: 1, max: 1_600 }
const DESCRIPTION: Constraint = { max: 512 }
const EVENT_PATTERN: Constraint = { max: 4_096 }
const METHOD: Constraint = { values: ['HEAD', 'POST', 'PATCH', 'DELETE', 'PUT', 'GET', 'OPTIONS'] }
const AUTHORIZATION: Constraint = { values: ['BASIC', 'OAUTH_CLIENT_CREDENTIALS', 'API_KEY'] }
const PAGE = { nextToken: { min: 1, max: 2_048 }, limit: { least: 1, most: 100 } }
const TAGS = { 'tags.*.key': { min: 1, max: 128 }, 'tags.*.value': { max: 256 } }
const RULE = { name: NAME, eventBusName: BUS }

const TARGETS: Constraints = {
  targets: { min: 1, max: 100 },
  'targets.*.id': NAME,
  'targets.*.arn': ARN,
  'targets.*.roleArn': ARN,
  'targets.*.input': { max: 8_192 },
  'targets.*.inputPath': { max: 256 },
  'targets.*.inputTransformer.inputPathsMap': { max: 100 },
  'targets.*.inputTransformer.inputTemplate': { min: 1, max: 8_192 },
  'targets.*.ecsParameters.taskDefinitionArn': ARN,
  'targets.*.ecsParameters.taskCount': { least: 1 },
  'targets.*.ecsParameters.launchType': { values: ['EC2', 'FARGATE', 'EXTERNAL'] },
  'targets.*.sqsParameters.messageGroupId': { max: 100 },
  'targets.*.deadLetterConfig.arn': ARN,
  'targets.*.retryPolicy.maximumRetryAttempts': { least: 0, most: 185 },
  'targets.*.retryPolicy.maximumEventAgeInSeconds': { least: 60, most: 86_400 },
}

const SECRET: Constraint = {
  min: 1,
  max: 512,
  pattern: '^[ \\t]*[^\\x00-\\x1F:\\x7F]+([ \\t]+[^\\x00-\\x1F:\\x7F]+)*[ \\t]*$',
  secret: true,
}
const AUTH = 'authParameters'
const CONNECTION: Constraints = {
  name: NAME,
  description: DESCRIPTION,
  authorizationType: AUTHORIZATION,
  [`${AUTH}.basicAuthParameters.username`]: SECRET,
  [`${AUTH}.basicAuthParameters.password`]: SECRET,
  [`${AUTH}.oAuthParameters.clientParameters.clientID`]: SECRET,
  [`${AUTH}.oAuthParameters.clientParameters.clientSecret`]: SECRET,
  [`${AUTH}.oAuthParameters.authorizationEndpoint`]: ENDPOINT,
  [`${AUTH}.oAuthParameters.httpMethod`]: { values: ['GET', 'POST', 'PUT'] },
  [`${AUTH}.apiKeyAuthParameters.apiKeyName`]: SECRET,
  [`${AUTH}.apiKeyAuthParameters.apiKeyValue`]: SECRET,
  [`${AUTH}.invocationHttpParameters.headerParameters`]: { max: 100 },
  [`${AUTH}.invocationHttpParameters.queryStringParameters`]: { max: 100 },
  [`${AUTH}.invocationHttpParameters.bodyParameters`]: { max: 100 },
}
const DESTINATION: Constraints = {
  name: NAME,
  description: DESCRIPTION,
  connectionArn: CONNECTION_ARN,
  invocationEndpoint: ENDPOINT,
  httpMethod: METHOD,
  invocationRateLimitPerSecond: { least: 1 },
}
const ARCHIVE: Constraints = {
  archiveName: ARCHIVE_NAME,
  eventSourceArn: BUS_ARN,
  description: DESCRIPTION,
  eventPattern: EVENT_PATTERN,
  retentionDays: { least: 0 },
}
const STATES = {
  archive: ['ENABLED', 'DISABLED', 'CREATING', 'UPDATING', 'CREATE_FAILED', 'UPDATE_FAILED'],
  replay: ['CANCELLED', 'CANCELLING', 'COMPLETED', 'FAILED', 'RUNNING', 'STARTING'],
  connection: [
    ...['CREATING', 'UPDATING', 'DELETING', 'AUTHORIZED', 'DEAUTHORIZED', 'AUTHORIZING', 'DEAUTHORIZING'],
    ...['ACTIVE', 'FAILED_CONNECTIVITY'],
  ],
  rule: ['ENABLED', 'DISABLED', 'ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS'],
}

/** What EventBridge's model demands of the input of each operation. */
export const SHAPES: Readonly<Record<string, Constraints>> = {
  PutRule: {
    name: NAME,
    scheduleExpression: { max: 256 },
    eventPattern: EVENT_PATTERN,
    state: { values: STATES.rule },
    description: DESCRIPTION,
    roleArn: ARN,
    ...TAGS,
    eventBusName: BUS,
  },
  DescribeRule: RULE,
  DeleteRule: RULE,
  EnableRule: RULE,
  DisableRule: RULE,
  ListRules: { namePrefix: NAME, eventBusName: BUS, ...PAGE },
  ListRuleNamesByTarget: { targetArn: ARN, eventBusName: BUS, ...PAGE },
  PutTargets: { rule: NAME, eventBusName: BUS, ...TARGETS },
  RemoveTargets: { rule: NAME, eventBusName: BUS, ids: { min: 1, max: 100 }, 'ids.*': NAME },
  ListTargetsByRule: { rule: NAME, eventBusName: BUS, ...PAGE },
  TestEventPattern: { eventPattern: EVENT_PATTERN },
  CreateEventBus: { name: BUS_NAME, description: DESCRIPTION, ...TAGS },
  UpdateEventBus: { name: BUS_NAME, description: DESCRIPTION },
  DescribeEventBus: { name: BUS },
  DeleteEventBus: { name: BUS_NAME },
  ListEventBuses: { namePrefix: BUS_NAME, ...PAGE },
  PutPermission: {
    eventBusName: { min: 1, max: 256, pattern: '[\\.\\-_A-Za-z0-9]+' },
    action: { min: 1, max: 64, pattern: 'events:[a-zA-Z]+' },
    principal: { min: 1, max: 12, pattern: '(\\d{12}|\\*)' },
    statementId: { min: 1, max: 64, pattern: '[a-zA-Z0-9-_]+' },
  },
  RemovePermission: { statementId: { min: 1, max: 64, pattern: '[a-zA-Z0-9-_]+' } },
  TagResource: { resourceARN: ARN, ...TAGS },
  UntagResource: { resourceARN: ARN, 'tagKeys.*': { min: 1, max: 128 } },
  ListTagsForResource: { resourceARN: ARN },
  CreateArchive: ARCHIVE,
  UpdateArchive: ARCHIVE,
  DescribeArchive: { archiveName: ARCHIVE_NAME },
  DeleteArchive: { archiveName: ARCHIVE_NAME },
  ListArchives: {
    namePrefix: ARCHIVE_NAME,
    eventSourceArn: BUS_ARN,
    state: { values: STATES.archive },
    ...PAGE,
  },
  StartReplay: {
    replayName: NAME,
    description: DESCRIPTION,
    eventSourceArn: BUS_ARN,
    'destination.arn': ARN,
  },
  DescribeReplay: { replayName: NAME },
  CancelReplay: { replayName: NAME },
  ListReplays: { namePrefix: NAME, state: { values: STATES.replay }, eventSourceArn: BUS_ARN, ...PAGE },
  CreateConnection: CONNECTION,
  UpdateConnection: CONNECTION,
  DescribeConnection: { name: NAME },
  DeleteConnection: { name: NAME },
  DeauthorizeConnection: { name: NAME },
  ListConnections: { namePrefix: NAME, connectionState: { values: STATES.connection }, ...PAGE },
  CreateApiDestination: DESTINATION,
  UpdateApiDestination: DESTINATION,
  DescribeApiDestination: { name: NAME },
  DeleteApiDestination: { name: NAME },
  ListApiDestinations: { namePrefix: NAME, connectionArn: CONNECTION_ARN, ...PAGE },
}
