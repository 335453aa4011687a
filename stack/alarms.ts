import { CONSUMERS, FUNCTIONS } from './consumers.ts'
import { queueId, topicId } from './ids.ts'
import { DEAD_LETTER_IDS } from './queues.ts'
import { att, named, type Plan, type Resource, type Resources, ref } from './resources.ts'
import { ALARMS } from './topics.ts'

/**
 * For every dead-letter queue: one message is enough to ring. For every queue: the oldest message has waited too long, so its
 * function is down or overrun. Both ring the alarms topic, and say there what to read.
 */
export const alarms = (plan: Plan): Resources => ({
  ...Object.fromEntries(DEAD_LETTER_IDS.map((id) => [`${id}Alarm`, depth(plan, id)])),
  ...Object.fromEntries(
    CONSUMERS.map((consumer) => [
      `${queueId(consumer)}Alarm`,
      age(plan, queueId(consumer), consumer, oldAfter(plan, FUNCTIONS[consumer].queue.oldAfter, consumer)),
    ]),
  ),
})

/** A sweep's message may wait for the sweep before it, so it is late only after two rounds. */
const oldAfter = (plan: Plan, seconds: number, consumer: string): number =>
  consumer === 'sweep' ? Math.max(seconds, plan.config.sweep.everyMinutes * 120) : seconds

const depth = (plan: Plan, id: string): Resource =>
  alarm({
    name: named(plan, `${id}-not-empty`),
    description: `Something failed for good and lies in ${id}. docs/operate.md, "Dead letters".`,
    metric: 'ApproximateNumberOfMessagesVisible',
    queue: id,
    threshold: 1,
    periods: 1,
  })

const age = (plan: Plan, id: string, consumer: string, seconds: number): Resource =>
  alarm({
    name: named(plan, `${consumer}-late`),
    description: `Messages for ${consumer} have waited for more than ${seconds} seconds. docs/operate.md, "Late queues".`,
    metric: 'ApproximateAgeOfOldestMessage',
    queue: id,
    threshold: seconds,
    periods: 3,
  })

const alarm = (options: {
  readonly name: string
  readonly description: string
  readonly metric: string
  readonly queue: string
  readonly threshold: number
  readonly periods: number
}): Resource => ({
  Type: 'AWS::CloudWatch::Alarm',
  Properties: {
    AlarmName: options.name,
    AlarmDescription: options.description,
    Namespace: 'AWS/SQS',
    MetricName: options.metric,
    Dimensions: [{ Name: 'QueueName', Value: att(options.queue, 'QueueName') }],
    Statistic: 'Maximum',
    Period: 60,
    EvaluationPeriods: options.periods,
    Threshold: options.threshold,
    ComparisonOperator: 'GreaterThanOrEqualToThreshold',
    // SQS reports nothing for a queue that has been empty and unused for hours
    TreatMissingData: 'notBreaching',
    AlarmActions: [ref(topicId(ALARMS))],
    OKActions: [ref(topicId(ALARMS))],
  },
})
