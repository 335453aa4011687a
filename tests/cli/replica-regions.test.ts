import { expect, test } from '@jest/globals'
import { regionsServed, replicaRegions } from '../../cli/replica-regions.ts'
import { parseConfig } from '../../shared/config/parse.ts'

const { replicate } = parseConfig(
  `version: 1
replicate:
  - repositories: ['*']
    tag: copy-to
    to: [{ region: eu-north-1 }]
  - repositories: ['*']
    to:
      - { region: eu-central-1, account: '222222222222', role: arn:aws:iam::222222222222:role/r }
      - { region: ap-south-1 }
  - { from: sa-east-1, repositories: [demo], to: [{ region: us-west-2 }] }
  - { repositories: [demo], to: [{ region: eu-west-1 }] }
`,
  'relay.yml',
)

test('a local cloud serves what relay.yml names, beside what it always has', () => {
  expect(regionsServed(['us-east-1', 'eu-west-1'], replicate)).toEqual([
    'us-east-1',
    'eu-west-1',
    'eu-north-1',
    'eu-central-1',
    'ap-south-1',
    'sa-east-1',
    'us-west-2',
  ])
  const [rule] = replicate
  expect(regionsServed(['us-east-1'], [{ ...rule!, to: [{ region: 'cn-north-1' }] }])).toEqual(['us-east-1'])
})

test('the story is told of a replica that neither a tag nor a role decides on', () => {
  expect(replicaRegions(replicate, 'us-east-1', 'demo')).toEqual(['ap-south-1', 'eu-west-1'])
  expect(replicaRegions(replicate, 'us-east-1', 'orders')).toEqual(['ap-south-1'])
})
