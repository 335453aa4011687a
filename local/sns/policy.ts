import type { Iam, PolicyDocument } from '../contracts.ts'
import type { Sender } from '../gateway/wires.ts'
import type { Topic } from './types.ts'

/** Every new topic's policy, for its owner alone: SNS developer guide, "Example cases for Amazon SNS access control". */
export const defaultPolicy = ({ arn, account }: Topic): string =>
  JSON.stringify({
    Version: '2008-10-17',
    Id: '__default_policy_ID',
    Statement: [
      {
        Sid: '__default_statement_ID',
        Effect: 'Allow',
        Principal: { AWS: '*' },
        Action: [
          'SNS:GetTopicAttributes',
          'SNS:SetTopicAttributes',
          'SNS:AddPermission',
          'SNS:RemovePermission',
          'SNS:DeleteTopic',
          'SNS:Subscribe',
          'SNS:ListSubscriptionsByTopic',
          'SNS:Publish',
        ],
        Resource: arn,
        Condition: { StringEquals: { 'AWS:SourceOwner': account } },
      },
    ],
  })

/**
 * Lets a service publish, or not. CodeCommit's triggers reach a topic of the repository's account with the default policy
 * (CodeCommit user guide, "Create a trigger for an Amazon SNS topic"): it sends as the account, aws:SourceOwner. EventBridge does not.
 * @throws AwsError AccessDeniedException
 */
export const authorizePublish = (iam: Pick<Iam, 'authorizeSender'>, topic: Topic, sender: Sender): void => {
  const text = topic.attributes.Policy
  const asOwner = sender.service === 'codecommit.amazonaws.com' && sender.sourceAccount === topic.account
  if (!text && asOwner) return
  const policy = text ? (JSON.parse(text) as PolicyDocument) : undefined
  iam.authorizeSender(policy, sender, { action: 'sns:Publish', resource: topic.arn })
}
