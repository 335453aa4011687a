import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AwsError, Call, Caller, Permission, PolicyDocument, Service } from './gateway/service.ts'
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

export type { PolicyDocument } from './gateway/service.ts'

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
  /** the user of an SSH key id (`APKA...`) and its public key in OpenSSH's one-line form; undefined for unknown and inactive keys */
  resolveSshKey(keyId: string): { publicKey: string; caller: Caller } | undefined
  /**
   * throws AccessDeniedException unless identity policies, permission boundary, session policies and the resource's own policy
   * let the caller (IAM user guide, "Policy evaluation logic")
   */
  authorize(caller: Caller, permission: Permission): void
  /** throws AccessDeniedException unless the resource policy (or the sender's own role) lets the sender in */
  authorizeSender(policy: PolicyDocument | undefined, sender: Sender, permission: Permission): void
  /** throws AccessDeniedException unless the sender's role exists and its trust policy lets the sender's service in */
  requireTrust(sender: Sender): void
  /** makes (or finds) the account's first user, an administrator, with an access key and a Git credential */
  bootstrapAccount(
    account: string,
    userName: string,
    /** of a cloud that has forgotten everything: made again as they were */
    former?: {
      credentials: Pick<Credentials, 'accessKeyId' | 'secretAccessKey'>
      gitUserName?: string
      gitPassword?: string
    },
  ): { credentials: Credentials; gitUserName: string; gitPassword: string }
  /**
   * gives an account exactly these credentials, and again after each start: an access key of its root, and a Git credential of a
   * user (named as the part before `-at-`) who may use all of CodeCommit
   */
  seedAccount(
    account: string,
    seed: {
      readonly rootKey?: { readonly id: string; readonly secret: string }
      readonly gitUser?: { readonly name: string; readonly password: string }
    },
  ): void
  /** called with every decision, allowed or not; for CloudTrail, the console and the check for unused permissions */
  watch(listener: (decision: Decision) => void): () => void
}

