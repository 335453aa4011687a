import { createHash } from 'node:crypto'
import type { Topic } from '../shared/config/types.ts'
import { roleId, topicId } from './ids.ts'
import { KEY_ID } from './keys.ts'
import { allow, document, OWN_ACCOUNT, type Statement } from './policy.ts'
import { arn, att, named, type Plan, type Resource, type Resources, ref, sub } from './resources.ts'

/**
 * Topic that the stack's alarms ring. It exists whether relay.yml names it or not; naming it there (`topics: alarms:`) is the
 * way to give it readers.
 */
export const ALARMS = 'alarms'

const NOBODY: Topic = { email: [] }

/** Topics by name: those of relay.yml, and the alarms'. */
export const topicsOf = (plan: Plan): readonly (readonly [name: string, topic: Topic])[] =>
  Object.entries({ [ALARMS]: NOBODY, ...plan.config.topics })

/**
 * SNS topics under the customer key, their policies, and the mail addresses of relay.yml (each must be confirmed by its
 * reader once).
 */
export const topics = (plan: Plan): Resources =>
  Object.fromEntries(topicsOf(plan).flatMap(([name, topic]) => topicResources(plan, name, topic)))

const topicResources = (plan: Plan, name: string, topic: Topic): [string, Resource][] => [
  [
    topicId(name),
    {
      Type: 'AWS::SNS::Topic',
      Properties: { TopicName: named(plan, name), KmsMasterKeyId: ref(KEY_ID) },
    },
  ],
  [`${topicId(name)}Policy`, topicPolicy(plan, topicId(name), name)],
  ...[...new Set(topic.email)].map((address): [string, Resource] => [
    `${topicId(name)}Email${shortHash(address)}`,
    {
      Type: 'AWS::SNS::Subscription',
      Properties: { TopicArn: ref(topicId(name)), Protocol: 'email', Endpoint: address },
    },
  ]),
]

/** Of an address, so that its subscription stays the same one whatever stands beside it in the list. */
const shortHash = (address: string): string => createHash('sha256').update(address).digest('hex').slice(0, 12)

/** A topic's policy replaces the one that SNS would make, so it repeats that the account itself may use the topic. */
const topicPolicy = (plan: Plan, id: string, name: string): Resource => ({
  Type: 'AWS::SNS::TopicPolicy',
  Properties: {
    Topics: [ref(id)],
    PolicyDocument: document([
      {
        ...allow(
          [
            'sns:GetTopicAttributes',
            'sns:ListSubscriptionsByTopic',
            'sns:Publish',
            'sns:SetTopicAttributes',
            'sns:Subscribe',
          ],
          [ref(id)],
        ),
        Sid: 'AccountUsesThroughIam',
        Principal: { AWS: sub(`arn:\${AWS::Partition}:iam::\${AWS::AccountId}:root`) },
      },
      ...(plan.config.topics[name] ? [notifyPublishes(id)] : []),
      ...(name === ALARMS ? [alarmsRing(id)] : []),
    ]),
  },
})

const notifyPublishes = (id: string): Statement => ({
  ...allow(['sns:Publish'], [ref(id)]),
  Sid: 'NotifyPublishes',
  Principal: { AWS: att(roleId('notify')) },
})

const alarmsRing = (id: string): Statement => ({
  ...allow(['sns:Publish'], [ref(id)], {
    ...OWN_ACCOUNT,
    ArnLike: { 'aws:SourceArn': arn('cloudwatch', 'alarm:*') },
  }),
  Sid: 'AlarmsRing',
  Principal: { Service: 'cloudwatch.amazonaws.com' },
})
