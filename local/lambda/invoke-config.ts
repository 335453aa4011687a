import type { DestinationConfig, FunctionEventInvokeConfig } from '@aws-sdk/client-lambda'
import type { Operation } from '../gateway/service.ts'
import { invalid, notFound, violated, violation, within } from './errors.ts'
import type { Functions } from './functions.ts'
import { functionArn, LATEST, type Named, namedFunction } from './names.ts'
import { pageOf } from './page.ts'
import { type FunctionRecord, type InvokeConfig, qualifiedOf, withQualified } from './records.ts'

interface Input {
  readonly FunctionName?: string
  readonly Qualifier?: string
  readonly MaximumRetryAttempts?: number
  readonly MaximumEventAgeInSeconds?: number
  readonly DestinationConfig?: DestinationConfig
}

const ARN_PATTERN =
  '^$|arn:(aws[a-zA-Z0-9-]*):([a-zA-Z0-9\\-])+:([a-z]{2}((-gov)|(-iso(b?)))?-[a-z]+-\\d{1})?:(\\d{12})?:(.*)'
const ARN = /^$|^arn:aws[a-zA-Z0-9-]*:[a-zA-Z0-9-]+:(?:[a-z]{2}(?:-gov|-isob?)?-[a-z]+-\d)?:(?:\d{12})?:.*$/

/** Settings of asynchronous invocation, for a function, a version or an alias: API reference, PutFunctionEventInvokeConfig. */
export const invokeConfigOperations = (
  functions: Functions,
  now: () => number,
): Record<string, Operation> => {
  const named = (input: Input, call: Parameters<Operation>[1]) =>
    namedFunction(input.FunctionName, call, input.Qualifier)
  const existing = (of: Named): FunctionRecord => {
    const target = functions.find(functionArn(of, of.name, of.qualifier))
    if (target) return target.function
    throw notFound("The function doesn't exist.")
  }
  const configured = (of: Named): { record: FunctionRecord; config: InvokeConfig } => {
    const record = functions.find(functionArn(of, of.name))?.function
    const config = record && qualifiedOf(record, of.qualifier).invokeConfig
    if (record && config) return { record, config }
    throw notFound(
      `The function ${functionArn(of, of.name, of.qualifier ?? LATEST)} doesn't have an EventInvokeConfig`,
    )
  }
  const save = (of: Named, record: FunctionRecord, config: InvokeConfig) => {
    functions.put(withQualified(record, of.qualifier, { invokeConfig: config }))
    return describe(record, of.qualifier, config)
  }
  const settings = (input: Input, record: FunctionRecord) => ({
    ...(input.MaximumRetryAttempts === undefined ? {} : { maximumRetryAttempts: input.MaximumRetryAttempts }),
    ...(input.MaximumEventAgeInSeconds === undefined
      ? {}
      : { maximumEventAgeInSeconds: input.MaximumEventAgeInSeconds }),
    ...(input.DestinationConfig
      ? { destinationConfig: checkedDestinations(input.DestinationConfig, record, functions) }
      : {}),
    lastModified: now(),
  })

  return {
    PutFunctionEventInvokeConfig: (input: Input, call) => {
      checkSettings(input)
      const of = named(input, call)
      const record = existing(of)
      return save(of, record, settings(input, record))
    },
    UpdateFunctionEventInvokeConfig: (input: Input, call) => {
      checkSettings(input)
      const of = named(input, call)
      existing(of)
      const { record, config } = configured(of)
      return save(of, record, { ...config, ...settings(input, record) })
    },
    GetFunctionEventInvokeConfig: (input: Input, call) => {
      const of = named(input, call)
      const { record, config } = configured(of)
      return describe(record, of.qualifier, config)
    },
    DeleteFunctionEventInvokeConfig: (input: Input, call) => {
      const of = named(input, call)
      const { record } = configured(of)
      functions.put(withQualified(record, of.qualifier, { invokeConfig: undefined }))
      return {}
    },
    ListFunctionEventInvokeConfigs: (input, call) => {
      const record = existing(named({ FunctionName: input.FunctionName }, call))
      const qualifiers = [LATEST, ...Object.keys(record.qualified ?? {})]
      const shown = qualifiers.flatMap((qualifier) => {
        const config = qualifiedOf(record, qualifier).invokeConfig
        return config ? [describe(record, qualifier, config)] : []
      })
      return pageOf('FunctionEventInvokeConfigs', shown, ({ FunctionArn = '' }) => FunctionArn, input)
    },
  }
}

const describe = (
  record: FunctionRecord,
  qualifier: string | undefined,
  config: InvokeConfig,
): FunctionEventInvokeConfig => ({
  LastModified: new Date(config.lastModified),
  FunctionArn: functionArn(record, record.name, qualifier ?? LATEST),
  ...(config.maximumRetryAttempts === undefined ? {} : { MaximumRetryAttempts: config.maximumRetryAttempts }),
  ...(config.maximumEventAgeInSeconds === undefined
    ? {}
    : { MaximumEventAgeInSeconds: config.maximumEventAgeInSeconds }),
  DestinationConfig: { OnSuccess: {}, OnFailure: {}, ...config.destinationConfig },
})

const checkSettings = (input: Input): void => {
  const { MaximumRetryAttempts: retries, MaximumEventAgeInSeconds: age, DestinationConfig: to } = input
  if (retries === undefined && age === undefined && to === undefined)
    throw invalid('You must specify at least one of error handling or destination setting.')
  if (retries !== undefined) within('maximumRetryAttempts', retries, 0, 2)
  if (age !== undefined) within('maximumEventAgeInSeconds', age, 60, 21_600)
}

const checkedDestinations = (
  config: DestinationConfig,
  record: FunctionRecord,
  functions: Functions,
): DestinationConfig => {
  const success = config.OnSuccess?.Destination
  const failure = config.OnFailure?.Destination
  const allowed = [
    fits(failure, 'onFailure', record, functions),
    fits(success, 'onSuccess', record, functions),
  ].every(Boolean)
  if (!allowed)
    throw invalid(
      `The provided destination config DestinationConfig(onSuccess=${success ? `OnSuccess(destination=${success})` : 'null'}, onFailure=${failure ? `OnFailure(destination=${failure})` : 'null'}) is invalid.`,
    )
  return {
    ...(success ? { OnSuccess: { Destination: success } } : {}),
    ...(failure ? { OnFailure: { Destination: failure } } : {}),
  }
}

/** @returns false for a service that takes no records */
const fits = (
  arn: string | undefined,
  side: 'onFailure' | 'onSuccess',
  record: FunctionRecord,
  functions: Functions,
): boolean => {
  if (!arn) return true
  if (!ARN.test(arn))
    throw violated(
      violation(
        arn,
        `destinationConfig.${side}.destination`,
        `Member must satisfy regular expression pattern: ${ARN_PATTERN}`,
      ),
    )
  const service = arn.split(':')[2]
  if (service === 'lambda') {
    const target = functions.find(arn)
    if (!target) throw invalid(`The destination ARN ${arn} is invalid.`)
    if (target.function.arn === record.arn)
      throw invalid("You can't specify the function as a destination for itself.")
    return true
  }
  return service === 'sqs' || service === 'sns' || service === 'events'
}
