import type { AddPermissionCommandInput } from '@aws-sdk/client-sns'
import type { Iam, PolicyDocument } from '../contracts.ts'
import type { Sender } from '../gateway/wires.ts'
import { invalidParameter } from './errors.ts'
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

/** The policy that counts for a topic, set or from the beginning. */
export const policyOf = (topic: Topic): PolicyDocument =>
  JSON.parse(topic.attributes.Policy ?? defaultPolicy(topic)) as PolicyDocument

/** What a topic's policy can give away: SNS API Reference, AddPermission. */
const ACTIONS: readonly string[] = [
  'GetTopicAttributes',
  'SetTopicAttributes',
  'AddPermission',
  'RemovePermission',
  'DeleteTopic',
  'Subscribe',
  'ListSubscriptionsByTopic',
  'Publish',
  'Receive',
]

const statementsOf = (topic: Topic): readonly { readonly Sid?: string }[] => {
  const { Statement: given } = policyOf(topic)
  return (Array.isArray(given) ? given : [given]) as readonly { readonly Sid?: string }[]
}

const withStatements = (topic: Topic, statements: readonly object[]): string =>
  JSON.stringify({ ...policyOf(topic), Statement: statements })

const oneOrMany = (values: readonly string[]) => (values.length === 1 ? values[0] : values)

/**
 * The topic's policy with one statement more.
 * @throws AwsError InvalidParameter
 */
export const addPermission = (topic: Topic, input: AddPermissionCommandInput): string => {
  const { Label: label = '', AWSAccountId: accounts = [], ActionName: actions = [] } = input
  if (label === '') throw invalidParameter('Label')
  if (accounts.length === 0 || accounts.some((account) => !/^\d{12}$/.test(account)))
    throw invalidParameter('AWSAccountId')
  if (actions.length === 0 || actions.some((action) => !ACTIONS.includes(action)))
    throw invalidParameter('Policy statement action out of service scope!')
  const statements = statementsOf(topic)
  if (statements.some(({ Sid }) => Sid === label)) throw invalidParameter('Statement already exists')
  const statement = {
    Sid: label,
    Effect: 'Allow',
    Principal: { AWS: oneOrMany(accounts.map((account) => `arn:aws:iam::${account}:root`)) },
    Action: oneOrMany(actions.map((action) => `SNS:${action}`)),
    Resource: topic.arn,
  }
  return withStatements(topic, [...statements, statement])
}

/** The topic's policy without a statement; one that is not there is no error. */
export const removePermission = (topic: Topic, label: string | undefined): string =>
  withStatements(
    topic,
    statementsOf(topic).filter(({ Sid }) => Sid !== label),
  )
