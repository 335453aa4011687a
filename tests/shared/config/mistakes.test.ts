import { describe, expect, test } from '@jest/globals'
import { ConfigError, renderMistake, renderMistakes } from '../../../shared/config/mistakes.ts'
import { MAX_FILE_CHARACTERS, parseConfig } from '../../../shared/config/parse.ts'

const mistakesOf = (text: string): ConfigError => {
  try {
    parseConfig(text)
  } catch (error) {
    if (error instanceof ConfigError) return error
    throw error
  }
  throw new Error('the text has no mistake')
}

const linesOf = (text: string) => mistakesOf(text).mistakes.map((mistake) => renderMistake(mistake))

/** A sound file, with `more` after it. */
const sound = (more: string) => `version: 1
replicate:
  - repositories: ['*']
    to:
      - region: eu-west-1
${more}`

/** A sound file whose one replica is `target`. */
const to = (target: string, from = '') => `version: 1
replicate:
  - repositories: ['*']
    ${from || 'deletes: keep'}
    to:
      - ${target}
`

const KEYS = 'version, replicate, topics, notify, scan, sweep, mirror, safety, parking, failover'
const GLOB_RULE =
  'a glob of repository names (letters, digits, ". _ -", "*", "?"; "!" in front excludes), at most 100 characters'
const OTHER = 'arn:aws:iam::333333333333:role/relay'

