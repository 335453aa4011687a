import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { CodeCommitClient, DeleteRepositoryCommand } from '@aws-sdk/client-codecommit'
import { DynamoDBClient, ScanCommand } from '@aws-sdk/client-dynamodb'
import { DisableRuleCommand, EnableRuleCommand, EventBridgeClient } from '@aws-sdk/client-eventbridge'
import {
  LambdaClient,
  ListEventSourceMappingsCommand,
  UpdateEventSourceMappingCommand,
} from '@aws-sdk/client-lambda'
import {
  GetSecretValueCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager'
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import type { Decision } from '../../local/contracts.ts'
import { type Developer, developerOf } from '../support/developer.ts'
import { type LiveCloud, raiseCloud } from '../support/live-cloud.ts'
import { letters, plantKey } from '../support/planted.ts'

const CONFIG = `
version: 1
replicate:
  - { repositories: ['*'], to: [{ region: eu-west-1 }] }
scan:
  - repositories: ['*', '!diary']
topics: { security: {} }
notify:
  - { topic: security, events: [secret] }
`

const planted: string[] = []
const plant = (seed: string): string => {
  const key = plantKey(seed)
  planted.push(key)
  return key
}

let live: LiveCloud
let nina: Developer
let otto: Developer
const decisions: Decision[] = []

beforeAll(async () => {
  live = await raiseCloud({ config: CONFIG })
  live.cloud.watchDecisions((decision) => decisions.push(decision))
  await live.createRepository('orders')
  await live.createRepository('invoices')
  nina = await developerOf(live, 'orders')
  otto = await developerOf(live, 'invoices')
}, 60_000)
afterAll(async () => {
  nina?.leave()
  otto?.leave()
  await live?.stop()
})

const commit = async (who: Developer, path: string, text: string): Promise<string> => {
  writeFileSync(join(who.folder, path), text)
  return who.commit('work')
}
const push = (who: Developer, ...args: string[]) => who.git('push', '--quiet', 'origin', ...args)
const inMail = (part: RegExp) =>
  live.inbox.waitFor(({ subject, body }) => part.test(subject) || part.test(body), 60_000)
/** findings of events of one kind, of one repository */
const findingsOf = (detailType: string, repository = 'orders') =>
  live.events
    .filter((event) => event['detail-type'] === detailType)
    .map(({ detail }) => detail as Detail)
    .filter((detail) => detail.repository.name === repository)
    .flatMap(({ findings }) => findings)
interface Detail {
  readonly repository: { readonly name: string }
  readonly findings: readonly Record<string, unknown>[]
}
const until = async (holds: () => boolean, what: string): Promise<void> => {
  const deadline = performance.now() + 60_000
  while (!holds()) {
    if (performance.now() > deadline) throw new Error(`${what}: not within a minute`)
    await new Promise((done) => setTimeout(done, 50))
  }
}

/** Lets the function hear of its queue, or not. */
const scanning = async (Enabled: boolean): Promise<void> => {
  const lambda = new LambdaClient(live.aws)
  const FunctionName = 'codecommit-relay-local-scan'
  const mapping = async () =>
    (await lambda.send(new ListEventSourceMappingsCommand({ FunctionName }))).EventSourceMappings?.[0]
  const UUID = (await mapping())?.UUID
  await lambda.send(new UpdateEventSourceMappingCommand({ UUID, Enabled }))
  const state = Enabled ? 'Enabled' : 'Disabled'
  for (let tries = 0; (await mapping())?.State !== state; tries += 1) {
    if (tries > 600) throw new Error(`the mapping is not ${state}`)
    await new Promise((done) => setTimeout(done, 50))
  }
}

/** as the schedule does */
const askForRound = () =>
  new SQSClient(live.aws).send(
    new SendMessageCommand({
      QueueUrl: String(live.outputs.ScanQueueUrl),
      MessageBody: JSON.stringify({ reason: 'schedule' }),
    }),
  )

test('a pushed secret reaches the topic for security, with the place and what to do, and without the secret', async () => {
  const first = await commit(nina, 'app.env', 'MODE=dev\n')
  const key = plant('one')
  const second = await commit(nina, 'app.env', `MODE=dev\nAWS_ACCESS_KEY_ID=${key}\n`)
  expect(first).not.toBe(second)
  await push(nina, 'main')
  await live.untilEvent('Secret Found')
  expect(findingsOf('Secret Found')).toMatchObject([
    { path: 'app.env', line: 2, commit: second, author: 'Nina', refs: ['refs/heads/main'], again: false },
  ])
  const mail = await inMail(/secret/i)
  expect(mail?.body).toContain('app.env')
  expect(mail?.body).toContain('otate')
})

test('the same key in another repository is linked', async () => {
  await commit(otto, 'deploy.sh', `export KEY=${planted[0]}\n`)
  await push(otto, 'main')
  await until(() => findingsOf('Secret Found', 'invoices').length > 0, 'found in invoices')
  expect(findingsOf('Secret Found', 'invoices')).toMatchObject([{ elsewhere: 1, path: 'deploy.sh' }])
})

test('removed, it is resolved and still to be rotated; pushed again, it is open again', async () => {
  await commit(nina, 'app.env', 'MODE=dev\n')
  await push(nina, 'main')
  await until(() => findingsOf('Secret Resolved').length > 0, 'resolved')
  expect(findingsOf('Secret Resolved')).toMatchObject([{ how: 'gone', path: 'app.env' }])
  expect((await inMail(/still leaked/))?.body).toMatch(/rotate/i)
  // which nothing can be compared with
  await nina.git('tag', 'tree', 'HEAD^{tree}')
  await push(nina, 'tree')
  await commit(nina, 'app.env', `KEY=${planted[0]}\n`)
  await push(nina, 'main')
  await until(() => findingsOf('Secret Found').length > 1, 'found again')
  expect(findingsOf('Secret Found')[1]).toMatchObject({ again: true, path: 'app.env', line: 1 })
})

test('a branch that a forced push takes away at once is searched all the same', async () => {
  // the function hears of both pushes when the first is over
  await scanning(false)
  await nina.git('checkout', '--quiet', '-b', 'race', 'main')
  const lost = await commit(nina, 'race.env', `KEY=${plant('race')}\n`)
  await push(nina, 'race')
  await nina.git('reset', '--quiet', '--hard', 'main')
  await nina.git('commit', '--quiet', '--allow-empty', '-m', 'nothing')
  await push(nina, '--force', 'race')
  await scanning(true)
  await until(() => findingsOf('Secret Found').some((found) => found.commit === lost), 'the lost commit')
})

test('one push with a secret in every corner: each is found in its commit', async () => {
  await live.createRepository('corners')
  const rosa = await developerOf(live, 'corners')
  try {
    const write = (path: string, content: string | Buffer) => writeFileSync(join(rosa.folder, path), content)
    const put = (path: string, text: string, message = 'work') => {
      write(path, text)
      return rosa.commit(message)
    }
    const expected: [string, string][] = []
    const expects = (path: string, commit: string) => expected.push([path, commit])

    for (let number = 1; number <= 10; number += 1) {
      const commit = await put('middle.env', number === 5 ? `K=${plant('middle')}\n` : `K=${number}\n`)
      if (number === 5) expects('middle.env', commit)
    }
    const lines = Array.from({ length: 30 }, (_, at) => `line ${at} of it`).join('\n')
    await put('old.txt', `${lines}\n`)
    await rosa.git('mv', 'old.txt', 'new.txt')
    expects('new.txt', await put('new.txt', `${lines}\n${plant('renamed')}\n`))

    await put('both.txt', 'one\n')
    await rosa.git('branch', 'side')
    await put('both.txt', 'ours\n')
    await rosa.git('checkout', '--quiet', 'side')
    await put('both.txt', 'theirs\n')
    await rosa.git('checkout', '--quiet', 'main')
    await rosa.git('merge', '--quiet', 'side').catch(() => undefined)
    expects('both.txt', await put('both.txt', `resolved ${plant('merge')}\n`, 'merge'))

    write('wide.txt', Buffer.from(`\uFEFFkey ${plant('wide')}\n`, 'utf16le'))
    expects('wide.txt', await rosa.commit('work'))
    expects('last.txt', await put('last.txt', `no newline ${plant('last')}`))
    const chain = Array.from({ length: 200 }, (_, at) => `${letters(`chain ${at}`, 'abcdefgh', 40)}\n`)
    for (let depth = 0; depth < 50; depth += 1) {
      chain[depth] = depth === 10 ? `${plant('chain')}\n` : `changed ${depth}\n`
      const commit = await put('chain.txt', chain.join(''))
      if (depth === 10) expects('chain.txt', commit)
    }
    await rosa.git('commit', '--quiet', '--allow-empty', '-m', `message with ${plant('message')}`)
    expects('', await rosa.git('rev-parse', 'HEAD'))
    await rosa.git('tag', '-a', 'v1', '-m', `tag with ${plant('tag')}`)
    expects('', await rosa.git('rev-parse', 'v1'))
    write('in-no-commit', `blob with ${plant('blob')}\n`)
    await rosa.git('tag', 'blob', await rosa.git('hash-object', '-w', 'in-no-commit'))
    expects('', '')
    await rosa.git('push', '--quiet', 'origin', 'main', 'v1', 'blob')
    await until(() => findingsOf('Secret Found', 'corners').length >= expected.length, 'each corner')
    const found = findingsOf('Secret Found', 'corners').map(({ path, commit = '' }) => [path, commit])
    expect(found.sort()).toEqual(expected.sort())
  } finally {
    rosa.leave()
  }
})

test('a repository that is deleted, of which no event tells: one message for all that was open in it', async () => {
  const found = findingsOf('Secret Found', 'corners')
  // the fifth commit brought it, the sixth took it away
  const open = found.filter(({ path }) => path !== 'middle.env').length
  await new CodeCommitClient(live.aws).send(new DeleteRepositoryCommand({ repositoryName: 'corners' }))
  // the scan of the push may still be noting what it searched: the next round sees it
  for (let rounds = 0; findingsOf('Secret Resolved', 'corners').length === 0; rounds += 1) {
    if (rounds > 50) throw new Error('not resolved with its repository')
    await askForRound()
    await new Promise((done) => setTimeout(done, 1_000))
  }
  const resolved = findingsOf('Secret Resolved', 'corners')
  expect(resolved.map(({ how }) => how)).toEqual(Array(open).fill('deleted'))
  expect((await inMail(/corners: repository deleted or renamed, secrets still leaked/))?.body).toMatch(
    /rotate/i,
  )
})

test('an ignore file on the default branch allows it; after a rotation of the key it is still known', async () => {
  const secrets = new SecretsManagerClient(live.aws)
  const SecretId = 'codecommit-relay-local-fingerprint-key'
  const before = await secrets.send(new GetSecretValueCommand({ SecretId }))
  await secrets.send(
    new PutSecretValueCommand({ SecretId, SecretString: letters('new', 'abcdefghijkmnpqr', 48) }),
  )
  const after = await secrets.send(new GetSecretValueCommand({ SecretId, VersionStage: 'AWSPREVIOUS' }))
  expect(after.VersionId).toBe(before.VersionId)
  await nina.git('checkout', '--quiet', 'main')
  await commit(nina, '.gitleaksignore', `app.env:${String(findingsOf('Secret Found')[1]?.rule)}:1\n`)
  await push(nina, 'main')
  await until(() => findingsOf('Secret Resolved').some(({ how }) => how === 'allowed'), 'allowed')
})

test('what no event announced is found by the schedule', async () => {
  const events = new EventBridgeClient(live.aws)
  const Name = 'codecommit-relay-local-ref-changes-to-scan'
  await events.send(new DisableRuleCommand({ Name }))
  const silent = await commit(otto, 'quiet.env', `KEY=${plant('quiet')}\n`)
  await push(otto, 'main')
  await askForRound()
  const isIt = (found: Record<string, unknown>) => found.commit === silent
  await until(() => findingsOf('Secret Found', 'invoices').some(isIt), 'found without an event')
  await events.send(new EnableRuleCommand({ Name }))
})

/** Everything that the functions wrote. */
const logLines = (): string[] => {
  const folder = join(live.folder, 'state', 'logs')
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .flatMap((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8').split('\n'))
}

test('no planted secret is in logs, table, events or messages, and nothing was denied to the scan', async () => {
  const { Items } = await new DynamoDBClient(live.aws).send(
    new ScanCommand({ TableName: String(live.outputs.TableName) }),
  )
  const everything = [
    JSON.stringify(Items),
    JSON.stringify(live.events),
    JSON.stringify(live.inbox.messages),
    logLines().join('\n'),
  ]
  expect(Items?.length).toBeGreaterThan(5)
  expect(logLines().length).toBeGreaterThan(20)
  for (const text of everything) for (const key of planted) expect(text).not.toContain(key.slice(4))
  const denied = decisions.filter(
    ({ allowed, roleArn, principal }) => !allowed && `${roleArn}${principal}`.includes('-scan'),
  )
  expect(denied).toEqual([])
})
