import { createHash } from 'node:crypto'
import { AwsError, type Service } from '../gateway/service.ts'
import type { StackPlace } from './template.ts'
import type { Json, JsonObject } from './values.ts'

/** What became of a resource of a template. */
export interface Made {
  /** what `Ref` gives */
  readonly physicalId: string
  /** what `Fn::GetAtt` gives */
  readonly attributes: Readonly<Record<string, Json>>
  /** what the handler wants to find again at the next deployment */
  readonly notes?: Readonly<Record<string, Json>>
}

/** A resource as the stack remembers it. */
export interface Former extends Made {
  readonly type: string
  readonly properties: JsonObject
}

export interface Context {
  readonly place: StackPlace
  /** a service's own operation, called as CloudFormation */
  // biome-ignore lint/suspicious/noExplicitAny: outputs are those of the SDK's command of the name
  call(service: string, operation: string, input: object): Promise<any>
  artifact(s3Key: string): Promise<Uint8Array>
  /** deterministic: as CloudFormation would name a resource that has no name of its own */
  generatedName(logicalId: string, maxLength: number): string
  /** deterministic hexadecimal digits */
  hex(logicalId: string, length: number): string
  /** `arn:aws:<service>:<region>:<account>:<rest>` */
  arn(service: string, rest: string): string
}

/** What a physical id stands for: a queue's id is its URL, whose host and port may be others after a restart. */
export const identityOf = (physicalId: string): string => physicalId.replace(/^https?:\/\/[^/]+/, '')

/** How a resource type becomes real. Properties have been resolved; `apply` makes or updates, and may be called again any time. */
export interface Handler {
  apply(
    resource: { logicalId: string; properties: JsonObject; former: Former | undefined },
    context: Context,
  ): Promise<Made>
  /** absent: there is nothing to remove */
  remove?(former: Former, context: Context): Promise<void>
}

export type Handlers = Readonly<Record<string, Handler>>

/** Runs an operation; these exceptions mean that there is nothing to do. */
export const unless = async <T>(codes: readonly string[], work: Promise<T>): Promise<T | undefined> => {
  try {
    return await work
  } catch (error) {
    if (error instanceof AwsError && codes.some((code) => error.code.includes(code))) return undefined
    throw error
  }
}

export const createContext = (
  place: StackPlace,
  services: readonly Service[],
  artifact: (s3Key: string) => Promise<Uint8Array>,
): Context => {
  const digest = (logicalId: string) =>
    createHash('sha256')
      .update(`${place.account}/${place.region}/${place.stackName}/${logicalId}`)
      .digest('hex')
  const find = (name: string, operation: string) =>
    services.find((service) => service.name === name && service.operations[operation])?.operations[operation]
  return {
    place,
    artifact,
    call: async (service, operation, input) => {
      const work = find(service, operation)
      if (!work) throw new AwsError('UnknownOperationException', `${service}:${operation} is not served here`)
      return work(input, {
        service,
        operation,
        region: place.region,
        account: place.account,
        caller: {
          kind: 'service',
          account: place.account,
          arn: 'cloudformation.amazonaws.com',
          userId: 'cloudformation.amazonaws.com',
        },
        requestId: `cloudformation-${place.stackName}`,
      })
    },
    generatedName: (logicalId, maxLength) => {
      const tail = `-${digest(logicalId).slice(0, 12).toUpperCase()}`
      return `${place.stackName}-${logicalId}`.slice(0, maxLength - tail.length) + tail
    },
    hex: (logicalId, length) => digest(logicalId).slice(0, length),
    arn: (service, rest) => `arn:aws:${service}:${place.region}:${place.account}:${rest}`,
  }
}
