import type { Operation } from '../gateway/service.ts'
import { invalid, missingFunction, within } from './errors.ts'
import type { Functions } from './functions.ts'
import { functionArn, LATEST, namedFunction, type Place } from './names.ts'

/** Service quotas, defaults of an account and region: executions at once, and how many must stay for all without a share of their own. */
const ACCOUNT_LIMITS = {
  executions: 1000,
  unreserved: 100,
  totalCodeBytes: 80_530_636_800,
  zippedBytes: 52_428_800,
  unzippedBytes: 262_144_000,
} as const

/** Reserved concurrency, the account's settings, and settings of functions that have one value here. */
export const concurrencyOperations = (functions: Functions): Record<string, Operation> => {
  const unreserved = (place: Place, without?: string) =>
    functions
      .list(place)
      .filter(({ arn }) => arn !== without)
      .reduce<number>(
        (left, { reservedConcurrency = 0 }) => left - reservedConcurrency,
        ACCOUNT_LIMITS.executions,
      )
  return {
    PutFunctionConcurrency: (input, call) => {
      const named = namedFunction(input.FunctionName, call)
      if (named.qualifier !== undefined)
        throw invalid(
          'This operation is permitted on Lambda functions only. Aliases and versions do not support this operation. Please specify either a function name or an unqualified function ARN.',
        )
      const arn = functionArn(named, named.name)
      const record = functions.find(arn)?.function
      if (!record) throw missingFunction(functionArn(named, named.name, LATEST))
      const reserved = within(
        'reservedConcurrentExecutions',
        input.ReservedConcurrentExecutions,
        0,
        Number.MAX_SAFE_INTEGER,
      )
      if (unreserved(record, arn) - reserved < ACCOUNT_LIMITS.unreserved)
        throw invalid(
          `Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below its minimum value of [${ACCOUNT_LIMITS.unreserved}].`,
        )
      functions.put({ ...record, reservedConcurrency: reserved })
      return { ReservedConcurrentExecutions: reserved }
    },
    GetFunctionConcurrency: (input, call) => {
      const { reservedConcurrency } = functions.get(input.FunctionName, call)
      return reservedConcurrency === undefined ? {} : { ReservedConcurrentExecutions: reservedConcurrency }
    },
    DeleteFunctionConcurrency: (input, call) => {
      const { reservedConcurrency: _, ...record } = functions.get(input.FunctionName, call)
      functions.put(record)
      return {}
    },
    GetAccountSettings: (_input, call) => {
      const own = functions.list(call)
      return {
        AccountLimit: {
          TotalCodeSize: ACCOUNT_LIMITS.totalCodeBytes,
          CodeSizeUnzipped: ACCOUNT_LIMITS.unzippedBytes,
          CodeSizeZipped: ACCOUNT_LIMITS.zippedBytes,
          ConcurrentExecutions: ACCOUNT_LIMITS.executions,
          UnreservedConcurrentExecutions: unreserved(call),
        },
        AccountUsage: {
          TotalCodeSize: own
            .flatMap((record) => [record, ...functions.versions(record)])
            .reduce((sum, { codeSize }) => sum + codeSize, 0),
          FunctionCount: own.length,
        },
      }
    },
    GetFunctionCodeSigningConfig: (input, call) => ({
      FunctionName: functions.get(input.FunctionName, call).name,
    }),
    GetRuntimeManagementConfig: (input, call) => ({
      FunctionArn: functions.get(input.FunctionName, call).arn,
      UpdateRuntimeOn: 'Auto',
    }),
    GetFunctionRecursionConfig: (input, call) => {
      functions.get(input.FunctionName, call)
      return { RecursiveLoop: 'Terminate' }
    },
  }
}
