import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { gunzipSync } from 'node:zlib'
import type { DynamoDb, Faults, Iam, Parts, Trail } from '../contracts.ts'
import { type Answer, encodeOutput } from './answers.ts'
import { type Authorization, parseAuthorization } from './authorization.ts'
import { BODY_LIMIT_BYTES } from './body.ts'
import { dynamoPermissions } from './dynamodb-permissions.ts'
import { codeOf, encodeError, internalFailure } from './errors.ts'
import { isReadOnly, recorded } from './happening.ts'
import { decodeJson, parseJsonBody } from './json.ts'
import { type LoadedModel, loadModel, type OperationSchema } from './models.ts'
import { decodeQuery } from './query.ts'
import { DYNAMODB_TARGET, isSpoken, type Recognised, recognise, UNRECOGNISED } from './recognise.ts'
import { queryPairs, type WireRequest } from './request.ts'
import { decodeRest } from './rest.ts'
import { matchRoute } from './routes.ts'
import { AwsError, type Call, type Permission, type Service } from './service.ts'
import { checkScope, checkSignature } from './signature.ts'
import { type Told, tell } from './tell.ts'
import { checkInput, loadConstraints } from './validate.ts'

export interface DispatcherNeeds {
  readonly parts: Parts
  readonly iam: Iam
  readonly services: readonly Service[]
  readonly dynamodb: DynamoDb
  readonly trail?: Pick<Trail, 'record'>
  readonly faults?: Pick<Faults, 'call'>
}

/** What is known of a request so far; what goes wrong is told in its words. */
interface Progress extends Told {
  recognised: Recognised
}

/**
 * Answers one AWS API request: who calls, what is asked, may they, do it, say it. Never throws: whatever goes wrong becomes
 * an answer in the request's own protocol, and what nobody foresaw an InternalFailure that is logged under its request id.
 */
export const createDispatcher = (needs: DispatcherNeeds): ((request: WireRequest) => Promise<Answer>) => {
  const services = new Map(needs.services.map((service) => [service.name, service]))
  return async (request) => {
    const requestId = randomUUID()
    const progress: Progress = { recognised: UNRECOGNISED }
    try {
      progress.recognised = recognise(request)
      const answer = progress.recognised.dynamodb
        ? await callDynamoDb(needs, request, progress, requestId)
        : await callService(needs, services, request, progress, requestId)
      tell(needs, request, progress, undefined)
      return answer
    } catch (error) {
      const { recognised } = progress
      const known = error instanceof AwsError ? error : unforeseen(needs.parts, recognised, requestId, error)
      const model = recognised.model && (await loadModel(recognised.model))
      tell(needs, request, progress, { code: codeOf(recognised, known, model), message: known.message })
      return encodeError(recognised, known, requestId, model)
    }
  }
}

const callService = async (
  needs: DispatcherNeeds,
  services: ReadonlyMap<string, Service>,
  request: WireRequest,
  progress: Progress,
  requestId: string,
): Promise<Answer> => {
  const { model } = progress.recognised
  const authorization = parseAuthorization(request)
  // nothing is behind it, and S3 for one signs in another way: its name is the better answer
  if (!model && !isSpoken(authorization.service))
    throw unknownOperation(progress.recognised, authorization.service)
  const call = authenticate(needs, request, authorization, model?.service, requestId)
  const loaded = model && (await loadModel(model))
  const labels = loaded && findRoute(loaded, request, progress)
  const { recognised } = progress
  const { operation } = recognised
  const service = model && services.get(model.service)
  const schema = loaded?.operation(operation)
  const run =
    service && Object.hasOwn(service.operations, operation) ? service.operations[operation] : undefined
  if (!loaded || !service || !schema || !run) throw unknownOperation(recognised, authorization.service)
  const made: Call = { ...call, service: service.name, operation }
  progress.call = made
  await suffer(needs, made)
  const input = decodeInput(recognised, schema, labels, request)
  progress.parameters = () => recorded(schema.input, input)
  checkInput(service.name, loaded, schema, input, await loadConstraints(service.name))
  const permissions = service.permissions?.(operation, input, made) ?? [
    { action: `${service.name}:${operation}`, resource: '*' },
  ]
  authorizeAll(needs.iam, request, progress, made, permissions)
  const output = await run(input, made)
  if (!isReadOnly(operation) && output) progress.response = () => recorded(schema.output, output)
  return encodeOutput(recognised, schema, output, requestId)
}

