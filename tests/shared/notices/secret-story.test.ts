import { describe, expect, test } from '@jest/globals'
import { decode } from '../../../shared/events/decode.ts'
import { cardOf, MAX_DESCRIPTION } from '../../../shared/notices/card.ts'
import { MAX_MESSAGE_BYTES, messageOf } from '../../../shared/notices/deliver.ts'
import { itemsOf } from '../../../shared/notices/items.ts'
import { topicsFor } from '../../../shared/notices/match.ts'
import { documentOf, textOf } from '../../../shared/notices/render.ts'
import { tell } from '../../../shared/notices/story.ts'
import {
  elsewhere,
  NEW,
  ORDERS,
  scanIncomplete,
  scanRulesInvalid,
  secretFound,
  secretResolved,
  storyOf,
  updated,
} from './samples.ts'

test('one finding by mail', () => {
  expect(
    textOf(storyOf(secretFound([{ elsewhere: 3, others: [elsewhere('invoices')] }]))),
  ).toBe(`orders: SECRET pushed: AWS access key in config/app.env, line 12

Where:       orders in us-east-1, account 111111111111
Rule:        aws-access-token
Secret:      REDACTED
Branch:      main
Commit:      a7f719b
Author:      Nina
Known:       belongs to AWS account 222222222222
Also in:     invoices: open in deploy.sh, line 3 (main)
Also in:     2 other repositories
Fingerprint: k:1
When:        2031-05-17 09:04:35 UTC

What to do:
Rotate it: make a new one where it was issued and revoke this one.

Open the commit:
https://us-east-1.console.aws.amazon.com/codesuite/codecommit/repositories/orders/commit/${NEW}?region=us-east-1
`)
})

test('several are one message, with a line each and the rest counted', () => {
  const story = storyOf(secretFound([{}, { path: 'b.txt', line: 1, elsewhere: 0 }], { found: 70 }))
  const text = textOf(story)
  expect(story.headline).toBe('orders: SECRET pushed: 70 findings, the first in config/app.env, line 12')
  expect(text).toContain(
    '  aws-access-token in b.txt, line 1, REDACTED, commit a7f719b, by Nina, belongs to AWS account 222222222222, k:1',
  )
  expect(text).toContain('  … and 68 more findings')
})

test.each([
  [secretResolved(), 'orders: no longer there, still leaked: AWS access key in config/app.env, line 12'],
  [
    secretResolved([{ how: 'allowed', why: 'by .gitleaksignore on main: line 1' }]),
    'orders: allowed, said to be no secret: AWS access key in config/app.env, line 12',
  ],
  [
    secretFound([{ place: 'ref-name', path: 'refs/heads/fix-REDACTED~1' }]),
    'orders: SECRET pushed: AWS access key in the name of branch fix-REDACTED~1',
  ],
  [
    secretResolved([{ how: 'deleted' }]),
    'orders: repository deleted or renamed, secrets still leaked: AWS access key in config/app.env, line 12',
  ],
  [
    secretResolved([{ how: 'allowed' }, { how: 'gone' }]),
    'orders: allowed, or no longer there and still leaked: 2 findings, the first in config/app.env, line 12',
  ],
  [
    secretFound([{ description: 'URL of a database (MySQL, or others) with a password' }]),
    'orders: SECRET pushed: URL of a database with a password in config/app.env, line 12',
  ],
  [secretFound([{ again: true }]), 'orders: SECRET open again: AWS access key in config/app.env, line 12'],
  [
    secretFound([{ again: true }, {}]),
    'orders: SECRET pushed: 2 findings, the first in config/app.env, line 12',
  ],
  [scanIncomplete(), 'orders: 3 parts of a push could not be searched for secrets'],
  [scanRulesInvalid(), 'orders: .gitleaks.toml has 1 mistake and is not used'],
  [
    secretFound([{ place: 'commit-message', path: '' }], { blocking: 0 }),
    'orders: possible secret pushed: AWS access key in the message of commit a7f719b',
  ],
])('%# is told by its headline', (event, headline) => {
  expect(storyOf(event).headline).toBe(headline)
})

test('what was not searched names what, why, and the rest', () => {
  const text = textOf(storyOf(scanIncomplete()))
  expect(text).toContain('dump.sql: took too long, rule jwt, 4,000,000 bytes of it, commit a7f719b')
  expect(text).toContain('… and 2 more parts')
})

