import { createHash, createHmac } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Credentials, Faults, Happening, Iam } from '../../../local/contracts.ts'
import { createDynamoDb } from '../../../local/dynamodb/dynamodb.ts'
import { createGateway, type GatewayNeeds, type GatewayOptions } from '../../../local/gateway/gateway.ts'
import { AwsError, type Call, type Permission, type Service } from '../../../local/gateway/service.ts'
import { createIam } from '../../../local/iam/iam.ts'
import { openStore } from '../../../local/state/store.ts'

export const ACCOUNT = '111111111111'
export const OTHER = '222222222222'

/** Credentials as the SDK's clients take them. */
export type Keys = Omit<Credentials, 'expiration'>

export interface World {
  readonly port: number
  readonly url: string
  readonly iam: Iam
  readonly admin: Keys
  /** what reached an operation */
  readonly calls: { call: Call; input: Record<string, unknown> }[]
  readonly logged: string[]
  /** answers of the next operations, by name; the input itself when none is set */
  readonly answers: Map<string, (input: Record<string, unknown>) => object | undefined>
  /** what CloudTrail heard */
  readonly happenings: Happening[]
  /** what IAM was asked, with the context of each question */
  readonly asked: Permission[]
  /** asked before each operation */
  fault: Faults['call']
  clock: number
  stop(): Promise<void>
}

