import { keyArn } from './keys.ts'
import { allow, type Statement } from './policy.ts'
import { att, named, type Plan, type Resources } from './resources.ts'

export const TABLE_ID = 'Table'
export const tableArn = att(TABLE_ID)

/** What must be remembered: claims of running mirrors, replica status, records against double delivery. */
export const table = (plan: Plan): Resources => ({
  [TABLE_ID]: {
    Type: 'AWS::DynamoDB::Table',
    DeletionPolicy: 'Delete',
    UpdateReplacePolicy: 'Retain',
    Properties: {
      TableName: named(plan, 'table'),
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [
        { AttributeName: 'pk', AttributeType: 'S' },
        { AttributeName: 'sk', AttributeType: 'S' },
      ],
      KeySchema: [
        { AttributeName: 'pk', KeyType: 'HASH' },
        { AttributeName: 'sk', KeyType: 'RANGE' },
      ],
      TimeToLiveSpecification: { AttributeName: 'expiresAt', Enabled: true },
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
      SSESpecification: { SSEEnabled: true, SSEType: 'KMS', KMSMasterKeyId: keyArn },
    },
  },
})

/**
 * Claims, status and what was told are single items. Listed are: by the sweep all replicas, with `failover` the directions, and what
 * is remembered of one replica's refs and parked tips.
 */
export const useTable = (...more: readonly 'Query'[]): Statement =>
  allow(
    ['DeleteItem', 'GetItem', 'PutItem', 'UpdateItem', ...more].map((name) => `dynamodb:${name}`),
    [tableArn],
  )
