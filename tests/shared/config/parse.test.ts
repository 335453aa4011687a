import { readFileSync } from 'node:fs'
import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { ConfigError } from '../../../shared/config/mistakes.ts'
import { parseConfig } from '../../../shared/config/parse.ts'
import { anyLetter } from '../../support/any-letter.ts'

const SMALLEST = `version: 1
replicate:
  - repositories: ['*']
    to: [{ region: eu-west-1 }]
`

test('the smallest file gets every default', () => {
  expect(parseConfig(SMALLEST)).toEqual({
    version: 1,
    replicate: [
      {
        repositories: ['*'],
        to: [{ region: 'eu-west-1' }],
        deletes: 'mirror',
        divergence: 'report',
        way: 'auto',
      },
    ],
    topics: { team: { email: [] } },
    notify: [{ topic: 'team', events: ['push', 'branch', 'tag', 'replica', 'secret'], repositories: ['*'] }],
    scan: [],
    sweep: { everyMinutes: 5 },
    mirror: { cpu: 1024, memoryMiB: 2048, ephemeralStorageGiB: 40, attempts: 5 },
    safety: { refs: 10, percent: 30 },
    parking: { days: 30 },
  })
})

test('the shipped relay.yml is sound', () => {
  const text = readFileSync(new URL('../../../relay.yml', import.meta.url), 'utf8')
  expect(text.split('\n')[0]).toBe('# yaml-language-server: $schema=docs/relay.schema.json')
  expect(parseConfig(text).replicate).toHaveLength(1)
})

test('topics without notify: every topic but that of the alarms hears everything', () => {
  const { notify } = parseConfig(`${SMALLEST}topics: { a: {}, alarms: {}, b: {} }\n`)
  expect(notify.map(({ topic, events }) => [topic, events.length])).toEqual([
    ['a', 5],
    ['b', 5],
  ])
})

test('notify may be empty: nobody hears anything', () => {
  expect(parseConfig(`${SMALLEST}notify: []\n`).notify).toEqual([])
})

test('a full file comes through as written', () => {
  const config = parseConfig(`version: 1
replicate:
  - from: us-east-1
    repositories: &most ['*', '!legacy-*']
    to:
      - { region: us-east-1, account: '012345678901', role: 'arn:aws:iam::012345678901:role/relay/writer', externalId: 'a:b/c' }
    deletes: keep
topics:
  mail: { email: [nina@example.com] }
  chat: { slack: { workspace: T024BE7LD, channel: C024BE7LR } }
  office:
    teams:
      tenant: 5a8f1d3e-0c55-4f7b-9d0e-5b1d8a9f0c33
      team: 6a8f1d3e-0c55-4f7b-9d0e-5b1d8a9f0c33
      channel: 19%3ab6ef35dc342d56ba5654e6fc6d25a071%40thread.tacv2
notify:
  - { topic: mail, events: [replica], repositories: *most }
sweep: { everyMinutes: 1440 }
mirror:
  cpu: 256
  memoryMiB: 512
  ephemeralStorageGiB: 200
  attempts: 1
  network: { subnets: [subnet-0123abcd], securityGroups: [sg-0123abcd] }
`)
  expect(config.replicate[0]?.to[0]).toEqual({
    region: 'us-east-1',
    account: '012345678901',
    role: 'arn:aws:iam::012345678901:role/relay/writer',
    externalId: 'a:b/c',
  })
  expect(config.notify[0]?.repositories).toEqual(['*', '!legacy-*'])
  expect(Object.keys(config.topics)).toEqual(['mail', 'chat', 'office'])
  expect(config.mirror.network?.assignPublicIp).toBe(false)
  expect(config.mirror.memoryMiB).toBe(512)
})

test('a Config survives the JSON beside a bundle', () => {
  const config = parseConfig(SMALLEST)
  expect(JSON.parse(JSON.stringify(config))).toEqual(config)
})

test('Windows line ends and a byte order mark are no mistake', () => {
  expect(parseConfig(`\ufeff${SMALLEST.replaceAll('\n', '\r\n')}`)).toEqual(parseConfig(SMALLEST))
})

test('any text ends in a Config or in mistakes with places inside it', () => {
  const pieces = [
    'version: 1',
    'replicate:',
    '  - repositories: ',
    "['*']",
    '\n',
    '    to: [{ region: ',
    'eu-west-1',
    '}]',
    '\t',
    '&a ',
    '*a',
    '!x',
    '"',
    '{',
    ']',
    ': ',
    '- ',
    '__proto__',
    '1e999',
    'null',
    '|',
    '\u0000',
    'topics: ',
    'é',
  ]
  const text = fc.oneof(
    fc.string({ unit: anyLetter, maxLength: 60 }),
    fc.array(fc.constantFrom(...pieces), { maxLength: 25 }).map((parts) => parts.join('')),
  )
  fc.assert(
    fc.property(text, (value) => {
      try {
        parseConfig(value)
      } catch (error) {
        if (!(error instanceof ConfigError)) throw error
        const lines = value.split(/\r\n|\r|\n/).length
        for (const { line, column } of error.mistakes) {
          expect(line).toBeGreaterThanOrEqual(1)
          expect(line).toBeLessThanOrEqual(lines)
          expect(column).toBeGreaterThanOrEqual(1)
        }
        expect(error.mistakes.length).toBeGreaterThan(0)
      }
    }),
    { numRuns: 500 },
  )
})
