import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { documentOf, MAX_SUBJECT, subjectOf, textOf } from '../../../shared/notices/render.ts'
import { anyLetter } from '../../support/any-letter.ts'
import {
  behind,
  diverged,
  failed,
  incomplete,
  NEW,
  OLD,
  ORDERS,
  pushed,
  REPLICA,
  refused,
  repositoryEvent,
  sourceMissing,
  storyOf,
  tagged,
  updated,
} from './samples.ts'

const OTHER = 'c00dbbc9dadfbe1e232e93a729dd4752fade0abf'
const { oldCommit: _, ...noOld } = pushed()
const { commit: __, ...gone } = pushed({ kind: 'deleted', ref: 'refs/heads/ripen' })

describe('the sentence that people read', () => {
  test.each([
    ['a push', [repositoryEvent([pushed()])], 'orders: nina pushed to main (7f3c1de..a7f719b)'],
    ['a push told by a trigger', [repositoryEvent([noOld])], 'orders: nina pushed to main (now a7f719b)'],
    [
      'two pushes to one branch, the later one first',
      [repositoryEvent([pushed({ oldCommit: OTHER })]), repositoryEvent([pushed({ commit: OTHER })])],
      'orders: nina pushed to main 2 times (7f3c1de..a7f719b)',
    ],
    [
      'there and back again',
      [
        repositoryEvent([pushed({ oldCommit: NEW, commit: OLD })], { at: '2031-05-17T09:04:35Z' }),
        repositoryEvent([pushed()]),
      ],
      'orders: nina pushed to main 2 times (back at 7f3c1de)',
    ],
    [
      'pushes to several branches',
      [repositoryEvent([pushed(), pushed({ ref: 'refs/heads/next' })])],
      'orders: nina pushed to 2 branches',
    ],
    [
      'a new branch',
      [
        repositoryEvent([
          { kind: 'created', ref: 'refs/heads/feature/ripen', refType: 'branch', commit: NEW },
        ]),
      ],
      'orders: nina created branch feature/ripen (at a7f719b)',
    ],
    ['a deleted branch', [repositoryEvent([gone])], 'orders: nina deleted branch ripen (was 7f3c1de)'],
    [
      'a deleted branch told by a trigger',
      [repositoryEvent([{ kind: 'deleted', ref: 'refs/heads/ripen', refType: 'branch' }])],
      'orders: nina deleted branch ripen',
    ],
    ['a new tag', [repositoryEvent([tagged('v1.4')])], 'orders: nina created tag v1.4 (at a7f719b)'],
    [
      'a moved tag',
      [repositoryEvent([pushed({ ref: 'refs/tags/v1', refType: 'tag' })])],
      'orders: nina moved tag v1 (7f3c1de..a7f719b)',
    ],
    [
      'a push of 4,000 tags',
      [repositoryEvent(Array.from({ length: 4_000 }, (___, n) => tagged(`v${n}`)))],
      'orders: nina created 4,000 tags',
    ],
    [
      'a bit of everything',
      [repositoryEvent([tagged('a'), tagged('b'), pushed(), gone])],
      'orders: nina changed 4 refs (1 branch updated, 1 branch deleted, 2 tags created)',
    ],
    [
      'a person with a display name',
      [repositoryEvent([pushed()], { actorName: 'Petra P' })],
      'orders: Petra P pushed to main (7f3c1de..a7f719b)',
    ],
    [
      'a trigger’s test',
      [repositoryEvent([], { test: true })],
      '[test] orders: the trigger reaches this topic; nothing was pushed',
    ],
    [
      'equal again',
      [updated()],
      'orders: replica in eu-west-1 is equal again (12 refs, 1.3 s after the push)',
    ],
    [
      'equal again, late',
      [updated({ refs: 1, replicaLagMs: 3_723_000 })],
      'orders: replica in eu-west-1 is equal again (1 ref, 1 h 2 min after the push)',
    ],
    [
      'equal in another account',
      [updated({ replica: { ...REPLICA, account: '222222222222' } })],
      'orders: replica in eu-west-1, account 222222222222, is equal again (12 refs, 1.3 s after the push)',
    ],
    ['behind', [behind()], 'orders: replica in eu-west-1 is behind by 3 refs since 2031-05-17 08:59:02 UTC'],
    [
      'failed',
      [failed()],
      'orders: replica in eu-west-1 FAILED after 5 attempts: access to the repository was refused',
    ],
    [
      'failed for a reason of a later version',
      [failed({ code: 'NEW_CODE', attempts: 1, reason: 'something\nnew' })],
      'orders: replica in eu-west-1 FAILED after 1 attempt: something new',
    ],
    [
      'moved by somebody else, overwritten',
      [diverged()],
      'orders: replica in eu-west-1 had 2 refs moved by somebody else; the source’s took their place',
    ],
    [
      'one ref moved by somebody else, kept',
      [diverged({ refsDiverged: 1, outcome: 'kept' })],
      'orders: replica in eu-west-1 had 1 ref moved by somebody else; it was left as it is',
    ],
    [
      'Git LFS',
      [incomplete()],
      'orders: replica in eu-west-1 holds Git LFS pointers, not the files behind them',
    ],
    [
      'refused',
      [refused({ deletions: 1_200, refs: 2_000 })],
      'orders: replica in eu-west-1 was left as it is: the plan would delete 1,200 and rewind 2 of 2,000 refs',
    ],
    ['without a source', [sourceMissing()], 'orders: replica in eu-west-1 has lost its source, and is kept'],
  ])('%s', (_name, events, headline) => {
    expect(storyOf(...events).headline).toBe(headline)
  })

  test('nobody is named when the event names nobody', () => {
    const { actor: ___, ...event } = repositoryEvent([pushed()])
    expect(storyOf(event).headline).toBe('orders: someone pushed to main (7f3c1de..a7f719b)')
    expect(textOf(storyOf(event))).toContain('Who:   not told by the event\n')
  })

  test('what is equal once more after no push says nothing of a push', () => {
    const event = updated()
    if (event.detailType !== 'Replica Updated') throw new Error('not the sample')
    const { replicaLagMs: ___, ...detail } = event.detail
    expect(storyOf({ ...event, detail }).headline).toBe(
      'orders: replica in eu-west-1 is equal again (12 refs)',
    )
  })
})

