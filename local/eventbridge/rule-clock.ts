import { randomUUID } from 'node:crypto'
import type { Parts } from '../contracts.ts'
import type { Envelope } from '../gateway/wires.ts'
import { nextRun, parseRuleSchedule } from '../scheduler/expression.ts'
import type { Rule, Rules } from './rules.ts'

const LONGEST_TIMER = 2 ** 31 - 1
/** until an event that the disk did not take is fired again */
const UNWRITABLE_MS = 1_000

/** When a rule with a schedule is due after `now`; undefined: it has none, or never again. */
const dueAfter = (rule: Rule, now: number): number | undefined => {
  const timing = rule.schedule === undefined ? undefined : parseRuleSchedule(rule.schedule)
  if (!timing || rule.state === 'DISABLED') return undefined
  // a rate begins one period after the rule was made; what was due while no cloud ran is not made up for
  const createdAt = rule.createdAt ?? now
  const lastRun = Math.max(now, createdAt)
  return nextRun({ timing, createdAt, lastRun })
}

const eventOf = (rule: Rule, due: number): Envelope => ({
  version: '0',
  id: randomUUID(),
  'detail-type': 'Scheduled Event',
  source: 'aws.events',
  account: rule.account,
  time: `${new Date(due).toISOString().slice(0, 19)}Z`,
  region: rule.region,
  resources: [rule.arn],
  detail: {},
})

/**
 * Fires rules that have a schedule: EventBridge user guide, "Creating a rule that runs on a schedule".
 * @param fire puts the event on the rule's bus, for this rule whatever its pattern
 */
export const startRuleClock = (
  { now, log }: Pick<Parts, 'now' | 'log'>,
  rules: Rules,
  fire: (rule: Rule, envelope: Envelope) => void,
): { stop(): void } => {
  const timers = new Map<string, NodeJS.Timeout>()
  const arm = (arn: string, rule: Rule | undefined): void => {
    clearTimeout(timers.get(arn))
    timers.delete(arn)
    const due = rule && dueAfter(rule, now())
    if (!rule || due === undefined) return
    const wake = () => {
      const current = rules.get(rule, rule.name)
      try {
        if (current && due <= now()) fire(current, eventOf(current, due))
      } catch (error) {
        log('events', 'a rule could not fire and is tried again', { arn, error: String(error) })
        timers.set(arn, setTimeout(wake, UNWRITABLE_MS).unref())
        return
      }
      arm(arn, current)
    }
    timers.set(arn, setTimeout(wake, Math.min(Math.max(due - now(), 0), LONGEST_TIMER)).unref())
  }
  for (const rule of rules.all()) arm(rule.arn, rule)
  rules.onChange(arm)
  return {
    stop: () => {
      rules.onChange(() => {})
      for (const timer of timers.values()) clearTimeout(timer)
    },
  }
}
