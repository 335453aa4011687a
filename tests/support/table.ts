import type { Server } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { CreateTableCommand, DynamoDBClient, waitUntilTableExists } from '@aws-sdk/client-dynamodb'
import { openTable, type Table } from '../../shared/store/table.ts'

const dynalite = createRequire(import.meta.url)('dynalite') as (options: object) => Server

export interface TestTable {
  readonly client: DynamoDBClient
  readonly table: Table
  readonly endpoint: string
  close(): Promise<void>
}

/** The one table on a real DynamoDB-compatible server, in memory, on a free port. */
export const startTable = async (): Promise<TestTable> => {
  const server = dynalite({ createTableMs: 0 })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const endpoint = `http://127.0.0.1:${port}`
  const client = new DynamoDBClient({
    endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  })
  const attributes = ['pk', 'sk'] as const
  await client.send(
    new CreateTableCommand({
      TableName: 'relay',
      BillingMode: 'PAY_PER_REQUEST',
      KeySchema: attributes.map((AttributeName, index) => ({
        AttributeName,
        KeyType: index ? 'RANGE' : 'HASH',
      })),
      AttributeDefinitions: attributes.map((AttributeName) => ({ AttributeName, AttributeType: 'S' })),
    }),
  )
  // created is not yet active
  await waitUntilTableExists(
    { client, maxWaitTime: 10, minDelay: 0.01, maxDelay: 0.05 },
    { TableName: 'relay' },
  )
  return {
    client,
    table: openTable({ client, name: 'relay' }),
    endpoint,
    close: async () => {
      client.destroy()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
