import { isObject, type Json, type JsonObject, listAt, objectAt, templateError, textAt } from './values.ts'

/** What the names of a template mean. Each method throws when there is no such name; `at` is where it stands. */
export interface Scope {
  readonly region: string
  /** parameter, pseudo parameter or resource; undefined: AWS::NoValue */
  ref(name: string, at: string): Json | undefined
  attribute(logicalId: string, attribute: string, at: string): Json
  condition(name: string, at: string): boolean
  mapping(map: string, first: string, second: string, at: string): Json
}

type Intrinsic = (argument: Json, scope: Scope, at: string) => Json | undefined

/**
 * The value with every intrinsic function worked out: CloudFormation template reference, "Intrinsic functions".
 * @returns undefined for AWS::NoValue, which also vanishes from objects and lists
 */
export const resolve = (value: Json, scope: Scope, at: string): Json | undefined => {
  if (Array.isArray(value))
    return value.flatMap((item, index) => {
      const resolved = resolve(item, scope, `${at}[${index}]`)
      return resolved === undefined ? [] : [resolved]
    })
  if (!isObject(value)) return value
  const call = intrinsicOf(value)
  if (call) return call.work(call.argument, scope, `${at}.${call.name}`)
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, child]) => {
      const resolved = resolve(child, scope, `${at}.${key}`)
      return resolved === undefined ? [] : [[key, resolved]]
    }),
  )
}

/** As {@link resolve}, where AWS::NoValue makes no sense. */
const required = (value: Json | undefined, scope: Scope, at: string): Json => {
  const resolved = value === undefined ? undefined : resolve(value, scope, at)
  if (resolved === undefined) throw templateError(at, 'has no value')
  return resolved
}

const intrinsicOf = (value: JsonObject): { name: string; work: Intrinsic; argument: Json } | undefined => {
  const keys = Object.keys(value)
  const [name = ''] = keys
  if (keys.length !== 1) return undefined
  const work = INTRINSICS[name]
  const argument = value[name]
  if (work && argument !== undefined) return { name, work, argument }
  if (!name.startsWith('Fn::')) return undefined
  return {
    name,
    argument: null,
    work: (_argument, _scope, at) => {
      throw templateError(at, `${name} is not served by this local cloud`)
    },
  }
}

const boolean =
  (decide: (conditions: readonly boolean[]) => boolean, least: number, most: number): Intrinsic =>
  (argument, scope, at) => {
    const list = listAt(argument, at)
    if (list.length < least || list.length > most)
      throw templateError(at, `takes ${least === most ? least : `${least} to ${most}`} conditions`)
    return decide(list.map((item, index) => truth(item, scope, `${at}[${index}]`)))
  }

/** A condition written out, or `{Condition: name}`. */
export const truth = (value: Json, scope: Scope, at: string): boolean => {
  const result =
    isObject(value) && typeof value.Condition === 'string' && Object.keys(value).length === 1
      ? scope.condition(value.Condition, at)
      : resolve(value, scope, at)
  if (result === true || result === 'true') return true
  if (result === false || result === 'false') return false
  throw templateError(at, 'is no condition')
}

/** Both sides are compared as text when scalar. */
const equal = (a: Json, b: Json): boolean =>
  isScalar(a) && isScalar(b) ? String(a) === String(b) : JSON.stringify(a) === JSON.stringify(b)

const isScalar = (value: Json) => typeof value !== 'object' || value === null

