import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { CodeCommitClient, CreateRepositoryCommand, GetBranchCommand } from '@aws-sdk/client-codecommit'
import {
  EventBridgeClient,
  PutEventsCommand,
  PutRuleCommand,
  PutTargetsCommand,
} from '@aws-sdk/client-eventbridge'
import { CreateTopicCommand, PublishCommand, SNSClient, SubscribeCommand } from '@aws-sdk/client-sns'
import {
  CreateQueueCommand,
  DeleteMessageBatchCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SetQueueAttributesCommand,
  SQSClient,
} from '@aws-sdk/client-sqs'
import { git, lsRemote } from '../cli/git.ts'
import type { FaultPlan } from '../local/faults/plan.ts'
import { median } from './bench/harness.ts'
import { fsckFolder } from './support/fsck.ts'
import { treeOf } from './support/processes.ts'

// npm run soak [-- --minutes N] [--seed N]: mixed load on `relay up --no-stack` with faults on. At the end every acknowledged push
// and message must be there, every repository sound, and memory flat after the warm-up. Exit status 1 when one of these is not so.
const root = resolve(import.meta.dirname, '..')
const { values } = parseArgs({
  options: { minutes: { type: 'string', default: '30' }, seed: { type: 'string', default: '1' } },
})
const minutes = Number(values.minutes)
const seed = Number(values.seed)
const REPOSITORIES = 4
/** the last quarter of the run may use so much more than the second */
const GROWTH = 1.15

const plan: FaultPlan = {
  seed,
  rules: [
    { call: '*', error: 'ThrottlingException', rate: 0.02 },
    { call: 'codecommit:*', error: 'InternalFailure', status: 500, rate: 0.01 },
    { call: 'sqs:*', delayMs: 30, rate: 0.02 },
    { event: '*', do: 'duplicate', rate: 0.05, delayMs: 50 },
    { event: '*', do: 'delay', rate: 0.05, delayMs: 300 },
    { event: '*', do: 'reorder', rate: 0.05, delayMs: 500 },
    { git: '*', status: 429, rate: 0.03 },
    { git: '*', phase: 'exchange', cutRequestAfter: 400, rate: 0.03 },
    { git: '*', phase: 'exchange', cutAnswerAfter: 30, rate: 0.03 },
  ],
}

const folder = mkdtempSync(join(tmpdir(), 'relay-soak-'))
// as npx would: by the flags of its first line
const child = spawn(
  join(root, 'cli/relay.mjs'),
  ['up', '--no-stack', '--port=0', `--state=${join(folder, 'state')}`, `--faults=${JSON.stringify(plan)}`],
  {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, PATH: `${dirname(process.execPath)}:${process.env.PATH ?? ''}` },
  },
)
const { url, git: gitUrl } = JSON.parse(
  await new Promise<string>((done, failed) => {
    child.stdout.once('data', (data: Buffer) => done(data.toString()))
    child.once('close', () => failed(new Error('relay up ended')))
  }),
) as { url: string; git: string }
const text = readFileSync(join(folder, 'state', 'credentials'), 'utf8')
const setting = (name: string) => new RegExp(`${name} = (\\S+)`).exec(text)?.[1] ?? ''
const aws = {
  region: 'us-east-1',
  endpoint: url,
  maxAttempts: 8,
  credentials: {
    accessKeyId: setting('aws_access_key_id'),
    secretAccessKey: setting('aws_secret_access_key'),
  },
}
const credentialFile = join(folder, 'state', 'git-credentials')
const until = performance.now() + minutes * 60_000
const going = () => performance.now() < until
const counts = {
  pushes: 0,
  pushesFailed: 0,
  reads: 0,
  published: 0,
  put: 0,
  sent: 0,
  received: 0,
  doubled: 0,
}

/** One developer: commits and pushes; remembers the last push that git called done. */
const develop = async (index: number) => {
  const name = `orchard-${index}`
  const address = gitUrl.replace('{region}', 'us-east-1').replace('{repository}', name)
  const codecommit = new CodeCommitClient(aws)
  await codecommit.send(new CreateRepositoryCommand({ repositoryName: name }))
  const cwd = mkdtempSync(join(folder, 'clone-'))
  await git(['init', '--quiet', '--initial-branch=main'], { cwd })
  let acknowledged: string | undefined
  for (let count = 0; going(); count += 1) {
    await git(['commit', '--quiet', '--allow-empty', '-m', `apple ${count}`], { cwd })
    const tip = (await git(['rev-parse', 'HEAD'], { cwd })).stdout.trim()
    const pushed = await git(['push', '--quiet', address, 'main'], { cwd, credentialFile }).then(
      () => true,
      () => false,
    )
    if (pushed) {
      acknowledged = tip
      counts.pushes += 1
      const { branch } = await codecommit.send(
        new GetBranchCommand({ repositoryName: name, branchName: 'main' }),
      )
      if (branch?.commitId !== tip)
        throw new Error(`${name}: ${tip} was acknowledged, ${branch?.commitId} is there`)
      counts.reads += 1
    } else counts.pushesFailed += 1
  }
  return { name, address, acknowledged }
}

