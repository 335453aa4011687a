import { zipSync } from 'fflate'
import { type Context, type Handler, type Handlers, unless } from '../handler.ts'
import { defined, flag, needText, number, object, tagMap, text, texts } from '../properties.ts'
import type { JsonObject } from '../values.ts'

const MISSING = ['ResourceNotFound']

const codeOf = async (properties: JsonObject, context: Context): Promise<Uint8Array> => {
  const code = object(properties, 'Code') ?? {}
  const inline = text(code, 'ZipFile')
  // Inline code is one CommonJS file: template reference, AWS::Lambda::Function Code.
  if (inline !== undefined) return zipSync({ 'index.js': new TextEncoder().encode(inline) })
  return context.artifact(needText(code, 'S3Key'))
}

const configurationOf = (FunctionName: string, properties: JsonObject) =>
  defined({
    FunctionName,
    Role: needText(properties, 'Role'),
    Handler: text(properties, 'Handler'),
    Runtime: text(properties, 'Runtime'),
    Description: text(properties, 'Description') ?? '',
    Timeout: number(properties, 'Timeout') ?? 3,
    MemorySize: number(properties, 'MemorySize') ?? 128,
    Environment: { Variables: stringsOf(object(properties, 'Environment')) },
    DeadLetterConfig: { TargetArn: text(object(properties, 'DeadLetterConfig') ?? {}, 'TargetArn') ?? '' },
    LoggingConfig: object(properties, 'LoggingConfig'),
    Layers: properties.Layers,
  })

const stringsOf = (environment: JsonObject | undefined): Record<string, string> => {
  const variables = object(environment ?? {}, 'Variables') ?? {}
  return Object.fromEntries(Object.keys(variables).map((name) => [name, text(variables, name) ?? '']))
}

const lambdaFunction: Handler = {
  apply: async ({ logicalId, properties, former }, context) => {
    const FunctionName = text(properties, 'FunctionName') ?? context.generatedName(logicalId, 64)
    const configuration = configurationOf(FunctionName, properties)
    const ZipFile = await codeOf(properties, context)
    const known = await unless(MISSING, context.call('lambda', 'GetFunctionConfiguration', { FunctionName }))
    if (known) {
      await context.call('lambda', 'UpdateFunctionCode', { FunctionName, ZipFile })
      await context.call('lambda', 'UpdateFunctionConfiguration', configuration)
    } else
      await context.call(
        'lambda',
        'CreateFunction',
        defined({
          ...configuration,
          Code: { ZipFile },
          Architectures: properties.Architectures,
          PackageType: text(properties, 'PackageType'),
          Tags: tagMap(properties),
        }),
      )
    const reserved = number(properties, 'ReservedConcurrentExecutions')
    if (reserved !== undefined)
      await context.call('lambda', 'PutFunctionConcurrency', {
        FunctionName,
        ReservedConcurrentExecutions: reserved,
      })
    else if (former?.properties.ReservedConcurrentExecutions !== undefined)
      await context.call('lambda', 'DeleteFunctionConcurrency', { FunctionName })
    return {
      physicalId: FunctionName,
      attributes: { Arn: context.arn('lambda', `function:${FunctionName}`) },
    }
  },
  remove: async ({ physicalId }, context) => {
    await unless(MISSING, context.call('lambda', 'DeleteFunction', { FunctionName: physicalId }))
  },
}

const mapping: Handler = {
  apply: async ({ properties, former }, context) => {
    const EventSourceArn = needText(properties, 'EventSourceArn')
    const FunctionName = needText(properties, 'FunctionName')
    const settings = defined({
      FunctionName,
      BatchSize: number(properties, 'BatchSize') ?? 10,
      MaximumBatchingWindowInSeconds: number(properties, 'MaximumBatchingWindowInSeconds') ?? 0,
      Enabled: flag(properties, 'Enabled') ?? true,
      FunctionResponseTypes: texts(properties, 'FunctionResponseTypes'),
      ScalingConfig: defined({
        MaximumConcurrency: number(object(properties, 'ScalingConfig') ?? {}, 'MaximumConcurrency'),
      }),
      FilterCriteria: properties.FilterCriteria,
    })
    const own =
      former &&
      former.properties.EventSourceArn === EventSourceArn &&
      (await unless(MISSING, context.call('lambda', 'GetEventSourceMapping', { UUID: former.physicalId })))
    const list = own
      ? { EventSourceMappings: [own] }
      : await context.call('lambda', 'ListEventSourceMappings', { FunctionName, EventSourceArn })
    const [known] = list.EventSourceMappings as { UUID: string }[]
    const { UUID } = known
      ? await context.call('lambda', 'UpdateEventSourceMapping', { ...settings, UUID: known.UUID })
      : await context.call('lambda', 'CreateEventSourceMapping', { ...settings, EventSourceArn })
    return { physicalId: UUID, attributes: { Id: UUID } }
  },
  remove: async ({ physicalId }, context) => {
    await unless(MISSING, context.call('lambda', 'DeleteEventSourceMapping', { UUID: physicalId }))
  },
}

