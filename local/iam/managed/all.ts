import { FULL_ACCESS, POWER_USER, READ_ONLY } from './codecommit.ts'
import { MORE } from './more.ts'
import { type AwsManaged, managed, ONCE } from './policy.ts'
import { actions, allow, SELF } from './statements.ts'

const LOGS = actions('logs', 'CreateLogGroup CreateLogStream PutLogEvents')
const passedTo = (service: string) => ({ StringLike: { 'iam:PassedToService': service } })

export type { AwsManaged } from './policy.ts'

/**
 * The AWS managed policies that people around CodeCommit attach; others do not exist here. AWS Managed Policy Reference Guide.
 * ReadOnlyAccess and the full-access policies of services hold what concerns the services served here.
 */
export const AWS_MANAGED: ReadonlyMap<string, AwsManaged> = new Map([
  managed('/', 'AdministratorAccess', 1, ONCE('2015-02-06T18:39:46Z'), [allow('*')]),
  managed(
    '/',
    'PowerUserAccess',
    12,
    ['2015-02-06T18:39:47Z', '2026-02-12T17:59:14Z'],
    [
      { Effect: 'Allow', NotAction: ['iam:*', 'organizations:*', 'account:*'], Resource: '*' },
      allow([
        'account:GetAccountInformation',
        'account:GetPrimaryEmail',
        'account:ListRegions',
        'iam:CreateServiceLinkedRole',
        'iam:DeleteServiceLinkedRole',
        'iam:ListRoles',
        'organizations:DescribeOrganization',
      ]),
    ],
  ),
  managed(
    '/',
    'ReadOnlyAccess',
    182,
    ['2015-02-06T18:39:48Z', '2026-04-03T15:27:12Z'],
    [
      allow([
        ...actions('cloudtrail', 'Describe* Get* List* LookupEvents'),
        ...actions('codecommit', 'BatchGet* Describe* Get* GitPull List*'),
        ...actions('dynamodb', 'BatchGet* Describe* Get* List* PartiQLSelect Query Scan'),
        ...actions('ecs', 'Describe* List*'),
        ...actions('events', 'Describe* List* Test*'),
        ...actions('iam', 'Generate* Get* List* Simulate*'),
        ...actions('kms', 'Describe* Get* List*'),
        ...actions('lambda', 'Get* List*'),
        ...actions(
          'logs',
          'Describe* FilterLogEvents Get* List* StartLiveTail StartQuery StopLiveTail StopQuery',
        ),
        ...actions(
          'scheduler',
          'GetSchedule GetScheduleGroup ListScheduleGroups ListSchedules ListTagsForResource',
        ),
        ...actions('sns', 'Check* Get* List*'),
        ...actions('sqs', 'Get* List* Receive*'),
        ...actions('sts', 'GetAccessKeyInfo GetCallerIdentity GetSessionToken'),
      ]),
    ],
  ),
  managed('/', 'AWSCodeCommitFullAccess', 13, ['2015-07-09T17:02:19Z', '2026-02-12T18:00:23Z'], FULL_ACCESS),
  managed('/', 'AWSCodeCommitPowerUser', 18, ['2015-07-09T17:06:49Z', '2026-02-12T17:57:24Z'], POWER_USER),
  managed('/', 'AWSCodeCommitReadOnly', 14, ['2015-07-09T17:05:06Z', '2026-02-12T18:00:25Z'], READ_ONLY),
  managed(
    '/',
    'IAMFullAccess',
    2,
    ['2015-02-06T18:40:38Z', '2019-06-21T19:40:00Z'],
    [
      allow([
        'iam:*',
        ...actions(
          'organizations',
          `DescribeAccount DescribeOrganization DescribeOrganizationalUnit DescribePolicy ListChildren ListParents
         ListPoliciesForTarget ListRoots ListPolicies ListTargetsForPolicy`,
        ),
      ]),
    ],
  ),
  managed(
    '/',
    'IAMReadOnlyAccess',
    4,
    ['2015-02-06T18:40:39Z', '2018-01-25T19:11:27Z'],
    [
      allow(
        actions(
          'iam',
          `GenerateCredentialReport GenerateServiceLastAccessedDetails Get* List* SimulateCustomPolicy
         SimulatePrincipalPolicy`,
        ),
      ),
    ],
  ),
  managed('/', 'IAMUserSSHKeys', 1, ONCE('2015-07-09T17:08:54Z'), [
    allow(
      actions(
        'iam',
        'DeleteSSHPublicKey GetSSHPublicKey ListSSHPublicKeys UpdateSSHPublicKey UploadSSHPublicKey',
      ),
      SELF,
    ),
  ]),
  managed('/', 'IAMSelfManageServiceSpecificCredentials', 1, ONCE('2016-12-22T17:25:18Z'), [
    allow(
      actions(
        'iam',
        `CreateServiceSpecificCredential ListServiceSpecificCredentials UpdateServiceSpecificCredential
         DeleteServiceSpecificCredential ResetServiceSpecificCredential`,
      ),
      SELF,
    ),
  ]),
  managed('/service-role/', 'AWSLambdaBasicExecutionRole', 1, ONCE('2015-04-09T15:03:43Z'), [allow(LOGS)]),
  managed('/service-role/', 'AWSLambdaSQSQueueExecutionRole', 1, ONCE('2018-06-14T21:50:45Z'), [
    allow([...actions('sqs', 'ReceiveMessage DeleteMessage GetQueueAttributes'), ...LOGS]),
  ]),
  managed('/service-role/', 'AWSLambdaRole', 1, ONCE('2015-02-06T18:41:28Z'), [
    allow(['lambda:InvokeFunction'], ['*']),
  ]),
  managed(
    '/',
    'AWSLambda_FullAccess',
    7,
    ['2020-11-17T21:14:08Z', '2026-02-12T18:00:51Z'],
    [
      allow([
        ...actions(
          'iam',
          'GetPolicy GetPolicyVersion GetRole GetRolePolicy ListAttachedRolePolicies ListRolePolicies ListRoles',
        ),
        'kms:DescribeKey',
        'kms:ListAliases',
        'lambda:*',
        'logs:DescribeLogGroups',
      ]),
      allow('iam:PassRole', '*', { StringEquals: { 'iam:PassedToService': 'lambda.amazonaws.com' } }),
      allow(
        actions('logs', 'DescribeLogStreams GetLogEvents FilterLogEvents StartLiveTail StopLiveTail'),
        'arn:aws:logs:*:*:log-group:/aws/lambda/*',
      ),
    ],
  ),
  managed('/service-role/', 'AmazonECSTaskExecutionRolePolicy', 1, ONCE('2017-11-16T18:48:22Z'), [
    allow([
      ...actions(
        'ecr',
        'GetAuthorizationToken BatchCheckLayerAvailability GetDownloadUrlForLayer BatchGetImage',
      ),
      'logs:CreateLogStream',
      'logs:PutLogEvents',
    ]),
  ]),
  managed(
    '/service-role/',
    'AmazonEC2ContainerServiceEventsRole',
    3,
    ['2017-05-30T16:51:35Z', '2023-03-06T22:25:12Z'],
    [
      allow(['ecs:RunTask'], ['*']),
      allow('iam:PassRole', ['*'], passedTo('ecs-tasks.amazonaws.com')),
      allow('ecs:TagResource', '*', { StringEquals: { 'ecs:CreateAction': ['RunTask'] } }),
    ],
  ),
  managed('/', 'AmazonSQSFullAccess', 1, ONCE('2015-02-06T18:41:07Z'), [allow(['sqs:*'])]),
  managed('/', 'AmazonSNSFullAccess', 2, ['2015-02-06T18:41:05Z', '2024-09-24T22:32:05Z'], [allow('sns:*')]),
  managed(
    '/',
    'AmazonEventBridgeFullAccess',
    7,
    ['2019-07-11T14:08:55Z', '2026-02-12T17:58:25Z'],
    [
      allow(['events:*', 'schemas:*', 'scheduler:*', 'pipes:*']),
      ...['events.amazonaws.com', 'scheduler.amazonaws.com', 'pipes.amazonaws.com'].map((service) =>
        allow('iam:PassRole', 'arn:aws:iam::*:role/*', passedTo(service)),
      ),
    ],
  ),
  managed(
    '/',
    'CloudWatchLogsFullAccess',
    8,
    ['2015-02-06T18:40:02Z', '2026-02-12T18:00:33Z'],
    [allow('logs:*')],
  ),
  ...MORE,
])
