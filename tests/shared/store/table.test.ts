import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { fromAttributes, type Item, toAttributes } from '../../../shared/store/attributes.ts'
import { openTable } from '../../../shared/store/table.ts'
import { startTable, type TestTable } from '../../support/table.ts'

let server: TestTable
beforeAll(async () => {
  server = await startTable()
})
afterAll(() => server.close())

test('any plain data comes back as it was', () => {
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof(
      fc.string(),
      fc.integer(),
      fc.boolean(),
      fc.array(tie('value')),
      fc.dictionary(fc.string(), tie('value')),
    ),
  }))
  fc.assert(
    fc.property(fc.dictionary(fc.string(), value), (item) => {
      expect(fromAttributes(toAttributes(item as Item))).toEqual(item)
    }),
  )
})

test('an update sets, adds, removes and reaches into maps', async () => {
  const key = { pk: 'p', sk: 's' }
  await server.table.put(key, { status: 'x', claim: { id: 'a' } })
  expect(
    await server.table.update(key, {
      set: { 'claim.until': 5, left: undefined },
      add: { count: 2 },
      remove: ['status'],
      when: '#claim.#id = :id',
      values: { ':id': 'a' },
    }),
  ).toBe(true)
  expect(await server.table.get(key)).toEqual({ ...key, claim: { id: 'a', until: 5 }, count: 2 })
  expect(await server.table.delete(key, { when: '#count = :two', values: { ':two': 3 } })).toBe(false)
  expect(await server.table.delete(key)).toBe(true)
  expect(await server.table.get(key)).toBeUndefined()
})

test('a table that is not there is a coded failure that names the operation', async () => {
  const table = openTable({ client: server.client, name: 'nowhere' })
  for (const call of [
    () => table.get({ pk: 'a', sk: 'b' }),
    () => table.put({ pk: 'a', sk: 'b' }, {}),
    () => table.query('a'),
  ]) {
    await expect(call()).rejects.toMatchObject({
      code: 'STORE_FAILED',
      data: { aws: 'ResourceNotFoundException' },
    })
  }
})

test('an unreachable table is a coded failure with its cause', async () => {
  const client = new DynamoDBClient({
    endpoint: 'http://127.0.0.1:1',
    region: 'us-east-1',
    maxAttempts: 1,
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  })
  const failure = await openTable({ client, name: 'relay' })
    .get({ pk: 'a', sk: 'b' })
    .catch((error: unknown) => error)
  expect(failure).toMatchObject({ code: 'STORE_FAILED', cause: expect.any(Error) })
})
