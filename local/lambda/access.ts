import type { Call, Permission } from '../gateway/service.ts'
import type { Functions } from './functions.ts'
import { mappingArn } from './mappings.ts'
import { functionArn, namedFunction } from './names.ts'
import { policyOf } from './permissions.ts'

interface Input {
  readonly FunctionName?: string
  readonly Qualifier?: string
  readonly UUID?: string
  readonly Resource?: string
  readonly Role?: string
}

/** Actions whose name is not the operation's: service authorization reference of Lambda. */
const ACTIONS: Readonly<Record<string, string>> = { Invoke: 'InvokeFunction' }
const OF_EVERYTHING = new Set(['ListFunctions', 'GetAccountSettings', 'ListEventSourceMappings'])

/** What IAM must allow; a function's own policy counts for what is asked of the function. */
export const permissionsOf =
  (functions: Functions) =>
  (operation: string, input: Input, call: Call): readonly Permission[] => {
    const action = `lambda:${ACTIONS[operation] ?? operation}`
    if (OF_EVERYTHING.has(operation)) return [{ action, resource: '*' }]
    if (input.Resource) return [{ action, resource: input.Resource }]
    if (/EventSourceMapping$/.test(operation)) {
      const resource = input.UUID ? mappingArn(call, input.UUID) : '*'
      const named = input.FunctionName ? namedFunction(input.FunctionName, call) : undefined
      return [
        {
          action,
          resource,
          ...(named
            ? { context: { 'lambda:FunctionArn': functionArn(named, named.name, named.qualifier) } }
            : {}),
        },
      ]
    }
    if (!input.FunctionName) return [{ action, resource: '*' }]
    const named = namedFunction(input.FunctionName, call, input.Qualifier, /^(Get|Invoke)/.test(operation))
    // versions and aliases are resources of their own where code runs
    const qualifier = operation === 'Invoke' ? named.qualifier : undefined
    const record = functions.find(functionArn(named, named.name))?.function
    const resourcePolicy = record && policyOf(record, qualifier)
    return [
      {
        action,
        resource: functionArn(named, named.name, qualifier),
        ...(resourcePolicy ? { resourcePolicy } : {}),
      },
      ...passRole(operation, input),
    ]
  }

const passRole = (operation: string, { Role }: Input): Permission[] =>
  Role && /^(CreateFunction|UpdateFunctionConfiguration)$/.test(operation)
    ? [
        {
          action: 'iam:PassRole',
          resource: Role,
          context: { 'iam:PassedToService': 'lambda.amazonaws.com' },
        },
      ]
    : []
