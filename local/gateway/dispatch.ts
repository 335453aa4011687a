import { randomUUID } from 'node:crypto'
import type { DynamoDb, Iam, Parts } from '../contracts.ts'
import { type Answer, type Dialect, encodeError, encodeOutput } from './answers.ts'
import { dynamoPermissions } from './dynamodb-permissions.ts'
import { decodeJson, parseJsonBody } from './json.ts'
import { type LoadedModel, loadModel, MODELS, type OperationSchema } from './models.ts'
import { decodeQuery, parseForm, type QueryForm } from './query.ts'
import { missingMembers } from './required.ts'
import { AwsError, type Call, type Caller, type Permission, type Service } from './service.ts'
import {
  type Authorization,
  checkScope,
  checkSignature,
  headerOf,
  parseAuthorization,
  type WireRequest,
} from './signature.ts'

const DYNAMODB_TARGET = 'DynamoDB_20120810'

interface Needs {
  readonly parts: Parts
  readonly iam: Iam
  readonly services: readonly Service[]
  readonly dynamodb: DynamoDb
}

/**
 * Answers one AWS API request: who calls, what is asked, may they, do it, say it. Never throws: whatever goes wrong becomes
 * an answer in the request's own protocol, and what nobody foresaw an InternalFailure that is logged under its request id.
 */
export const createDispatcher = (needs: Needs): ((request: WireRequest) => Promise<Answer>) => {
  const services = new Map(needs.services.map((service) => [service.name, service]))
  return async (request) => {
    const requestId = randomUUID()
    let recognised: Recognised = UNRECOGNISED
    try {
      recognised = recognise(request)
      return recognised.dynamodb
        ? await callDynamoDb(needs, request, recognised, requestId)
        : await callService(needs, services, request, recognised, requestId)
    } catch (error) {
      const known =
        error instanceof AwsError ? error : internalFailure(needs.parts, recognised, requestId, error)
      const model = recognised.model && (await loadModel(recognised.model))
      return encodeError(recognised, known, requestId, model)
    }
  }
}

interface Recognised extends Dialect {
  readonly dynamodb: boolean
  readonly form?: QueryForm
}

const UNRECOGNISED: Recognised = { protocol: 'json1.1', operation: '', model: undefined, dynamodb: false }

/** Which protocol and operation a request speaks, from its target header or its form. */
const recognise = (request: WireRequest): Recognised => {
  const contentType = headerOf(request, 'content-type') ?? ''
  const target = headerOf(request, 'x-amz-target')
  if (target !== undefined) {
    const dot = target.lastIndexOf('.')
    const prefix = target.slice(0, Math.max(dot, 0))
    const model = MODELS.find((candidate) => candidate.target === prefix)
    const dynamodb = prefix === DYNAMODB_TARGET
    const protocol =
      /x-amz-json-1\.0/.test(contentType) || dynamodb ? 'json1.0' : (model?.protocol ?? 'json1.1')
    return { protocol, operation: target.slice(dot + 1), model, dynamodb }
  }
  const cut = request.url.indexOf('?')
  const text =
    request.method === 'POST' ? request.body.toString('utf8') : cut < 0 ? '' : request.url.slice(cut + 1)
  const form =
    /x-www-form-urlencoded/i.test(contentType) || request.method === 'GET' ? parseForm(text) : undefined
  const operation = form?.get('Action')
  if (!form || operation === undefined) {
    const path = cut < 0 ? request.url : request.url.slice(0, cut)
    return { ...UNRECOGNISED, operation: `${request.method} ${path}` }
  }
  const model = MODELS.find((candidate) => candidate.version === form.get('Version'))
  return { protocol: 'query', operation, model, dynamodb: false, form }
}

const callService = async (
  needs: Needs,
  services: ReadonlyMap<string, Service>,
  request: WireRequest,
  recognised: Recognised,
  requestId: string,
): Promise<Answer> => {
  const { model, operation } = recognised
  const authorization = parseAuthorization(request)
  const caller = authenticate(needs, request, authorization, model?.service ?? authorization.service)
  const service = model && services.get(model.service)
  const schema = model && (await loadModel(model)).operation(operation)
  const run =
    service && Object.hasOwn(service.operations, operation) ? service.operations[operation] : undefined
  if (!model || !service || !schema || !run) throw unknownOperation(recognised, authorization.service)
  const call: Call = {
    service: service.name,
    operation,
    region: authorization.region,
    account: caller.account,
    caller,
    requestId,
  }
  const input = await decodeInput(recognised, schema, request.body)
  const permissions = service.permissions?.(operation, input, call) ?? [
    { action: `${service.name}:${operation}`, resource: '*' },
  ]
  authorizeAll(needs.iam, call, permissions)
  return encodeOutput(recognised, schema, await run(input, call), requestId)
}

