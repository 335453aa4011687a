import { createVerify, X509Certificate } from 'node:crypto'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { CreateTopicCommand, PublishCommand, SNSClient, SubscribeCommand } from '@aws-sdk/client-sns'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { type Cloud, startCloud } from '../../local/cloud.ts'

interface Notice {
  readonly Type: string
  readonly Message: string
  readonly Signature: string
  readonly SigningCertURL: string
  readonly SubscribeURL?: string
  readonly UnsubscribeURL?: string
  readonly [name: string]: string | undefined
}

let cloud: Cloud
let server: Server
const waiting: ((notice: Notice) => void)[] = []
const arrived: Notice[] = []

beforeAll(async () => {
  cloud = await startCloud()
  server = createServer((request, response) => {
    let body = ''
    request
      .setEncoding('utf8')
      .on('data', (text: string) => {
        body += text
      })
      .on('end', () => {
        response.end()
        const notice = JSON.parse(body) as Notice
        const next = waiting.shift()
        if (next) next(notice)
        else arrived.push(notice)
      })
  }).listen(0, '127.0.0.1')
  await new Promise((done) => server.once('listening', done))
})
afterAll(async () => {
  server.close()
  await cloud.stop()
})

const next = (): Promise<Notice> => {
  const first = arrived.shift()
  return first ? Promise.resolve(first) : new Promise((done) => waiting.push(done))
}

test('a web server confirms by the link, verifies what it gets by the certificate, and leaves by the link', async () => {
  const sns = new SNSClient({
    region: 'us-east-1',
    endpoint: cloud.url,
    credentials: cloud.access[0]!.credentials,
  })
  const { TopicArn } = await sns.send(new CreateTopicCommand({ Name: 'orchard' }))
  const Endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`
  await sns.send(new SubscribeCommand({ TopicArn, Protocol: 'http', Endpoint }))
  const asked = await next()
  expect(asked.Type).toBe('SubscriptionConfirmation')
  const confirmed = await fetch(asked.SubscribeURL!)
  expect(await confirmed.text()).toMatch(/<SubscriptionArn>arn:aws:sns:us-east-1:111111111111:orchard:/)

  await sns.send(new PublishCommand({ TopicArn, Subject: 'ripe', Message: 'apples' }))
  const notice = await next()
  expect(notice).toMatchObject({ Type: 'Notification', Message: 'apples', Subject: 'ripe' })
  const pem = await (await fetch(notice.SigningCertURL)).text()
  // SNS developer guide, "Verifying the signatures of Amazon SNS messages"
  const text = ['Message', 'MessageId', 'Subject', 'Timestamp', 'TopicArn', 'Type']
    .map((name) => `${name}\n${notice[name]}\n`)
    .join('')
  const verify = (signed: string) =>
    createVerify('RSA-SHA1')
      .update(signed)
      .verify(new X509Certificate(pem).publicKey, notice.Signature, 'base64')
  expect([verify(text), verify(text.replace('apples', 'pears'))]).toEqual([true, false])

  expect((await fetch(notice.UnsubscribeURL!)).status).toBe(200)
  expect((await next()).Type).toBe('UnsubscribeConfirmation')
  await sns.send(new PublishCommand({ TopicArn, Message: 'pears' }))
  expect(arrived).toEqual([])
})
