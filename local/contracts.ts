import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Caller, Permission, Service } from './gateway/service.ts'
import type { Envelope, Sender, Wires } from './gateway/wires.ts'
import type { Store } from './state/store.ts'

/** What every service is built from. */
export interface Parts {
  readonly store: Store
  /** milliseconds since the epoch; tests hold it */
  readonly now: () => number
  readonly log: Log
}

/** One line of the cloud's own log: which service, what happened, to what. Never a secret. */
export type Log = (service: string, text: string, facts?: Readonly<Record<string, unknown>>) => void

export interface Credentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string
  /** milliseconds since the epoch; absent for long-lived keys */
  readonly expiration?: number
}

/** A policy as IAM and resource policies write it. */
export interface PolicyDocument {
  readonly Version?: string
  readonly Statement: object | readonly object[]
}

/** local/iam: who somebody is and what they may do. */
export interface Iam {
  readonly services: readonly Service[]
  /** secret and caller of a key id; throws InvalidClientTokenId / UnrecognizedClientException / ExpiredTokenException */
  resolveKey(accessKeyId: string, sessionToken?: string): { secretAccessKey: string; caller: Caller }
  /** caller of a static Git credential (`<user>-at-<account>` and its password), compared in constant time; else undefined */
  resolveGitCredential(userName: string, password: string): Caller | undefined
  /** temporary credentials for a service that runs code under a role; the role's trust policy must name `service` */
  assumeForService(roleArn: string, service: string, sessionName: string, seconds?: number): Credentials
  /** the caller that `assumeForService` of this role would be; for checks that a service makes on a role's behalf */
  callerOfRole(roleArn: string, sessionName: string): Caller
  /** throws AccessDeniedException unless the caller's identity policies allow it */
  authorize(caller: Caller, permission: Permission): void
  /** throws AccessDeniedException unless the resource policy (or the sender's own role) lets the sender in */
  authorizeSender(policy: PolicyDocument | undefined, sender: Sender, permission: Permission): void
  /** makes (or finds) the account's first user, an administrator, with an access key and a Git credential */
  bootstrapAccount(
    account: string,
    userName: string,
  ): { credentials: Credentials; gitUserName: string; gitPassword: string }
}

export interface ReceivedMessage {
  readonly messageId: string
  readonly receiptHandle: string
  readonly body: string
  readonly md5OfBody: string
  /** ApproximateReceiveCount, SentTimestamp, SenderId, ApproximateFirstReceiveTimestamp */
  readonly attributes: Readonly<Record<string, string>>
  readonly messageAttributes: Readonly<Record<string, { stringValue?: string; dataType: string }>>
}

/** SQS as Lambda's event source mapping reads it. */
export interface QueueReader {
  /** waits up to `waitMs` for the first message, then takes what is there, at most `max` */
  receive(queueArn: string, max: number, waitMs: number, signal?: AbortSignal): Promise<ReceivedMessage[]>
  deleteMessages(queueArn: string, receiptHandles: readonly string[]): void
  /** back into the queue now: what the mapping does with messages that failed or were never handed over */
  release(queueArn: string, receiptHandles: readonly string[]): void
}

export interface Sqs extends QueueReader {
  readonly service: Service
  send: Wires['sendMessage']
  stop(): Promise<void>
}

export interface Sns {
  readonly service: Service
  publish: Wires['publish']
  stop(): Promise<void>
}

/** What becomes of an event between its source and the bus: none (dropped), one, or more, each after a delay. */
export type EventFault = (envelope: Envelope) => readonly { envelope: Envelope; delayMs: number }[]

export interface EventBridge {
  readonly service: Service
  emit: Wires['emit']
  /** called with every event that reached a bus; for the story and the console */
  watch(listener: (envelope: Envelope) => void): () => void
  stop(): Promise<void>
}

export interface Scheduler {
  readonly service: Service
  start(): void
  stop(): Promise<void>
}

export interface Lambda {
  /** operations in the SDK's shapes, though not served over HTTP yet (restJson1) */
  readonly service: Service
  invokeAsync: Wires['invokeAsync']
  /** InvocationType RequestResponse; `error` is the function error as Lambda reports it */
  invoke(functionArn: string, payload: string): Promise<{ payload: string; error?: string }>
  /** starts polling event source mappings */
  start(): void
  /** ends pollers and every child process */
  stop(): Promise<void>
}

export interface Ecs {
  readonly service: Service
  /** reports tasks that a former, killed cloud left running as stopped, and ends their processes */
  start(): void
  stop(): Promise<void>
}

export interface DynamoDb {
  /** answers one already authorized DynamoDB request with dynalite's answer */
  handle(request: {
    account: string
    region: string
    target: string
    body: Buffer
  }): Promise<{ status: number; headers: Record<string, string>; body: Buffer }>
  stop(): Promise<void>
}

export interface CodeCommit {
  readonly service: Service
  /** smart HTTP under `/v1/repos/<name>/...` of host `git-codecommit.<region>...` */
  handleGit(request: IncomingMessage, response: ServerResponse): Promise<void>
  /** clears what a killed cloud left half done (stale git lock files, temporary packs) */
  start(): Promise<void>
  stop(): Promise<void>
}