const table: [name: string, text: string, lines: string[]][] = [
  [
    'empty file',
    '',
    ['relay.yml:1:1 expected a mapping with the keys version and replicate, found an empty file'],
  ],
  [
    'only a comment',
    '# later\n',
    ['relay.yml:1:1 expected a mapping with the keys version and replicate, found an empty file'],
  ],
  [
    'a list',
    '- a\n',
    ['relay.yml:1:1 expected a mapping with the keys version and replicate, found a list of 1'],
  ],
  [
    'a text',
    'hello',
    ['relay.yml:1:1 expected a mapping with the keys version and replicate, found "hello"'],
  ],
  ['a tab', 'version: 1\n\treplicate: []\n', ['relay.yml:2:1 expected spaces as indentation, found a tab']],
  [
    'an open quote',
    'version: 1\nreplicate: "x\n',
    ['relay.yml:3:1 expected valid YAML, found this: Missing closing "quote'],
  ],
  [
    'two documents',
    `${sound('')}---\nversion: 1\n`,
    ['relay.yml:6:1 expected one document, found a second one after "---"'],
  ],
  [
    'a key twice',
    sound('version: 1\n'),
    ['relay.yml:6:1 expected each key once in a mapping, found version again'],
  ],
  [
    'a bare star',
    'version: 1\nreplicate:\n  - repositories: [*]\n',
    ['relay.yml:3:20 expected quotes around a text that starts with *, found *'],
  ],
  [
    'a star glob without quotes',
    'version: 1\nreplicate:\n  - repositories:\n      - *-service\n',
    ['relay.yml:4:9 expected quotes around a text that starts with *, found *-service'],
  ],
  [
    'an excluding glob without quotes',
    'version: 1\nreplicate:\n  - repositories:\n      - a\n      - !legacy-*\n',
    ['relay.yml:5:9 expected quotes around a text that starts with !, found !legacy-*'],
  ],
  [
    'the wrong version',
    sound('').replace('version: 1', 'version: 2'),
    ['relay.yml:1:10 version: expected 1, found 2'],
  ],
  ['no version', sound('').replace('version: 1\n', ''), ['relay.yml:1:1 version: expected 1, found nothing']],
  [
    'no rules',
    'version: 1\n',
    ['relay.yml:1:1 replicate: expected a list of 1 to 100 entries, found nothing'],
  ],
  [
    'an empty list',
    'version: 1\nreplicate: []\n',
    ['relay.yml:2:12 replicate: expected a list of 1 to 100 entries, found an empty list'],
  ],
  [
    'a misspelt key, and not also a missing one',
    sound('').replace('replicate', 'replcate'),
    [`relay.yml:2:1 replcate: expected one of the keys ${KEYS}, found "replcate"; did you mean replicate?`],
  ],
  [
    'an unknown key like no other',
    sound('colour: red\n'),
    [`relay.yml:6:1 colour: expected one of the keys ${KEYS}, found "colour"`],
  ],
  [
    'a misspelt key deep inside',
    to('{ regoin: eu-west-1 }'),
    [
      'relay.yml:6:11 replicate[0].to[0].regoin: expected one of the keys region, account, role, externalId, kmsKey, found "regoin"; did you mean region?',
    ],
  ],
  [
    'a misspelt region',
    to('region: eu-wst-1'),
    [
      'relay.yml:6:17 replicate[0].to[0].region: expected a region that has CodeCommit, found "eu-wst-1"; did you mean eu-west-1?',
    ],
  ],
  [
    'a region without CodeCommit',
    to('region: eu-south-2'),
    [
      'relay.yml:6:17 replicate[0].to[0].region: expected a region that has CodeCommit, found "eu-south-2"; did you mean eu-south-1?',
    ],
  ],
  [
    'no region at all',
    to('region: frankfurt'),
    ['relay.yml:6:17 replicate[0].to[0].region: expected a region that has CodeCommit, found "frankfurt"'],
  ],
  [
    'a region in capitals',
    to('region: EU-WEST-1'),
    [
      'relay.yml:6:17 replicate[0].to[0].region: expected a region that has CodeCommit, found "EU-WEST-1"; did you mean eu-west-1?',
    ],
  ],
  [
    'an account without quotes',
    to(`{ region: eu-west-1, account: 012345678901, role: '${OTHER}' }`),
    [
      'relay.yml:6:39 replicate[0].to[0].account: expected an account id: 12 digits in quotes, found 012345678901, which YAML reads as a number: write "012345678901"',
    ],
  ],
  [
    'an account of 11 digits',
    to(`{ region: eu-west-1, account: '33333333333', role: '${OTHER}' }`),
    [
      'relay.yml:6:39 replicate[0].to[0].account: expected an account id: 12 digits in quotes, found "33333333333"',
    ],
  ],
  [
    'an account without a role',
    to(`{ region: eu-west-1, account: '333333333333' }`),
    [
      'relay.yml:6:9 replicate[0].to[0].role: expected the ARN of a role in account 333333333333 for Relay to assume (without "account", the replica is in Relay’s own), found nothing',
    ],
  ],
  [
    'a role without its account',
    to(`{ region: eu-west-1, role: '${OTHER}' }`),
    ['relay.yml:6:9 replicate[0].to[0].account: expected the account of the role, in quotes, found nothing'],
  ],
  [
    'a role of another account',
    to(`{ region: eu-west-1, account: '222222222222', role: '${OTHER}' }`),
    [`relay.yml:6:61 replicate[0].to[0].role: expected a role of account 222222222222, found "${OTHER}"`],
  ],
  [
    'a role of another partition',
    to(`{ region: cn-north-1, account: '333333333333', role: '${OTHER}' }`),
    [
      `relay.yml:6:62 replicate[0].to[0].role: expected a role of partition aws-cn, in which cn-north-1 is, found "${OTHER}"`,
    ],
  ],
  [
    'a role that is a user',
    to(`{ region: eu-west-1, account: '333333333333', role: 'arn:aws:iam::333333333333:user/x' }`),
    [
      'relay.yml:6:61 replicate[0].to[0].role: expected the ARN of an IAM role (arn:aws:iam::<account>:role/<name>), found "arn:aws:iam::333333333333:user/x"',
    ],
  ],
  [
    'an external id that is too short',
    to(`{ region: eu-west-1, account: '333333333333', role: '${OTHER}', externalId: 'x' }`),
    [
      'relay.yml:6:113 replicate[0].to[0].externalId: expected an external id of 2 to 1224 letters, digits or "_ + = , . @ : / -", found "x"',
    ],
  ],
  [
    'an external id without a role',
    to(`{ region: eu-west-1, externalId: 'abc' }`),
    ['relay.yml:6:42 replicate[0].to[0].externalId: expected a role that asks for it, found no role'],
  ],
  [
    'the source as its own replica',
    to('region: us-east-1', 'from: us-east-1'),
    [
      'relay.yml:6:17 replicate[0].to[0].region: expected another region than that of the source, or another account, found "us-east-1"',
    ],
  ],
  [
    'a replica beyond the partition',
    to('region: cn-north-1', 'from: us-east-1'),
    [
      'relay.yml:6:17 replicate[0].to[0].region: expected a region of partition aws, like the source’s, found "cn-north-1"',
    ],
  ],
  [
    'a replica twice',
    to('region: eu-west-1\n      - region: eu-west-1'),
    [
      'relay.yml:7:9 replicate[0].to[1]: expected each replica once, found the same region and account as to[0]',
    ],
  ],
  [
    'only globs that exclude',
    sound('').replace("['*']", "['!a', '!b']"),
    [
      'relay.yml:3:19 replicate[0].repositories: expected at least one glob that includes something, found only globs that exclude',
    ],
  ],
  [
    'a glob with a slash',
    sound('').replace("['*']", "['team/*']"),
    [`relay.yml:3:20 replicate[0].repositories[0]: expected ${GLOB_RULE}, found "team/*"`],
  ],
  [
    'a glob of 101 characters',
    sound('').replace('*', 'a'.repeat(101)),
    [`relay.yml:3:20 replicate[0].repositories[0]: expected ${GLOB_RULE}, found "${'a'.repeat(80)}…"`],
  ],
  [
    'a text for a list',
    sound('').replace("['*']", 'orders'),
    ['relay.yml:3:19 replicate[0].repositories: expected a list of 1 to 100 entries, found "orders"'],
  ],
  [
    'an unknown way with deletes',
    to('region: eu-west-1', 'deletes: mirorr'),
    [
      'relay.yml:4:14 replicate[0].deletes: expected "mirror" or "keep", found "mirorr"; did you mean mirror?',
    ],
  ],
  [
    'an unknown topic',
    sound('topics: { team: {}, oncall: {} }\nnotify:\n  - topic: onclal\n'),
    [
      'relay.yml:8:12 notify[0].topic: expected a topic of "topics" (team, oncall), found "onclal"; did you mean oncall?',
    ],
  ],
  [
    'a topic where there is none',
    sound('topics: {}\nnotify:\n  - topic: team\n'),
    ['relay.yml:8:12 notify[0].topic: expected a topic of "topics" (there is none), found "team"'],
  ],
  [
    'an unknown kind of event',
    sound('notify:\n  - topic: team\n    events: [push, brunch]\n'),
    [
      'relay.yml:8:20 notify[0].events[1]: expected one of push, branch, tag, replica, secret, found "brunch"; did you mean branch?',
    ],
  ],
  [
    'a topic name in capitals',
    sound('topics: { Team: {} }\n'),
    [
      'relay.yml:6:11 topics.Team: expected a topic name of at most 40 lower-case letters, digits and single hyphens, found "Team"',
    ],
  ],
  [
    'topic names that become one resource',
    sound('topics: { a-1: {}, a1: {} }\n'),
    ['relay.yml:6:20 topics.a1: expected topic names that differ in more than hyphens, found a1 beside a-1'],
  ],
  [
    'a topic without a value',
    sound('topics:\n  team:\n'),
    [
      'relay.yml:7:8 topics.team: expected a mapping ({} for a topic nobody is subscribed to yet), found nothing',
    ],
  ],
  [
    'no mail address',
    sound('topics: { team: { email: [nina] } }\n'),
    ['relay.yml:6:27 topics.team.email[0]: expected a mail address, found "nina"'],
  ],
  [
    'a channel’s name for its id',
    sound("topics: { team: { slack: { workspace: T024BE7LD, channel: '#general' } } }\n"),
    [
      'relay.yml:6:59 topics.team.slack.channel: expected the channel’s id (C…, capitals and digits), not its name, found "#general"',
    ],
  ],
  [
    'a workspace’s name for its id',
    sound('topics: { team: { slack: { workspace: orchard, channel: C024BE7LR } } }\n'),
    [
      'relay.yml:6:39 topics.team.slack.workspace: expected the workspace’s id (T…, capitals and digits), found "orchard"',
    ],
  ],
  [
    'Teams ids that are none',
    sound(
      "topics: { team: { teams: { tenant: x, team: 5a8f1d3e-0c55-4f7b-9d0e-5b1d8a9f0c33, channel: 'General' } } }\n",
    ),
    [
      'relay.yml:6:36 topics.team.teams.tenant: expected the tenant’s id, a UUID, found "x"',
      'relay.yml:6:92 topics.team.teams.channel: expected the channel’s id as its link holds it (19%3a…%40thread.tacv2), found "General"',
    ],
  ],
  [
    'Slack and Teams on one topic',
    sound(`topics:
  team:
    slack: { workspace: T024BE7LD, channel: C024BE7LR }
    teams: { tenant: 5a8f1d3e-0c55-4f7b-9d0e-5b1d8a9f0c33, team: 5a8f1d3e-0c55-4f7b-9d0e-5b1d8a9f0c33, channel: 19%3aabc%40thread.tacv2 }
`),
    [
      'relay.yml:9:12 topics.team.teams: expected one chat channel per topic, since Slack and Teams read different markdown, found slack and teams together',
    ],
  ],
  [
    'mail on a chat topic',
    sound(
      'topics: { team: { email: [a@example.com], slack: { workspace: T024BE7LD, channel: C024BE7LR } } }\n',
    ),
    [
      'relay.yml:6:26 topics.team.email: expected a topic of its own for mail, since a chat topic carries cards only, found slack on the same topic',
    ],
  ],
  [
    'a sweep less than each minute',
    sound('sweep: { everyMinutes: 0 }\n'),
    ['relay.yml:6:24 sweep.everyMinutes: expected a whole number from 1 to 1440, found 0'],
  ],
  [
    'a sweep of a day and a minute',
    sound('sweep: { everyMinutes: 1441 }\n'),
    ['relay.yml:6:24 sweep.everyMinutes: expected a whole number from 1 to 1440, found 1441'],
  ],
  [
    'half a minute',
    sound('sweep: { everyMinutes: 0.5 }\n'),
    ['relay.yml:6:24 sweep.everyMinutes: expected a whole number from 1 to 1440, found 0.5'],
  ],
  [
    'a CPU size that Fargate lacks',
    sound('mirror: { cpu: 1000 }\n'),
    ['relay.yml:6:16 mirror.cpu: expected one of 256, 512, 1024, 2048, 4096, 8192, 16384, found 1000'],
  ],
  [
    'memory that does not go with the CPU',
    sound('mirror: { cpu: 4096, memoryMiB: 4096 }\n'),
    [
      'relay.yml:6:33 mirror.memoryMiB: expected a memory size that Fargate has for 4096 CPU units: 8192 to 30720 in steps of 1024, found 4096',
    ],
  ],
  [
    'default memory that does not go with the CPU',
    sound('mirror: { cpu: 2048 }\n'),
    [
      'relay.yml:6:9 mirror.memoryMiB: expected a memory size that Fargate has for 2048 CPU units: 4096 to 16384 in steps of 1024, found the default, 2048',
    ],
  ],
  [
    'storage just below and above',
    sound('mirror: { ephemeralStorageGiB: 20 }\n'),
    ['relay.yml:6:32 mirror.ephemeralStorageGiB: expected a whole number from 21 to 200, found 20'],
  ],
  [
    'too many attempts',
    sound('mirror: { attempts: 21 }\n'),
    ['relay.yml:6:21 mirror.attempts: expected a whole number from 1 to 20, found 21'],
  ],
  [
    'too many subnets and no security group',
    sound(`mirror:
  network:
    subnets: [${Array.from({ length: 17 }, (_, n) => `subnet-000000${n + 10}`).join(', ')}]
    securityGroups: []
`),
    [
      'relay.yml:8:14 mirror.network.subnets: expected a list of 1 to 16 entries, found a list of 17',
      'relay.yml:9:21 mirror.network.securityGroups: expected a list of 1 to 5 entries, found an empty list',
    ],
  ],
  [
    'a yes that YAML 1.2 reads as text',
    sound(`mirror:
  network: { subnets: [subnet-0123abcd], securityGroups: [sg-0123abcd], assignPublicIp: yes }
`),
    ['relay.yml:7:89 mirror.network.assignPublicIp: expected true or false, found "yes"'],
  ],
]

