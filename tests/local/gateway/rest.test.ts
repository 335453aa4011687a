import {
  CreateFunctionCommand,
  DeleteFunctionCommand,
  GetFunctionCommand,
  GetFunctionEventInvokeConfigCommand,
  InvokeCommand,
  LambdaClient,
  ListFunctionEventInvokeConfigsCommand,
  ListFunctionsCommand,
  ListLayersCommand,
  ListTagsCommand,
  PutFunctionConcurrencyCommand,
} from '@aws-sdk/client-lambda'
import {
  CreateScheduleCommand,
  GetScheduleCommand,
  ListSchedulesCommand,
  SchedulerClient,
  TagResourceCommand,
  UntagResourceCommand,
} from '@aws-sdk/client-scheduler'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { matchRoute, restRoutes } from '../../../local/gateway/routes.ts'
import { AwsError } from '../../../local/gateway/service.ts'
import { send, startWorld, type World } from './world.ts'

let world: World
let lambda: LambdaClient
let scheduler: SchedulerClient
beforeAll(async () => {
  world = await startWorld()
  const config = { region: 'eu-west-1', endpoint: world.url, credentials: world.admin, maxAttempts: 1 }
  lambda = new LambdaClient(config)
  scheduler = new SchedulerClient(config)
})
afterAll(async () => {
  lambda.destroy()
  scheduler.destroy()
  await world.stop()
})
beforeEach(() => {
  world.answers.clear()
  world.calls.length = 0
})

const ARN = 'arn:aws:lambda:eu-west-1:111111111111:function:f'
const input = () => world.calls.at(-1)?.input
const operation = () => world.calls.at(-1)?.call.operation