test('a mail about a push', () => {
  expect(textOf(storyOf(repositoryEvent([pushed()])))).toBe(`orders: nina pushed to main (7f3c1de..a7f719b)

Who:   nina (arn:aws:sts::111111111111:assumed-role/Builder/nina)
Where: orders in us-east-1, account 111111111111
When:  2031-05-17 09:04:33 UTC

Open the comparison:
https://us-east-1.console.aws.amazon.com/codesuite/codecommit/repositories/orders/compare/${OLD}/.../${NEW}?region=us-east-1
`)
})

test('a mail about many refs lists the first and counts the rest', () => {
  const text = textOf(storyOf(repositoryEvent(Array.from({ length: 4_000 }, (___, n) => tagged(`v${n}`)))))
  const lines = text.split('\n')
  expect(lines.filter((line) => line.startsWith('  tag v'))).toHaveLength(20)
  expect(lines).toContain('  tag v0 created (at a7f719b)')
  expect(lines).toContain('  … and 3,980 more refs')
  expect(lines.at(-2)).toBe(
    'https://us-east-1.console.aws.amazon.com/codesuite/codecommit/repositories/orders/tags?region=us-east-1',
  )
})

test('a mail about a failure says what to do', () => {
  expect(
    textOf(storyOf(failed())),
  ).toBe(`orders: replica in eu-west-1 FAILED after 5 attempts: access to the repository was refused

Source:  orders in us-east-1, account 111111111111
Replica: orders in eu-west-1, account 111111111111
Code:    REMOTE_DENIED
Why:     eu-west-1 answered 403 to the push
When:    2031-05-17 09:04:35 UTC

What to do:
Let the mirror task’s role push to orders in eu-west-1, then redrive the dead-letter queue.

Open the replica:
https://eu-west-1.console.aws.amazon.com/codesuite/codecommit/repositories/orders/browse?region=eu-west-1
`)
})

