import type { Call, Permission, PolicyDocument } from '../gateway/service.ts'
import { accountOf } from './arn.ts'
import { policyOf } from './policy.ts'
import type { Topics } from './topics.ts'

interface Input {
  readonly TopicArn?: string
  readonly TargetArn?: string
  readonly ResourceArn?: string
  readonly Name?: string
  readonly Protocol?: string
  readonly Endpoint?: string
  readonly Tags?: readonly unknown[]
}

const NOBODY: PolicyDocument = { Statement: [] }

/** What IAM must allow before an SNS operation runs: Service Authorization Reference, Amazon SNS; and what the topic's policy says to it. */
export const permissionsOf =
  (topics: Topics) =>
  (operation: string, input: Input, call: Call): readonly Permission[] => {
    // who holds the token that SNS sent may confirm, whoever it is
    if (operation === 'ConfirmSubscription') return []
    const action = `sns:${operation === 'PublishBatch' ? 'Publish' : operation}`
    if (operation === 'CreateTopic') {
      const resource = `arn:aws:sns:${call.region}:${call.account}:${input.Name}`
      const tagged = (input.Tags?.length ?? 0) > 0
      return [{ action, resource }, ...(tagged ? [{ action: 'sns:TagResource', resource }] : [])]
    }
    const resource = input.TopicArn ?? input.TargetArn ?? input.ResourceArn ?? '*'
    const policy = policyFor(topics, resource, call)
    const permission = { action, resource, ...(policy ? { resourcePolicy: policy } : {}) }
    if (operation !== 'Subscribe') return [permission]
    const context = { 'sns:Protocol': input.Protocol ?? '', 'sns:Endpoint': input.Endpoint ?? '' }
    return [{ ...permission, context }]
  }

/** Another account's topic that is not there lets nobody in. */
const policyFor = (topics: Topics, arn: string, call: Call): PolicyDocument | undefined => {
  const topic = topics.get(arn)
  if (topic) return policyOf(topic)
  const owner = accountOf(arn)
  return /^\d{12}$/.test(owner) && owner !== call.account ? NOBODY : undefined
}
