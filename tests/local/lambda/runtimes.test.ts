import { afterEach, describe, expect, test } from '@jest/globals'
import { testWith } from '../../support/tools.ts'
import { bench, isGone, ROLE, until, zip } from './bench.ts'

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
const FunctionName = 'work'
const invoke = async (cloud: ReturnType<typeof bench>, event: unknown = {}, more: object = {}) => {
  const answer = (await cloud.run('Invoke', {
    FunctionName,
    Payload: new TextEncoder().encode(JSON.stringify(event)),
    ...more,
  })) as { Payload?: Uint8Array; FunctionError?: string; LogResult?: string; StatusCode?: number }
  return {
    ...answer,
    value: answer.Payload && JSON.parse(new TextDecoder().decode(answer.Payload)),
    log: Buffer.from(answer.LogResult ?? '', 'base64').toString('utf8'),
  }
}

describe('Invoke', () => {
  test('with LogType Tail tells the last 4 KB of what this invocation said', async () => {
    const cloud = fresh()
    await cloud.create(
      FunctionName,
      `export const handler = async ({ n }) => { console.log('x'.repeat(n)); console.error('two\\nlines'); return n }`,
    )
    const { log, value } = await invoke(cloud, { n: 5 }, { LogType: 'Tail' })
    const [, id] = /^START RequestId: (\S+) Version: \$LATEST\n/.exec(log) ?? []
    expect(value).toBe(5)
    expect(log).toMatch(
      new RegExp(
        `^START .*\\n\\S+Z\\t${id}\\tINFO\\txxxxx\\n\\S+Z\\t${id}\\tERROR\\ttwo\\rlines\\nEND RequestId: ${id}\\nREPORT RequestId: ${id}\\tDuration: .* ms\\tBilled Duration: \\d+ ms\\tMemory Size: 128 MB\\tMax Memory Used: \\d+ MB\\tInit Duration: .*\\n$`,
      ),
    )
    const long = await invoke(cloud, { n: 5000 }, { LogType: 'Tail' })
    expect(Buffer.byteLength(long.log)).toBe(4096)
    expect(long.log).toMatch(/\nREPORT .*\n$/)
    expect((await invoke(cloud, { n: 1 })).LogResult).toBeUndefined()
  })

  test('refuses what is too large, what is no JSON, and ways that are none', async () => {
    const cloud = fresh()
    await cloud.create(FunctionName, 'export const handler = async () => {}')
    await expect(invoke(cloud, 'x'.repeat(6_291_455))).rejects.toMatchObject({
      code: 'RequestEntityTooLargeException',
      status: 413,
      message: 'Request must be smaller than 6291456 bytes for the InvokeFunction operation',
    })
    expect((await invoke(cloud, 'x'.repeat(6_291_454))).value).toBeNull()
    await expect(invoke(cloud, 'x'.repeat(1_048_575), { InvocationType: 'Event' })).rejects.toMatchObject({
      code: 'RequestEntityTooLargeException',
    })
    await expect(invoke(cloud, {}, { InvocationType: 'Later' })).rejects.toMatchObject({
      code: 'ValidationException',
      message:
        "1 validation error detected: Value 'Later' at 'invocationType' failed to satisfy constraint: Member must satisfy enum value set: [Event, RequestResponse, DryRun]",
    })
    await expect(invoke(cloud, {}, { Payload: new TextEncoder().encode('{') })).rejects.toMatchObject({
      code: 'InvalidRequestContentException',
      message: expect.stringMatching(/^Could not parse request body into json/),
    })
  })

  test('tells the reason when a function may not run at all', async () => {
    const cloud = fresh()
    await cloud.create(FunctionName, 'export const handler = async () => {}')
    await cloud.run('PutFunctionConcurrency', { FunctionName, ReservedConcurrentExecutions: 0 })
    await expect(invoke(cloud)).rejects.toMatchObject({
      code: 'TooManyRequestsException',
      message: 'Rate Exceeded.',
      status: 429,
      members: { Type: 'User', Reason: 'ReservedFunctionConcurrentInvocationLimitExceeded' },
    })
  })

  test('hands the client context on', async () => {
    const cloud = fresh()
    await cloud.create(FunctionName, 'export const handler = async (event, context) => context.clientContext')
    const ClientContext = Buffer.from('{"custom":{"a":1}}').toString('base64')
    expect((await invoke(cloud, {}, { ClientContext })).value).toEqual({ custom: { a: 1 } })
  })
})