const INTRINSICS: Readonly<Record<string, Intrinsic>> = {
  Ref: (argument, scope, at) => scope.ref(textAt(argument, at), at),
  'Fn::GetAtt': (argument, scope, at) => {
    const parts = typeof argument === 'string' ? splitOnce(argument) : listAt(argument, at)
    const [logicalId, attribute] = parts
    if (logicalId === undefined || attribute === undefined || parts.length !== 2)
      throw templateError(at, 'takes a resource and an attribute')
    return scope.attribute(textAt(logicalId, at), textAt(required(attribute, scope, at), at), at)
  },
  'Fn::Sub': (argument, scope, at) => {
    const [template, variables] = Array.isArray(argument) ? argument : [argument, {}]
    const own = objectAt(variables ?? {}, `${at}[1]`)
    return textAt(template, at).replace(/\$\{([^}]*)\}/g, (_whole, name: string) => {
      if (name.startsWith('!')) return `\${${name.slice(1)}}`
      const key = name.trim()
      const where = `${at}(\${${key}})`
      if (Object.hasOwn(own, key)) return textAt(required(own[key], scope, where), where)
      const [logicalId = '', attribute] = splitOnce(key)
      return textAt(
        attribute === undefined ? scope.ref(key, where) : scope.attribute(logicalId, attribute, where),
        where,
      )
    })
  },
  'Fn::Join': (argument, scope, at) => {
    const [delimiter, items] = listAt(argument, at)
    return listAt(required(items, scope, `${at}[1]`), `${at}[1]`)
      .map((item, index) => textAt(item, `${at}[1][${index}]`))
      .join(textAt(delimiter, `${at}[0]`))
  },
  'Fn::Split': (argument, scope, at) => {
    const [delimiter, text] = listAt(argument, at)
    return textAt(required(text, scope, `${at}[1]`), `${at}[1]`).split(textAt(delimiter, `${at}[0]`))
  },
  'Fn::Select': (argument, scope, at) => {
    const [index, items] = listAt(argument, at)
    const position = Number(textAt(required(index, scope, `${at}[0]`), `${at}[0]`))
    const list = listAt(required(items, scope, `${at}[1]`), `${at}[1]`)
    const item = Number.isInteger(position) ? list[position] : undefined
    if (item === undefined || position < 0)
      throw templateError(at, `cannot select item ${position} of a list of ${list.length}`)
    return item
  },
  'Fn::If': (argument, scope, at) => {
    const [name, yes, no] = listAt(argument, at)
    if (yes === undefined || no === undefined) throw templateError(at, 'takes a condition and two values')
    const holds = scope.condition(textAt(name, at), at)
    return resolve(holds ? yes : no, scope, `${at}[${holds ? 1 : 2}]`)
  },
  'Fn::Equals': (argument, scope, at) => {
    const [left, right] = listAt(argument, at)
    return equal(required(left, scope, `${at}[0]`), required(right, scope, `${at}[1]`))
  },
  'Fn::And': boolean((conditions) => conditions.every(Boolean), 2, 10),
  'Fn::Or': boolean((conditions) => conditions.some(Boolean), 2, 10),
  'Fn::Not': boolean(([condition]) => !condition, 1, 1),
  'Fn::FindInMap': (argument, scope, at) => {
    const [map, first, second] = listAt(argument, at).map((item, index) =>
      textAt(required(item, scope, `${at}[${index}]`), `${at}[${index}]`),
    )
    if (map === undefined || first === undefined || second === undefined)
      throw templateError(at, 'takes a mapping and two keys')
    return scope.mapping(map, first, second, at)
  },
  'Fn::Base64': (argument, scope, at) =>
    Buffer.from(textAt(required(argument, scope, at), at)).toString('base64'),
  'Fn::GetAZs': (argument, scope, at) => {
    const region = textAt(required(argument, scope, at), at) || scope.region
    return ['a', 'b', 'c'].map((zone) => region + zone)
  },
}

const splitOnce = (text: string): string[] => {
  const dot = text.indexOf('.')
  return dot < 0 ? [text] : [text.slice(0, dot), text.slice(dot + 1)]
}

/**
 * Resources that a value names, in either branch of a condition only where the condition holds.
 * @param holds whether a condition of the template holds
 */
export const referencesIn = (value: Json, holds: (condition: string) => boolean): Set<string> => {
  const found = new Set<string>()
  const walk = (node: Json): void => {
    if (!isObject(node)) {
      if (Array.isArray(node)) node.forEach(walk)
      return
    }
    const branches = node['Fn::If']
    if (Array.isArray(branches) && typeof branches[0] === 'string') {
      walk((holds(branches[0]) ? branches[1] : branches[2]) ?? null)
      return
    }
    const { Ref: ref, 'Fn::GetAtt': getAtt, 'Fn::Sub': sub } = node
    if (typeof ref === 'string') found.add(ref)
    if (typeof getAtt === 'string') found.add(splitOnce(getAtt)[0] ?? '')
    if (Array.isArray(getAtt) && typeof getAtt[0] === 'string') found.add(getAtt[0])
    const template = Array.isArray(sub) ? sub[0] : sub
    if (typeof template === 'string')
      for (const [, name = ''] of template.matchAll(/\$\{([^!}][^}]*)\}/g))
        found.add(splitOnce(name.trim())[0] ?? '')
    Object.values(node).forEach(walk)
  }
  walk(value)
  return found
}
