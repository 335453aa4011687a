import { createVerify, X509Certificate } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { generate } from 'selfsigned'
import { ACCOUNT, ALLOW, REGION, until } from '../sqs/fixture.ts'
import { type Endpoint, openEndpoint, openWorld, type World } from './world.ts'

const TopicArn = `arn:aws:sns:${REGION}:${ACCOUNT}:t`

let world: World
let endpoint: Endpoint

beforeEach(async () => {
  world = await openWorld()
  endpoint = await openEndpoint()
  await world.topics('CreateTopic', { Name: 't' })
})

afterEach(async () => {
  endpoint.close()
  await world.stop()
})

const subscribe = (Attributes: object = {}, more: object = {}) =>
  world.topics('Subscribe', {
    TopicArn,
    Protocol: 'http',
    Endpoint: `${endpoint.url}/x`,
    Attributes,
    ...more,
  })

/** Subscribes and confirms with an AWS signature; answers the subscription's ARN. */
const confirmed = async (Attributes: object = {}): Promise<string> => {
  await subscribe(Attributes)
  const { Token } = JSON.parse((await endpoint.next()).body)
  return (await world.topics('ConfirmSubscription', { TopicArn, Token })).SubscriptionArn
}
const attributesOf = async (SubscriptionArn: string) =>
  (await world.topics('GetSubscriptionAttributes', { SubscriptionArn })).Attributes

/** As a receiver does it: SNS developer guide, "Verifying the signatures of Amazon SNS messages". */
const verify = async (body: string): Promise<boolean> => {
  const message = JSON.parse(body)
  const pem = await (await fetch(message.SigningCertURL)).text()
  const names =
    message.Type === 'Notification'
      ? ['Message', 'MessageId', 'Subject', 'Timestamp', 'TopicArn', 'Type']
      : ['Message', 'MessageId', 'SubscribeURL', 'Timestamp', 'Token', 'TopicArn', 'Type']
  const signed = names
    .filter((name) => message[name] !== undefined)
    .map((name) => `${name}\n${message[name]}\n`)
    .join('')
  return createVerify(message.SignatureVersion === '2' ? 'RSA-SHA256' : 'RSA-SHA1')
    .update(signed)
    .verify(new X509Certificate(pem).publicKey, message.Signature, 'base64')
}

