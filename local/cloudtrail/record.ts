import type { Happening } from '../contracts.ts'
import type { Caller } from '../gateway/service.ts'

/** A record's form: CloudTrail user guide, "CloudTrail record contents for management, data, and network activity events". */
const EVENT_VERSION = '1.11'

/** What only reads, as far as its name tells; Git's fetch is named by CodeCommit itself. */
const READS = /^(Get|List|Describe|BatchGet|BatchDescribe|Evaluate|Lookup|Filter|Simulate|GitPull$)/

export interface TrailRecord {
  readonly eventID: string
  readonly eventName: string
  readonly eventSource: string
  readonly readOnly: boolean
  readonly [member: string]: unknown
}

/**
 * One CloudTrail record.
 * @param at milliseconds since the epoch
 */
export const recordOf = (happening: Happening, { id, at }: { id: string; at: number }): TrailRecord => {
  const { caller, error } = happening
  return {
    eventVersion: EVENT_VERSION,
    userIdentity: caller ? identityOf(caller) : { type: 'Unknown' },
    eventTime: seconds(at),
    eventSource: happening.eventSource,
    eventName: happening.eventName,
    awsRegion: happening.region,
    sourceIPAddress: happening.sourceIp ?? 'AWS Internal',
    userAgent: happening.userAgent ?? 'AWS Internal',
    ...(error && { errorCode: error.code, errorMessage: error.message }),
    requestParameters: happening.requestParameters ?? null,
    responseElements: happening.responseElements ?? null,
    ...(happening.additionalEventData && { additionalEventData: happening.additionalEventData }),
    requestID: happening.requestId,
    eventID: id,
    readOnly: READS.test(happening.eventName),
    ...(happening.resources &&
      happening.resources.length > 0 && { resources: happening.resources.map(resourceOf) }),
    eventType: 'AwsApiCall',
    managementEvent: true,
    recipientAccountId: happening.account,
    eventCategory: 'Management',
  }
}

/** CloudTrail user guide, "CloudTrail userIdentity element". */
const identityOf = (caller: Caller): object => {
  const { account, arn, userId, accessKeyId, kind } = caller
  if (kind === 'service') return { type: 'AWSService', invokedBy: arn }
  const type = { root: 'Root', user: 'IAMUser', role: 'AssumedRole', federated: 'FederatedUser' }[kind]
  return {
    type,
    principalId: userId,
    arn,
    accountId: account,
    ...(accessKeyId !== undefined && { accessKeyId }),
    ...(kind === 'user' && { userName: lastPart(arn) }),
    ...((caller.roleArn ?? caller.userArn) !== undefined && { sessionContext: sessionOf(caller) }),
  }
}

const sessionOf = ({ roleArn, userArn, userId, account, issued }: Caller): object => {
  const arn = roleArn ?? userArn ?? ''
  return {
    sessionIssuer: {
      type: roleArn === undefined ? 'IAMUser' : 'Role',
      principalId: userId.split(':', 1)[0],
      arn,
      accountId: account,
      userName: lastPart(arn),
    },
    attributes: {
      ...(issued !== undefined && { creationDate: seconds(issued) }),
      mfaAuthenticated: 'false',
    },
  }
}

const TYPES: Readonly<Record<string, string>> = {
  codecommit: 'AWS::CodeCommit::Repository',
  kms: 'AWS::KMS::Key',
  sqs: 'AWS::SQS::Queue',
  sns: 'AWS::SNS::Topic',
  lambda: 'AWS::Lambda::Function',
}

const resourceOf = (arn: string): object => {
  const [, , service = '', , accountId] = arn.split(':')
  return { ...(accountId && { accountId }), ...(TYPES[service] && { type: TYPES[service] }), ARN: arn }
}

const lastPart = (arn: string): string => arn.slice(arn.lastIndexOf('/') + 1)

const seconds = (at: number): string => `${new Date(at).toISOString().slice(0, 19)}Z`
