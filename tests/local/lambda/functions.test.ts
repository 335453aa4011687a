import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, test } from '@jest/globals'
import { ACCOUNT, bench, REGION, ROLE, until, zip } from './bench.ts'

let made: ReturnType<typeof bench>[] = []
const fresh = () => {
  const one = bench()
  made.push(one)
  return one
}
afterEach(async () => {
  await Promise.all(made.map((one) => one.end()))
  made = []
})
const SOURCE = 'export const handler = async () => 1'

test('is created, shown, listed, changed and deleted', async () => {
  const cloud = fresh()
  const created = await cloud.create('work', SOURCE, { Timeout: 900, MemorySize: 10_240 })
  expect(created).toMatchObject({
    FunctionArn: cloud.arn('work'),
    Role: ROLE,
    Timeout: 900,
    MemorySize: 10_240,
    State: 'Active',
    CodeSha256: expect.stringMatching(/^[A-Za-z0-9+/]{43}=$/),
  })
  for (const name of ['work', cloud.arn('work'), `${ACCOUNT}:function:work`, 'function:work', 'work:$LATEST'])
    expect(await cloud.run('GetFunctionConfiguration', { FunctionName: name })).toEqual(created)
  expect(await cloud.run('ListFunctions', {})).toEqual({ Functions: [created] })
  const changed = await cloud.run('UpdateFunctionConfiguration', { FunctionName: 'work', Timeout: 5 })
  expect(changed).toMatchObject({ Timeout: 5, MemorySize: 10_240 })
  await cloud.run('DeleteFunction', { FunctionName: 'work' })
  await expect(cloud.run('GetFunction', { FunctionName: 'work' })).rejects.toMatchObject({
    code: 'ResourceNotFoundException',
    message: `Function not found: arn:aws:lambda:${REGION}:${ACCOUNT}:function:work`,
  })
})

const wrong: [what: string, more: object, code: string][] = [
  ['timeout 0', { Timeout: 0 }, 'ValidationException'],
  ['timeout 901', { Timeout: 901 }, 'ValidationException'],
  ['memory 127', { MemorySize: 127 }, 'ValidationException'],
  ['memory 10,241', { MemorySize: 10_241 }, 'ValidationException'],
  ['a role that is none', { Role: 'arn:aws:iam::1:user/x' }, 'InvalidParameterValueException'],
  ['another runtime', { Runtime: 'python3.13' }, 'InvalidParameterValueException'],
  ['no zip', { Code: { ZipFile: new Uint8Array([1, 2, 3]) } }, 'InvalidParameterValueException'],
  ['no code', { Code: {} }, 'InvalidParameterValueException'],
  [
    'a path out of the folder',
    { Code: { ZipFile: zip({ '../out.mjs': '' }) } },
    'InvalidParameterValueException',
  ],
  [
    'a reserved variable',
    { Environment: { Variables: { AWS_REGION: 'x' } } },
    'InvalidParameterValueException',
  ],
  [
    'too many variables',
    { Environment: { Variables: { A: 'x'.repeat(4096 - JSON.stringify({ A: '' }).length + 1) } } },
    'InvalidParameterValueException',
  ],
  [
    'a topic for dead letters',
    { DeadLetterConfig: { TargetArn: 'arn:aws:sns:x' } },
    'InvalidParameterValueException',
  ],
]
test.each(wrong)('refuses %s', async (_what, more, code) => {
  const cloud = fresh()
  await expect(cloud.create('work', SOURCE, more)).rejects.toMatchObject({ code })
  expect(await cloud.run('ListFunctions', {})).toEqual({ Functions: [] })
})

test('takes variables of exactly four kilobytes, and refuses a name twice', async () => {
  const cloud = fresh()
  const Variables = { A: 'x'.repeat(4096 - JSON.stringify({ A: '' }).length) }
  await cloud.create('work', SOURCE, { Environment: { Variables } })
  await expect(cloud.create('work', SOURCE)).rejects.toMatchObject({
    code: 'ResourceConflictException',
    status: 409,
  })
})

test('what a function asks of IAM', () => {
  const { lambda } = fresh()
  const call = { account: ACCOUNT, region: REGION } as never
  const arn = `arn:aws:lambda:${REGION}:${ACCOUNT}:function:work`
  expect(lambda.service.permissions!('Invoke', { FunctionName: 'work' }, call)).toEqual([
    { action: 'lambda:InvokeFunction', resource: arn },
  ])
  expect(lambda.service.permissions!('ListFunctions', {}, call)).toEqual([
    { action: 'lambda:ListFunctions', resource: '*' },
  ])
})

test('old code goes at the next start', async () => {
  const cloud = fresh()
  await cloud.create('work', SOURCE)
  await cloud.run('UpdateFunctionCode', {
    FunctionName: 'work',
    ZipFile: zip({ 'index.mjs': `${SOURCE} // 2` }),
  })
  const folder = join(cloud.folder, 'lambda', 'code')
  expect(readdirSync(folder)).toHaveLength(2)
  cloud.lambda.start()
  await until(() => readdirSync(folder).length === 1)
  expect(existsSync(join(folder, readdirSync(folder)[0]!, 'index.mjs'))).toBe(true)
})
