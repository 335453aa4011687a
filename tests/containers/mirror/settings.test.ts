import { expect, test } from '@jest/globals'
import { readSettings } from '../../../containers/mirror/settings.ts'
import { codeOf } from '../../../shared/runtime/errors.ts'

const source = { account: '111111111111', region: 'us-east-1', name: 'orchard' }
const replica = { ...source, region: 'eu-west-1', role: 'arn:aws:iam::222222222222:role/r', externalId: 'x' }
const environment = {
  RELAY_REPOSITORY: JSON.stringify(source),
  RELAY_REPLICA: JSON.stringify(replica),
  RELAY_DELETES: 'keep',
  RELAY_CLAIM: 'claim-1',
  RELAY_ATTEMPT: '2',
}

const rules = { safety: { refs: 10, percent: 30 }, parking: { days: 30 }, replicate: [] }

test('a full environment', () => {
  const more = {
    RELAY_REASON: 'push',
    RELAY_GIT_ENDPOINT: 'http://x',
    AWS_REGION: 'us-east-1',
    RELAY_KMS_KEY: 'alias/replicas',
    RELAY_FORCE: 'yes',
    RELAY_WAY: 'git',
    RELAY_TABLE: 'relay',
    RELAY_BUS: 'default',
    RELAY_RULES: JSON.stringify(rules),
  }
  expect(readSettings({ ...environment, ...more })).toEqual({
    source,
    replica,
    deletes: 'keep',
    claim: 'claim-1',
    attempt: 2,
    reason: 'push',
    gitEndpoint: 'http://x',
    region: 'us-east-1',
    kmsKey: 'alias/replicas',
    force: true,
    way: 'git',
    watch: { ...rules, table: 'relay', bus: 'default' },
  })
})

test('what may be left out', () => {
  expect(readSettings(environment)).toMatchObject({
    reason: '',
    gitEndpoint: undefined,
    region: undefined,
    force: false,
    way: 'relay',
  })
  expect(readSettings({ ...environment, RELAY_RULES: JSON.stringify(rules) }).watch).toBeUndefined()
  expect(() => readSettings({ ...environment, RELAY_RULES: '{}' })).toThrow(/RELAY_RULES/)
  expect(() => readSettings({ ...environment, RELAY_WAY: 'mirror' })).toThrow(/RELAY_WAY/)
})

test('everything that is wrong is named at once, without its value', () => {
  let error: unknown
  try {
    readSettings({ RELAY_REPOSITORY: '{"account":"hush"}', RELAY_DELETES: 'hush', RELAY_ATTEMPT: '-1' })
  } catch (thrown) {
    error = thrown
  }
  expect(codeOf(error)).toBe('ENVIRONMENT_INVALID')
  for (const name of ['RELAY_REPOSITORY', 'RELAY_REPLICA', 'RELAY_DELETES', 'RELAY_CLAIM', 'RELAY_ATTEMPT'])
    expect(`${error}`).toContain(name)
  expect(`${error}`).not.toContain('hush')
})

test.each([
  '',
  '{',
  'null',
  '[]',
  '"x"',
  '{}',
  JSON.stringify({ ...source, account: '1' }),
  JSON.stringify({ ...source, name: 1 }),
  JSON.stringify({ ...source, role: 1 }),
])('%s is no repository', (text) => {
  expect(() => readSettings({ ...environment, RELAY_REPLICA: text })).toThrow(/RELAY_REPLICA/)
})
