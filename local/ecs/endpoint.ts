import { randomBytes, timingSafeEqual } from 'node:crypto'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Credentials } from '../contracts.ts'

/** What a task finds in its environment to reach its role's credentials and its metadata. */
type EndpointEnvironment = Readonly<Record<string, string>>

/** The two addresses that every task on Fargate has: credentials of its role, and metadata. */
export interface TaskEndpoint {
  /** @param roleArn absent: the task has no role, and gets no credentials */
  add(
    taskId: string,
    task: { roleArn?: string; credentials?: () => Credentials; metadata: object },
  ): Promise<EndpointEnvironment>
  remove(taskId: string): void
  close(): Promise<void>
}

interface Entry {
  readonly token: string
  readonly roleArn?: string
  readonly credentials?: () => Credentials
  readonly metadata: object
  current?: Credentials
}

/** Credentials are renewed when they have less than this left; SDKs renew five minutes before the end. */
const RENEW_MS = 10 * 60_000

/**
 * Serves on a port of 127.0.0.1 that the system chooses, from the first task on. Each task has its own token: SDK reference
 * guide, "Container credential provider" (AWS_CONTAINER_CREDENTIALS_FULL_URI, AWS_CONTAINER_AUTHORIZATION_TOKEN); ECS developer guide,
 * "Task metadata endpoint version 4".
 */
export const createTaskEndpoint = (now: () => number): TaskEndpoint => {
  const entries = new Map<string, Entry>()
  let listening: Promise<Server> | undefined

  const answer = (url: string, authorization: string | undefined): { status: number; body: object } => {
    const [, kind, id = ''] = url.split('/')
    const entry = entries.get(id)
    if (entry && kind === 'v4') return { status: 200, body: entry.metadata }
    if (!entry?.credentials || kind !== 'credentials') return { status: 404, body: { message: 'not found' } }
    if (!same(authorization ?? '', entry.token)) return { status: 401, body: { message: 'wrong token' } }
    const left = (entry.current?.expiration ?? Number.POSITIVE_INFINITY) - now()
    if (!entry.current || left < RENEW_MS) entry.current = entry.credentials()
    const { accessKeyId, secretAccessKey, sessionToken, expiration } = entry.current
    return {
      status: 200,
      body: {
        RoleArn: entry.roleArn,
        AccessKeyId: accessKeyId,
        SecretAccessKey: secretAccessKey,
        Token: sessionToken,
        Expiration: new Date(expiration ?? now() + 3_600_000).toISOString(),
      },
    }
  }

  const listen = () =>
    new Promise<Server>((resolve, reject) => {
      const server = createServer((request, response) => {
        let result: { status: number; body: object }
        try {
          result = answer(request.url ?? '', request.headers.authorization)
        } catch (error) {
          result = { status: 500, body: { code: 'InternalError', message: String(error) } }
        }
        response.writeHead(result.status, { 'content-type': 'application/json' })
        response.end(JSON.stringify(result.body))
      })
      server.once('error', reject)
      server.listen(0, '127.0.0.1', () => resolve(server))
    })

  return {
    add: async (taskId, { roleArn, credentials, metadata }) => {
      listening ??= listen()
      const base = `http://127.0.0.1:${((await listening).address() as AddressInfo).port}`
      const token = randomBytes(32).toString('base64url')
      entries.set(taskId, {
        token,
        metadata,
        ...(roleArn === undefined ? {} : { roleArn }),
        ...(credentials === undefined ? {} : { credentials }),
      })
      return {
        ECS_CONTAINER_METADATA_URI_V4: `${base}/v4/${taskId}`,
        ...(credentials === undefined
          ? {}
          : {
              AWS_CONTAINER_CREDENTIALS_FULL_URI: `${base}/credentials/${taskId}`,
              AWS_CONTAINER_AUTHORIZATION_TOKEN: token,
            }),
      }
    },
    remove: (taskId) => {
      entries.delete(taskId)
    },
    close: async () => {
      const server = await listening
      if (!server) return
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

const same = (a: string, b: string): boolean => {
  const [left, right] = [Buffer.from(a), Buffer.from(b)]
  return left.length === right.length && timingSafeEqual(left, right)
}
