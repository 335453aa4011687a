import { NormalizedSchema } from '@smithy/core/schema'
import type { RestRoute } from './routes.ts'
import { restRoutes } from './routes.ts'

/** S3 is not served; its clients understand nothing but its own errors. */
export type Protocol = 'json1.0' | 'json1.1' | 'query' | 'restJson1' | 's3'

/** How one service is spoken to. `module` holds the schemas of its operations and errors, as its SDK client exports them. */
export interface Model {
  /** signing name */
  readonly service: string
  readonly protocol: Protocol
  /** JSON: what stands before the operation in X-Amz-Target */
  readonly target?: string
  /** query: the `Version` parameter */
  readonly version?: string
  /** query: the namespace of its answers */
  readonly xmlNamespace?: string
  /** REST: what its paths begin with */
  readonly paths?: RegExp
  /** JSON with the error names of its earlier query protocol in `x-amzn-query-error`; that protocol is still taken */
  readonly queryCompatible?: boolean
  load(): Promise<object>
}

/** The services that the gateway can speak for; the signing names, targets and versions stand in each service's API reference. */
export const MODELS: readonly Model[] = [
  {
    service: 'codecommit',
    protocol: 'json1.1',
    target: 'CodeCommit_20150413',
    load: () => import('@aws-sdk/client-codecommit'),
  },
  {
    service: 'sqs',
    protocol: 'json1.0',
    target: 'AmazonSQS',
    version: '2012-11-05',
    xmlNamespace: 'http://queue.amazonaws.com/doc/2012-11-05/',
    queryCompatible: true,
    load: () => import('@aws-sdk/client-sqs'),
  },
  {
    service: 'sns',
    protocol: 'query',
    version: '2010-03-31',
    xmlNamespace: 'http://sns.amazonaws.com/doc/2010-03-31/',
    load: () => import('@aws-sdk/client-sns'),
  },
  {
    service: 'events',
    protocol: 'json1.1',
    target: 'AWSEvents',
    load: () => import('@aws-sdk/client-eventbridge'),
  },
  {
    service: 'sts',
    protocol: 'query',
    version: '2011-06-15',
    xmlNamespace: 'https://sts.amazonaws.com/doc/2011-06-15/',
    load: () => import('@aws-sdk/client-sts'),
  },
  {
    service: 'iam',
    protocol: 'query',
    version: '2010-05-08',
    xmlNamespace: 'https://iam.amazonaws.com/doc/2010-05-08/',
    load: () => import('@aws-sdk/client-iam'),
  },
  {
    service: 'ecs',
    protocol: 'json1.1',
    target: 'AmazonEC2ContainerServiceV20141113',
    load: () => import('@aws-sdk/client-ecs'),
  },
  {
    service: 'kms',
    protocol: 'json1.1',
    target: 'TrentService',
    load: () => import('@aws-sdk/client-kms'),
  },
  {
    service: 'secretsmanager',
    protocol: 'json1.1',
    target: 'secretsmanager',
    load: () => import('@aws-sdk/client-secrets-manager'),
  },
  {
    service: 'cloudtrail',
    protocol: 'json1.1',
    target: 'com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101',
    load: () => import('@aws-sdk/client-cloudtrail'),
  },
  {
    service: 'logs',
    protocol: 'json1.1',
    target: 'Logs_20140328',
    load: () => import('@aws-sdk/client-cloudwatch-logs'),
  },
  {
    service: 'lambda',
    protocol: 'restJson1',
    paths: /^\/20\d\d-\d\d-\d\d\//,
    load: () => import('@aws-sdk/client-lambda'),
  },
  {
    service: 'scheduler',
    protocol: 'restJson1',
    paths: /^\/(schedules|schedule-groups|tags)(\/|$)/,
    load: () => import('@aws-sdk/client-scheduler'),
  },
]

export interface OperationSchema {
  readonly name: string
  readonly input: NormalizedSchema
  readonly output: NormalizedSchema
  /** REST: status of a success */
  readonly status: number
}

/** An error that a service's model declares. */
export interface ErrorSchema {
  readonly name: string
  readonly namespace: string
  readonly status: number
  /** the name under the query protocol, where it differs */
  readonly queryCode: string | undefined
  /** `message`, `Message`, `Type` ... as far as the model names them */
  readonly members: readonly string[]
}

export interface LoadedModel {
  readonly operation: (name: string) => OperationSchema | undefined
  /** by exception name or by query code */
  readonly error: (code: string) => ErrorSchema | undefined
  /** REST: the way of each operation */
  readonly routes: () => readonly RestRoute[]
}

const loaded = new Map<Model, Promise<LoadedModel>>()

/** The schemas of a service, read from its SDK client once and only when somebody calls it: a client costs about 60 ms. */
export const loadModel = (model: Model): Promise<LoadedModel> => {
  const known = loaded.get(model)
  if (known) return known
  const reading = model.load().then(readModel)
  loaded.set(model, reading)
  return reading
}

// static schemas of the SDK are arrays that begin with their kind: 9 an operation, -3 an error
const OPERATION = 9
const ERROR = -3

const readModel = (module: object): LoadedModel => {
  const exported = module as Record<string, unknown>
  const errors = readErrors(exported)
  const operations = new Map<string, OperationSchema>()
  let routes: readonly RestRoute[] | undefined
  return {
    operation: (name) => {
      const known = operations.get(name)
      if (known) return known
      const found = Object.hasOwn(exported, `${name}$`) ? exported[`${name}$`] : undefined
      if (!Array.isArray(found) || found[0] !== OPERATION) return undefined
      const http = httpOf(found)
      const operation = {
        name,
        input: NormalizedSchema.of(found[4]),
        output: NormalizedSchema.of(found[5]),
        status: http?.[2] ?? 200,
      }
      operations.set(name, operation)
      return operation
    },
    error: (code) => errors.get(code),
    routes: () => {
      routes ??= restRoutes(
        Object.values(exported).flatMap((value) => {
          const http = Array.isArray(value) && value[0] === OPERATION ? httpOf(value) : undefined
          return http ? [{ operation: String((value as unknown[])[2]), method: http[0], uri: http[1] }] : []
        }),
      )
      return routes
    },
  }
}

const readErrors = (exported: Readonly<Record<string, unknown>>): ReadonlyMap<string, ErrorSchema> => {
  const errors = new Map<string, ErrorSchema>()
  for (const value of Object.values(exported)) {
    if (!Array.isArray(value) || value[0] !== ERROR) continue
    const schema = NormalizedSchema.of(value as never)
    const traits = schema.getMergedTraits() as { awsQueryError?: [string, number]; httpError?: number }
    const error: ErrorSchema = {
      name: String(value[2]),
      namespace: String(value[1]),
      status: traits.awsQueryError?.[1] ?? traits.httpError ?? 400,
      queryCode: traits.awsQueryError?.[0],
      members: Array.isArray(value[4]) ? value[4].map(String) : [],
    }
    errors.set(error.name, error)
    if (error.queryCode !== undefined && !errors.has(error.queryCode)) errors.set(error.queryCode, error)
  }
  return errors
}

/** The `http` trait of an operation: method, path, status. */
const httpOf = (operation: readonly unknown[]): readonly [string, string, number] | undefined =>
  (operation[3] as { http?: readonly [string, string, number] } | null)?.http
