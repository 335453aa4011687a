import { expect, test } from '@jest/globals'
import { decode, decodeBody } from '../../../shared/events/decode.ts'
import { createEmitter, MAX_ENTRY_BYTES } from '../../../shared/events/emit.ts'
import { replicationRequested } from '../../../shared/events/request.ts'
import type { Bus } from '../../../shared/runtime/aws-clients.ts'

const repository = { account: '111111111111', region: 'us-east-1', name: 'orchard-api' }
const behind = { repository, replica: repository, refsBehind: 1, since: '2031-05-17T09:04:33Z', reason: '' }
type Entry = NonNullable<Parameters<Bus['putEvents']>[0]['Entries']>[number]

const busOf = (answer: Awaited<ReturnType<Bus['putEvents']>>) => {
  const entries: Entry[] = []
  const client: Bus = {
    putEvents: async (input) => {
      entries.push(...(input.Entries ?? []))
      return answer
    },
  }
  return { entries, emitter: createEmitter({ client, bus: 'default' }) }
}

test('what is emitted decodes to itself', async () => {
  const { entries, emitter } = busOf({ FailedEntryCount: 0 })
  await emitter.emit('Replica Behind', behind)
  const [entry] = entries
  const envelope = {
    id: 'x',
    account: repository.account,
    region: repository.region,
    time: '2031-05-17T09:04:33Z',
    source: entry!.Source,
    'detail-type': entry!.DetailType,
    detail: JSON.parse(entry!.Detail!),
  }
  expect(decode(envelope)).toEqual([
    { type: 'relay', id: 'x', at: envelope.time, detailType: 'Replica Behind', detail: behind },
  ])
})

test('an entry that failed under HTTP status 200 is a failure', async () => {
  const { emitter } = busOf({ FailedEntryCount: 1, Entries: [{ ErrorCode: 'ThrottlingException' }] })
  await expect(emitter.emit('Replica Behind', behind)).rejects.toMatchObject({
    code: 'PUBLISH_FAILED',
    data: { aws: 'ThrottlingException' },
  })
})

test('an entry of the limit goes out, one byte more does not', async () => {
  const { entries, emitter } = busOf({ FailedEntryCount: 0 })
  const rest = Buffer.byteLength(`codecommit-relayReplica Behind${JSON.stringify(behind)}`)
  const reason = 'x'.repeat(MAX_ENTRY_BYTES - rest)
  await emitter.emit('Replica Behind', { ...behind, reason })
  await expect(emitter.emit('Replica Behind', { ...behind, reason: `${reason}x` })).rejects.toMatchObject({
    code: 'PUBLISH_FAILED',
    data: { limit: MAX_ENTRY_BYTES },
  })
  expect(entries).toHaveLength(1)
})

test('a request decodes to itself, without role and external id', () => {
  const replica = { ...repository, region: 'eu-west-1' }
  const stamp = { id: 'i', now: 1_000, account: repository.account, region: repository.region }
  const reachable = { ...replica, role: 'arn:aws:iam::222222222222:role/r', externalId: 'e' }
  const body = replicationRequested({ repository, replica: reachable, reason: 'sweep', attempt: 2 }, stamp)
  expect(decodeBody(body)).toEqual([
    {
      type: 'request',
      id: 'i',
      at: '1970-01-01T00:00:01.000Z',
      repository,
      replica,
      reason: 'sweep',
      attempt: 2,
    },
  ])
  expect(decodeBody(replicationRequested({ repository, reason: 'seed', attempt: 0 }, stamp))).toEqual([
    { type: 'request', id: 'i', at: '1970-01-01T00:00:01.000Z', repository, reason: 'seed', attempt: 0 },
  ])
})