const permission: Handler = {
  apply: async ({ logicalId, properties, former }, context) => {
    const StatementId = context.generatedName(logicalId, 100)
    const FunctionName = needText(properties, 'FunctionName')
    const before = former ? text(former.properties, 'FunctionName') : undefined
    for (const name of new Set([FunctionName, before ?? FunctionName]))
      await unless(MISSING, context.call('lambda', 'RemovePermission', { FunctionName: name, StatementId }))
    await context.call(
      'lambda',
      'AddPermission',
      defined({
        FunctionName,
        StatementId,
        Action: needText(properties, 'Action'),
        Principal: needText(properties, 'Principal'),
        SourceArn: text(properties, 'SourceArn'),
        SourceAccount: text(properties, 'SourceAccount'),
        EventSourceToken: text(properties, 'EventSourceToken'),
        PrincipalOrgID: text(properties, 'PrincipalOrgID'),
        FunctionUrlAuthType: text(properties, 'FunctionUrlAuthType'),
      }),
    )
    return { physicalId: StatementId, attributes: { Id: StatementId } }
  },
  remove: async ({ physicalId, properties }, context) => {
    const FunctionName = needText(properties, 'FunctionName')
    await unless(
      MISSING,
      context.call('lambda', 'RemovePermission', { FunctionName, StatementId: physicalId }),
    )
  },
}

const invokeConfig: Handler = {
  apply: async ({ logicalId, properties }, context) => {
    await context.call(
      'lambda',
      'PutFunctionEventInvokeConfig',
      defined({
        FunctionName: needText(properties, 'FunctionName'),
        Qualifier: text(properties, 'Qualifier'),
        MaximumRetryAttempts: number(properties, 'MaximumRetryAttempts'),
        MaximumEventAgeInSeconds: number(properties, 'MaximumEventAgeInSeconds'),
        DestinationConfig: object(properties, 'DestinationConfig'),
      }),
    )
    return { physicalId: context.generatedName(logicalId, 128), attributes: {} }
  },
  remove: async ({ properties }, context) => {
    const FunctionName = needText(properties, 'FunctionName')
    await unless(MISSING, context.call('lambda', 'DeleteFunctionEventInvokeConfig', { FunctionName }))
  },
}

const version: Handler = {
  apply: async ({ properties }, context) => {
    const { FunctionArn, Version } = await context.call(
      'lambda',
      'PublishVersion',
      defined({
        FunctionName: needText(properties, 'FunctionName'),
        Description: text(properties, 'Description'),
      }),
    )
    return { physicalId: FunctionArn, attributes: { FunctionArn, Version } }
  },
}

const alias: Handler = {
  apply: async ({ properties }, context) => {
    const settings = defined({
      FunctionName: needText(properties, 'FunctionName'),
      Name: needText(properties, 'Name'),
      FunctionVersion: needText(properties, 'FunctionVersion'),
      Description: text(properties, 'Description') ?? '',
    })
    const changed = await unless(MISSING, context.call('lambda', 'UpdateAlias', settings))
    const { AliasArn } = changed ?? (await context.call('lambda', 'CreateAlias', settings))
    return { physicalId: AliasArn, attributes: { AliasArn } }
  },
  remove: async ({ properties }, context) => {
    const { FunctionName, Name } = properties
    await unless(MISSING, context.call('lambda', 'DeleteAlias', { FunctionName, Name }))
  },
}

export const lambdaHandlers: Handlers = {
  'AWS::Lambda::Function': lambdaFunction,
  'AWS::Lambda::EventSourceMapping': mapping,
  'AWS::Lambda::Permission': permission,
  'AWS::Lambda::EventInvokeConfig': invokeConfig,
  'AWS::Lambda::Version': version,
  'AWS::Lambda::Alias': alias,
}
