import { expect, test } from '@jest/globals'
import { destinationsOf } from '../../../functions/notify/destinations.ts'

const slack = { workspace: 'T1', channel: 'C1' }
const teams = { tenant: 't', team: 't', channel: 'c' }

test('each topic with its ARN and its chat', () => {
  const topics = {
    mail: { email: ['a@example.com'] },
    chat: { email: [], slack },
    office: { email: [], teams },
  }
  expect([...destinationsOf(topics, { mail: 'arn:1', chat: 'arn:2', office: 'arn:3' }).values()]).toEqual([
    { name: 'mail', arn: 'arn:1' },
    { name: 'chat', arn: 'arn:2', chat: 'slack' },
    { name: 'office', arn: 'arn:3', chat: 'teams' },
  ])
})

test('topics without an ARN are all named at once', () => {
  const topics = { a: { email: [] }, b: { email: [] }, toString: { email: [] } }
  expect(() => destinationsOf(topics, { a: 'arn:1' })).toThrow('topicsWithoutArn=b,toString')
})