const callDynamoDb = async (
  needs: Needs,
  request: WireRequest,
  recognised: Recognised,
  requestId: string,
): Promise<Answer> => {
  const { operation } = recognised
  const authorization = parseAuthorization(request)
  const caller = authenticate(needs, request, authorization, 'dynamodb')
  const { region } = authorization
  const { account } = caller
  const permissions = dynamoPermissions(operation, parseJsonBody(request.body), region, account)
  authorizeAll(needs.iam, { service: 'dynamodb', operation, region, account, caller, requestId }, permissions)
  const target = `${DYNAMODB_TARGET}.${operation}`
  const answer = await needs.dynamodb.handle({ account, region, target, body: request.body })
  return { ...answer, headers: { ...answer.headers, 'x-amzn-requestid': requestId } }
}

/** Verifies the signature in full and says who made it. */
const authenticate = (
  needs: Needs,
  request: WireRequest,
  authorization: Authorization,
  service: string,
): Caller => {
  checkScope(request, authorization, needs.parts.now())
  if (authorization.service !== service)
    throw new AwsError(
      'InvalidSignatureException',
      `Credential should be scoped to correct service: '${service}'.`,
    )
  if (!/^[a-z]{2}(-[a-z]+)+-\d{1,2}$/.test(authorization.region))
    throw new AwsError('InvalidSignatureException', 'Credential should be scoped to a valid region.')
  const token = headerOf(request, 'x-amz-security-token')
  const { secretAccessKey, caller } = needs.iam.resolveKey(authorization.accessKeyId, token)
  checkSignature(request, authorization, secretAccessKey)
  return caller
}

const authorizeAll = (iam: Iam, call: Call, permissions: readonly Permission[]): void => {
  for (const permission of permissions)
    iam.authorize(call.caller, {
      ...permission,
      context: { 'aws:RequestedRegion': call.region, ...permission.context },
    })
}

const decodeInput = async (
  recognised: Recognised,
  schema: OperationSchema,
  body: Buffer,
): Promise<unknown> => {
  const input =
    (recognised.form
      ? decodeQuery(schema.input, recognised.form.root)
      : decodeJson(schema.input, parseJsonBody(body))) ?? {}
  const missing = missingMembers(schema.input, input)
  const error =
    missing.length > 0 ? lacks(recognised.model && (await loadModel(recognised.model)), missing) : undefined
  if (error !== undefined) throw error
  return input
}

/**
 * CodeCommit names a missing member in an exception of its own, where its name does not say which (a path, a commit) by the operation
 * itself; the others answer one validation error.
 */
const lacks = (model: LoadedModel | undefined, missing: readonly string[]): AwsError | undefined => {
  const [first = ''] = missing
  const own = model?.error(`${first.charAt(0).toUpperCase()}${first.slice(1)}RequiredException`)
  if (own) return new AwsError(own.name, `The required member ${first} is missing.`)
  if (model?.error('RepositoryNameRequiredException')) return undefined
  const plural = missing.length === 1 ? '1 validation error' : `${missing.length} validation errors`
  const each = missing.map(
    (path) => `Value null at '${path}' failed to satisfy constraint: Member must not be null`,
  )
  return new AwsError('ValidationException', `${plural} detected: ${each.join('; ')}`)
}

const unknownOperation = (recognised: Recognised, service: string): AwsError => {
  const name = `${recognised.model?.service ?? service}:${recognised.operation}`
  return new AwsError(
    'UnknownOperationException',
    `The local cloud does not serve ${name.slice(0, 200)}.`,
    recognised.operation.includes(' ') ? 404 : 400,
  )
}

const internalFailure = (
  parts: Parts,
  recognised: Recognised,
  requestId: string,
  error: unknown,
): AwsError => {
  parts.log('gateway', 'a call failed in a way nobody foresaw', {
    service: recognised.model?.service,
    operation: recognised.operation,
    requestId,
    error: error instanceof Error ? error.stack : String(error),
  })
  return new AwsError(
    'InternalFailure',
    'The request processing has failed because of an unknown error.',
    500,
  )
}