test('a role that may no longer be assumed refuses the invocation', async () => {
  const cloud = fresh()
  await cloud.create(FunctionName, 'export const handler = async () => {}')
  cloud.identity.denied.add(`assume ${ROLE} lambda.amazonaws.com`)
  await expect(invoke(cloud)).rejects.toMatchObject({
    code: 'AccessDeniedException',
    status: 403,
    message: 'The role defined for the function cannot be assumed by Lambda.',
  })
})

describe('handlers of Node.js', () => {
  const cases: [what: string, runtime: string, body: string, expected: unknown][] = [
    [
      'a callback',
      'nodejs22.x',
      'exports.handler = (event, context, done) => setTimeout(() => done(null, event.a), 5)',
      7,
    ],
    [
      'a callback with an error',
      'nodejs22.x',
      `exports.handler = (event, context, done) => done(new RangeError('no'))`,
      { errorType: 'RangeError', errorMessage: 'no', trace: expect.any(Array) },
    ],
    [
      'context.succeed',
      'nodejs20.x',
      'exports.handler = (event, context, _done) => context.succeed(event.a)',
      7,
    ],
    ['a value at once', 'nodejs22.x', 'exports.handler = () => 7', 7],
    [
      'exports made elsewhere',
      'nodejs24.x',
      `module.exports = ['handler'].reduce((o, k) => ({ ...o, [k]: async () => 7 }), {})`,
      7,
    ],
    [
      'a callback that is no longer taken',
      'nodejs24.x',
      'exports.handler = (event, context, done) => done(null, 1)',
      expect.objectContaining({ errorType: 'Runtime.CallbackHandlerDeprecated' }),
    ],
    [
      'an error at load',
      'nodejs24.x',
      `throw new TypeError('at load')`,
      expect.objectContaining({ errorType: 'TypeError', errorMessage: 'at load' }),
    ],
    [
      'a module that is not there',
      'nodejs24.x',
      `require('nowhere')`,
      expect.objectContaining({
        errorType: 'Runtime.ImportModuleError',
        errorMessage: expect.stringMatching(/^Error: Cannot find module 'nowhere'/),
      }),
    ],
  ]
  test.each(cases)('%s on %s', async (_what, Runtime, source, expected) => {
    const cloud = fresh()
    await cloud.create(FunctionName, '', { Runtime, Code: { ZipFile: zip({ 'index.js': source }) } })
    expect((await invoke(cloud, { a: 7 })).value).toEqual(expected)
  })
})

describe('what goes wrong on purpose', () => {
  test('an invocation is killed, and an asynchronous one is tried again', async () => {
    let kills = 2
    const cloud = fresh({
      faults: {
        process: ({ kind, arn }) => {
          expect([kind, arn]).toEqual(['function', cloud.arn('work')])
          kills -= 1
          return kills >= 0 ? { killAfterMs: 50 } : {}
        },
      },
    })
    await cloud.create(
      FunctionName,
      `export const handler = async () => { await new Promise((r) => setTimeout(r, 300)); console.log('survived') }`,
    )
    const { value, FunctionError } = await invoke(cloud)
    expect(FunctionError).toBe('Unhandled')
    expect(value).toEqual({
      errorType: 'Runtime.ExitError',
      errorMessage: expect.stringMatching(
        /^RequestId: \S+ Error: Runtime exited with error: signal: killed$/,
      ),
    })
    await invoke(cloud, {}, { InvocationType: 'Event' })
    await until(() => cloud.lines.includes('survived'))
    expect(cloud.lambda.counts(cloud.arn('work'))).toMatchObject({ invocations: 3, errors: 2 })
  })
})

