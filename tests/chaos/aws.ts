import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse, request as send } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import type { Queue } from './queues.ts'
import type { Dice } from './random.ts'

/** An event that the product put on the bus. */
export interface Emitted {
  readonly type: string
  readonly detail: Record<string, unknown>
  /** milliseconds of the real clock */
  readonly at: number
  /** AWS_EXECUTION_ENV of the process that put it there */
  readonly by: string | undefined
  /** whoever put it there was not told that it is, and does so again */
  readonly unheard: boolean
}

export interface AwsParts {
  readonly dice: Dice
  /** real milliseconds for each second of the world */
  readonly secondMs: number
  readonly queues: readonly Queue[]
  /** port of a DynamoDB-compatible server */
  readonly table: number
  /** CodeCommit's API */
  readonly codecommit: (request: IncomingMessage, response: ServerResponse) => void
  readonly runTask: (input: Record<string, unknown>) => object
  readonly describeTasks: (arns: readonly string[]) => object
  /** sees every request: its URL, its headers but those of the signature, its body */
  readonly onRequest: (text: string) => void
}

export interface Aws {
  readonly port: number
  /** from 0 to 1: calls that fail, or whose answer is lost though they were heeded */
  trouble: number
  readonly emitted: Emitted[]
  readonly counts: { calls: number; failed: number; lostAnswers: number }
  /** operations that the product asked for and that are not here */
  readonly unknown: Set<string>
  close(): Promise<void>
}

/** What `codecommit-api.ts` answers; the rest says that there is nothing. */
const CODECOMMIT = new Set(['GetRepository', 'CreateRepository', 'UpdateDefaultBranch', 'ListRepositories'])
const NOTHING: Record<string, object> = {
  ListTagsForResource: { tags: {} },
  TagResource: {},
  UntagResource: {},
  UpdateRepositoryDescription: {},
  ListAssociatedApprovalRuleTemplatesForRepository: { approvalRuleTemplateNames: [] },
}
const ABSENT: Record<string, string> = {
  GetFolder: 'FolderDoesNotExistException',
  GetFile: 'FileDoesNotExistException',
}

/** SQS, EventBridge, ECS, CodeCommit's API and DynamoDB behind one port, over the wire that the SDK speaks. */
export const startAws = async (parts: AwsParts): Promise<Aws> => {
  const { dice, queues } = parts
  const emitted: Emitted[] = []
  const counts = { calls: 0, failed: 0, lostAnswers: 0 }
  const unknown = new Set<string>()
  const queueOf = (url: string) => queues.find(({ name }) => url.endsWith(`/${name}`))!
  const md5 = (text: string) => createHash('md5').update(text).digest('hex')

  type Input = Record<string, unknown>
  type Sender = Pick<Emitted, 'by' | 'unheard'>
  const put = ({ QueueUrl, MessageBody, DelaySeconds = 0 }: Input) => ({
    MessageId: queueOf(String(QueueUrl)).send(String(MessageBody), Number(DelaySeconds) * parts.secondMs),
    MD5OfMessageBody: md5(String(MessageBody)),
  })
  const operations: Record<string, (input: Input, sender: Sender) => object> = {
    SendMessage: put,
    SendMessageBatch: ({ QueueUrl, Entries }) => ({
      Successful: (Entries as Input[]).map((entry) => ({ Id: entry.Id, ...put({ ...entry, QueueUrl }) })),
      Failed: [],
    }),
    ChangeMessageVisibility: ({ QueueUrl, ReceiptHandle, VisibilityTimeout }) => {
      const shown = Number(VisibilityTimeout) * parts.secondMs
      queueOf(String(QueueUrl)).show(String(ReceiptHandle), shown)
      return {}
    },
    PutEvents: ({ Entries }, sender) => {
      for (const { DetailType, Detail } of Entries as Record<string, string>[])
        emitted.push({ type: DetailType!, detail: JSON.parse(Detail!), at: Date.now(), ...sender })
      return { FailedEntryCount: 0, Entries: (Entries as Input[]).map(() => ({ EventId: 'e' })) }
    },
    RunTask: parts.runTask,
    DescribeTasks: ({ tasks }) => parts.describeTasks(tasks as string[]),
  }

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const target = String(request.headers['x-amz-target'])
    const operation = target.split('.')[1] ?? ''
    counts.calls += 1
    const isCodeCommit = target.startsWith('CodeCommit') && CODECOMMIT.has(operation)
    if (dice.chance(aws.trouble)) {
      counts.failed += 1
      request.resume()
      return fail(response, 500, 'InternalServerError')
    }
    const unheard = dice.chance(aws.trouble / 2)
    if (unheard) {
      counts.lostAnswers += 1
      loseAnswer(response)
    }
    if (isCodeCommit) return parts.codecommit(request, response)
    const body = await buffer(request)
    // where Signature Version 4 has its place for them
    const { authorization: _, 'x-amz-security-token': _token, ...headers } = request.headers
    parts.onRequest(`${request.method} ${request.url}\n${JSON.stringify(headers)}\n${body}`)
    if (target.startsWith('DynamoDB')) return forward(request, body, response, parts.table)
    const input = JSON.parse(body.toString() || '{}') as Input
    const nothing = NOTHING[operation]
    if (nothing) return succeed(response, nothing)
    if (ABSENT[operation]) return fail(response, 400, ABSENT[operation])
    const known = operations[operation]
    const by = /exec-env\/(\S+)/.exec(String(request.headers['user-agent']))?.[1]
    if (known) return succeed(response, known(input, { by, unheard }))
    unknown.add(target)
    fail(response, 400, 'UnknownOperationException')
  }

  const server = createServer((request, response) => {
    answer(request, response).catch(() => response.destroy())
  })
  server.listen(0, '127.0.0.1')
  await new Promise((done) => server.once('listening', done))
  const aws: Aws = {
    port: (server.address() as AddressInfo).port,
    trouble: 0,
    emitted,
    counts,
    unknown,
    close: async () => {
      server.closeAllConnections()
      await new Promise((done) => server.close(done))
    },
  }
  return aws
}

const JSON_TYPE = { 'content-type': 'application/x-amz-json-1.0' }

const succeed = (response: ServerResponse, output: object): void => {
  response.writeHead(200, JSON_TYPE).end(JSON.stringify(output))
}

const fail = (response: ServerResponse, status: number, type: string): void => {
  response.writeHead(status, JSON_TYPE).end(JSON.stringify({ __type: type, message: 'as chance had it' }))
}

/** Whatever is answered, the connection is gone before. */
const loseAnswer = (response: ServerResponse): void => {
  response.writeHead = () => response
  response.end = (() => {
    response.socket?.destroy()
    return response
  }) as ServerResponse['end']
}

const forward = (
  request: IncomingMessage,
  body: Buffer,
  response: ServerResponse,
  port: number,
): Promise<void> =>
  new Promise((resolve, reject) => {
    const onward = send(
      {
        port,
        host: '127.0.0.1',
        method: 'POST',
        path: '/',
        headers: { ...request.headers, host: '127.0.0.1' },
      },
      (answered) => {
        buffer(answered).then((bytes) => {
          response.writeHead(answered.statusCode ?? 500, {
            'content-type': answered.headers['content-type'] ?? 'application/x-amz-json-1.0',
            ...(answered.headers['x-amz-crc32'] && { 'x-amz-crc32': answered.headers['x-amz-crc32'] }),
          })
          response.end(bytes)
          resolve()
        }, reject)
      },
    )
    onward.on('error', reject)
    onward.end(body)
  })
