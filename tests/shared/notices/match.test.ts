import { expect, test } from '@jest/globals'
import { chooses } from '../../../shared/config/glob.ts'
import type { NotifyRoute } from '../../../shared/config/types.ts'
import { itemsOf } from '../../../shared/notices/items.ts'
import { topicsFor } from '../../../shared/notices/match.ts'
import { pushed, repositoryEvent, tagged, updated } from './samples.ts'

const routes: NotifyRoute[] = [
  { topic: 'team', events: ['push', 'branch'], repositories: ['*'] },
  { topic: 'release', events: ['tag'], repositories: ['orders'] },
  { topic: 'release', events: ['tag', 'replica'], repositories: ['*'] },
  { topic: 'web', events: ['push', 'branch', 'tag', 'replica'], repositories: ['web-*'] },
]

const heard = (event: Parameters<typeof itemsOf>[0]) =>
  itemsOf(event).map((item) => topicsFor(routes, item, chooses))

test.each([
  ['a push', repositoryEvent([pushed()]), [['team']]],
  ['a branch that went', repositoryEvent([pushed({ kind: 'deleted' })]), [['team']]],
  ['a tag, each topic once', repositoryEvent([tagged('v1')]), [['release']]],
  ['a moved tag', repositoryEvent([pushed({ ref: 'refs/tags/v1', refType: 'tag' })]), [['release']]],
  ['a push with a tag', repositoryEvent([pushed(), tagged('v1')]), [['team'], ['release']]],
  ['a replica', updated(), [['release']]],
  ['a trigger’s test', repositoryEvent([pushed()], { test: true }), [['team', 'release']]],
  [
    'another repository',
    repositoryEvent([pushed()], {
      repository: { account: '111111111111', region: 'us-east-1', name: 'web-1' },
    }),
    [['team', 'web']],
  ],
  [
    'what Relay parks',
    repositoryEvent([tagged('parked/20310517T090000Z-0123456789ab/heads/main')], {
      repository: { account: '111111111111', region: 'us-east-1', name: 'orders.relay-parking' },
    }),
    [[]],
  ],
  ['an event without refs', repositoryEvent([]), []],
])('%s', (_, event, topics) => {
  expect(heard(event)).toEqual(topics)
})
