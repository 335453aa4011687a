import { compilePattern } from '../eventbridge/pattern.ts'
import { AwsError } from '../gateway/service.ts'
import { invalidParameter } from './errors.ts'
import type { Published, Subscription } from './types.ts'

/** SNS developer guide, "Filter policy constraints". */
const MAX_KEYS = 5
const MAX_COMBINATIONS = 150

export type Filter = (published: Published) => boolean

/**
 * Compiles a subscription's filter. SNS and EventBridge share the language of patterns; here a policy looks at the message's
 * attributes, or at its body read as JSON (scope `MessageBody`).
 * @throws AwsError InvalidParameter
 */
export const compileFilter = (attributes: Subscription['attributes']): Filter => {
  const text = attributes.FilterPolicy
  const scope = attributes.FilterPolicyScope ?? 'MessageAttributes'
  if (scope !== 'MessageAttributes' && scope !== 'MessageBody')
    throw invalidParameter(
      `FilterPolicyScope: Invalid value [${scope}]. Please use either MessageBody or MessageAttributes`,
    )
  if (!text || text.replace(/\s/g, '') === '{}') return () => true
  const matches = compile(text)
  checkSize(JSON.parse(text) as object, scope)
  return scope === 'MessageBody'
    ? ({ message }) => matches(readBody(message))
    : (published) => matches(readAttributes(published))
}

const compile = (text: string) => {
  try {
    return compilePattern(text)
  } catch (error) {
    if (!(error instanceof AwsError)) throw error
    throw invalidParameter(`FilterPolicy: ${error.message.replace(/^.*Reason: /, '')}`)
  }
}

/** Numbers of values of each key, through nested objects and the sides of `$or`. */
const keySizes = (policy: object, scope: string): number[] =>
  Object.entries(policy).flatMap(([name, value]: [string, object]): number[] => {
    if (name === '$or') return (value as object[]).flatMap((side) => keySizes(side, scope))
    if (Array.isArray(value)) return [value.length]
    if (scope === 'MessageBody') return keySizes(value, scope)
    throw invalidParameter(
      'FilterPolicy: Filter policy scope MessageAttributes does not support nested filter policy',
    )
  })

const checkSize = (policy: object, scope: string): void => {
  const sizes = keySizes(policy, scope)
  if (sizes.length > MAX_KEYS)
    throw invalidParameter(`FilterPolicy: Filter policy can not have more than ${MAX_KEYS} keys`)
  if (sizes.reduce((product, size) => product * size, 1) > MAX_COMBINATIONS)
    throw invalidParameter('FilterPolicy: Filter policy is too complex')
}

/** A body that is no JSON matches no policy on the body. */
const readBody = (message: string): unknown => {
  try {
    return JSON.parse(message)
  } catch {
    return undefined
  }
}

const readAttributes = ({ attributes }: Published): object =>
  Object.fromEntries(
    Object.entries(attributes).flatMap(([name, { type, value }]): [string, unknown][] => {
      if (type.startsWith('Binary')) return []
      if (type.startsWith('Number')) return [[name, Number(value)]]
      return [[name, type === 'String.Array' ? JSON.parse(value) : value]]
    }),
  )