describe('Lambda, judged by the SDK', () => {
  test('Invoke: headers and payload in, status, headers and payload out', async () => {
    world.answers.set('Invoke', () => ({
      StatusCode: 200,
      FunctionError: 'Unhandled',
      ExecutedVersion: '$LATEST',
      Payload: new TextEncoder().encode('{"a":"ü"}'),
    }))
    const output = await lambda.send(
      new InvokeCommand({
        FunctionName: ARN,
        InvocationType: 'RequestResponse',
        Qualifier: '$LATEST',
        Payload: '{"x":1}',
      }),
    )
    expect(input()).toEqual({
      FunctionName: ARN,
      InvocationType: 'RequestResponse',
      Qualifier: '$LATEST',
      Payload: new TextEncoder().encode('{"x":1}'),
    })
    expect(output).toMatchObject({ StatusCode: 200, FunctionError: 'Unhandled', ExecutedVersion: '$LATEST' })
    expect(output.Payload?.transformToString()).toBe('{"a":"ü"}')
    expect(output.$metadata.requestId).toBe(world.calls[0]?.call.requestId)
  })

  test.each([202, 204])('Invoke: status %i has an empty payload', async (StatusCode) => {
    world.answers.set('Invoke', () => ({ StatusCode }))
    const output = await lambda.send(new InvokeCommand({ FunctionName: 'f', InvocationType: 'Event' }))
    expect([output.StatusCode, output.$metadata.httpStatusCode]).toEqual([StatusCode, StatusCode])
    expect(output.Payload?.length ?? 0).toBe(0)
  })

  test('a body with bytes in it, and the status that the model names', async () => {
    world.answers.set('CreateFunction', () => ({
      FunctionName: 'f',
      Timeout: 3,
      Environment: { Variables: { A: 'b' } },
    }))
    const ZipFile = new Uint8Array([80, 75, 3, 4, 255])
    const asked = {
      FunctionName: 'f',
      Role: 'arn:aws:iam::111111111111:role/r',
      Code: { ZipFile },
      Tags: { 'a b': 'c' },
    }
    const output = await lambda.send(new CreateFunctionCommand(asked))
    expect(input()).toEqual(asked)
    expect(output).toMatchObject({ FunctionName: 'f', Timeout: 3, Environment: { Variables: { A: 'b' } } })
    expect(output.$metadata.httpStatusCode).toBe(201)
  })

  test('nothing to answer is nothing', async () => {
    world.answers.set('DeleteFunction', () => ({ StatusCode: 204 }))
    const output = await lambda.send(new DeleteFunctionCommand({ FunctionName: 'f' }))
    expect([output.StatusCode, output.$metadata.httpStatusCode]).toEqual([204, 204])
  })

  test('numbers, texts and lists of the query; the more literal way wins', async () => {
    await lambda.send(new ListFunctionsCommand({ MaxItems: 7, Marker: 'a/b+c=', FunctionVersion: 'ALL' }))
    expect(input()).toEqual({ MaxItems: 7, Marker: 'a/b+c=', FunctionVersion: 'ALL' })
    await lambda.send(new ListFunctionEventInvokeConfigsCommand({ FunctionName: 'f' }))
    expect(operation()).toBe('ListFunctionEventInvokeConfigs')
    await lambda.send(new GetFunctionEventInvokeConfigCommand({ FunctionName: 'f', Qualifier: 'q' }))
    expect([operation(), input()]).toEqual([
      'GetFunctionEventInvokeConfig',
      { FunctionName: 'f', Qualifier: 'q' },
    ])
    await lambda.send(new ListTagsCommand({ Resource: ARN }))
    expect([operation(), input()]).toEqual(['ListTags', { Resource: ARN }])
    await lambda.send(
      new PutFunctionConcurrencyCommand({ FunctionName: 'f', ReservedConcurrentExecutions: 0 }),
    )
    expect(input()).toEqual({ FunctionName: 'f', ReservedConcurrentExecutions: 0 })
  })

  test('errors keep type, status and whose fault they are', async () => {
    world.answers.set('GetFunction', () => {
      throw new AwsError('ResourceNotFoundException', `Function not found: ${ARN}`, 404)
    })
    await expect(lambda.send(new GetFunctionCommand({ FunctionName: 'f' }))).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
      message: `Function not found: ${ARN}`,
      Type: 'User',
      $metadata: { httpStatusCode: 404 },
    })
  })

  test('what nobody serves is named, with the path where even the operation is unknown', async () => {
    await expect(lambda.send(new ListLayersCommand({}))).rejects.toMatchObject({
      name: 'UnknownOperationException',
      message: 'The local cloud does not serve lambda:ListLayers.',
      $metadata: { httpStatusCode: 404 },
    })
    const answer = await send(world, {
      method: 'GET',
      path: '/2015-03-31/nonsense',
      service: 'lambda',
      credentials: world.admin,
    })
    expect([answer.status, answer.headers.get('x-amzn-errortype')]).toEqual([
      404,
      'UnknownOperationException',
    ])
    expect(answer.text).toContain('lambda:GET /2015-03-31/nonsense')
  })

  test.each([
    ['not JSON', '{', 'SerializationException', 400],
    ['not an object', '[1]', 'SerializationException', 400],
    ['another type', '{"Timeout":"x"}', 'SerializationException', 400],
    ['nothing', '', 'ValidationException', 400],
  ])('a body that is %s', async (_, body, name, status) => {
    const answer = await send(world, {
      path: '/2015-03-31/functions',
      body,
      service: 'lambda',
      credentials: world.admin,
    })
    expect([answer.status, answer.headers.get('x-amzn-errortype')]).toEqual([status, name])
  })

  test('a wrong signature is answered with 403, and nothing of AWS JSON in it', async () => {
    const credentials = { ...world.admin, secretAccessKey: 'x'.repeat(40) }
    const answer = await send(world, {
      method: 'GET',
      path: '/2015-03-31/functions',
      service: 'lambda',
      credentials,
    })
    expect([answer.status, answer.headers.get('content-type')]).toEqual([403, 'application/json'])
    expect(answer.headers.get('x-amzn-errortype')).toBe('InvalidSignatureException')
    expect(Object.keys(JSON.parse(answer.text))).toEqual(['message'])
  })
})