describe('every mistake, with its place and what would be right', () => {
  test.each(table)('%s', (_, text, lines) => {
    expect(linesOf(text)).toEqual(lines)
  })
})

test('all mistakes of a file come at once, in the order of the file', () => {
  const error = mistakesOf(`version: 2
replcate:
  - repositories: ['*']
topics:
  team: { emial: [] }
notify:
  - topic: tema
    events: [pull]
sweep: { everyMinutes: x }
mirror: { cpu: 7 }
`)
  expect(error.code).toBe('CONFIG_INVALID')
  expect(error.retry).toBe('never')
  expect(error.mistakes.map(({ path, line }) => [path, line])).toEqual([
    ['version', 1],
    ['replcate', 2],
    ['topics.team.emial', 5],
    ['notify[0].topic', 7],
    ['notify[0].events[0]', 8],
    ['sweep.everyMinutes', 9],
    ['mirror.cpu', 10],
  ])
})

test('people see the line and the place in it', () => {
  const text = to('region: eu-wst-1')
  expect(renderMistakes(mistakesOf(text).mistakes, text, 'team.yml')).toBe(`team.yml has a mistake

team.yml:6:17 replicate[0].to[0].region: expected a region that has CodeCommit, found "eu-wst-1"; did you mean eu-west-1?
    6 |       - region: eu-wst-1
      |                 ^`)
})