/** What IAM decided, and by which statement. */
export interface Decision {
  /** milliseconds since the epoch */
  readonly at: number
  /** ARN of the caller, or a service's principal name */
  readonly principal: string
  readonly roleArn?: string
  readonly account: string
  readonly action: string
  readonly resource: string
  readonly allowed: boolean
  /** which kind of policy decided; absent when none said anything */
  readonly policyType?: 'identity' | 'resource' | 'boundary' | 'session' | 'trust'
  /** name or ARN of the policy, where it has one */
  readonly policy?: string
  /** `Sid` of the statement that decided, else its place in the policy, from 1 */
  readonly statement?: string
  /** all statements of this kind of policy that said so, the one above first */
  readonly statements?: readonly { readonly policy?: string; readonly statement: string }[]
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

/** For whom a queue is read: decrypting is done on their behalf. Absent: nobody is asked about keys. */
export interface Reader {
  readonly caller: Caller
  /** messages that could not be decrypted come back after so long, if the queue's visibility timeout is longer */
  readonly refusedMs?: number | undefined
}

/** SQS as Lambda's event source mapping reads it. */
export interface QueueReader {
  /** waits up to `waitMs` for the first message, then takes what is there, at most `max` */
  receive(
    queueArn: string,
    max: number,
    waitMs: number,
    signal?: AbortSignal,
    reader?: Reader,
  ): Promise<ReceivedMessage[]>
  deleteMessages(queueArn: string, receiptHandles: readonly string[]): void
  /** the queue's own visibility timeout; throws AwsError when there is no such queue */
  visibilitySeconds?(queueArn: string): number
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

/** One thing that happened in the cloud: an API call or a Git request, done or refused. */
export interface Happening {
  readonly account: string
  readonly region: string
  /** `codecommit.amazonaws.com` */
  readonly eventSource: string
  /** operation, or `GitPull`, `GitPush` */
  readonly eventName: string
  /** absent when nobody was recognised, or for what AWS does by itself */
  readonly caller?: Caller
  readonly requestId: string
  readonly sourceIp?: string
  readonly userAgent?: string
  readonly requestParameters?: object
  readonly responseElements?: object
  readonly error?: { readonly code: string; readonly message: string }
  readonly resources?: readonly string[]
  readonly additionalEventData?: object
}

/** local/cloudtrail: what happened, for LookupEvents. */
export interface Trail {
  readonly service: Service
  record(happening: Happening): void
}

/** local/kms: keys, as the services that encrypt with them need them. */
export interface Kms {
  readonly service: Service
  /** ARN of the AWS managed key `alias/aws/<service>` of an account and region, made if missing */
  managedKey(account: string, region: string, service: string): string
  /** ARN of the key behind an id, ARN, alias name or alias ARN; throws NotFoundException */
  resolve(place: { account: string; region: string }, keyId: string): string
  /**
   * what a service does with a key on the caller's behalf. Throws AccessDeniedException, DisabledException, NotFoundException,
   * KMSInvalidStateException
   */
  use(request: KeyUse & { readonly caller: Caller }): void
  /**
   * what a service does with a key for another one that hands something on: judged by the key's policy alone, or by the sender's role
   * where it has one. Throws as `use`
   */
  useAsService(request: KeyUse & { readonly sender: Sender }): void
}

interface KeyUse {
  readonly keyArn: string
  /** `kms:Decrypt` ... */
  readonly actions: readonly string[]
  /** `codecommit`: becomes `kms:ViaService` */
  readonly via: string
  readonly encryptionContext?: Readonly<Record<string, string>>
}

/** What shall befall one Git request. */
export interface GitFault {
  /** answered instead: 429, 500, 503 */
  readonly status?: number
  /** the connection is cut after so many bytes of the request's or the answer's body */
  readonly cutRequestAfter?: number
  readonly cutAnswerAfter?: number
}

/** local/faults: what goes wrong on purpose. Each method is asked at its place and answers "nothing" most of the time. */
export interface Faults {
  /** before an API operation runs: how long it is held up, and the error that it answers instead */
  call(call: Pick<Call, 'service' | 'operation' | 'account' | 'region'>): {
    delayMs?: number
    error?: AwsError
  }
  /** what becomes of an event between its source and the bus: dropped, doubled, delayed, overtaken */
  readonly event: EventFault
  git(request: {
    readonly account: string
    readonly region: string
    readonly repository: string
    readonly service: 'git-upload-pack' | 'git-receive-pack'
    /** the request for the refs, or the exchange itself */
    readonly advertise: boolean
  }): GitFault
  /** asked when a function's invocation or a task has started */
  process(started: { readonly kind: 'function' | 'task'; readonly arn: string }): KillFault
  /** milliseconds by which the cloud's clock is wrong */
  skewMs(): number
  /** nothing more can be written */
  diskFull(): boolean
}

/** When a process is killed: after a time, when something has happened, or (neither) not. */
export interface KillFault {
  readonly killAfterMs?: number
  readonly killOn?: Promise<unknown>
}

/** What becomes of an event between its source and the bus: none (dropped), one, or more, each after a delay. */
export type EventFault = (envelope: Envelope) => readonly { envelope: Envelope; delayMs: number }[]

export interface EventBridge {
  readonly service: Service
  emit: Wires['emit']
  put: NonNullable<Wires['putEvent']>
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
  runTask: NonNullable<Wires['runTask']>
  /** reports tasks that a former, killed cloud left running as stopped, and ends their processes */
  start(): void
  stop(): Promise<void>
}

export interface DynamoDb {
  /** answers one already authorized DynamoDB request with dynalite's answer; `caller`: who must be allowed to use a table's key */
  handle(request: {
    account: string
    region: string
    caller?: Caller
    target: string
    body: Buffer
  }): Promise<{ status: number; headers: Record<string, string>; body: Buffer }>
  /** expired items are looked for no more; requests go on */
  stopExpiry(): void
  stop(): Promise<void>
}

export interface CodeCommit {
  readonly service: Service
  /** smart HTTP under `/v1/repos/<name>/...` of host `git-codecommit.<region>...` */
  handleGit(request: IncomingMessage, response: ServerResponse): Promise<void>
  /**
   * Git over SSH, on loopback. SSH names no host, so each region has a port of its own.
   * @param port 0 lets the system choose
   * @returns the port; throws EADDRINUSE when it is taken
   */
  listenSsh(region: string, port: number): Promise<number>
  /**
   * clears what a killed cloud left half done (stale git lock files, temporary packs)
   * @returns which repositories are damaged, and how: a sentence each; the others work
   */
  start(): Promise<readonly { readonly repository: string; readonly problems: readonly string[] }[]>
  stop(): Promise<void>
}
