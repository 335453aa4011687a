import type { Parts } from '../contracts.ts'
import { AwsError, type Service } from '../gateway/service.ts'
import { type Context, createContext, type Former, type Handler, identityOf, type Made } from './handler.ts'
import { resolve, type Scope } from './intrinsics.ts'
import { handlers } from './resources/all.ts'
import { type Known, readTemplate, type StackPlace, type TemplateResource } from './template.ts'
import { type Json, objectAt, templateError } from './values.ts'

export interface DeployOptions {
  /** compiled CloudFormation template, as an object */
  readonly template: object
  /** bytes of a deployment package, by the key that the template names */
  readonly artifacts: (s3Key: string) => Promise<Uint8Array>
  readonly parameters?: Readonly<Record<string, string>>
  readonly account: string
  readonly region: string
  readonly stackName: string
  readonly services: readonly Service[]
  readonly parts: Parts
}

interface DeployedResource extends Made {
  readonly type: string
}

export interface Deployment {
  readonly outputs: Readonly<Record<string, string>>
  readonly resources: Readonly<Record<string, DeployedResource>>
}

/** A resource in the store; `position` keeps the order of creation, so that removal can go backwards. */
interface Stored extends Former {
  readonly logicalId: string
  readonly retain: boolean
  readonly position: number
}

/**
 * Makes the resources of a template real, or brings a stack that is there up to date. Each resource is stored as soon as it
 * is made, so that a deployment that ended half-way is taken up by the next one; nothing is rolled back. Resources that left the
 * template, and those that were replaced under another name, are removed at the end unless their DeletionPolicy keeps them.
 * @throws AwsError ValidationError with the place in the template, or the service's own error with the resource's logical id
 */
export const deployTemplate = async (options: DeployOptions): Promise<Deployment> => {
  const { account, region, stackName, parts } = options
  const key = `${account}/${region}/${stackName}`
  const place: StackPlace = {
    ...{ account, region, stackName },
    stackId: `arn:aws:cloudformation:${region}:${account}:stack/${stackName}/local`,
  }
  const template = readTemplate(options.template, options.parameters ?? {}, place)
  for (const { logicalId, type } of template.resources)
    if (!handlers[type])
      throw templateError(
        `Resources.${logicalId}.Type`,
        `resource type ${type} is not served by this local cloud`,
      )

  const records = parts.store.collection<Stored>('stack.resources')
  const keyOf = (logicalId: string) => `${key}/${logicalId}`
  const former = new Map(records.entries(`${key}/`).map(([, record]) => [record.logicalId, record]))
  const context = createContext(place, options.services, options.artifacts)
  const made = new Map<string, DeployedResource>()
  const scope = template.scope(knownBy(made))
  // remembered before its successor takes its place, so that a kill in between loses no removal
  const leaving = parts.store.collection<Stored>('stack.leaving')
  const leavingKey = ({ logicalId, type, physicalId }: Stored) => `${key}/${logicalId}/${type}/${physicalId}`

  for (const [position, resource] of template.resources.entries()) {
    const before = former.get(resource.logicalId)
    const sameType = before?.type === resource.type ? before : undefined
    const result = await apply(resource, sameType, handlers[resource.type], scope, context)
    if (before && (!sameType || identityOf(before.physicalId) !== identityOf(result.physicalId)))
      leaving.put(leavingKey(before), before)
    const { logicalId, type, retain } = resource
    records.put(keyOf(logicalId), { ...result, logicalId, type, retain, position })
    made.set(logicalId, { ...result, type })
  }
  for (const stored of former.values())
    if (!made.has(stored.logicalId)) leaving.put(leavingKey(stored), stored)
  const inUse = new Set([...made.values()].map(({ type, physicalId }) => `${type} ${identityOf(physicalId)}`))
  for (const stored of backwards(leaving.entries(`${key}/`).map(([, stored]) => stored))) {
    // under another logical id it is still the same thing
    const kept = stored.retain || inUse.has(`${stored.type} ${identityOf(stored.physicalId)}`)
    const remove = kept ? undefined : handlers[stored.type]?.remove
    if (remove) await naming(stored.logicalId, stored.type, remove(stored, context))
    if (!made.has(stored.logicalId)) records.delete(keyOf(stored.logicalId))
    leaving.delete(leavingKey(stored))
    parts.log('stack', kept ? 'a resource left the stack and stays' : 'a resource was removed', {
      ...{ logicalId: stored.logicalId, type: stored.type, id: stored.physicalId },
    })
  }
  return {
    outputs: Object.fromEntries(
      Object.entries(template.outputs).map(([name, value]) => {
        const resolved = resolve(value, scope, `Outputs.${name}.Value`)
        if (resolved === undefined || typeof resolved === 'object')
          throw templateError(`Outputs.${name}.Value`, 'must be a string')
        return [name, String(resolved)]
      }),
    ),
    resources: Object.fromEntries(made),
  }
}

const apply = async (
  resource: TemplateResource,
  former: Stored | undefined,
  handler: Handler | undefined,
  scope: Scope,
  context: Context,
): Promise<Made & Pick<Former, 'properties'>> => {
  const { logicalId, type } = resource
  const at = `Resources.${logicalId}.Properties`
  if (!handler) throw templateError(at, `resource type ${type} is not served by this local cloud`)
  const properties = objectAt(resolve(resource.properties, scope, at), at)
  const made = await naming(logicalId, type, handler.apply({ logicalId, properties, former }, context))
  return { ...made, properties }
}

/** What came later may stand on what came earlier. */
const backwards = (list: readonly Stored[]) => [...list].sort((a, b) => b.position - a.position)

/** The failure of a service, told with the resource that it concerns. */
const naming = async <T>(logicalId: string, type: string, work: Promise<T>): Promise<T> => {
  try {
    return await work
  } catch (cause) {
    const { code, status } = cause instanceof AwsError ? cause : { code: 'InternalFailure', status: 500 }
    const message = cause instanceof Error ? cause.message : String(cause)
    throw Object.assign(new AwsError(code, `Resource ${logicalId} (${type}): ${message}`, status), { cause })
  }
}

const knownBy = (made: ReadonlyMap<string, Made>): Known => {
  const get = (logicalId: string, at: string) => {
    const resource = made.get(logicalId)
    if (resource) return resource
    throw templateError(at, `resource ${logicalId} does not exist under the conditions of this deployment`)
  }
  return {
    ref: (logicalId, at) => get(logicalId, at).physicalId,
    attribute: (logicalId, attribute, at): Json => {
      const value = get(logicalId, at).attributes[attribute]
      if (value !== undefined) return value
      throw templateError(at, `resource ${logicalId} has no attribute ${attribute} here`)
    },
  }
}
