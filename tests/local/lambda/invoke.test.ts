import { afterEach, describe, expect, test } from '@jest/globals'
import { bench, isGone, until } from './bench.ts'

let made: ReturnType<typeof bench>[] = []
const fresh = (...args: Parameters<typeof bench>) => {
  const one = bench(...args)
  made.push(one)
  return one
}
afterEach(async () => {
  await Promise.all(made.map((one) => one.end()))
  made = []
})

const handler = (body: string) => `export const handler = async (event, context) => { ${body} }`

describe('a function in its process', () => {
  test('gets event and context, and answers', async () => {
    const { lambda, create, arn, lines, raw } = fresh()
    await create(
      'echo',
      handler(
        `console.log('hello from', context.functionName); return { event, id: context.awsRequestId, left: context.getRemainingTimeInMillis(), arn: context.invokedFunctionArn, mb: context.memoryLimitInMB }`,
      ),
      { Timeout: 5, MemorySize: 256 },
    )
    const result = await lambda.invoke(arn('echo'), '{"a":[1,"ü"]}')
    expect(result.error).toBeUndefined()
    const answer = JSON.parse(result.payload)
    expect(answer).toMatchObject({ event: { a: [1, 'ü'] }, arn: arn('echo'), mb: '256' })
    expect(answer.left).toBeGreaterThan(0)
    expect(answer.left).toBeLessThanOrEqual(5000)
    await until(() => lines.some((line) => line.startsWith('REPORT')))
    expect(raw[1]).toMatch(new RegExp(`^\\d{4}-\\S+Z\\t${answer.id}\\tINFO\\thello from echo$`))
    expect(lines).toContain(`START RequestId: ${answer.id} Version: $LATEST`)
    expect(lines.find((line) => line.startsWith('REPORT'))).toMatch(/Memory Size: 256 MB.*Init Duration/)
  })

  test('sees its own variables, what Lambda sets, what was passed in, and nothing of ours', async () => {
    const { lambda, create, arn } = fresh()
    process.env.OF_OURS = 'leaks'
    await create('env', handler('return process.env'), { Environment: { Variables: { OWN: '1' } } })
    const { payload } = await lambda.invoke(arn('env'), '{}')
    delete process.env.OF_OURS
    expect(Object.keys(JSON.parse(payload)).sort()).toEqual([
      ...['AWS_ACCESS_KEY_ID', 'AWS_DEFAULT_REGION', 'AWS_EXECUTION_ENV', 'AWS_LAMBDA_FUNCTION_MEMORY_SIZE'],
      ...['AWS_LAMBDA_FUNCTION_NAME', 'AWS_LAMBDA_FUNCTION_VERSION', 'AWS_LAMBDA_INITIALIZATION_TYPE'],
      ...['AWS_LAMBDA_LOG_GROUP_NAME', 'AWS_LAMBDA_LOG_STREAM_NAME', 'AWS_REGION', 'AWS_SECRET_ACCESS_KEY'],
      ...['AWS_SESSION_TOKEN', 'EXTRA', 'LAMBDA_TASK_ROOT', 'LANG', 'OWN', 'PATH', 'TZ', '_HANDLER'],
    ])
    expect(JSON.parse(payload)).toMatchObject({ AWS_REGION: 'eu-west-1', EXTRA: 'given', OWN: '1' })
  })

  test('is kept warm, and started anew after a change of code', async () => {
    const { lambda, create, arn, run } = fresh()
    const counting = 'let n = 0; export const handler = async () => ({ n: ++n, pid: process.pid })'
    await create('warm', counting)
    const first = JSON.parse((await lambda.invoke(arn('warm'), '{}')).payload)
    const second = JSON.parse((await lambda.invoke(arn('warm'), '{}')).payload)
    expect(second).toEqual({ n: 2, pid: first.pid })
    const { zip } = await import('./bench.ts')
    await run('UpdateFunctionCode', {
      FunctionName: 'warm',
      ZipFile: zip({ 'index.mjs': `${counting} // 2` }),
    })
    expect(JSON.parse((await lambda.invoke(arn('warm'), '{}')).payload).n).toBe(1)
    expect(lambda.counts(arn('warm'))).toEqual({ invocations: 3, coldStarts: 2, errors: 0 })
    await until(() => isGone(first.pid))
  })

  test('gets new credentials before the old ones end', async () => {
    const { lambda, create, arn } = fresh({ iamLastsMs: 3100 })
    await create('old', handler('return process.env.AWS_ACCESS_KEY_ID'), { Timeout: 3 })
    const first = await lambda.invoke(arn('old'), '{}')
    // they would end within the three seconds that the next invocation may take
    await new Promise((resolve) => setTimeout(resolve, 150))
    const second = await lambda.invoke(arn('old'), '{}')
    expect(second.payload).not.toBe(first.payload)
  })

  test('ends when idle', async () => {
    const { lambda, create, arn } = fresh({ idleSeconds: 0.05 })
    await create('idle', handler('return process.pid'))
    const pid = Number((await lambda.invoke(arn('idle'), '{}')).payload)
    await until(() => isGone(pid))
    expect((await lambda.invoke(arn('idle'), '{}')).error).toBeUndefined()
  })

  test('runs at most as often as its limit', async () => {
    const { lambda, create, arn, run } = fresh()
    await create('two', handler('await new Promise((r) => setTimeout(r, 600))'))
    await run('PutFunctionConcurrency', { FunctionName: 'two', ReservedConcurrentExecutions: 2 })
    const results = await Promise.allSettled([1, 2, 3].map(() => lambda.invoke(arn('two'), '{}')))
    expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'fulfilled', 'rejected'])
    expect(results.find(({ status }) => status === 'rejected')).toMatchObject({
      reason: { code: 'TooManyRequestsException', status: 429 },
    })
  })
})

