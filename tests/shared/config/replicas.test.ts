import { expect, test } from '@jest/globals'
import { parseConfig } from '../../../shared/config/parse.ts'
import { replicasOf } from '../../../shared/config/replicas.ts'

const OWN = { account: '111111111111' }
const at = (region: string, name: string, account = OWN.account) => ({ account, region, name })

const config = parseConfig(`version: 1
replicate:
  - from: us-east-1
    repositories: ['*', '!legacy-*']
    to:
      - region: eu-west-1
      - { region: us-east-1, account: '222222222222', role: 'arn:aws:iam::222222222222:role/w', externalId: 'xyz' }
  - repositories: ['orders']
    to: [{ region: eu-west-1 }, { region: eu-north-1 }]
    deletes: keep
`)

const shown = (region: string, name: string, own: { account: string; region?: string } = OWN) =>
  replicasOf(config, at(region, name), own).map(
    ({ replica, deletes }) => `${replica.account}/${replica.region}/${replica.name} ${deletes}`,
  )

test('each replica once; the first rule decides over deletes', () => {
  expect(shown('us-east-1', 'orders')).toEqual([
    '111111111111/eu-west-1/orders mirror',
    '222222222222/us-east-1/orders mirror',
    '111111111111/eu-north-1/orders keep',
  ])
})

test('carries role and external id', () => {
  expect(replicasOf(config, at('us-east-1', 'web'), OWN)[1]?.replica).toEqual({
    account: '222222222222',
    region: 'us-east-1',
    name: 'web',
    role: 'arn:aws:iam::222222222222:role/w',
    externalId: 'xyz',
  })
})

test('excluded, or of another region', () => {
  expect(shown('us-east-1', 'legacy-web')).toEqual([])
  expect(shown('eu-west-1', 'web')).toEqual([])
})

test('never the source itself', () => {
  expect(shown('eu-west-1', 'orders')).toEqual(['111111111111/eu-north-1/orders keep'])
})

test('a rule without a source region speaks of Relay’s own, where that is told', () => {
  expect(shown('eu-north-1', 'orders', { ...OWN, region: 'us-east-1' })).toEqual([])
  expect(shown('us-east-1', 'orders', { ...OWN, region: 'us-east-1' })).toHaveLength(3)
})

test('none for a repository of another account', () => {
  expect(replicasOf(config, at('us-east-1', 'orders', '222222222222'), OWN)).toEqual([])
})
