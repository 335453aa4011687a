import type { Engine } from './engine.ts'

/** DynamoDB developer guide, "Time to Live": items that expired more than five years ago are left alone. */
const OLDEST_SECONDS = 5 * 365 * 24 * 3_600

interface Page {
  readonly Items: readonly Readonly<Record<string, unknown>>[]
  readonly LastEvaluatedKey?: object
}

/**
 * Deletes a table's expired items, each only if it is still expired when its turn comes.
 * @param attribute holds seconds since the epoch as a number
 * @param now milliseconds since the epoch
 * @returns how many items went
 */
export const deleteExpired = async (
  engine: Engine,
  table: string,
  attribute: string,
  now: number,
): Promise<number> => {
  const described = await engine.run('DescribeTable', { TableName: table })
  if (described.status !== 200) return 0
  const { Table } = described.value as { Table: { KeySchema: { AttributeName: string }[] } }
  const seconds = Math.floor(now / 1000)
  const expired = {
    ExpressionAttributeNames: { '#ttl': attribute },
    ExpressionAttributeValues: {
      ':now': { N: String(seconds) },
      ':oldest': { N: String(seconds - OLDEST_SECONDS) },
    },
  }
  const condition = '#ttl < :now AND #ttl > :oldest'
  let gone = 0
  let start: object | undefined
  do {
    const scanned = await engine.run('Scan', {
      TableName: table,
      FilterExpression: condition,
      ...structuredClone(expired),
      ...(start && { ExclusiveStartKey: start }),
    })
    if (scanned.status !== 200) return gone
    const page = scanned.value as Page
    for (const item of page.Items) {
      const key = Object.fromEntries(
        Table.KeySchema.map(({ AttributeName }) => [AttributeName, item[AttributeName]]),
      )
      const deletion = {
        TableName: table,
        Key: key,
        ConditionExpression: condition,
        ...structuredClone(expired),
      }
      if ((await engine.run('DeleteItem', deletion)).status === 200) gone += 1
    }
    start = page.LastEvaluatedKey
  } while (start)
  return gone
}
