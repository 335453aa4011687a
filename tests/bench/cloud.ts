import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { CodeCommitClient, CreateRepositoryCommand } from '@aws-sdk/client-codecommit'
import {
  EventBridgeClient,
  PutEventsCommand,
  PutRuleCommand,
  PutTargetsCommand,
} from '@aws-sdk/client-eventbridge'
import { CreateTopicCommand, PublishCommand, SNSClient, SubscribeCommand } from '@aws-sdk/client-sns'
import {
  CreateQueueCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs'
import { treeOf } from '../support/processes.ts'
import { type Bench, paired, type Row, row } from './harness.ts'

const root = resolve(import.meta.dirname, '../..')
const MOTO = 'moto server 5 (python): no signatures, no permissions'

export const cloud: Bench = {
  name: 'cloud',
  means:
    'The local cloud alone (relay up --no-stack, an administrator judged by IAM, every signature verified) beside moto’s server, which verifies and judges nothing. Latencies are of one call after another on one connection.',
  run: async (quick) => {
    const folder = mkdtempSync(join(tmpdir(), 'relay-bench-cloud-'))
    const rounds = quick ? 20 : 300
    const rows: Row[] = []
    const ours: Side[] = []
    const theirs: Side[] = []
    try {
      const ready = await paired(
        quick ? 2 : 7,
        () => raise(ours, () => startOurs(join(folder, `state-${ours.length}`))),
        () => raise(theirs, startMoto),
      )
      rows.push(row({ work: 'start to ready', against: MOTO, unit: 'ms', ...ready }))
      const [a, b] = [await lastOf(ours), await lastOf(theirs)]
      const memory = { ours: residentOf(a), theirs: residentOf(b) }
      rows.push(row({ work: 'memory at rest, unused', against: MOTO, unit: 'MB', ...memory }))

      const [askA, askB] = [await repositoryAsker(a), await repositoryAsker(b)]
      const get = await paired(rounds, askA, askB)
      rows.push(row({ work: 'GetRepository', against: MOTO, unit: 'ms', goal: 2, ...get }))
      const [snsA, snsB] = [await snsToSqs(a), await snsToSqs(b)]
      const sns = await paired(rounds, snsA, snsB)
      rows.push(row({ work: 'SNS publish to SQS receive', against: MOTO, unit: 'ms', ...sns }))
      const [busA, busB] = [await busToSqs(a), await busToSqs(b)]
      const bus = await paired(rounds, busA, busB)
      rows.push(row({ work: 'EventBridge put to SQS receive', against: MOTO, unit: 'ms', ...bus }))
      const used = { ours: residentOf(a), theirs: residentOf(b) }
      rows.push(row({ work: 'memory at rest, used', against: MOTO, unit: 'MB', ...used }))
      return rows
    } finally {
      await Promise.all([...ours, ...theirs].map(stop))
      rmSync(folder, { recursive: true, force: true })
    }
  },
}

interface Side {
  readonly child: ChildProcess
  readonly tookMs: number
  readonly endpoint: string
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string }
}

const raise = async (sides: Side[], start: () => Promise<Side>): Promise<number> => {
  await Promise.all(sides.splice(0).map(stop))
  const side = await start()
  sides.push(side)
  return side.tookMs
}

const lastOf = async (sides: readonly Side[]): Promise<Side> => {
  const side = sides.at(-1)
  if (!side) throw new Error('nothing was started')
  await sleep(1_000)
  return side
}

const stop = async ({ child }: Side): Promise<void> => {
  const gone = new Promise((done) => child.once('close', done))
  child.kill('SIGTERM')
  await gone
}

const startOurs = async (state: string): Promise<Side> => {
  const began = performance.now()
  // as npx would: by the flags of its first line
  const child = spawn(join(root, 'cli/relay.mjs'), ['up', '--no-stack', '--port', '0', '--state', state], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, PATH: `${dirname(process.execPath)}:${process.env.PATH ?? ''}` },
  })
  const line = await new Promise<string>((done, failed) => {
    child.stdout.once('data', (data: Buffer) => done(data.toString()))
    child.once('close', () => failed(new Error('relay up ended')))
  })
  const tookMs = performance.now() - began
  const text = readFileSync(join(state, 'credentials'), 'utf8')
  const setting = (name: string) => new RegExp(`${name} = (\\S+)`).exec(text)?.[1] ?? ''
  return {
    child,
    tookMs,
    endpoint: (JSON.parse(line) as { url: string }).url,
    credentials: {
      accessKeyId: setting('aws_access_key_id'),
      secretAccessKey: setting('aws_secret_access_key'),
    },
  }
}

const startMoto = async (): Promise<Side> => {
  const port = await freePort()
  const began = performance.now()
  const child = spawn('moto_server', ['-p', String(port)], { stdio: 'ignore' })
  const failed = new Promise<never>((_, reject) => child.once('error', reject))
  const endpoint = `http://127.0.0.1:${port}`
  await Promise.race([answers(`${endpoint}/moto-api/`), failed])
  return {
    child,
    tookMs: performance.now() - began,
    endpoint,
    credentials: { accessKeyId: 'any', secretAccessKey: 'any' },
  }
}