describe('Scheduler, judged by the SDK', () => {
  const group = 'arn:aws:scheduler:eu-west-1:111111111111:schedule-group/a'

  test('dates and nested structures; an ARN with a slash in the path', async () => {
    const StartDate = new Date('2031-05-17T09:04:33Z')
    world.answers.set('GetSchedule', () => ({
      Name: 's',
      StartDate,
      Target: { Arn: 'a', RoleArn: 'r', Input: '{}' },
    }))
    const output = await scheduler.send(new GetScheduleCommand({ Name: 's', GroupName: 'g' }))
    expect(input()).toEqual({ Name: 's', GroupName: 'g' })
    expect(output).toMatchObject({ Name: 's', StartDate, Target: { Arn: 'a', RoleArn: 'r', Input: '{}' } })
    const asked = {
      Name: 's-1',
      ScheduleExpression: 'rate(1 minute)',
      FlexibleTimeWindow: { Mode: 'OFF' as const },
      Target: { Arn: 'arn:aws:sqs:eu-west-1:111111111111:q', RoleArn: 'arn:aws:iam::111111111111:role/r' },
      StartDate,
    }
    await scheduler.send(new CreateScheduleCommand({ ...asked, ClientToken: 't' }))
    expect(input()).toEqual({ ...asked, ClientToken: 't' })
    await scheduler.send(new UntagResourceCommand({ ResourceArn: group, TagKeys: ['a b', 'c'] }))
    expect([operation(), input()]).toEqual(['UntagResource', { ResourceArn: group, TagKeys: ['a b', 'c'] }])
    await scheduler.send(new TagResourceCommand({ ResourceArn: group, Tags: [{ Key: 'k', Value: 'v' }] }))
    expect([operation(), world.calls.at(-1)?.call.service]).toEqual(['TagResource', 'scheduler'])
    await scheduler.send(new ListSchedulesCommand({ NamePrefix: 'a', MaxResults: 3, State: 'ENABLED' }))
    expect(input()).toEqual({ NamePrefix: 'a', MaxResults: 3, State: 'ENABLED' })
  })

  test('errors are worded with a capital Message', async () => {
    world.answers.set('GetSchedule', () => {
      throw new AwsError('ResourceNotFoundException', 'Schedule s does not exist.')
    })
    const path = '/schedules/s'
    const answer = await send(world, { method: 'GET', path, service: 'scheduler', credentials: world.admin })
    expect([answer.status, answer.text]).toEqual([404, '{"Message":"Schedule s does not exist."}'])
    await expect(scheduler.send(new GetScheduleCommand({ Name: 's' }))).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
      message: 'Schedule s does not exist.',
    })
  })
})

describe('ways', () => {
  const routes = restRoutes([
    { operation: 'Item', method: 'GET', uri: '/things/{Name}' },
    { operation: 'All', method: 'GET', uri: '/things' },
    { operation: 'Found', method: 'GET', uri: '/things?find=one' },
    { operation: 'Special', method: 'GET', uri: '/things/special' },
    { operation: 'Deep', method: 'GET', uri: '/deep/{Key+}/end' },
  ])
  const found = (path: string, query: [string, string][] = [], method = 'GET') => {
    const match = matchRoute(routes, method, path, query)
    return match && [match.operation, Object.fromEntries(match.labels)]
  }
  test.each<[string, [string, string][], unknown]>([
    ['/things', [], ['All', {}]],
    ['/things/', [], ['All', {}]],
    ['/things', [['find', 'one']], ['Found', {}]],
    ['/things', [['find', 'two']], ['All', {}]],
    ['/things/special', [], ['Special', {}]],
    ['/things/a%2Fb%20c', [], ['Item', { Name: 'a/b c' }]],
    ['/things/%zz', [], ['Item', { Name: '%zz' }]],
    ['/things/a/b', [], undefined],
    ['/deep/a/b/end', [], ['Deep', { Key: 'a/b' }]],
    ['/deep/end', [], undefined],
    ['/', [], undefined],
    ['', [], undefined],
  ])('%s %j', (path, query, expected) => {
    expect(found(path, query)).toEqual(expected)
    expect(found(path, query, 'PATCH')).toBeUndefined()
  })

  test('any label comes back as it was', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), (name) => {
        fc.pre(name.isWellFormed() && name !== 'special')
        expect(found(`/things/${encodeURIComponent(name)}`)).toEqual(['Item', { Name: name }])
      }),
    )
  })
})
