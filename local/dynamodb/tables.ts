import type { DynamoDb } from '../contracts.ts'
import { AwsError, type Call, type Operation, type Service } from '../gateway/service.ts'

/** What makes and removes tables, in the form of the other services' operations: for a stack, which knows no wire. */
export const tableService = (dynamodb: Pick<DynamoDb, 'handle'>): Service => ({
  name: 'dynamodb',
  operations: Object.fromEntries(
    ['CreateTable', 'DeleteTable', 'DescribeTable', 'UpdateTable', 'UpdateTimeToLive'].map((operation) => [
      operation,
      ask(dynamodb, operation),
    ]),
  ),
})

const ask =
  (dynamodb: Pick<DynamoDb, 'handle'>, operation: string): Operation =>
  async (input: object, { account, region, caller }: Call) => {
    const { status, body } = await dynamodb.handle({
      account,
      region,
      caller,
      target: `DynamoDB_20120810.${operation}`,
      body: Buffer.from(JSON.stringify(input)),
    })
    const answer = JSON.parse(body.toString('utf8')) as {
      __type?: string
      message?: string
      Message?: string
    }
    if (status === 200) return answer
    const { __type: type = 'InternalFailure', message = answer.Message ?? '' } = answer
    throw new AwsError(type.split('#').at(-1) ?? type, message, status)
  }
