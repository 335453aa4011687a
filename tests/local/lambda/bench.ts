import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { zipSync } from 'fflate'
import type { Iam, Parts, QueueReader, ReceivedMessage } from '../../../local/contracts.ts'
import { AwsError, type Call, type Permission } from '../../../local/gateway/service.ts'
import type { Envelope, OutgoingMessage, Sender } from '../../../local/gateway/wires.ts'
import { createLambda, type LambdaOptions, type LocalLambda } from '../../../local/lambda/lambda.ts'
import { createLogs } from '../../../local/logs/logs.ts'
import { openStore, type Store } from '../../../local/state/store.ts'
import { living } from '../../support/processes.ts'

export const ACCOUNT = '111111111111'
export const REGION = 'eu-west-1'
export const ROLE = `arn:aws:iam::${ACCOUNT}:role/worker`
export const QUEUE = `arn:aws:sqs:${REGION}:${ACCOUNT}:work`

const call: Call = {
  service: 'lambda',
  operation: '',
  region: REGION,
  account: ACCOUNT,
  caller: { account: ACCOUNT, arn: 'cloudformation.amazonaws.com', userId: '-', kind: 'service' },
  requestId: '-',
}

export const zip = (files: Record<string, string>) =>
  zipSync(
    Object.fromEntries(Object.entries(files).map(([name, text]) => [name, new TextEncoder().encode(text)])),
  )

/** An IAM with rules: a role may do what `denied` does not name; credentials last as long as the test says. */
export const smallIam = (denied: Set<string> = new Set(), lastsMs = 3_600_000) => {
  let issued = 0
  const senders: { sender: Sender; policy: unknown }[] = []
  const iam = {
    assumeForService: (roleArn: string, service: string) => {
      if (denied.has(`assume ${roleArn} ${service}`)) throw new AwsError('AccessDenied', 'no trust', 403)
      issued += 1
      return {
        accessKeyId: `ASIA${issued}`,
        secretAccessKey: 'secret',
        sessionToken: 'token',
        expiration: Date.now() + lastsMs,
      }
    },
    callerOfRole: (roleArn: string, session: string) => ({
      account: ACCOUNT,
      arn: `${roleArn}/${session}`,
      userId: '-',
      kind: 'role' as const,
      roleArn,
    }),
    authorize: (_caller: unknown, permission: Permission) => {
      if (denied.has(permission.action)) throw new AwsError('AccessDeniedException', permission.action, 403)
    },
    authorizeSender: (policy: { Statement: object } | undefined, sender: Sender) => {
      senders.push({ policy, sender })
      if (!JSON.stringify(policy ?? {}).includes(sender.service))
        throw new AwsError('AccessDeniedException', 'no statement lets the sender in', 403)
    },
  } as unknown as Iam
  return { iam, denied, senders, issued: () => issued }
}

/** A queue over an array, with receive counts, in-flight messages and a visibility timeout that never ends by itself. */
const smallQueue = () => {
  const waiting: { id: string; body: string; count: number }[] = []
  const inFlight = new Map<string, { id: string; body: string; count: number }>()
  const deleted: string[] = []
  const wake = new Set<() => void>()
  let counter = 0
  const put = (body: string) => {
    counter += 1
    const id = `m${counter}`
    waiting.push({ id, body, count: 0 })
    for (const listener of wake) listener()
  }
  const take = (max: number): ReceivedMessage[] =>
    waiting.splice(0, max).map((message) => {
      message.count += 1
      const handle = `${message.id}#${message.count}`
      inFlight.set(handle, message)
      return {
        messageId: message.id,
        receiptHandle: handle,
        body: message.body,
        md5OfBody: 'x',
        attributes: { ApproximateReceiveCount: String(message.count) },
        messageAttributes: { kind: { stringValue: 'test', dataType: 'String' } },
      }
    })
  const reader: QueueReader = {
    receive: (_arn, max, waitMs, signal) =>
      new Promise((resolve) => {
        const finish = () => {
          clearTimeout(timer)
          wake.delete(finish)
          signal?.removeEventListener('abort', finish)
          resolve(signal?.aborted ? [] : take(max))
        }
        const timer = setTimeout(finish, waitMs)
        wake.add(finish)
        signal?.addEventListener('abort', finish)
        if (waiting.length > 0 || signal?.aborted) finish()
      }),
    deleteMessages: (_arn, handles) => {
      for (const handle of handles) {
        const message = inFlight.get(handle)
        if (message) deleted.push(message.id)
        inFlight.delete(handle)
      }
    },
    release: (_arn, handles) => {
      for (const handle of handles) {
        const message = inFlight.get(handle)
        inFlight.delete(handle)
        if (message) waiting.push(message)
      }
      for (const listener of wake) listener()
    },
  }
  return { reader, put, inFlight, deleted, waiting }
}