describe('what goes wrong becomes a function error', () => {
  const cases: [name: string, source: string, more: object, expected: object][] = [
    ['throws', handler(`throw new TypeError('no')`), {}, { errorType: 'TypeError', errorMessage: 'no' }],
    ['throws a text', handler(`throw 'plain'`), {}, { errorType: 'string', errorMessage: 'plain' }],
    [
      'exits',
      handler('process.exit(7)'),
      {},
      { errorType: 'Runtime.ExitError', errorMessage: expect.stringMatching(/RequestId: .* exit status 7/) },
    ],
    [
      'exits with 0',
      handler('process.exit(0)'),
      {},
      { errorMessage: expect.stringContaining('Runtime exited without providing a reason') },
    ],
    [
      'is killed',
      handler(`process.kill(process.pid, 'SIGKILL'); await new Promise(() => {})`),
      {},
      { errorType: 'Runtime.ExitError', errorMessage: expect.stringContaining('signal: killed') },
    ],
    [
      'throws later',
      handler(
        `setTimeout(() => { throw new Error('late') }, 5); await new Promise((r) => setTimeout(r, 2000))`,
      ),
      {},
      { errorType: 'Error', errorMessage: 'late' },
    ],
    [
      'forgets a rejection',
      handler(`Promise.reject(new Error('lost')); await new Promise((r) => setTimeout(r, 2000))`),
      {},
      { errorType: 'Runtime.UnhandledPromiseRejection', errorMessage: 'Error: lost' },
    ],
    ['waits for nothing', handler('await new Promise(() => {})'), {}, { errorType: 'Runtime.NodeJsExit' }],
    [
      'takes too long',
      handler('await new Promise((r) => setTimeout(r, 30000))'),
      { Timeout: 1 },
      {
        errorType: 'Sandbox.Timedout',
        errorMessage: expect.stringMatching(/^RequestId: \S+ Error: Task timed out after 1\.00 seconds$/),
      },
    ],
    ['never yields', handler('for (;;) {}'), { Timeout: 1 }, { errorType: 'Sandbox.Timedout' }],
    [
      'outgrows its memory',
      handler(
        `const kept = []; for (;;) { kept.push(Buffer.alloc(4_000_000, 1)); await new Promise((r) => setTimeout(r, 2)) }`,
      ),
      { MemorySize: 192, Timeout: 20 },
      { errorType: 'Runtime.ExitError', errorMessage: expect.stringContaining('signal: killed') },
    ],
    [
      'outgrows its heap',
      handler(`const kept = []; for (;;) kept.push({ a: [kept.length] })`),
      { MemorySize: 128, Timeout: 30 },
      { errorType: 'Runtime.ExitError' },
    ],
    [
      'has no such export',
      'export const other = 1',
      {},
      { errorType: 'Runtime.HandlerNotFound', errorMessage: 'index.handler is undefined or not exported' },
    ],
    [
      'has no such file',
      handler(''),
      { Handler: 'missing.handler' },
      {
        errorType: 'Runtime.ImportModuleError',
        errorMessage: expect.stringMatching(/^Error: Cannot find module 'missing'/),
      },
    ],
    ['does not parse', 'export const handler = (', {}, { errorType: 'Runtime.UserCodeSyntaxError' }],
    ['answers what is no JSON', handler('return 1n'), {}, { errorType: 'Runtime.MarshalError' }],
    [
      'answers too much',
      handler(`return 'x'.repeat(6_291_556)`),
      {},
      { errorType: 'Function.ResponseSizeTooLarge' },
    ],
  ]
  test.each(cases)('%s', async (_name, source, more, expected) => {
    const { lambda, create, arn } = fresh()
    await create('bad', source, more)
    const { payload, error } = await lambda.invoke(arn('bad'), '{}')
    expect(error).toBe('Unhandled')
    expect(JSON.parse(payload)).toMatchObject(expected)
  })

  test('the next invocation gets a new process', async () => {
    const { lambda, create, arn } = fresh()
    await create('once', handler(`if (event.die) process.exit(1); return 'fine'`))
    expect((await lambda.invoke(arn('once'), '{"die":true}')).error).toBe('Unhandled')
    expect(await lambda.invoke(arn('once'), '{}')).toEqual({ payload: '"fine"' })
  })
})

describe('Invoke', () => {
  test('request and response, dry run, event, missing function, bad JSON', async () => {
    const { create, run } = fresh()
    await create('echo', handler('return event'))
    const answer = await run('Invoke', { FunctionName: 'echo', Payload: new TextEncoder().encode('{"a":1}') })
    expect({ ...answer, Payload: new TextDecoder().decode(answer.Payload) }).toEqual({
      StatusCode: 200,
      ExecutedVersion: '$LATEST',
      Payload: '{"a":1}',
    })
    expect(await run('Invoke', { FunctionName: 'echo', InvocationType: 'DryRun' })).toEqual({
      StatusCode: 204,
    })
    expect(await run('Invoke', { FunctionName: 'echo', InvocationType: 'Event' })).toEqual({
      StatusCode: 202,
    })
    await expect(run('Invoke', { FunctionName: 'nobody' })).rejects.toMatchObject({
      code: 'ResourceNotFoundException',
    })
    await expect(
      run('Invoke', { FunctionName: 'echo', Payload: new TextEncoder().encode('{') }),
    ).rejects.toMatchObject({ code: 'InvalidRequestContentException' })
  })
})
