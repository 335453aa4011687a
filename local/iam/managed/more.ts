import { type AwsManaged, managed, ONCE } from './policy.ts'
import { actions, allow, SELF } from './statements.ts'

/** What people attach to see more of an account, or less. AWS Managed Policy Reference Guide. */
export const MORE: readonly (readonly [arn: string, AwsManaged])[] = [
  managed(
    '/',
    'AWSDenyAll',
    2,
    ['2019-05-01T22:36:14Z', '2023-12-18T16:42:05Z'],
    [{ Sid: 'DenyAll', Effect: 'Deny', Action: ['*'], Resource: '*' }],
  ),
  managed(
    '/',
    'IAMUserChangePassword',
    5,
    ['2016-11-15T00:25:16Z', '2026-02-12T17:58:57Z'],
    [
      allow(['iam:ChangePassword'], [SELF, SELF.replace('user/', 'user/*/')]),
      allow(['iam:GetAccountPasswordPolicy']),
    ],
  ),
  managed(
    '/',
    'AWSKeyManagementServicePowerUser',
    2,
    ['2015-02-06T18:40:40Z', '2017-03-07T00:55:11Z'],
    [
      allow([
        ...actions(
          'kms',
          'CreateAlias CreateKey DeleteAlias Describe* GenerateRandom Get* List* TagResource UntagResource',
        ),
        ...actions('iam', 'ListGroups ListRoles ListUsers'),
      ]),
    ],
  ),
  managed(
    '/',
    'AmazonSQSReadOnlyAccess',
    4,
    ['2015-02-06T18:41:08Z', '2024-05-24T18:16:44Z'],
    [
      {
        Sid: 'AmazonSQSReadOnlyAccess',
        ...allow(
          actions(
            'sqs',
            `GetQueueAttributes GetQueueUrl ListDeadLetterSourceQueues ListQueues ListMessageMoveTasks
         ListQueueTags`,
          ),
        ),
      },
    ],
  ),
  managed('/', 'AWSCloudTrail_ReadOnlyAccess', 1, ONCE('2022-06-14T17:19:05Z'), [
    allow(actions('cloudtrail', 'Get* Describe* List* LookupEvents')),
  ]),
  managed(
    '/',
    'AmazonEventBridgeSchedulerFullAccess',
    4,
    ['2022-11-10T18:37:25Z', '2026-02-12T18:03:15Z'],
    [
      allow('scheduler:*'),
      allow('iam:PassRole', 'arn:aws:iam::*:role/*', {
        StringLike: { 'iam:PassedToService': 'scheduler.amazonaws.com' },
      }),
    ],
  ),
  managed(
    '/',
    'AmazonEventBridgeSchedulerReadOnlyAccess',
    5,
    ['2022-11-10T18:50:12Z', '2026-04-02T17:57:20Z'],
    [allow(actions('scheduler', 'List* Get*'))],
  ),
  managed(
    '/',
    'AmazonS3FullAccess',
    2,
    ['2015-02-06T18:40:58Z', '2021-09-27T20:16:37Z'],
    [allow(['s3:*', 's3-object-lambda:*'])],
  ),
  managed(
    '/',
    'AmazonS3ReadOnlyAccess',
    3,
    ['2015-02-06T18:40:59Z', '2023-08-10T21:31:39Z'],
    [allow([...actions('s3', 'Get* List* Describe*'), ...actions('s3-object-lambda', 'Get* List*')])],
  ),
]