test('the error’s own message is what people should see', () => {
  const error = mistakesOf(to('region: eu-wst-1'))
  expect(error.message).toContain('CONFIG_INVALID: relay.yml has a mistake\n\nrelay.yml:6:17 replicate')
})

test('a file one character too long is not read', () => {
  const text = sound('').padEnd(MAX_FILE_CHARACTERS, '#')
  expect(() => parseConfig(`${sound('')}#`.padEnd(MAX_FILE_CHARACTERS, 'x'))).not.toThrow()
  expect(linesOf(`${text}#`)).toEqual([
    `relay.yml:1:1 expected at most ${MAX_FILE_CHARACTERS} characters, found ${MAX_FILE_CHARACTERS + 1}`,
  ])
})

test('hundreds of mistakes are counted after the first fifty', () => {
  const text = sound(`notify:\n${'  - topic: nobody\n'.repeat(60)}`)
  expect(mistakesOf(text).message.split('\n').at(-1)).toBe('… and 10 more')
})

test.each([
  ['deep lists', '['.repeat(100_000)],
  ['deep mappings', 'a: {'.repeat(60_000)],
  ['deep blocks', '- '.repeat(100_000)],
])('%s end in a mistake, not in a broken stack', (_, text) => {
  expect(mistakesOf(text).code).toBe('CONFIG_INVALID')
})

test('aliases that multiply are refused', () => {
  const row = (name: string, of: string) =>
    `${name}: &${name} [${Array.from({ length: 12 }, () => of).join(', ')}]\n`
  const text = `${row('a', '1')}${row('b', '*a')}${row('c', '*b')}${row('d', '*c')}`
  expect(linesOf(text)).toEqual([
    'relay.yml:1:1 expected plain mappings and lists, found aliases that multiply',
  ])
})