describe('confirmation', () => {
  test('a web server is asked first, and gets nothing before it has agreed', async () => {
    expect(await subscribe()).toEqual({ SubscriptionArn: 'pending confirmation' })
    const { headers, body } = await endpoint.next()
    const question = JSON.parse(body)
    expect(Object.keys(question)).toEqual([
      'Type',
      'MessageId',
      'Token',
      'TopicArn',
      'Message',
      'SubscribeURL',
      'Timestamp',
      'SignatureVersion',
      'Signature',
      'SigningCertURL',
    ])
    expect(question).toMatchObject({
      Type: 'SubscriptionConfirmation',
      TopicArn,
      Message: `You have chosen to subscribe to the topic ${TopicArn}.\nTo confirm the subscription, visit the SubscribeURL included in this message.`,
      SubscribeURL: `${world.baseUrl}/?Action=ConfirmSubscription&TopicArn=${TopicArn}&Token=${question.Token}`,
    })
    expect(headers).toMatchObject({
      'content-type': 'text/plain; charset=UTF-8',
      'user-agent': 'Amazon Simple Notification Service Agent',
      'x-amz-sns-message-type': 'SubscriptionConfirmation',
      'x-amz-sns-message-id': question.MessageId,
      'x-amz-sns-topic-arn': TopicArn,
    })
    expect(headers['x-amz-sns-subscription-arn']).toBeUndefined()
    expect(await verify(body)).toBe(true)
    expect((await world.topics('ListSubscriptionsByTopic', { TopicArn })).Subscriptions).toMatchObject([
      { SubscriptionArn: 'PendingConfirmation', Protocol: 'http' },
    ])
    expect((await world.topics('GetTopicAttributes', { TopicArn })).Attributes).toMatchObject({
      SubscriptionsPending: '1',
      SubscriptionsConfirmed: '0',
    })
    await world.topics('Publish', { TopicArn, Message: 'too early' })
    const answer = await fetch(question.SubscribeURL)
    const xml = await answer.text()
    expect(answer.status).toBe(200)
    const arn = /<SubscriptionArn>(.*)<\/SubscriptionArn>/.exec(xml)![1]!
    expect(xml).toMatch(
      /^<ConfirmSubscriptionResponse xmlns="http:\/\/sns.amazonaws.com\/doc\/2010-03-31\/">/,
    )
    expect(await attributesOf(arn)).toMatchObject({
      PendingConfirmation: 'false',
      ConfirmationWasAuthenticated: 'false',
    })
    await world.topics('Publish', { TopicArn, Message: 'now' })
    expect(JSON.parse((await endpoint.next()).body).Message).toBe('now')
    expect((await fetch(question.SubscribeURL)).status).toBe(200)
  })

  test('the ARN on request; the pending subscription is shown and asked again, not doubled', async () => {
    const { SubscriptionArn } = await subscribe({}, { ReturnSubscriptionArn: true })
    expect(await attributesOf(SubscriptionArn)).toMatchObject({
      PendingConfirmation: 'true',
      ConfirmationWasAuthenticated: 'false',
    })
    const first = await endpoint.next()
    await subscribe()
    const second = await endpoint.next()
    expect(JSON.parse(first.body).Token).not.toBe(JSON.parse(second.body).Token)
    expect((await world.topics('ListSubscriptions')).Subscriptions).toHaveLength(1)
  })

  test.each([
    [{ Token: 'abc' }, 'Invalid token'],
    [{ Token: 'a'.repeat(288) }, 'Invalid parameter: Token'],
    [{ TopicArn: 'nonsense' }, 'Invalid parameter: Topic'],
    [{ TopicArn: TopicArn.replace(REGION, 'us-east-1') }, 'Invalid parameter: Topic'],
  ])('refuses case %# by signed call and by link', async (change, message) => {
    await subscribe()
    const { Token } = JSON.parse((await endpoint.next()).body)
    const given: Record<string, string> = { TopicArn, Token, ...change }
    await expect(world.topics('ConfirmSubscription', given)).rejects.toMatchObject({
      code: 'InvalidParameter',
      message,
    })
    const query = new URLSearchParams({ Action: 'ConfirmSubscription', ...given })
    const answer = await fetch(`${world.baseUrl}/?${query}`)
    expect([answer.status, await answer.text()]).toEqual([
      400,
      expect.stringContaining(`<Message>${message}<`),
    ])
  })

  test('a token is good for two days', async () => {
    await subscribe()
    const { Token } = JSON.parse((await endpoint.next()).body)
    world.time.pass(2 * 24 * 3_600_000)
    await expect(world.topics('ConfirmSubscription', { TopicArn, Token })).rejects.toMatchObject({
      message: 'Invalid parameter: Token',
    })
  })

  test('who unsubscribes by link is told how to come back; who confirmed with a signature may forbid it', async () => {
    const arn = await confirmed()
    expect(await attributesOf(arn)).toMatchObject({ ConfirmationWasAuthenticated: 'true' })
    const link = `${world.baseUrl}/?Action=Unsubscribe&SubscriptionArn=${arn}`
    expect(await (await fetch(link)).text()).toMatch(/^<UnsubscribeResponse .*<RequestId>/)
    await expect(attributesOf(arn)).rejects.toMatchObject({ code: 'NotFound' })
    const { headers, body } = await endpoint.next()
    expect(headers).toMatchObject({
      'x-amz-sns-message-type': 'UnsubscribeConfirmation',
      'x-amz-sns-subscription-arn': arn,
    })
    const goodbye = JSON.parse(body)
    expect(goodbye).toMatchObject({
      Type: 'UnsubscribeConfirmation',
      Message: `You have chosen to deactivate subscription ${arn}.\nTo cancel this operation and restore the subscription, visit the SubscribeURL included in this message.`,
    })
    expect(await verify(body)).toBe(true)
    await world.topics('ConfirmSubscription', {
      TopicArn,
      Token: goodbye.Token,
      AuthenticateOnUnsubscribe: 'true',
    })
    expect(await attributesOf(arn)).toMatchObject({ PendingConfirmation: 'false' })
    expect((await fetch(link)).status).toBe(403)
    expect(await attributesOf(arn)).toMatchObject({ PendingConfirmation: 'false' })
    await world.topics('Unsubscribe', { SubscriptionArn: arn })
    expect((await world.topics('ListSubscriptions')).Subscriptions).toEqual([])
  })

  test('the public door takes forms too, and leaves what is signed, or anything else, to others', async () => {
    await subscribe()
    const { Token } = JSON.parse((await endpoint.next()).body)
    const form = String(new URLSearchParams({ Action: 'ConfirmSubscription', TopicArn, Token }))
    const post = { method: 'POST', url: '/', signed: false, body: form }
    expect(world.sns.answerPublic({ ...post, signed: true })).toBeUndefined()
    const greedy = { ...post, body: `${form}&AuthenticateOnUnsubscribe=true` }
    expect(world.sns.answerPublic(greedy)?.status).toBe(403)
    expect(world.sns.answerPublic(post)?.status).toBe(200)
    for (const url of [
      '/?Action=Unsubscribe&SubscriptionArn=x&X-Amz-Signature=y',
      '/?Action=Publish',
      '/_relay/sns/SimpleNotificationService-0.pem',
      '//',
    ])
      expect(world.sns.answerPublic({ method: 'GET', url, signed: false })).toBeUndefined()
  })
})

