import { claimedService } from './authorization.ts'
import { MODELS, type Model, type Protocol } from './models.ts'
import { parseForm, type QueryForm } from './query.ts'
import type { WireRequest } from './request.ts'

/** In which words one request is answered: found before anything else is known about it. */
export interface Dialect {
  readonly protocol: Protocol
  readonly operation: string
  readonly model: Model | undefined
}

export interface Recognised extends Dialect {
  readonly dynamodb: boolean
  /** query: the parameters */
  readonly form?: QueryForm
}

export const DYNAMODB_TARGET = 'DynamoDB_20120810'

export const UNRECOGNISED: Recognised = {
  protocol: 'json1.1',
  operation: '',
  model: undefined,
  dynamodb: false,
}

const BY_TARGET = new Map(MODELS.flatMap((model) => (model.target ? [[model.target, model]] : [])))
const BY_VERSION = new Map(MODELS.flatMap((model) => (model.version ? [[model.version, model]] : [])))
const BY_SERVICE = new Map(MODELS.map((model) => [model.service, model]))

/** Services that answer in XML whatever they are asked, by their signing names. */
const IN_XML = new Set(['s3', 'route53', 'cloudfront'])

/** Whether the gateway knows the protocol of a service at all. */
export const isSpoken = (service: string): boolean => service === 'dynamodb' || BY_SERVICE.has(service)

/**
 * Which protocol and operation a request speaks: from its target header, from its form, else from its path. A REST operation is
 * named by method and path until its model is read.
 * @throws {AwsError} MalformedQueryString
 */
export const recognise = (request: WireRequest): Recognised => {
  const target = request.headers.get('x-amz-target')
  if (target !== undefined) return byTarget(request, target)
  const contentType = request.headers.get('content-type') ?? ''
  if (/x-www-form-urlencoded/i.test(contentType) || /(^|&)Action=/.test(request.query)) {
    const body = request.method === 'POST' ? request.body.toString('utf8') : ''
    const form = parseForm(request.query === '' ? body : `${request.query}&${body}`)
    const operation = form.get('Action')
    const version = form.get('Version')
    const byScope = version === undefined ? ofQuery(claimedService(request)) : undefined
    const model = BY_VERSION.get(version ?? '') ?? byScope
    if (operation !== undefined || model)
      return { protocol: 'query', operation: operation ?? '', model, dynamodb: false, form }
  }
  const claimed = claimedService(request) ?? ''
  // other services have paths with dates in them too: what is signed for one that nobody here speaks is nobody else's
  const known = claimed === '' || isSpoken(claimed)
  const path = known ? MODELS.find(({ paths }) => paths?.test(request.path)) : undefined
  const model = path ?? BY_SERVICE.get(claimed)
  const operation = `${request.method} ${request.path}`
  const protocol = model?.protocol ?? (IN_XML.has(claimed) ? 's3' : 'json1.1')
  return { protocol, operation, model, dynamodb: false }
}

const byTarget = (request: WireRequest, target: string): Recognised => {
  const dot = target.lastIndexOf('.')
  const prefix = target.slice(0, Math.max(dot, 0))
  const model = BY_TARGET.get(prefix)
  const dynamodb = prefix === DYNAMODB_TARGET
  const old = request.headers.get('content-type')?.includes('x-amz-json-1.0') ?? false
  const protocol = old || dynamodb ? 'json1.0' : model ? model.protocol : 'json1.1'
  return { protocol, operation: target.slice(dot + 1), model, dynamodb }
}

/** Clients may leave out the version: then the scope tells, as far as the service speaks this protocol at all. */
const ofQuery = (service: string | undefined): Model | undefined => {
  const model = BY_SERVICE.get(service ?? '')
  return model?.version === undefined ? undefined : model
}