test('a mail about a divergence names the refs, and says what can be had back', () => {
  const text = textOf(storyOf(diverged({ refsDiverged: 12 })))
  expect(text).toContain(
    'Refs:    branch main was at 7f3c1de (parked), tag v1 was at a7f719b (parked), and 10 more refs\n',
  )
  expect(text).toContain('What was parked comes back with `relay undo orders REF`.')
  const kept = textOf(storyOf(diverged({ outcome: 'kept' })))
  expect(kept).toContain('bring those refs into the source or delete them.')
  const bare = diverged({ refs: [{ ref: 'refs/heads/main', found: OLD }] })
  expect(textOf(storyOf(bare))).toContain('What was overwritten was not parked')
})

test('a mail about a replica tells by which way it was updated, and why', () => {
  const way = (detail: Parameters<typeof updated>[0]) =>
    storyOf(updated(detail)).facts.find(({ label }) => label === 'Way')?.value
  expect(way({ way: 'fast-path', wayReason: 'the event names old and new' })).toBe(
    'streamed straight from the event: the event names old and new',
  )
  expect(way({ way: 'relay', wayReason: 'fits into the time' })).toBe('streamed: fits into the time')
  expect(way({ way: 'mirror' })).toBe('cloned and pushed by the mirror task: asked for')
})

test.each([
  ['Replica Diverged', diverged()],
  ['Replica Incomplete', incomplete()],
  ['Plan Refused', refused()],
  ['Source Missing', sourceMissing()],
])('%s says what to do, and carries its detail for machines', (name, event) => {
  const story = storyOf(event)
  expect(story.nextStep).toMatch(/\w.*\.$/)
  expect(documentOf(story, 10)).toMatchObject({
    events: [name],
    kinds: ['replica'],
    replica: { replica: REPLICA },
  })
})

test('several messages of one replica: the latest is told, the others are counted', () => {
  const later = { ...updated({ refs: 13 }), at: '2031-05-17T09:05:00Z' } as ReturnType<typeof updated>
  const story = storyOf(later, updated())
  expect(story.headline).toContain('(13 refs')
  expect(story.facts).toContainEqual({ label: 'Before', value: '1 earlier message like this' })
})

test('the document for machines', () => {
  const { actor, ...document } = documentOf(storyOf(repositoryEvent([pushed()])), 10)
  expect(actor).toEqual({ name: 'nina', arn: 'arn:aws:sts::111111111111:assumed-role/Builder/nina' })
  expect(document).toEqual({
    version: 1,
    source: 'codecommit-relay',
    id: '8af024eb-e0b1-535c-b860-72cecbc0de26',
    test: false,
    kinds: ['push'],
    events: ['updated'],
    summary: 'orders: nina pushed to main (7f3c1de..a7f719b)',
    at: '2031-05-17T09:04:33Z',
    repository: ORDERS,
    refs: [{ ref: 'refs/heads/main', type: 'branch', change: 'updated', commit: NEW, oldCommit: OLD }],
    refsTotal: 1,
    url: `https://us-east-1.console.aws.amazon.com/codesuite/codecommit/repositories/orders/compare/${OLD}/.../${NEW}?region=us-east-1`,
  })
})

test('a subject is ASCII, on one line, and never too long', () => {
  const ref = fc.string({ unit: anyLetter, minLength: 1, maxLength: 250 })
  fc.assert(
    fc.property(ref, fc.string({ unit: anyLetter, maxLength: 80 }), (name, actorName) => {
      const subject = subjectOf(
        storyOf(repositoryEvent([pushed({ ref: `refs/heads/${name}` })], { actorName })),
      )
      expect(subject).toMatch(/^[!-~][ -~]*$/)
      expect(subject.length).toBeLessThanOrEqual(MAX_SUBJECT)
    }),
  )
})

test('accents are written without, rather than as question marks', () => {
  const story = storyOf(repositoryEvent([pushed({ ref: 'refs/heads/größe' })], { actorName: 'Zoë' }))
  expect(subjectOf(story)).toBe('orders: Zoe pushed to gro?e (7f3c1de..a7f719b)')
  expect(subjectOf({ ...story, headline: 'the source’s' })).toBe("the source's")
})

test('a ref that would break the line does not', () => {
  const story = storyOf(repositoryEvent([pushed({ ref: 'refs/heads/a\nWho: root\u202e' }), pushed()]))
  expect(textOf(story)).toContain('branch a?Who: root? updated')
})
