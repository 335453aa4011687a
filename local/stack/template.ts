import { referencesIn, type Scope, truth } from './intrinsics.ts'
import { parameterValues } from './parameters.ts'
import { isObject, type Json, type JsonObject, objectAt, templateError, textAt } from './values.ts'

/** Where a stack stands: what its pseudo parameters say. */
export interface StackPlace {
  readonly account: string
  readonly region: string
  readonly stackName: string
  readonly stackId: string
}

export interface TemplateResource {
  readonly logicalId: string
  readonly type: string
  readonly properties: JsonObject
  /** logical ids of resources that must be there before */
  readonly needs: readonly string[]
  readonly retain: boolean
}

/** A template with its parameters and conditions worked out. */
export interface Template {
  /** those whose condition holds, each after what it needs */
  readonly resources: readonly TemplateResource[]
  readonly outputs: Readonly<Record<string, Json>>
  /** names for {@link resolve}, given what resources are known as so far */
  scope(known: Known): Scope
}

export interface Known {
  ref(logicalId: string, at: string): string
  attribute(logicalId: string, attribute: string, at: string): Json
}

const SECTIONS = new Set([
  ...['AWSTemplateFormatVersion', 'Description', 'Metadata', 'Parameters', 'Mappings', 'Conditions'],
  ...['Resources', 'Outputs', 'Rules'],
])

/** Reads a CloudFormation template in JSON form. Throws ValidationError with the place of the first mistake. */
export const readTemplate = (
  template: object,
  parameters: Readonly<Record<string, string>>,
  place: StackPlace,
): Template => {
  const sections = objectAt(template, 'the template')
  for (const name of Object.keys(sections))
    if (!SECTIONS.has(name)) throw templateError(name, 'this section is not served by this local cloud')
  const section = (name: string) => objectAt(sections[name] ?? {}, name)
  const values = parameterValues(section('Parameters'), parameters)
  const conditions = section('Conditions')
  const mappings = section('Mappings')
  const declared = section('Resources')
  const decided = new Map<string, boolean | 'deciding'>()

  const condition = (name: string, at: string): boolean => {
    const known = decided.get(name)
    if (known === 'deciding') throw templateError(at, `condition ${name} depends on itself`)
    if (known !== undefined) return known
    const body = conditions[name]
    if (body === undefined) throw templateError(at, `condition ${name} is not defined`)
    decided.set(name, 'deciding')
    const holds = truth(body, scope(noResources), `Conditions.${name}`)
    decided.set(name, holds)
    return holds
  }
  const scope = (known: Known): Scope => ({
    region: place.region,
    condition,
    ref: (name, at) => {
      if (Object.hasOwn(values, name)) return values[name]
      if (name.startsWith('AWS::')) return pseudo(name, place, at)
      if (!Object.hasOwn(declared, name)) throw templateError(at, `there is no resource or parameter ${name}`)
      return known.ref(name, at)
    },
    attribute: (logicalId, attribute, at) => {
      if (!Object.hasOwn(declared, logicalId)) throw templateError(at, `there is no resource ${logicalId}`)
      return known.attribute(logicalId, attribute, at)
    },
    mapping: (map, first, second, at) => {
      const found = (mappings[map] as JsonObject | undefined)?.[first]
      const value = isObject(found) ? found[second] : undefined
      if (value === undefined) throw templateError(at, `mapping ${map} has no ${first}.${second}`)
      return value
    },
  })
  const holds = (item: JsonObject, at: string) =>
    item.Condition === undefined || condition(textAt(item.Condition, at), at)

  const present = Object.entries(declared)
    .map(([logicalId, body]) => ({ logicalId, body: objectAt(body, `Resources.${logicalId}`) }))
    .filter(({ logicalId, body }) => holds(body, `Resources.${logicalId}`))
  const ids = new Set(present.map(({ logicalId }) => logicalId))
  const resources = present.map(({ logicalId, body }) => readResource(logicalId, body, ids, condition))
  return {
    resources: inOrder(resources),
    outputs: Object.fromEntries(
      Object.entries(section('Outputs')).flatMap(([name, body]) => {
        const output = objectAt(body, `Outputs.${name}`)
        if (output.Value === undefined) throw templateError(`Outputs.${name}`, 'has no Value')
        return holds(output, `Outputs.${name}`) ? [[name, output.Value]] : []
      }),
    ),
    scope,
  }
}

const readResource = (
  logicalId: string,
  body: JsonObject,
  ids: ReadonlySet<string>,
  condition: (name: string, at: string) => boolean,
): TemplateResource => {
  const at = `Resources.${logicalId}`
  const properties = objectAt(body.Properties ?? {}, `${at}.Properties`)
  const dependsOn = body.DependsOn ?? []
  const explicit = (Array.isArray(dependsOn) ? dependsOn : [dependsOn]).map((id) =>
    textAt(id, `${at}.DependsOn`),
  )
  const references = referencesIn(properties, (name) => condition(name, at))
  return {
    logicalId,
    type: textAt(body.Type, `${at}.Type`),
    properties,
    needs: [...new Set([...explicit, ...references])].filter((id) => ids.has(id)),
    retain: typeof body.DeletionPolicy === 'string' && body.DeletionPolicy.startsWith('Retain'),
  }
}

/** Each after what it needs, otherwise in the order of the template; a cycle is told with its members. */
const inOrder = (resources: readonly TemplateResource[]): TemplateResource[] => {
  const byId = new Map(resources.map((resource) => [resource.logicalId, resource]))
  const ordered = new Set<TemplateResource>()
  const visit = (resource: TemplateResource, path: readonly string[]): void => {
    if (ordered.has(resource)) return
    const start = path.indexOf(resource.logicalId)
    if (start >= 0)
      throw templateError(
        'Resources',
        `circular dependency between resources: [${[...path.slice(start), resource.logicalId].join(' → ')}]`,
      )
    for (const id of resource.needs) {
      const needed = byId.get(id)
      if (needed) visit(needed, [...path, resource.logicalId])
    }
    ordered.add(resource)
  }
  for (const resource of resources) visit(resource, [])
  return [...ordered]
}

const noResources: Known = {
  ref: (logicalId, at) => {
    throw templateError(at, `a condition cannot refer to the resource ${logicalId}`)
  },
  attribute: (logicalId, _attribute, at) => {
    throw templateError(at, `a condition cannot refer to the resource ${logicalId}`)
  },
}

const pseudo = (name: string, place: StackPlace, at: string): Json | undefined => {
  switch (name) {
    case 'AWS::AccountId':
      return place.account
    case 'AWS::Region':
      return place.region
    case 'AWS::Partition':
      return 'aws'
    case 'AWS::StackName':
      return place.stackName
    case 'AWS::StackId':
      return place.stackId
    case 'AWS::URLSuffix':
      return 'amazonaws.com'
    case 'AWS::NotificationARNs':
      return []
    case 'AWS::NoValue':
      return undefined
    default:
      throw templateError(at, `there is no pseudo parameter ${name}`)
  }
}