/** A gateway with real IAM, STS and DynamoDB, and services that answer what a test wants. */
export const startWorld = async (options: GatewayOptions = {}): Promise<World> => {
  const folder = mkdtempSync(join(tmpdir(), 'gateway-'))
  const store = openStore(join(folder, 'store.db'))
  const logged: string[] = []
  const calls: World['calls'] = []
  const answers: World['answers'] = new Map()
  const happenings: Happening[] = []
  const asked: Permission[] = []
  let fault: Faults['call'] = () => ({})
  let offset = 0
  const parts = {
    store,
    now: () => Date.now() + offset,
    log: (service: string, text: string, facts?: object) =>
      void logged.push(`${service} ${text} ${JSON.stringify(facts ?? {})}`),
  }
  const iam = createIam({ parts, accounts: [ACCOUNT, OTHER] })
  const fake = (
    name: string,
    operations: string[],
    resource?: (input: never, call: Call) => string,
  ): Service => ({
    name,
    ...(resource && {
      permissions: (operation: string, input: never, call: Call) => [
        { action: `${name}:${operation}`, resource: resource(input, call) },
      ],
    }),
    operations: Object.fromEntries(
      operations.map((operation) => [
        operation,
        async (input: Record<string, unknown>, call: Call) => {
          calls.push({ call, input })
          const answer = answers.get(operation)
          return answer ? answer(input) : {}
        },
      ]),
    ),
  })
  const services = [
    ...iam.services,
    fake('sqs', ['SendMessage', 'ReceiveMessage', 'CreateQueue', 'DeleteQueue', 'SendMessageBatch']),
    fake('sns', ['Publish', 'CreateTopic', 'SetTopicAttributes', 'GetTopicAttributes']),
    fake('codecommit', ['GetRepository', 'CreateBranch', 'GetBlob', 'ListRepositories'], (input, call) => {
      const { repositoryName } = input as { repositoryName?: string }
      return `arn:aws:codecommit:${call.region}:${call.account}:${repositoryName ?? '*'}`
    }),
    fake('events', ['PutEvents']),
    fake('ecs', ['RunTask', 'RegisterTaskDefinition']),
    fake('lambda', [
      ...['CreateFunction', 'GetFunction', 'DeleteFunction', 'ListFunctions', 'Invoke', 'ListTags'],
      ...['ListFunctionEventInvokeConfigs', 'GetFunctionEventInvokeConfig', 'PutFunctionConcurrency'],
    ]),
    fake('scheduler', ['GetSchedule', 'CreateSchedule', 'ListSchedules', 'UntagResource', 'TagResource']),
    fake('logs', ['CreateLogGroup']),
    fake('kms', ['Encrypt', 'CreateAlias']),
  ]
  const dynamodb = createDynamoDb({ parts, folder: join(folder, 'dynamodb') })
  const needs: GatewayNeeds = {
    parts,
    iam: {
      ...iam,
      authorize: (caller, permission) => {
        asked.push(permission)
        iam.authorize(caller, permission)
      },
    },
    services,
    dynamodb,
    trail: { record: (happening) => void happenings.push(happening) },
    faults: { call: (call) => fault(call) },
    git: async (request, response) => {
      if (request.url?.includes('broken')) throw new Error('git broke')
      response.end(`git ${request.headers.host?.split(':')[0]} ${request.url}`)
    },
  }
  const gateway = createGateway(needs, options)
  const port = await gateway.listen(0)
  return {
    port,
    url: `http://127.0.0.1:${port}`,
    iam,
    admin: iam.bootstrapAccount(ACCOUNT, 'admin').credentials,
    calls,
    logged,
    answers,
    happenings,
    asked,
    get fault() {
      return fault
    },
    set fault(next) {
      fault = next
    },
    get clock() {
      return offset
    },
    set clock(milliseconds: number) {
      offset = milliseconds
    },
    stop: async () => {
      await gateway.stop()
      await dynamodb.stop()
      store.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

export const noSuchQueue = () => new AwsError('QueueDoesNotExist', 'The specified queue does not exist.')

export interface Signing {
  readonly method?: string
  readonly path?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Buffer
  readonly service: string
  readonly region?: string
  readonly credentials: Keys
  /** milliseconds since the epoch */
  readonly at?: number
}

/** A signer of its own, for requests that no SDK would make. Returns the headers to send. */
export const signed = (url: string, signing: Signing): Record<string, string> => {
  const { method = 'POST', path = '/', body = '', service, region = 'eu-west-1', credentials } = signing
  const stamp = new Date(signing.at ?? Date.now()).toISOString().replace(/[-:]|\.\d{3}/g, '')
  const scope = `${stamp.slice(0, 8)}/${region}/${service}/aws4_request`
  const headers: Record<string, string> = { ...signing.headers, host: new URL(url).host, 'x-amz-date': stamp }
  if (credentials.sessionToken) headers['x-amz-security-token'] = credentials.sessionToken
  const names = Object.keys(headers).sort()
  const hash = (text: string | Buffer) => createHash('sha256').update(text).digest('hex')
  const [pathname = '', query = ''] = path.split('?')
  const list = names.map((name) => `${name}:${headers[name]?.replace(/ +/g, ' ')}\n`).join('')
  const canonical = [method, pathname, query, list, names.join(';'), hash(body)].join('\n')
  let key: Buffer | string = `AWS4${credentials.secretAccessKey}`
  for (const part of [...scope.split('/'), `AWS4-HMAC-SHA256\n${stamp}\n${scope}\n${hash(canonical)}`])
    key = createHmac('sha256', key).update(part).digest()
  const signature = Buffer.from(key as Buffer).toString('hex')
  const { host: _, ...rest } = headers
  return {
    ...rest,
    authorization: `AWS4-HMAC-SHA256 Credential=${credentials.accessKeyId}/${scope}, SignedHeaders=${names.join(';')}, Signature=${signature}`,
  }
}

/** Sends a signed request and reads its answer. */
export const send = async (world: World, signing: Signing, change: Record<string, string> = {}) => {
  const { method = 'POST', path = '/', body } = signing
  const response = await fetch(`${world.url}${path}`, {
    method,
    headers: { ...signed(world.url, signing), ...change },
    ...(body !== undefined && { body: typeof body === 'string' ? body : new Uint8Array(body) }),
  })
  return { status: response.status, headers: response.headers, text: await response.text() }
}