const sqs = new SQSClient(aws)
const { QueueUrl = '' } = await sqs.send(new CreateQueueCommand({ QueueName: 'all' }))
const queueArn = 'arn:aws:sqs:us-east-1:111111111111:all'
const letIn = ['sns.amazonaws.com', 'events.amazonaws.com'].map((Service) => ({
  Effect: 'Allow',
  Principal: { Service },
  Action: 'sqs:SendMessage',
  Resource: queueArn,
}))
await sqs.send(
  new SetQueueAttributesCommand({
    QueueUrl,
    Attributes: { Policy: JSON.stringify({ Version: '2012-10-17', Statement: letIn }) },
  }),
)
const sns = new SNSClient(aws)
const { TopicArn } = await sns.send(new CreateTopicCommand({ Name: 'orchard' }))
await sns.send(
  new SubscribeCommand({
    TopicArn,
    Protocol: 'sqs',
    Endpoint: queueArn,
    Attributes: { RawMessageDelivery: 'true' },
  }),
)
const events = new EventBridgeClient(aws)
await events.send(new PutRuleCommand({ Name: 'all', EventPattern: '{"source":["orchard"]}' }))
await events.send(
  new PutTargetsCommand({ Rule: 'all', Targets: [{ Id: 'q', Arn: queueArn, InputPath: '$.detail.id' }] }),
)

const owed = new Set<string>()
const seen = new Set<string>()
let serial = 0
const speak = async (kind: 'published' | 'put' | 'sent', send: (id: string) => Promise<unknown>) => {
  while (going()) {
    serial += 1
    const id = `${kind}-${serial}`
    // what fails after all its tries was never acknowledged: it may arrive or not
    const taken = await send(id).then(
      () => true,
      () => false,
    )
    if (taken) {
      owed.add(id)
      counts[kind] += 1
    }
    await sleep(20)
  }
}
const putEvent = async (id: string) => {
  const Entries = [{ Source: 'orchard', DetailType: 'Apple', Detail: JSON.stringify({ id }) }]
  const { FailedEntryCount } = await events.send(new PutEventsCommand({ Entries }))
  if (FailedEntryCount) throw new Error('refused')
}
const listen = async (stop: () => boolean) => {
  while (!stop()) {
    const { Messages = [] } = await sqs.send(
      new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: 1 }),
    )
    for (const { Body = '' } of Messages) {
      const id = Body.replaceAll('"', '')
      if (seen.has(id)) counts.doubled += 1
      seen.add(id)
      counts.received += 1
    }
    if (Messages.length > 0)
      await sqs.send(
        new DeleteMessageBatchCommand({
          QueueUrl,
          Entries: Messages.map(({ ReceiptHandle }, index) => ({ Id: String(index), ReceiptHandle })),
        }),
      )
  }
}

const memory: number[] = []
const watch = async () => {
  while (going()) {
    memory.push((treeOf(child.pid ?? 0).find(({ pid }) => pid === child.pid)?.resident ?? 0) / 1000)
    await sleep(1_000)
  }
}
const progress = setInterval(() => {
  const left = Math.max(0, Math.round((until - performance.now()) / 60_000))
  process.stdout.write(`${left} min left  ${JSON.stringify(counts)}  ${memory.at(-1)?.toFixed(0)} MB\n`)
}, 60_000)

let over = false
const listening = listen(() => over)
const [repositories] = await Promise.all([
  Promise.all(Array.from({ length: REPOSITORIES }, (_, index) => develop(index))),
  speak('published', (id) => sns.send(new PublishCommand({ TopicArn, Message: id }))),
  speak('put', putEvent),
  speak('sent', (id) => sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: id }))),
  watch(),
])
clearInterval(progress)
const missing = () => [...owed].filter((id) => !seen.has(id))
for (const end = performance.now() + 60_000; missing().length > 0 && performance.now() < end; )
  await sleep(200)
over = true
await listening

const problems: string[] = []
if (missing().length > 0)
  problems.push(
    `${missing().length} acknowledged messages never arrived: ${missing().slice(0, 5).join(', ')}`,
  )
await fetch(`${url}/_relay/faults`, { method: 'DELETE' })
for (const { name, address, acknowledged } of repositories) {
  const refs = await lsRemote(address, { credentialFile })
  const tip = refs.get('refs/heads/main')
  const clone = mkdtempSync(join(folder, 'proof-'))
  await git(['clone', '--quiet', '--mirror', address, clone], { credentialFile })
  const complaint = await fsckFolder(clone)
  if (complaint !== '') problems.push(`${name}: ${complaint}`)
  // a push whose answer was cut may have moved the ref past the last that was acknowledged
  const known = await git(['merge-base', '--is-ancestor', acknowledged ?? '', tip ?? ''], {
    cwd: clone,
  }).then(
    () => true,
    () => false,
  )
  if (!known) problems.push(`${name}: ${acknowledged} was acknowledged and is not in ${tip}`)
}
const quarter = Math.floor(memory.length / 4)
const [warm, late] = [median(memory.slice(quarter, 2 * quarter)), median(memory.slice(-quarter))]
if (late > warm * GROWTH) problems.push(`memory grew from ${warm.toFixed(0)} to ${late.toFixed(0)} MB`)

child.kill('SIGTERM')
await new Promise((done) => child.once('close', done))
rmSync(folder, { recursive: true, force: true })
process.stdout.write(
  `${JSON.stringify({ minutes, seed, ...counts, warmMB: warm, lateMB: late, problems })}\n`,
)
process.exitCode = problems.length === 0 ? 0 : 1
