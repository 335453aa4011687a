import { type Handler, type Handlers, unless } from '../handler.ts'
import { number, tagMap, text } from '../properties.ts'

const group: Handler = {
  apply: async ({ logicalId, properties }, context) => {
    const logGroupName = text(properties, 'LogGroupName') ?? context.generatedName(logicalId, 512)
    // a function may have written to it before the stack did
    await unless(
      ['ResourceAlreadyExists'],
      context.call('logs', 'CreateLogGroup', { logGroupName, tags: tagMap(properties) }),
    )
    const retentionInDays = number(properties, 'RetentionInDays')
    await (retentionInDays === undefined
      ? context.call('logs', 'DeleteRetentionPolicy', { logGroupName })
      : context.call('logs', 'PutRetentionPolicy', { logGroupName, retentionInDays }))
    return {
      physicalId: logGroupName,
      attributes: { Arn: context.arn('logs', `log-group:${logGroupName}:*`) },
    }
  },
  remove: async ({ physicalId }, context) => {
    await unless(['ResourceNotFound'], context.call('logs', 'DeleteLogGroup', { logGroupName: physicalId }))
  },
}

export const logsHandlers: Handlers = { 'AWS::Logs::LogGroup': group }
