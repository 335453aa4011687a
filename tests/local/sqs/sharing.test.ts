import { afterAll, beforeAll, expect, test } from '@jest/globals'
import type { Sqs } from '../../../local/contracts.ts'
import { createSqs } from '../../../local/sqs/sqs.ts'
import { ACCOUNT, caller, callOf, clock, type Folder, REGION, simpleIam, storeFolder } from './fixture.ts'

const OTHER = '222222222222'
const QueueUrl = `http://x/${ACCOUNT}/q`
const arn = `arn:aws:sqs:${REGION}:${ACCOUNT}:q`
const time = clock()

let folder: Folder
let sqs: Sqs
let call: ReturnType<typeof caller>

beforeAll(async () => {
  folder = storeFolder()
  sqs = createSqs({
    parts: folder.open(time.now),
    iam: simpleIam,
    baseUrl: () => 'http://x',
    nameRestMs: 60_000,
  })
  call = caller(sqs.service)
  await call('CreateQueue', { QueueName: 'q' })
})

afterAll(() => folder.remove())

const ask = (operation: string, input: object, account = ACCOUNT) =>
  sqs.service.permissions?.(operation, input, callOf('sqs', operation, account))
const policy = async () => {
  const { Attributes } = await call('GetQueueAttributes', { QueueUrl, AttributeNames: ['Policy'] })
  return Attributes && JSON.parse(Attributes.Policy)
}
const grant = (Label: string) =>
  call('AddPermission', { QueueUrl, Label, AWSAccountIds: [OTHER, ACCOUNT], Actions: ['ReceiveMessage'] })

test('permissions come and go as statements (recorded)', async () => {
  await grant('crossaccountpermission')
  expect(await policy()).toEqual({
    Version: '2008-10-17',
    Id: `${arn}/SQSDefaultPolicy`,
    Statement: [
      {
        Sid: 'crossaccountpermission',
        Effect: 'Allow',
        Principal: { AWS: [`arn:aws:iam::${OTHER}:root`, `arn:aws:iam::${ACCOUNT}:root`] },
        Action: 'SQS:ReceiveMessage',
        Resource: arn,
      },
    ],
  })
  await expect(grant('crossaccountpermission')).rejects.toMatchObject({
    message: 'Value crossaccountpermission for parameter Label is invalid. Reason: Already exists.',
  })
  await grant('second')
  await call('RemovePermission', { QueueUrl, Label: 'crossaccountpermission' })
  await expect(call('RemovePermission', { QueueUrl, Label: 'no' })).rejects.toMatchObject({
    message: expect.stringContaining("can't find label on existing policy."),
  })
  await call('RemovePermission', { QueueUrl, Label: 'second' })
  expect(await policy()).toBeUndefined()
})

test('IAM is asked with the queue’s policy; another account’s queue without one lets nobody in', async () => {
  expect(ask('SendMessage', { QueueUrl })).toEqual([{ action: 'sqs:SendMessage', resource: arn }])
  expect(ask('SendMessage', { QueueUrl }, OTHER)).toEqual([
    { action: 'sqs:SendMessage', resource: arn, resourcePolicy: { Statement: [] } },
  ])
  await grant('l')
  const resourcePolicy = await policy()
  expect(ask('ReceiveMessage', { QueueUrl }, OTHER)).toEqual([
    { action: 'sqs:ReceiveMessage', resource: arn, resourcePolicy },
  ])
  expect(ask('GetQueueUrl', { QueueName: 'q', QueueOwnerAWSAccountId: ACCOUNT }, OTHER)).toMatchObject([
    { action: 'sqs:GetQueueUrl', resource: arn, resourcePolicy },
  ])
  expect(() => ask('SendMessage', { QueueUrl: `${QueueUrl}x` }, OTHER)).toThrow('does not exist')
  expect(ask('CreateQueue', { QueueName: 'n', tags: { a: 'b' } })).toMatchObject([
    { action: 'sqs:CreateQueue' },
    { action: 'sqs:TagQueue' },
  ])
})

test('whoever was let in works on the owner’s queue; its owner alone changes it', async () => {
  const theirs = caller(sqs.service, OTHER)
  expect(await theirs('GetQueueUrl', { QueueName: 'q', QueueOwnerAWSAccountId: ACCOUNT })).toEqual({
    QueueUrl,
  })
  await theirs('SendMessage', { QueueUrl, MessageBody: 'from afar' })
  const { Messages } = await theirs('ReceiveMessage', { QueueUrl })
  expect(Messages[0].Body).toBe('from afar')
  await theirs('DeleteMessage', { QueueUrl, ReceiptHandle: Messages[0].ReceiptHandle })
  for (const operation of ['DeleteQueue', 'SetQueueAttributes', 'ListQueueTags', 'AddPermission'])
    await expect(theirs(operation, { QueueUrl })).rejects.toMatchObject({ code: 'AccessDeniedException' })
  expect(await theirs('ListQueues')).toEqual({})
})

test('a name rests for a minute after its queue was deleted, if so configured', async () => {
  await call('CreateQueue', { QueueName: 'gone' })
  await call('DeleteQueue', { QueueUrl: `http://x/${ACCOUNT}/gone` })
  await expect(call('CreateQueue', { QueueName: 'gone' })).rejects.toMatchObject({
    code: 'QueueDeletedRecently',
    message:
      'You must wait 60 seconds after deleting a queue before you can create another with the same name.',
  })
  time.pass(60_000)
  await call('CreateQueue', { QueueName: 'gone' })
})
