import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { cardOf, MAX_DESCRIPTION, MAX_TITLE } from '../../../shared/notices/card.ts'
import { slack, teams } from '../../../shared/notices/dialects.ts'
import { failed, NEW, OLD, pushed, repositoryEvent, storyOf, tagged, updated } from './samples.ts'

const COMPARE = `https://us-east-1.console.aws.amazon.com/codesuite/codecommit/repositories/orders/compare/${OLD}/.../${NEW}?region=us-east-1`

test('a push as a card for Slack', () => {
  expect(
    cardOf(storyOf(repositoryEvent([pushed({ ref: 'refs/heads/feature/<ripen>&co' })])), 'slack'),
  ).toEqual({
    version: '1.0',
    source: 'custom',
    id: '8af024eb-e0b1-535c-b860-72cecbc0de26',
    content: {
      textType: 'client-markdown',
      title: 'orders: nina pushed to feature/&lt;ripen&gt;&amp;co (7f3c1de..a7f719b)',
      description: [
        '*Who*: nina (arn:aws:sts::111111111111:assumed-role/Builder/nina)',
        '*Where*: orders in us-east-1, account 111111111111',
        '*When*: 2031-05-17 09:04:33 UTC',
        '`feature/&lt;ripen&gt;&amp;co` branch updated `7f3c1de..a7f719b`',
      ].join('\n\n'),
      nextSteps: [`<${COMPARE}|Open the comparison>`],
      keywords: ['orders', 'push'],
    },
    metadata: {
      summary: 'orders: nina pushed to feature/<ripen>&co (7f3c1de..a7f719b)',
      eventType: 'updated',
      relatedResources: ['arn:aws:codecommit:us-east-1:111111111111:orders'],
      additionalContext: { account: '111111111111', region: 'us-east-1' },
    },
  })
})

test('a failure as a card for Teams: what to do stands first, and in one thread with its end', () => {
  const card = cardOf(storyOf(failed({ reason: 'role *mirror_task* said [no]' })), 'teams')
  expect(card.content.title).toBe(
    '🔴 orders: replica in eu-west-1 FAILED after 5 attempts: access to the repository was refused',
  )
  expect(card.content.description).toContain('**Why**: role \\*mirror\\_task\\* said \\[no\\]')
  expect(card.content.nextSteps).toEqual([
    'Let the mirror task’s role push to orders in eu-west-1, then redrive the dead-letter queue.',
    '[Open the replica](https://eu-west-1.console.aws.amazon.com/codesuite/codecommit/repositories/orders/browse?region=eu-west-1)',
  ])
  expect(card.metadata.threadId).toBe('orders-us-east-1-111111111111-eu-west-1')
  expect(cardOf(storyOf(updated()), 'teams').metadata.threadId).toBe(card.metadata.threadId)
})

test('many refs: twenty and a count', () => {
  const { description } = cardOf(
    storyOf(repositoryEvent(Array.from({ length: 4_000 }, (_, n) => tagged(`v${n}`)))),
    'slack',
  ).content
  expect(description.split('\n\n').slice(-2)).toEqual([
    '`v19` tag created `at a7f719b`',
    '… and 3,980 more refs',
  ])
})

describe('limits', () => {
  test.each(['slack', 'teams'] as const)('%s: names that grow by escaping still fit', (chat) => {
    const changes = Array.from({ length: 30 }, (_, n) =>
      pushed({ ref: `refs/heads/${n}${'&*'.repeat(125)}` }),
    )
    const { description, title } = cardOf(storyOf(repositoryEvent(changes)), chat).content
    expect(description.length).toBeLessThanOrEqual(MAX_DESCRIPTION)
    expect(title.length).toBeLessThanOrEqual(MAX_TITLE)
    expect(description).toMatch(/… and \d+ more refs$/)
    const one = cardOf(storyOf(repositoryEvent(changes.slice(0, 1))), chat).content
    expect(one.title.length).toBeLessThanOrEqual(MAX_TITLE)
    const loud = failed({ reason: '&'.repeat(9_000), nextStep: '<'.repeat(9_000) })
    expect(cardOf(storyOf(loud), chat).content.description.length).toBeLessThanOrEqual(MAX_DESCRIPTION)
  })
})

const foreign = fc.string({
  unit: fc.constantFrom(
    'a',
    ' ',
    '*',
    '_',
    '~',
    '`',
    '&',
    '<',
    '>',
    '|',
    '[',
    ']',
    '(',
    ')',
    '\\',
    '!',
    '#',
    '@',
    'é',
  ),
  maxLength: 40,
})

describe('foreign text stays text', () => {
  test('Slack: no bold, strike, code, link or mention can come out of it', () => {
    fc.assert(
      fc.property(foreign, (text) => {
        const plain = slack.plain(text)
        expect(plain).not.toMatch(/[*~`<>]/)
        expect(plain).not.toMatch(/&(?!amp;|lt;|gt;)/)
        expect(plain).not.toMatch(/(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])/u)
        expect(slack.code(text)).toMatch(/^`[^`<>]*`$/)
        expect(slack.link(text, 'https://example.com/?a=1&b=2')).toMatch(/^<https:\/\/[^|<>]+\|[^|<>]*>$/)
      }),
    )
  })

  test('Slack: without marks, nothing changes', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('a', 'B', '7', ' ', '-', '/', '.', ':') }),
        (text) => slack.plain(text) === text,
      ),
    )
    expect(slack.plain('Mary_Major')).toBe('Mary_Major')
    expect(slack.plain('<!here> & <@U1>')).toBe('&lt;!here&gt; &amp; &lt;@U1&gt;')
  })

  test('Teams: every mark stands behind a backslash, and taking those away gives the text back', () => {
    fc.assert(
      fc.property(foreign, (text) => {
        const plain = teams.plain(text)
        expect(plain.replace(/\\[\\`*_{}[\]<>#~|&!]/g, '')).not.toMatch(/[\\`*_{}[\]<>#~|&!]/)
        expect(plain.replace(/\\(.)/g, '$1')).toBe(text)
        expect(teams.code(text)).toMatch(/^`[^`]*`$/)
      }),
    )
  })

  test('a URL cannot end its link', () => {
    fc.assert(
      fc.property(foreign, (text) => {
        expect(teams.link('x', `https://e.example/${text}`)).toMatch(/^\[x\]\([^()\s<>]*\)$/)
      }),
    )
  })
})
