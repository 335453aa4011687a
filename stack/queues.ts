import { CONSUMERS, type Consumer, FUNCTIONS, MAX_RECEIVES } from './consumers.ts'
import { deadLettersId, queueId, SCHEDULE_ROLE_ID, UNDELIVERED_ID } from './ids.ts'
import { KEY_ID } from './keys.ts'
import { allow, document } from './policy.ts'
import { arn, att, named, type Plan, type Resource, type Resources, ref, type Value } from './resources.ts'
import { RULES, ruleArn } from './rules.ts'

/** 14 days, the most that SQS keeps a message: a dead letter must survive a long weekend and a holiday. */
const KEEP_DEAD_LETTERS = 1_209_600

/** Every queue that only failures enter. */
export const DEAD_LETTER_IDS = [...CONSUMERS.map(deadLettersId), deadLettersId('trigger'), UNDELIVERED_ID]

/**
 * For each consumer a queue, its dead-letter queue and the queue's policy, under the customer key; besides them the dead letters of
 * the `trigger` function and of the rules, under SQS's own.
 *
 * The policies do not deny plain http: SQS's public endpoints refuse it anyway, and the laptop's cloud listens on loopback
 * without TLS under these very policies.
 */
export const queues = (plan: Plan): Resources => ({
  ...Object.assign({}, ...CONSUMERS.map((consumer) => consumerQueues(plan, consumer))),
  [deadLettersId('trigger')]: deadLetters(named(plan, 'trigger-dead-letters'), OWN_KEY),
  [UNDELIVERED_ID]: deadLetters(named(plan, 'undelivered'), OWN_KEY),
  [`${UNDELIVERED_ID}Policy`]: queuePolicy(UNDELIVERED_ID, [
    {
      ...fromRules(
        UNDELIVERED_ID,
        RULES.map((rule) => rule.id),
      ),
      Sid: 'RulesLeaveWhatTheyCouldNotDeliver',
    },
  ]),
})

const consumerQueues = (plan: Plan, consumer: Consumer): Resources => {
  const id = queueId(consumer)
  return {
    [id]: {
      Type: 'AWS::SQS::Queue',
      Properties: {
        QueueName: named(plan, consumer),
        // six times the function's timeout (Lambda developer guide, "Configuring a queue to use with Lambda")
        VisibilityTimeout: FUNCTIONS[consumer].timeout * 6,
        RedrivePolicy: { deadLetterTargetArn: att(deadLettersId(consumer)), maxReceiveCount: MAX_RECEIVES },
        ...CUSTOMER_KEY,
      },
    },
    [deadLettersId(consumer)]: deadLetters(named(plan, `${consumer}-dead-letters`), {
      // SQS moves a message as it lies there, and asks for no key
      ...CUSTOMER_KEY,
      RedriveAllowPolicy: {
        redrivePermission: 'byQueue',
        // by name: by reference the two queues would wait for one another
        sourceQueueArns: [arn('sqs', named(plan, consumer))],
      },
    }),
    [`${id}Policy`]: queuePolicy(id, senders(consumer)),
  }
}

const CUSTOMER_KEY = { KmsMasterKeyId: ref(KEY_ID) }

/**
 * For what somebody must still be able to send when the customer key is disabled, or its policy is wrong: EventBridge and Lambda drop
 * a dead letter that its queue refuses (docs/decisions/0024).
 */
const OWN_KEY = { SqsManagedSseEnabled: true }

const deadLetters = (name: string, more: { readonly [key: string]: Value }): Resource => ({
  Type: 'AWS::SQS::Queue',
  Properties: { QueueName: name, MessageRetentionPeriod: KEEP_DEAD_LETTERS, ...more },
})

/** Who outside our own functions puts messages into a consumer's queue. */
const senders = (consumer: Consumer): Parameters<typeof document>[0] => {
  if (consumer === 'sweep') {
    return [scheduleSends(consumer)]
  }
  const ids = RULES.filter((rule) => rule.consumer === consumer).map((rule) => rule.id)
  const rules = { ...fromRules(queueId(consumer), ids), Sid: 'RulesSend' }
  return consumer === 'scan' ? [rules, scheduleSends(consumer)] : [rules]
}

const scheduleSends = (consumer: Consumer) => ({
  ...allow(['sqs:SendMessage'], [att(queueId(consumer))]),
  Sid: 'ScheduleSends',
  Principal: { AWS: att(SCHEDULE_ROLE_ID) },
})

const fromRules = (queue: string, rules: readonly string[]) => ({
  ...allow(['sqs:SendMessage'], [att(queue)], { ArnEquals: { 'aws:SourceArn': rules.map(ruleArn) } }),
  Principal: { Service: 'events.amazonaws.com' },
})

const queuePolicy = (queue: string, statements: Parameters<typeof document>[0]): Resource => ({
  Type: 'AWS::SQS::QueuePolicy',
  Properties: { Queues: [ref(queue)], PolicyDocument: document(statements) },
})
