import type { Call, Permission } from '../gateway/service.ts'

interface Input {
  readonly TopicArn?: string
  readonly TargetArn?: string
  readonly ResourceArn?: string
  readonly Name?: string
  readonly Protocol?: string
  readonly Endpoint?: string
}

/** What IAM must allow before an SNS operation runs: Service Authorization Reference, Amazon SNS. */
export const permissionsOf = (operation: string, input: Input, call: Call): readonly Permission[] => {
  const action = `sns:${operation === 'PublishBatch' ? 'Publish' : operation}`
  const made =
    operation === 'CreateTopic' ? `arn:aws:sns:${call.region}:${call.account}:${input.Name}` : undefined
  const resource = made ?? input.TopicArn ?? input.TargetArn ?? input.ResourceArn ?? '*'
  if (operation !== 'Subscribe') return [{ action, resource }]
  const context = { 'sns:Protocol': input.Protocol ?? '', 'sns:Endpoint': input.Endpoint ?? '' }
  return [{ action, resource, context }]
}
