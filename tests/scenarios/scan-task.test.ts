import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DynamoDBClient, ScanCommand } from '@aws-sdk/client-dynamodb'
import { ECSClient, ListTasksCommand, StopTaskCommand } from '@aws-sdk/client-ecs'
import { LambdaClient, UpdateFunctionConfigurationCommand } from '@aws-sdk/client-lambda'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import type { Decision } from '../../local/contracts.ts'
import { type Developer, developerOf } from '../support/developer.ts'
import { type LiveCloud, raiseCloud } from '../support/live-cloud.ts'

const CONFIG = `
version: 1
replicate:
  - { repositories: ['elsewhere'], to: [{ region: eu-west-1 }] }
scan:
  - repositories: ['*']
topics: { security: {} }
notify:
  - { topic: security, events: [secret] }
`

const planted: string[] = []
/** A key whose letters follow from a seed, so that nothing in this file looks like one. */
const plant = (seed: string): string => {
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
  const digest = createHash('sha512').update(seed).digest()
  const key = ['AK', 'IA', ...[...digest.subarray(0, 16)].map((byte) => letters[byte % 32])].join('')
  planted.push(key)
  return key
}

let live: LiveCloud
let nina: Developer
const decisions: Decision[] = []
beforeAll(async () => {
  live = await raiseCloud({ config: CONFIG })
  live.cloud.watchDecisions((decision) => decisions.push(decision))
  // of which all is kept back for what follows a walk, and for the start of a task
  await new LambdaClient(live.aws).send(
    new UpdateFunctionConfigurationCommand({ FunctionName: 'codecommit-relay-local-scan', Timeout: 38 }),
  )
  await live.createRepository('orders')
  nina = await developerOf(live, 'orders')
}, 60_000)
afterAll(async () => {
  nina?.leave()
  await live?.stop()
})

const push = async (path: string, text: string): Promise<string> => {
  writeFileSync(join(nina.folder, path), text)
  const commit = await nina.commit('work')
  await nina.git('push', '--quiet', 'origin', 'main')
  return commit
}
const items = async () =>
  (await new DynamoDBClient(live.aws).send(new ScanCommand({ TableName: String(live.outputs.TableName) })))
    .Items ?? []
const commitsFound = () =>
  live.events
    .filter((event) => event['detail-type'] === 'Secret Found')
    .flatMap(({ detail }) =>
      (detail as { findings: { commit: string }[] }).findings.map(({ commit }) => commit),
    )
const until = async (holds: () => Promise<boolean> | boolean, what: string): Promise<void> => {
  const deadline = performance.now() + 90_000
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`${what}: not within 90 seconds`)
    await new Promise((done) => setTimeout(done, 50))
  }
}
const logLines = (): string[] =>
  readdirSync(join(live.folder, 'state', 'logs'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .flatMap((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8').split('\n'))

test('what the function has no time for is handed over: the task finds it, tells it and marks it as searched', async () => {
  const commit = await push('app.env', `AWS_ACCESS_KEY_ID=${plant('one')}\n`)
  const found = await live.untilEvent('Secret Found', undefined, 90_000)
  expect(found.detail).toMatchObject({ way: 'task', findings: [{ path: 'app.env', line: 1, commit }] })
  const isMarked = async () =>
    (await items()).some(({ sk, oid }) => sk?.S?.startsWith('tip ') && oid?.S === commit)
  await until(isMarked, 'the mark')
  await until(async () => !(await items()).some(({ sk }) => sk?.S === 'claim'), 'the end of the claim')
  expect(commitsFound()).toEqual([commit])
}, 120_000)

test('a task that is stopped is started again', async () => {
  const ecs = new ECSClient(live.aws)
  const cluster = String(live.outputs.ClusterArn)
  let stopped = ''
  const stopping = (async () => {
    await until(async () => {
      const { taskArns = [] } = await ecs.send(
        new ListTasksCommand({ cluster, family: 'codecommit-relay-local-scan' }),
      )
      stopped = taskArns[0] ?? ''
      return stopped !== ''
    }, 'a task')
    await ecs.send(new StopTaskCommand({ cluster, task: stopped, reason: 'a trial' }))
  })()
  const commit = await push('other.env', `KEY=${plant('two')}\n`)
  await stopping
  await until(() => commitsFound().includes(commit), 'found after all')
  expect(commitsFound().filter((found) => found === commit)).toHaveLength(1)
  expect(logLines().some((line) => line.includes('scan stopped') && line.includes(stopped))).toBe(true)
  expect(live.events.map((event) => event['detail-type'])).not.toContain('Scan Incomplete')
}, 180_000)

test('no secret is in logs, table, events or messages, and nothing was denied', async () => {
  const everything = [await items(), live.events, live.inbox.messages, logLines()].map((each) =>
    JSON.stringify(each),
  )
  for (const text of everything) for (const key of planted) expect(text).not.toContain(key.slice(4))
  for (const line of ['scan handed over', 'portion scanned', 'scan stopped'])
    expect([line, logLines().some((each) => each.includes(line))]).toEqual([line, true])
  const denied = decisions.filter(
    ({ allowed, roleArn }) => !allowed && /-(scan|mirror)/.test(String(roleArn)),
  )
  expect(denied).toEqual([])
})