const answers = async (url: string): Promise<void> => {
  for (;;) {
    const up = await fetch(url).then(
      () => true,
      () => false,
    )
    if (up) return
    await sleep(5)
  }
}

const freePort = (): Promise<number> =>
  new Promise((done) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number }
      server.close(() => done(port))
    })
  })

const residentOf = ({ child }: Side): number =>
  treeOf(child.pid ?? 0).reduce((sum, line) => sum + line.resident, 0) / 1000

const settings = ({ endpoint, credentials }: Side) => ({ region: 'us-east-1', endpoint, credentials })

/** One signed request, sent again and again: what is measured is the server, not the client's signing. */
const repositoryAsker = async (side: Side): Promise<() => Promise<number>> => {
  const client = new CodeCommitClient(settings(side))
  await client
    .send(new CreateRepositoryCommand({ repositoryName: 'orchard', repositoryDescription: 'apples' }))
    .catch(unlessDate)
  let signed: { headers: Record<string, string>; body: string } | undefined
  client.middlewareStack.add(
    (next) => (args) => {
      const { headers, body } = args.request as { headers: Record<string, string>; body: string }
      signed = { headers, body }
      return next(args)
    },
    { step: 'finalizeRequest', priority: 'low', name: 'keep', override: true },
  )
  const { GetRepositoryCommand } = await import('@aws-sdk/client-codecommit')
  await client.send(new GetRepositoryCommand({ repositoryName: 'orchard' })).catch(unlessDate)
  if (!signed) throw new Error('no request was signed')
  const { headers, body } = signed
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  const ask = () =>
    new Promise<number>((done, failed) => {
      const began = performance.now()
      const sent = request(side.endpoint, { method: 'POST', headers, agent }, (answer) => {
        answer.resume().on('end', () => {
          if (answer.statusCode === 200) done(performance.now() - began)
          else failed(new Error(`GetRepository answered ${answer.statusCode}`))
        })
      })
      sent.on('error', failed)
      sent.end(body)
    })
  for (let warm = 0; warm < 200; warm += 1) await ask()
  return ask
}

/** moto writes CodeCommit's dates as text, which the SDK refuses to read; the repository is there all the same. */
const unlessDate = (error: unknown): void => {
  if (!(error instanceof TypeError)) throw error
}

const queueOf = async (side: Side, name: string) => {
  const sqs = new SQSClient(settings(side))
  const { QueueUrl = '' } = await sqs.send(new CreateQueueCommand({ QueueName: name }))
  const { Attributes } = await sqs.send(
    new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['QueueArn'] }),
  )
  const receive = async () => {
    const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 5 }))
    const ReceiptHandle = Messages[0]?.ReceiptHandle
    if (ReceiptHandle === undefined) throw new Error('nothing arrived')
    return () => sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }))
  }
  return { arn: Attributes?.QueueArn ?? '', url: QueueUrl, sqs, receive }
}

/** From the call until the message is in the reader's hands. */
const timed = (send: () => Promise<unknown>, receive: () => Promise<() => Promise<unknown>>) => async () => {
  const began = performance.now()
  await send()
  const remove = await receive()
  const tookMs = performance.now() - began
  await remove()
  return tookMs
}

const letIn = (sqs: SQSClient, QueueUrl: string, arn: string, service: string) =>
  import('@aws-sdk/client-sqs').then(({ SetQueueAttributesCommand }) =>
    sqs.send(
      new SetQueueAttributesCommand({
        QueueUrl,
        Attributes: {
          Policy: JSON.stringify({
            Version: '2012-10-17',
            Statement: [
              { Effect: 'Allow', Principal: { Service: service }, Action: 'sqs:SendMessage', Resource: arn },
            ],
          }),
        },
      }),
    ),
  )

const snsToSqs = async (side: Side): Promise<() => Promise<number>> => {
  const queue = await queueOf(side, 'from-sns')
  await letIn(queue.sqs, queue.url, queue.arn, 'sns.amazonaws.com')
  const sns = new SNSClient(settings(side))
  const { TopicArn } = await sns.send(new CreateTopicCommand({ Name: 'orchard' }))
  await sns.send(new SubscribeCommand({ TopicArn, Protocol: 'sqs', Endpoint: queue.arn }))
  return timed(() => sns.send(new PublishCommand({ TopicArn, Message: 'apple' })), queue.receive)
}

const busToSqs = async (side: Side): Promise<() => Promise<number>> => {
  const queue = await queueOf(side, 'from-bus')
  await letIn(queue.sqs, queue.url, queue.arn, 'events.amazonaws.com')
  const events = new EventBridgeClient(settings(side))
  await events.send(new PutRuleCommand({ Name: 'r', EventPattern: '{"source":["orchard"]}' }))
  await events.send(new PutTargetsCommand({ Rule: 'r', Targets: [{ Id: 'q', Arn: queue.arn }] }))
  const Entries = [{ Source: 'orchard', DetailType: 'Apple', Detail: '{}' }]
  return timed(() => events.send(new PutEventsCommand({ Entries })), queue.receive)
}