/** A Lambda service with real processes, over small doubles of its neighbours. */
export const bench = (options: Partial<LambdaOptions> & { iamLastsMs?: number; store?: Store } = {}) => {
  const folder = mkdtempSync(join(tmpdir(), 'lambda-'))
  const store = options.store ?? openStore(':memory:')
  const said: string[] = []
  const parts: Parts = {
    store,
    now: Date.now,
    log: (_service, text, facts) => said.push(`${text} ${JSON.stringify(facts ?? {})}`),
  }
  const lines: string[] = []
  const logs = createLogs({ parts, folder: join(folder, 'logs') })
  const raw: string[] = []
  logs.tail(({ line }) => {
    raw.push(line)
    // without what the Node.js runtime puts before what a function says
    lines.push(line.replace(/^\S+Z\t\S+\t[A-Z]+\t/, ''))
  })
  const identity = smallIam(new Set(), options.iamLastsMs)
  const queue = smallQueue()
  const sent: { queueArn: string; message: OutgoingMessage; sender: Sender }[] = []
  const emitted: { envelope: Envelope; bus: string }[] = []
  const lambda: LocalLambda = createLambda({
    parts,
    iam: identity.iam,
    queues: queue.reader,
    wires: {
      sendMessage: async (queueArn, message, sender) => {
        sent.push({ queueArn, message, sender })
      },
      publish: async (topicArn, message, sender) => {
        sent.push({ queueArn: topicArn, message, sender })
      },
      invokeAsync: (...args) => lambda.invokeAsync(...args),
      putEvent: async (bus, envelope, sender) => {
        identity.iam.authorize(identity.iam.callerOfRole(sender.roleArn ?? '', 's'), {
          action: 'events:PutEvents',
          resource: bus,
        })
        emitted.push({ envelope, bus })
      },
    },
    folder: join(folder, 'lambda'),
    environment: { EXTRA: 'given' },
    logs,
    retryDelayFactor: 0.0005,
    ...options,
  })
  const run = (operation: string, input: object) =>
    Promise.resolve().then(() =>
      lambda.service.operations[operation]!(input, { ...call, operation }),
    ) as Promise<Record<string, never>>
  return {
    ...{ lambda, logs, run, queue, identity, sent, emitted, raw, lines, said, store, folder },
    create: (name: string, source: string, more: object = {}) =>
      run('CreateFunction', {
        FunctionName: name,
        Role: ROLE,
        Runtime: 'nodejs24.x',
        Handler: 'index.handler',
        Code: { ZipFile: zip({ 'index.mjs': source }) },
        ...more,
      }),
    arn: (name: string) => `arn:aws:lambda:${REGION}:${ACCOUNT}:function:${name}`,
    end: async () => {
      await lambda.stop()
      await logs.close()
      store.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** Resolves when the condition holds; a test that waits in vain is ended by Jest. */
export const until = async (holds: () => boolean | Promise<boolean>): Promise<void> => {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 15))
}

/** no such process, or only its entry is left */
export const isGone = (pid: number): boolean => living([pid]).length === 0
