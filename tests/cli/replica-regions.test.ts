import { describe, expect, test } from '@jest/globals'
import { regionsServed, replicaRegions, storyRepository } from '../../cli/replica-regions.ts'
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

describe('whose story is told', () => {
  const rules = (text: string) => parseConfig(`version: 1\nreplicate:\n${text}`, 'relay.yml').replicate
  const story = (text: string, imported?: string) => storyRepository(rules(text), 'us-east-1', imported)
  const to = 'to: [{ region: eu-west-1 }]'
  const away = `to: [{ region: eu-west-1, account: '222222222222', role: arn:aws:iam::222222222222:role/r }]`

  test('the demo, else what a glob lets be made, else a name that stands there', () => {
    expect(story(`  - { repositories: ['*'], ${to} }`)).toBe('demo')
    expect(story(`  - { repositories: ['team-*', orders], ${to} }`)).toBe('team-demo')
    expect(story(`  - { repositories: ['team-*', '!*demo', orders], ${to} }`)).toBe('orders')
    expect(story(`  - { repositories: ['*'], ${away} }\n  - { repositories: [orders], ${to} }`)).toBe(
      'orders',
    )
    expect(story(`  - { repositories: [orders], ${to} }`, 'orders')).toBe('orders')
  })

  test.each([
    [
      'an import that no rule chooses',
      `  - { repositories: ['team-*'], ${to} }`,
      'orders',
      /orders.*team-\*/,
    ],
    [
      'another region',
      `  - { from: sa-east-1, repositories: [a], ${to} }`,
      undefined,
      /demo.*a \(in sa-east-1\)/,
    ],
    ['a tag', `  - { repositories: ['*'], tag: copy, ${to} }`, undefined, /with the tag copy/],
    ['another account', `  - { repositories: ['*'], ${away} }`, undefined, /by a role of another account/],
  ])('refused at once, with what relay.yml chooses: %s', (_, text, imported, words) => {
    expect(() => story(text, imported)).toThrow(words)
  })
})