test('a scan that was given up says so, not that a part of a push was left out', () => {
  const gap = { reason: 'the table could not be read or written' }
  const story = storyOf(scanIncomplete({ gaps: [gap], gapsInAll: 1 }))
  expect(story.headline).toBe('orders: what was pushed could not be searched for secrets to its end')
  expect(textOf(story)).toContain('\n  the table could not be read or written\n')
})

describe('a name that somebody chose', () => {
  const nasty = 'a\n\u202e*b*<!channel>`_x_|.txt'
  test.each(['slack', 'teams'] as const)('is only a name in %s', (chat) => {
    const card = cardOf(storyOf(secretFound([{ path: nasty, author: nasty }])), chat)
    const { title, description } = card.content
    expect(`${title}${description}`).not.toContain('<!channel>')
    expect(title).not.toMatch(/[\n\u202e]/)
  })
})

test('fifty long findings fit into a message and a card', () => {
  const long = Array.from({ length: 50 }, (_, index) => ({ path: `${'p'.repeat(290)}${index}` }))
  const story = storyOf(secretFound(long))
  const { Message = '' } = messageOf(story)
  expect(Buffer.byteLength(Message)).toBeLessThan(MAX_MESSAGE_BYTES)
  const { description } = cardOf(story, 'slack').content
  expect(description.length).toBeLessThanOrEqual(MAX_DESCRIPTION)
  expect(description).toMatch(/… and \d+ more findings/)
})

describe('a secret that was pushed to another repository too', () => {
  const news = (name: string) => elsewhere(name, { news: true })
  const event = secretFound(
    [
      { others: [news('invoices')] },
      { path: 'own.txt', elsewhere: 0 },
      { path: 'b', others: [elsewhere('till')] },
    ],
    { found: 3 },
  )
  const spread = (name: string) => {
    const item = itemsOf(event).find((one) => one.type === 'spread' && one.other.name === name)
    return item && tell([item])
  }

  test('whoever has it open hears where it is now, and nothing of what else was found', () => {
    const story = spread('invoices')!
    expect(
      textOf(story),
    ).toBe(`invoices: SECRET open here, now in orders too: AWS access key in config/app.env, line 12

Open:        in invoices, in deploy.sh, line 3 (main)
Pushed to:   orders in us-east-1, account 111111111111
Rule:        aws-access-token
Secret:      REDACTED
Branch:      main
Commit:      a7f719b
Author:      Nina
Known:       belongs to AWS account 222222222222
Fingerprint: k:1
When:        2031-05-17 09:04:35 UTC

What to do:
Rotate it, if that has not been done: make a new one where it was issued and revoke this one. Whatever uses it in either repository needs the new one.

Open the repository:
https://us-east-1.console.aws.amazon.com/codesuite/codecommit/repositories/invoices/browse?region=us-east-1
`)
    expect(JSON.stringify(documentOf(story, 10))).not.toContain('own.txt')
    expect(documentOf(story, 10)).toMatchObject({ repository: { name: 'invoices' }, scan: { found: 1 } })
  })

  test('where it is no news nobody hears of it', () => {
    expect(spread('till')).toBeUndefined()
    expect(itemsOf(secretFound([{ others: [elsewhere('till')] }]))).toHaveLength(1)
  })
})

test('routes ask for it by its kind, and others do not hear of it', () => {
  const [item] = itemsOf(secretFound())
  const everything = () => true
  const route = (topic: string, ...events: ('secret' | 'replica' | 'push')[]) => ({
    topic,
    events,
    repositories: ['*'],
  })
  const routes = [route('security', 'secret'), route('team', 'replica', 'push')]
  expect(topicsFor(routes, item!, everything)).toEqual(['security'])
  expect(topicsFor(routes, itemsOf(updated())[0]!, everything)).toEqual(['team'])
})

test('machines get the detail, and the bus gives back what went out', () => {
  const event = secretFound()
  expect(documentOf(storyOf(event), 10).scan).toEqual((event as { detail: object }).detail)
  for (const each of [event, secretResolved(), scanIncomplete(), scanRulesInvalid()]) {
    const { id, at, detailType, detail } = each as {
      id: string
      at: string
      detailType: string
      detail: object
    }
    const envelope = {
      id,
      'detail-type': detailType,
      source: 'codecommit-relay',
      account: ORDERS.account,
      time: at,
      region: ORDERS.region,
      detail,
    }
    expect(decode(envelope)).toEqual([each])
  }
})
