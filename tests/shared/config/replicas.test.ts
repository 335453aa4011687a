import { describe, expect, test } from '@jest/globals'
import { createDiscover } from '../../../shared/config/discover.ts'
import { parseConfig } from '../../../shared/config/parse.ts'
import { divergenceOf, type KnownTags, replicasOf } from '../../../shared/config/replicas.ts'

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

test('none for a parking repository, whatever a glob says', () => {
  expect(shown('us-east-1', 'orders.relay-parking')).toEqual([])
  expect(shown('us-east-1', 'orders.relay-parking-lot')).toHaveLength(2)
})

test('what happens to a stranger’s refs is said by the first rule that keeps the two in step, either way round', () => {
  const rules = parseConfig(`version: 1
replicate:
  - { repositories: ['orders'], to: [{ region: eu-west-1 }], divergence: keep }
  - { repositories: ['*'], to: [{ region: eu-west-1 }], divergence: overwrite }
`)
  const of = (name: string, from: string, to: string) =>
    divergenceOf(rules, { repository: at(from, name), replica: at(to, name) })
  expect(of('orders', 'us-east-1', 'eu-west-1')).toBe('keep')
  expect(of('orders', 'eu-west-1', 'us-east-1')).toBe('keep')
  expect(of('web', 'us-east-1', 'eu-west-1')).toBe('overwrite')
  expect(of('web', 'us-east-1', 'eu-north-1')).toBe('report')
})

test('what happens to a stranger’s refs may differ between two accounts of one region, and between two ways', () => {
  const other = '222222222222'
  const role = `arn:aws:iam::${other}:role/relay`
  const rules = parseConfig(`version: 1
replicate:
  - { repositories: ['orders'], to: [{ region: eu-west-1, account: "${other}", role: "${role}", externalId: shop }], divergence: keep }
  - { repositories: ['orders'], to: [{ region: eu-west-1 }, { region: eu-north-1 }], divergence: overwrite }
  - { repositories: ['web'], from: us-east-1, to: [{ region: eu-west-1 }], divergence: keep }
  - { repositories: ['web'], from: eu-west-1, to: [{ region: us-east-1 }], divergence: overwrite }
`)
  const of = (name: string, from: string, to: string, account = OWN.account) =>
    divergenceOf(rules, { repository: at(from, name), replica: at(to, name, account) })
  expect(of('orders', 'us-east-1', 'eu-west-1', other)).toBe('keep')
  expect(of('orders', 'us-east-1', 'eu-west-1')).toBe('overwrite')
  // after a failover to eu-west-1 in the own account
  expect(of('orders', 'eu-west-1', 'us-east-1')).toBe('overwrite')
  expect(of('orders', 'eu-west-1', 'eu-west-1', other)).toBe('keep')
  expect(of('orders', 'eu-west-1', 'eu-north-1')).toBe('overwrite')
  expect(of('web', 'us-east-1', 'eu-west-1')).toBe('keep')
  expect(of('web', 'eu-west-1', 'us-east-1')).toBe('overwrite')
})

test('none for a repository of another account', () => {
  expect(replicasOf(config, at('us-east-1', 'orders', '222222222222'), OWN)).toEqual([])
})

const tagged = parseConfig(`version: 1
replicate:
  - repositories: ['*', '!legacy-*']
    tag: relay:replicate-to
    to: [{ region: eu-west-1, kmsKey: alias/replicas }, { region: eu-north-1 }]
  - repositories: ['orders']
    to: [{ region: eu-central-1 }]
`)
const home = { ...OWN, region: 'us-east-1' }

test.each<[name: string, tags: KnownTags | undefined, regions: string[]]>([
  ['web', undefined, []],
  ['web', {}, []],
  ['web', { 'relay:replicate-to': '' }, []],
  ['web', { 'Relay:Replicate-To': 'eu-west-1' }, []],
  ['web', { 'relay:replicate-to': 'eu-west-1' }, ['eu-west-1']],
  ['web', { 'relay:replicate-to': ' eu-north-1,  eu-west-1 ' }, ['eu-west-1', 'eu-north-1']],
  ['web', { 'relay:replicate-to': 'eu-west-1 eu-wst-2 us-east-1' }, ['eu-west-1']],
  ['web', 'any', ['eu-west-1', 'eu-north-1']],
  ['legacy-web', { 'relay:replicate-to': 'eu-west-1' }, []],
  ['orders', {}, ['eu-central-1']],
  ['orders', { 'relay:replicate-to': 'eu-north-1' }, ['eu-north-1', 'eu-central-1']],
])('by tag: %s with %j', (name, tags, regions) => {
  const found = replicasOf(tagged, at('us-east-1', name), home, tags)
  expect(found.map(({ replica }) => replica.region)).toEqual(regions)
})

test('the key of a replica is that of the rule that names it first', () => {
  expect(replicasOf(tagged, at('us-east-1', 'web'), home, 'any').map(({ kmsKey }) => kmsKey)).toEqual([
    'alias/replicas',
    undefined,
  ])
})

describe('discovery', () => {
  const warned: unknown[] = []
  const log = {
    info: () => undefined,
    warn: (_: string, facts?: object) => void warned.push(facts),
    error: fail,
  }
  let time = 0
  const asked: string[] = []
  let tags: Record<string, string> | undefined = { 'relay:replicate-to': 'eu-west-1 eu-wst-2' }
  let broken = false
  const discover = createDiscover({
    config: tagged,
    own: home,
    now: () => time,
    tagsOf: async ({ name }) => {
      asked.push(name)
      if (broken) throw new Error('throttled')
      return tags
    },
  })
  const regions = async (name: string) =>
    (await discover(at('us-east-1', name), log)).map(({ replica }) => replica.region)

  function fail() {
    throw new Error('nothing goes wrong here')
  }

  test('asks for tags where a rule looks for one, at most once a minute, and tells an unknown region once', async () => {
    expect(await regions('legacy-web')).toEqual([])
    expect(asked).toEqual([])
    expect(await regions('web')).toEqual(['eu-west-1'])
    tags = { 'relay:replicate-to': 'eu-north-1 eu-wst-2' }
    time += 59_000
    expect(await regions('web')).toEqual(['eu-west-1'])
    time += 2_000
    expect(await regions('web')).toEqual(['eu-north-1'])
    expect(asked).toEqual(['web', 'web'])
    expect(warned).toEqual([
      { repository: '111111111111/us-east-1/web', word: 'relay:replicate-to: eu-wst-2' },
    ])
  })

  test('whoever has seen something newer is not answered with what was read before', async () => {
    time += 61_000
    expect(await regions('web')).toEqual(['eu-north-1'])
    tags = { 'relay:replicate-to': 'eu-west-1' }
    time += 1_000
    const since = async (asOf: number) =>
      (await discover(at('us-east-1', 'web'), log, asOf)).map(({ replica }) => replica.region)
    expect(await since(time - 1_000)).toEqual(['eu-north-1'])
    expect(await since(time)).toEqual(['eu-west-1'])
    tags = { 'relay:replicate-to': 'eu-north-1' }
  })

  test('a failure is thrown, and not kept', async () => {
    time += 61_000
    broken = true
    await expect(regions('web')).rejects.toThrow('throttled')
    broken = false
    expect(await regions('web')).toEqual(['eu-north-1'])
  })

  test('of a repository that is gone every replica that it may have had is meant', async () => {
    time += 61_000
    tags = undefined
    expect(await regions('web')).toEqual(['eu-west-1', 'eu-north-1'])
  })
})
