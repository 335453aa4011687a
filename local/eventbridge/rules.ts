import type { Target } from '@aws-sdk/client-eventbridge'
import type { Parts } from '../contracts.ts'
import type { Fields } from './fields.ts'
import { compileForFields, type FieldMatcher } from './pattern.ts'
import type { Place } from './places.ts'

export type RuleState = 'ENABLED' | 'DISABLED' | 'ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS'

/** A rule as the store keeps it, with its targets. */
export interface Rule extends Place {
  readonly name: string
  readonly arn: string
  readonly pattern?: string
  /** `rate(...)` or `cron(...)` */
  readonly schedule?: string
  readonly state: RuleState
  readonly description?: string
  readonly roleArn?: string
  /** the AWS service that alone may change it */
  readonly managedBy?: string
  /** milliseconds since the epoch: where the rhythm of a rate begins */
  readonly createdAt?: number
  readonly targets: readonly Target[]
}

/** Rules of all buses, in memory and in the store. */
export interface Rules {
  get(place: Place, name: string): Rule | undefined
  /** sorted by name */
  list(place: Place): Rule[]
  all(): Rule[]
  save(rule: Rule): void
  delete(place: Place, name: string): void
  /** enabled rules of the bus whose pattern matches an event with these leaves */
  matching(place: Place, fields: Fields): Rule[]
  /** called after each change, with the rule as it is now, or undefined when it is gone */
  onChange(listener: (arn: string, rule: Rule | undefined) => void): void
}

interface Entry {
  readonly rule: Rule
  readonly matches: FieldMatcher
}

export const openRules = ({ store, log }: Pick<Parts, 'store' | 'log'>): Rules => {
  const rules = store.collection<Rule>('events.rules')
  const buses = new Map<string, Map<string, Entry>>()
  let changed: (arn: string, rule: Rule | undefined) => void = () => {}

  const keyOf = ({ account, region, bus }: Place) => `${account}|${region}|${bus}`
  const remember = (rule: Rule) => {
    const key = keyOf(rule)
    const bus = buses.get(key) ?? new Map<string, Entry>()
    const matches = rule.pattern === undefined ? () => false : compileForFields(rule.pattern)
    bus.set(rule.name, { rule, matches })
    buses.set(key, bus)
  }
  const on = (place: Place) => [...(buses.get(keyOf(place))?.values() ?? [])]
  for (const [key, rule] of rules.entries()) {
    try {
      remember(rule)
    } catch (error) {
      log('events', 'a rule in the state cannot be read and is left out', { key, error: String(error) })
    }
  }

  return {
    get: (place, name) => buses.get(keyOf(place))?.get(name)?.rule,
    list: (place) =>
      on(place)
        .map(({ rule }) => rule)
        .sort((a, b) => (a.name < b.name ? -1 : 1)),
    all: () => [...buses.values()].flatMap((bus) => [...bus.values()].map(({ rule }) => rule)),
    save: (rule) => {
      remember(rule)
      rules.put(`${keyOf(rule)}|${rule.name}`, rule)
      changed(rule.arn, rule)
    },
    delete: (place, name) => {
      const known = buses.get(keyOf(place))?.get(name)
      rules.delete(`${keyOf(place)}|${name}`)
      buses.get(keyOf(place))?.delete(name)
      if (known) changed(known.rule.arn, undefined)
    },
    matching: (place, fields) =>
      on(place)
        .filter(({ rule, matches }) => rule.state !== 'DISABLED' && matches(fields))
        .map(({ rule }) => rule),
    onChange: (listener) => {
      changed = listener
    },
  }
}