describe('delivery', () => {
  test.each(['1', '2'])('a notification signed by version %s is what a verifier expects', async (version) => {
    await world.topics('SetTopicAttributes', {
      TopicArn,
      AttributeName: 'SignatureVersion',
      AttributeValue: version,
    })
    const arn = await confirmed()
    const { MessageId } = await world.topics('Publish', {
      TopicArn,
      Subject: 'News',
      Message: 'grüße\n2',
      MessageAttributes: { n: { DataType: 'Number', StringValue: '7' } },
    })
    const { headers, body } = await endpoint.next()
    expect(Object.keys(JSON.parse(body))).toEqual([
      'Type',
      'MessageId',
      'TopicArn',
      'Subject',
      'Message',
      'Timestamp',
      'SignatureVersion',
      'Signature',
      'SigningCertURL',
      'UnsubscribeURL',
      'MessageAttributes',
    ])
    expect(headers).toMatchObject({
      'content-type': 'text/plain; charset=UTF-8',
      'x-amz-sns-message-type': 'Notification',
      'x-amz-sns-message-id': MessageId,
      'x-amz-sns-topic-arn': TopicArn,
      'x-amz-sns-subscription-arn': arn,
    })
    expect(JSON.parse(body).SignatureVersion).toBe(version)
    expect(await verify(body)).toBe(true)
    expect(await verify(body.replace('News', 'Nope'))).toBe(false)
  })

  test('raw delivery is the message alone, with the content type that the policy names', async () => {
    await confirmed({
      RawMessageDelivery: 'true',
      DeliveryPolicy: '{"requestPolicy":{"headerContentType":"text/csv"}}',
    })
    await world.topics('Publish', { TopicArn, Message: 'a,b' })
    const { headers, body } = await endpoint.next()
    expect(body).toBe('a,b')
    expect(headers).toMatchObject({ 'x-amz-sns-rawdelivery': 'true', 'content-type': 'text/csv' })
  })

  test('a fault of the server is tried again as the policy says, then goes to the dead-letter queue', async () => {
    await world.queues('CreateQueue', { QueueName: 'dead', Attributes: { Policy: ALLOW } })
    const dead = `arn:aws:sqs:${REGION}:${ACCOUNT}:dead`
    const retry = { healthyRetryPolicy: { numRetries: 2, numNoDelayRetries: 2 } }
    await confirmed({
      DeliveryPolicy: JSON.stringify(retry),
      RedrivePolicy: JSON.stringify({ deadLetterTargetArn: dead }),
    })
    endpoint.answers.push(500, 429, 503)
    await world.topics('Publish', { TopicArn, Message: 'unlucky' })
    for (let tries = 0; tries < 3; tries += 1) await endpoint.next()
    expect(JSON.parse((await world.sqs.receive(dead, 1, 10_000))[0]!.body)).toMatchObject({
      Message: 'unlucky',
    })
    endpoint.answers.push(503)
    await world.topics('Publish', { TopicArn, Message: 'second time lucky' })
    await endpoint.next()
    expect(JSON.parse((await endpoint.next()).body).Message).toBe('second time lucky')
    expect(await world.sqs.receive(dead, 1, 0)).toEqual([])
  })

  test.each([404, 403, 302])('%i is for good', async (status) => {
    await confirmed()
    endpoint.answers.push(status)
    await world.topics('Publish', { TopicArn, Message: 'unwanted' })
    await endpoint.next()
    await until(() => world.logged.some((line) => line.startsWith('a message was dropped')))
    expect(endpoint.arrivals).toHaveLength(2)
  })

  test('what a killed cloud had not delivered yet is delivered by the next', async () => {
    await confirmed({ DeliveryPolicy: '{"healthyRetryPolicy":{"numRetries":3,"minDelayTarget":20}}' })
    endpoint.answers.push(503)
    await world.topics('Publish', { TopicArn, Message: 'kept' })
    await endpoint.next()
    await world.restart(20_000)
    expect(JSON.parse((await endpoint.next()).body).Message).toBe('kept')
  })
})

test('https: only for a certificate that is trusted', async () => {
  const { cert, private: key } = await generate([{ name: 'commonName', value: 'localhost' }], {
    extensions: [{ name: 'subjectAltName', altNames: [{ type: 2, value: 'localhost' }] }],
  })
  const secure = await openEndpoint({ key, cert })
  const trusting = await openWorld({ trust: cert })
  try {
    for (const one of [world, trusting]) {
      await one.topics('CreateTopic', { Name: 't' })
      await one.topics('Subscribe', { TopicArn, Protocol: 'https', Endpoint: secure.url })
    }
    expect(JSON.parse((await secure.next()).body)).toMatchObject({
      Type: 'SubscriptionConfirmation',
      TopicArn,
    })
    expect(secure.arrivals).toHaveLength(1)
  } finally {
    secure.close()
    await trusting.stop()
  }
})
