import { allow, document, OWN_ACCOUNT, type Statement } from './policy.ts'
import { ACCOUNT, att, named, type Plan, type Resources, ref, sub } from './resources.ts'

export const KEY_ID = 'Key'
export const keyArn = att(KEY_ID)

/**
 * One customer key, rotated yearly, for queues, topics and the table. AWS's own keys (`alias/aws/sqs`, `alias/aws/sns`) would
 * cost nothing, but their policies cannot be changed, so EventBridge could not write into a queue under them (SQS developer
 * guide, "Enable compatibility between event sources from AWS services and encrypted queues").
 */
export const keys = (plan: Plan): Resources => ({
  [KEY_ID]: {
    Type: 'AWS::KMS::Key',
    // what lies in a dead-letter queue or a backup must stay readable after a stack was removed by mistake
    DeletionPolicy: 'Retain',
    UpdateReplacePolicy: 'Retain',
    Properties: {
      Description: `CodeCommit Relay (${plan.stage}): queues, topics and table`,
      EnableKeyRotation: true,
      KeyPolicy: document([
        {
          ...allow(['kms:*'], ['*']),
          Sid: 'AccountAdministersThroughIam',
          Principal: { AWS: sub(`arn:\${AWS::Partition}:iam::\${AWS::AccountId}:root`) },
        },
        {
          ...allow(['kms:Decrypt', 'kms:GenerateDataKey*'], ['*'], OWN_ACCOUNT),
          Sid: 'RulesSendToQueues',
          Principal: { Service: 'events.amazonaws.com' },
        },
        {
          // without a condition: CloudWatch's page on encrypted topics shows none, and an alarm that is silently not
          // delivered is worse; who may publish is held by the topic's own policy
          ...allow(['kms:Decrypt', 'kms:GenerateDataKey*'], ['*']),
          Sid: 'AlarmsPublish',
          Principal: { Service: 'cloudwatch.amazonaws.com' },
        },
      ]),
    },
  },
  KeyAlias: {
    Type: 'AWS::KMS::Alias',
    Properties: { AliasName: `alias/${named(plan, 'key')}`, TargetKeyId: ref(KEY_ID) },
  },
})

const through = (service: string) => sub(`${service}.\${AWS::Region}.\${AWS::URLSuffix}`)

/**
 * What a role needs to use encrypted queues and topics, and through these services only: GenerateDataKey to send, Decrypt to
 * receive and to verify the new data key (SQS developer guide, "Key management").
 */
export const useKeyThrough = (...services: readonly ('sqs' | 'sns')[]): Statement =>
  allow(['kms:Decrypt', 'kms:GenerateDataKey*'], [keyArn], {
    StringEquals: { 'kms:CallerAccount': ACCOUNT, 'kms:ViaService': services.map(through) },
  })

/**
 * What a role needs to read and write the encrypted table (DynamoDB developer guide, "DynamoDB encryption at rest: usage
 * notes"). CreateGrant, which is also listed there, is needed once, by whoever deploys.
 */
export const useKeyForTable = (): Statement =>
  allow(
    ['kms:Decrypt', 'kms:DescribeKey', 'kms:Encrypt', 'kms:GenerateDataKey*', 'kms:ReEncrypt*'],
    [keyArn],
    {
      StringEquals: { 'kms:CallerAccount': ACCOUNT, 'kms:ViaService': through('dynamodb') },
    },
  )