const callDynamoDb = async (
  needs: DispatcherNeeds,
  request: WireRequest,
  progress: Progress,
  requestId: string,
): Promise<Answer> => {
  const { operation } = progress.recognised
  const call = {
    ...authenticate(needs, request, parseAuthorization(request), 'dynamodb', requestId),
    operation,
  }
  progress.call = call
  await suffer(needs, call)
  const { region, account, caller } = call
  const body = bodyOf(request)
  const parsed = parseJsonBody(body)
  progress.parameters = () => parsed
  authorizeAll(needs.iam, request, progress, call, dynamoPermissions(operation, parsed, region, account))
  const target = `${DYNAMODB_TARGET}.${operation}`
  const answer = await needs.dynamodb.handle({ account, region, caller, target, body })
  return { ...answer, headers: { ...answer.headers, 'x-amzn-requestid': requestId } }
}

/** A REST operation is found by its way only once its model is read. */
const findRoute = (
  model: LoadedModel,
  request: WireRequest,
  progress: Progress,
): ReadonlyMap<string, string> | undefined => {
  const { recognised } = progress
  if (recognised.protocol !== 'restJson1') return undefined
  const match = matchRoute(model.routes(), request.method, request.path, queryPairs(request.query))
  if (match) progress.recognised = { ...recognised, operation: match.operation }
  return match?.labels
}

/** Verifies the signature in full and says who made it. */
const authenticate = (
  needs: DispatcherNeeds,
  request: WireRequest,
  authorization: Authorization,
  service: string | undefined,
  requestId: string,
): Call => {
  const signedFor = service ?? authorization.service
  checkScope(request, authorization, signedFor, needs.parts.now())
  const { accessKeyId, sessionToken, region } = authorization
  const { secretAccessKey, caller } = needs.iam.resolveKey(accessKeyId, sessionToken)
  checkSignature(request, authorization, secretAccessKey)
  return { service: signedFor, operation: '', region, account: caller.account, caller, requestId }
}

/** What goes wrong on purpose: the call is held up, or fails. */
const suffer = async (needs: DispatcherNeeds, call: Call): Promise<void> => {
  const fault = needs.faults?.call(call)
  if (fault?.delayMs) await delay(fault.delayMs)
  if (fault?.error) throw fault.error
}

const authorizeAll = (
  iam: Iam,
  request: WireRequest,
  progress: Progress,
  call: Call,
  permissions: readonly Permission[],
): void => {
  progress.resources = permissions.map(({ resource }) => resource).filter((arn) => arn.startsWith('arn:'))
  const userAgent = request.headers.get('user-agent')
  const context = {
    'aws:RequestedRegion': call.region,
    'aws:SecureTransport': String(request.secure),
    ...(request.sourceIp === undefined ? {} : { 'aws:SourceIp': request.sourceIp }),
    ...(userAgent === undefined ? {} : { 'aws:UserAgent': userAgent }),
  }
  for (const permission of permissions)
    iam.authorize(call.caller, { ...permission, context: { ...context, ...permission.context } })
}

const decodeInput = (
  recognised: Recognised,
  schema: OperationSchema,
  labels: ReadonlyMap<string, string> | undefined,
  request: WireRequest,
): Record<string, unknown> => {
  if (labels) return decodeRest(schema.input, labels, { ...request, body: bodyOf(request) })
  if (!recognised.form)
    return (decodeJson(schema.input, parseJsonBody(bodyOf(request))) ?? {}) as Record<string, unknown>
  const input = (decodeQuery(schema.input, recognised.form.root) ?? {}) as Record<string, unknown>
  // SQS took the queue's own address before it took JSON
  if (recognised.model?.service === 'sqs' && input.QueueUrl === undefined && request.path !== '/')
    return { ...input, QueueUrl: `http://${request.headers.get('host')}${request.path}` }
  return input
}

/** @throws {AwsError} SerializationException for what is not gzip, or unpacks to more than {@link BODY_LIMIT_BYTES} */
const bodyOf = ({ headers, body }: WireRequest): Buffer => {
  if (headers.get('content-encoding') !== 'gzip') return body
  try {
    return gunzipSync(body, { maxOutputLength: BODY_LIMIT_BYTES })
  } catch {
    throw new AwsError('SerializationException', 'The request body could not be decompressed.')
  }
}

const unknownOperation = (recognised: Recognised, service: string): AwsError => {
  if (recognised.operation === '' && recognised.form)
    return new AwsError('MissingAction', 'The request is missing an action or a required parameter.')
  const { form, model, operation } = recognised
  if (form && !model && isSpoken(service))
    return new AwsError(
      'InvalidAction',
      `Could not find operation ${operation} for version ${form.get('Version')}`,
    )
  const name = `${model?.service ?? service}:${operation}`
  return new AwsError(
    'UnknownOperationException',
    `The local cloud does not serve ${name.slice(0, 200)}.`,
    operation.includes(' ') ? 404 : 400,
  )
}

const unforeseen = (parts: Parts, recognised: Recognised, requestId: string, error: unknown): AwsError => {
  parts.log('gateway', 'a call failed in a way nobody foresaw', {
    service: recognised.model?.service,
    operation: recognised.operation,
    requestId,
    error: error instanceof Error ? error.stack : String(error),
  })
  return internalFailure()
}
