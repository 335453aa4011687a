import type { PublishCommandInput } from '@aws-sdk/client-sns'
import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { createDeliver, MAX_MESSAGE_BYTES, messageOf } from '../../../shared/notices/deliver.ts'
import type { NoticeDocument } from '../../../shared/notices/render.ts'
import { anyLetter } from '../../support/any-letter.ts'
import { failed, pushed, repositoryEvent, storyOf, tagged, updated } from './samples.ts'

const ARN = 'arn:aws:sns:us-east-1:111111111111:codecommit-relay-dev-team'

const formsOf = (message: Omit<PublishCommandInput, 'TopicArn'>) => {
  const forms = JSON.parse(message.Message ?? '') as { default: string; email: string }
  return { document: JSON.parse(forms.default) as NoticeDocument, email: forms.email }
}

const sizeOf = (message: Omit<PublishCommandInput, 'TopicArn'>): number =>
  Buffer.byteLength(message.Message ?? '') +
  Object.entries(message.MessageAttributes ?? {}).reduce(
    (sum, [name, value]) => sum + Buffer.byteLength(`${name}${value.DataType}${value.StringValue}`),
    0,
  )

test('a plain topic gets text for mail, JSON for the rest, and attributes to filter by', () => {
  const message = messageOf(storyOf(repositoryEvent([pushed()])))
  expect(message.Subject).toBe('orders: nina pushed to main (7f3c1de..a7f719b)')
  expect(message.MessageStructure).toBe('json')
  const { document, email } = formsOf(message)
  expect(document.refs[0]?.ref).toBe('refs/heads/main')
  expect(email).toContain('Open the comparison:\nhttps://')
  expect(message.MessageAttributes).toEqual({
    repository: { DataType: 'String', StringValue: 'orders' },
    region: { DataType: 'String', StringValue: 'us-east-1' },
    kind: { DataType: 'String', StringValue: 'push' },
    event: { DataType: 'String', StringValue: 'updated' },
    ref: { DataType: 'String', StringValue: 'refs/heads/main' },
  })
})

test('several values of an attribute become a list that filter policies look into', () => {
  const { MessageAttributes } = messageOf(storyOf(repositoryEvent([pushed(), tagged('v1')])))
  expect(MessageAttributes?.kind).toEqual({ DataType: 'String.Array', StringValue: '["push","tag"]' })
  expect(MessageAttributes?.ref?.StringValue).toBe('["refs/heads/main","refs/tags/v1"]')
  expect(messageOf(storyOf(updated())).MessageAttributes).not.toHaveProperty('ref')
})

test('a chat topic gets the card and nothing around it', () => {
  const message = messageOf(storyOf(failed()), 'slack')
  expect(Object.keys(message)).toEqual(['Message'])
  expect(JSON.parse(message.Message ?? '')).toMatchObject({ version: '1.0', source: 'custom' })
})

describe('the size that SNS takes', () => {
  test.each([1, 999, 1_000, 1_001, 4_000])('%i long refs', (number) => {
    const changes = Array.from({ length: number }, (_, n) => tagged(`${'"é\\'.repeat(60)}${n}`))
    const message = messageOf(storyOf(repositoryEvent(changes)))
    expect(sizeOf(message)).toBeLessThanOrEqual(MAX_MESSAGE_BYTES)
    const { document, email } = formsOf(message)
    expect(document.refsTotal).toBe(number)
    expect(document.refs.length).toBeGreaterThan(0)
    if (number > 20) expect(email).toContain(`… and ${(number - 20).toLocaleString('en-US')} more refs`)
  })

  test('whatever an event holds', () => {
    const text = fc.string({ unit: anyLetter, maxLength: 300 })
    const changes = fc.array(text, { minLength: 1, maxLength: 100 })
    fc.assert(
      fc.property(changes, text, text, (names, actor, actorName) => {
        const refs = names.map((name) => tagged(name))
        const message = messageOf(storyOf(repositoryEvent(refs, { actor, actorName })))
        expect(sizeOf(message)).toBeLessThanOrEqual(MAX_MESSAGE_BYTES)
        expect(formsOf(message).document.version).toBe(1)
      }),
      { numRuns: 50 },
    )
  })
})

test('publishes to the topic', async () => {
  const sent: PublishCommandInput[] = []
  const deliver = createDeliver({ publish: async (input) => sent.push(input) })
  await deliver(storyOf(updated()), { name: 'team', arn: ARN })
  expect(sent.map(({ TopicArn, Subject }) => [TopicArn, Subject])).toEqual([
    [ARN, 'orders: replica in eu-west-1 is equal again (12 refs, 1.3 s after the push)'],
  ])
})

test('a refusal becomes PUBLISH_FAILED with its cause', async () => {
  const refusal = Object.assign(new Error('no'), { name: 'AuthorizationErrorException' })
  const deliver = createDeliver({ publish: () => Promise.reject(refusal) })
  await expect(deliver(storyOf(updated()), { name: 'team', arn: ARN })).rejects.toMatchObject({
    code: 'PUBLISH_FAILED',
    data: { topic: 'team', aws: 'AuthorizationErrorException' },
    cause: refusal,
  })
})