test('what a function says is kept only where its role may write it', async () => {
  const cloud = fresh()
  await cloud.create(FunctionName, `export const handler = async () => { console.log('heard'); return 1 }`)
  cloud.identity.denied.add('logs:PutLogEvents')
  const { log } = await invoke(cloud, {}, { LogType: 'Tail' })
  expect(log).toContain('heard')
  expect(cloud.raw).toEqual([])
  expect(cloud.said.filter((line) => line.includes('may not write logs'))).toHaveLength(1)
})

describe('Python', () => {
  const python = (cloud: ReturnType<typeof bench>, source: string, more: object = {}) =>
    cloud.create(FunctionName, '', {
      Runtime: 'python3.13',
      Handler: 'app.handler',
      Code: { ZipFile: zip({ 'app.py': source }) },
      ...more,
    })

  testWith('python3')('runs, is kept warm, and ends with the cloud', async () => {
    const cloud = bench()
    await python(
      cloud,
      `import os
n = 0
def handler(event, context):
    global n
    n += 1
    print("hello", event["a"])
    return {"n": n, "pid": os.getpid(), "name": context.function_name, "id": context.aws_request_id, "left": context.get_remaining_time_in_millis() > 0, "env": os.environ["AWS_EXECUTION_ENV"]}
`,
    )
    const { value, log } = await invoke(cloud, { a: 'ü' }, { LogType: 'Tail' })
    expect(value).toEqual({
      n: 1,
      pid: expect.any(Number),
      name: 'work',
      id: expect.stringMatching(/-/),
      left: true,
      env: 'AWS_Lambda_python3.13',
    })
    expect(log).toMatch(/^START .*\nhello ü\nEND /)
    expect((await invoke(cloud, { a: 1 })).value).toMatchObject({ n: 2, pid: value.pid })
    await cloud.end()
    expect(isGone(value.pid)).toBe(true)
  })

  const wrong: [what: string, source: string, more: object, expected: object][] = [
    [
      'raises',
      'def handler(event, context):\n    raise ValueError("no")\n',
      {},
      {
        errorMessage: 'no',
        errorType: 'ValueError',
        requestId: expect.stringMatching(/-/),
        stackTrace: [expect.stringMatching(/app\.py", line 2, in handler\n {4}raise ValueError\("no"\)\n/)],
      },
    ],
    [
      'answers what is no JSON',
      'def handler(event, context):\n    return {1, 2}\n',
      {},
      {
        errorType: 'Runtime.MarshalError',
        errorMessage: 'Unable to marshal response: Object of type set is not JSON serializable',
      },
    ],
    [
      'has no such function',
      'x = 1\n',
      {},
      { errorType: 'Runtime.HandlerNotFound', errorMessage: "Handler 'handler' missing on module 'app'" },
    ],
    [
      'has no such file',
      '',
      { Handler: 'other.handler' },
      {
        errorType: 'Runtime.ImportModuleError',
        errorMessage: "Unable to import module 'other': No module named 'other'",
      },
    ],
    [
      'does not parse',
      'def (',
      {},
      {
        errorType: 'Runtime.UserCodeSyntaxError',
        errorMessage: expect.stringMatching(/^Syntax error in module 'app': /),
      },
    ],
    ['has no dot', '', { Handler: 'app' }, { errorType: 'Runtime.MalformedHandlerName' }],
    [
      'takes too long',
      'def handler(event, context):\n    while True: pass\n',
      { Timeout: 1 },
      { errorType: 'Sandbox.Timedout' },
    ],
    [
      'exits',
      'import sys\ndef handler(event, context):\n    sys.exit(3)\n',
      {},
      { errorType: 'Runtime.ExitError', errorMessage: expect.stringContaining('exit status 3') },
    ],
  ]
  for (const [what, source, more, expected] of wrong)
    testWith('python3')(what, async () => {
      const cloud = fresh()
      await python(cloud, source, more)
      const { value, FunctionError } = await invoke(cloud)
      expect(FunctionError).toBe('Unhandled')
      expect(value).toMatchObject(expected)
    })
})
