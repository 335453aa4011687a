import type { PolicyDocument } from '../../contracts.ts'
import { AwsError } from '../../gateway/service.ts'
import { checkIdentityPolicy } from '../documents/identity.ts'
import { invalidInput } from '../errors.ts'
import type { PageInput } from '../names.ts'
import { type Policy, parsePolicy } from '../policy.ts'

interface ContextEntry {
  readonly ContextKeyName?: string
  readonly ContextKeyValues?: readonly string[]
  readonly ContextKeyType?: string
}

/** What both simulations take. */
export interface SimulationInput extends PageInput {
  readonly PolicyInputList?: readonly string[]
  readonly PermissionsBoundaryPolicyInputList?: readonly string[]
  readonly ActionNames?: readonly string[]
  readonly ResourceArns?: readonly string[]
  readonly ResourcePolicy?: string
  readonly ResourceOwner?: string
  readonly CallerArn?: string
  readonly ContextEntries?: readonly ContextEntry[]
}

/**
 * Policies that a call brings along, known by the name of the parameter and their place in it.
 * @throws {AwsError} InvalidInputException
 */
export const readPolicies = (texts: readonly string[] = [], parameter: string): readonly Policy[] =>
  texts.map((text, index) => {
    try {
      checkIdentityPolicy(text, 'inline')
    } catch (error) {
      throw error instanceof AwsError ? invalidInput(error.message) : error
    }
    return read(text, `${parameter}.${index + 1}`)
  })

/** @throws {AwsError} InvalidInputException */
export const readResourcePolicy = (text: string): Policy => {
  try {
    return read(text, 'ResourcePolicy')
  } catch {
    throw invalidInput('Syntax errors in policy.')
  }
}

const read = (text: string, simulatorId: string): Policy =>
  parsePolicy(JSON.parse(text) as PolicyDocument, { simulatorId, text })

/** @throws {AwsError} InvalidInputException */
export const checkActions = (actions: readonly string[] = []): readonly string[] => {
  for (const action of actions) {
    if (!/^[^:*?\s]+:[^:\s]+$/.test(action))
      throw invalidInput(`Invalid Input Actions: "${action}" is not valid.`)
    if (/[*?]/.test(action))
      throw invalidInput(`Invalid Input Actions: "${action}" must not contain a wildcard.`)
  }
  return actions
}

const VALUES: readonly [type: RegExp, value: RegExp][] = [
  [/^numeric/, /^[+-]?\d+(\.\d+)?([eE][+-]?\d+)?$/],
  [/^boolean/, /^(true|false)$/i],
  [/^date/, /^\d/],
  [/^ip/, /^[0-9a-fA-F:.]+(\/\d+)?$/],
]

/**
 * The condition keys that a simulation is given.
 * @throws {AwsError} InvalidInputException for a value that is not of its type
 */
export const readContext = (entries: readonly ContextEntry[] = []): Record<string, readonly string[]> =>
  Object.fromEntries(
    entries.map(({ ContextKeyName = '', ContextKeyValues = [], ContextKeyType = 'string' }) => {
      const value = VALUES.find(([type]) => type.test(ContextKeyType))?.[1]
      const wrong = ContextKeyValues.find((text) => value && !value.test(text))
      if (wrong !== undefined)
        throw invalidInput(
          `Invalid context entry ${ContextKeyName}: ${wrong} is not of type ${ContextKeyType}.`,
        )
      if (ContextKeyValues.length > 1 && !ContextKeyType.endsWith('List'))
        throw invalidInput(`Invalid context entry ${ContextKeyName}: ${ContextKeyType} takes a single value.`)
      return [ContextKeyName, ContextKeyValues]
    }),
  )
